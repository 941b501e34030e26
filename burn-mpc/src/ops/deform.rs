//! The deformable convolution: a product of weights with samples at displaced places.

use crate::ops::base::call::{device_of, misfit};
use crate::ops::base::operand::secret;
use crate::ops::movement::{self, Span};
use crate::ops::sample::sample;
use crate::ops::{ConvSettings, arith, biased, linear};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

/// The operands of a deformable convolution, with Burn's names.
#[derive(Debug)]
pub struct Deformable<R: Ring> {
    /// `[N, C, H, W]`.
    pub x: Operand<R>,
    /// `[N, 2 offset_groups taps, H', W']`: by how many rows and columns each tap is displaced.
    pub offset: Operand<R>,
    /// `[O, C / groups, h, w]`.
    pub weight: Operand<R>,
    /// `[N, offset_groups taps, H', W']`: by what each sample is multiplied.
    pub mask: Option<Operand<R>>,
    /// `[O]`.
    pub bias: Option<Operand<R>>,
}

/// A product of operands of which any may be public.
fn product<R: Ring>(a: Operand<R>, b: &Operand<R>, shape: &[usize]) -> Operand<R> {
    match (a, b) {
        (Operand::Public(a), Operand::Public(b)) => {
            let factors = movement::expand_source(&b.shape, shape).places();
            let factors = factors.take(&b.values, 0.0);
            let values = a.values.iter().zip(factors).map(|(a, b)| a * b).collect();
            Operand::Public(PublicTensor {
                shape: a.shape,
                values,
            })
        }
        (a, b) => arith::mul(a, b.clone()).into(),
    }
}

/// A sum of an operand and public numbers of its shape.
fn displaced<R: Ring>(offset: Operand<R>, places: PublicTensor) -> Operand<R> {
    match offset {
        Operand::Public(mut offset) => {
            let values = offset.values.iter_mut().zip(&places.values);
            values.for_each(|(offset, place)| *offset += place);
            Operand::Public(offset)
        }
        offset @ Operand::Secret(_) => arith::add(offset, Operand::Public(places)).into(),
    }
}

/// Operands in the shapes that products take.
pub(super) struct Prepared<R: Ring> {
    pub device: MpcDevice,
    pub batch: usize,
    pub groups: usize,
    /// Outputs; and inputs of a group.
    pub outputs: usize,
    pub inputs: usize,
    pub taps: usize,
    /// Rows and columns of the result.
    pub size: [usize; 2],
    /// `[sets, channels, height, width]`: each group of offsets samples its channels of each image as images of their own.
    pub images: Operand<R>,
    /// Rows and columns, `[sets, taps samples]`.
    pub places: [Operand<R>; 2],
    /// `[sets, 1, taps samples]`.
    pub mask: Option<Operand<R>>,
    /// `[1, groups, outputs of a group, inputs taps]`.
    pub weight: Operand<R>,
}

impl<R: Ring> Prepared<R> {
    /// Number of places of each image.
    pub fn samples(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

/// Brings operands into shape; `Err` if they do not fit each other.
pub(super) fn prepared<R: Ring>(
    x: Operand<R>,
    offset: Operand<R>,
    weight: Operand<R>,
    mask: Option<Operand<R>>,
    settings: ConvSettings,
    offset_groups: usize,
) -> Result<Prepared<R>, SecretTensor<R>> {
    let all = [Some(&x), Some(&offset), Some(&weight), mask.as_ref()];
    let all: Vec<&Operand<R>> = all.into_iter().flatten().collect();
    let device = device_of(&all);
    let groups = settings.groups;
    let (
        &[batch, channels, height, width],
        &[_, displacements, rows, columns],
        &[outputs, inputs, kernel_h, kernel_w],
    ) = (x.shape(), offset.shape(), weight.shape())
    else {
        let x = secret(x, Kind::Float, &device);
        return Err(misfit(&x, "deform_conv2d", "expected tensors of four axes"));
    };
    let (taps, samples) = (kernel_h * kernel_w, rows * columns);
    let fits = offset_groups > 0
        && groups > 0
        && displacements == 2 * offset_groups * taps
        && channels == inputs * groups
        && channels.is_multiple_of(offset_groups)
        && outputs.is_multiple_of(groups)
        && offset.shape()[0] == batch
        && mask
            .as_ref()
            .is_none_or(|m| m.len() == batch * offset_groups * taps * samples);
    if !fits {
        let x = secret(x, Kind::Float, &device);
        let why = "groups, channels and offsets do not fit each other";
        return Err(misfit(&x, "deform_conv2d", why));
    }
    let sets = batch * offset_groups;
    let images = x.reshape(vec![sets, channels / offset_groups, height, width]);
    let offset = offset.reshape(vec![sets, taps, 2, samples]);
    let place = |axis: usize, tap: usize, sample: usize| {
        let (tap, out) = match axis {
            0 => (tap / kernel_w, sample / columns),
            _ => (tap % kernel_w, sample % columns),
        };
        let at = out * settings.stride[axis] + tap * settings.dilation[axis];
        at as f64 - settings.padding[axis] as f64
    };
    let places = [0, 1].map(|axis: usize| {
        let spans = [
            Span::full(sets),
            Span::full(taps),
            Span::ranged(axis, axis + 1, 1),
            Span::full(samples),
        ];
        let source = movement::slice_source(offset.shape(), &spans);
        let taken = movement::remap_operand("deform_conv2d", &offset, source, &device);
        let one: Vec<f64> = (0..taps)
            .flat_map(|tap| (0..samples).map(move |sample| (tap, sample)))
            .map(|(tap, sample)| place(axis, tap, sample))
            .collect();
        let undisplaced = PublicTensor {
            shape: vec![sets, taps * samples],
            values: one.repeat(sets),
        };
        displaced(taken.reshape(vec![sets, taps * samples]), undisplaced)
    });
    Ok(Prepared {
        device,
        batch,
        groups,
        outputs,
        inputs,
        taps,
        size: [rows, columns],
        images,
        places,
        mask: mask.map(|mask| mask.reshape(vec![sets, 1, taps * samples])),
        weight: weight.reshape(vec![1, groups, outputs / groups, inputs * taps]),
    })
}

/// Samples `x` at the places of all taps, displaced by the offsets, and multiplies them by the weights. At public places
/// a public linear map and one product; secret places cost what `sample` says.
pub fn deform_conv2d<R: Ring>(
    operands: Deformable<R>,
    settings: ConvSettings,
    offset_groups: usize,
) -> SecretTensor<R> {
    let Deformable {
        x,
        offset,
        weight,
        mask,
        bias,
    } = operands;
    if let Some(bias) = &bias {
        device_of(&[&x, bias]);
    }
    let parts = match prepared(x, offset, weight, mask, settings, offset_groups) {
        Ok(parts) => parts,
        Err(refused) => return refused,
    };
    let samples = parts.samples();
    let Prepared {
        device,
        batch,
        groups,
        outputs,
        inputs,
        taps,
        size: [rows, columns],
        images,
        places: [at_row, at_column],
        mask,
        weight,
    } = parts;
    let sampled = sample(images, at_row, at_column);
    let sampled = match &mask {
        None => sampled,
        Some(mask) => {
            let shape = sampled.shape().to_vec();
            product(sampled, mask, &shape)
        }
    };
    let matrix = sampled.reshape(vec![batch, groups, inputs * taps, samples]);
    let result = match (matrix, weight) {
        (Operand::Public(matrix), Operand::Public(weight)) => {
            // Only the bias is secret.
            let matrix = secret(Operand::Public(matrix), Kind::Float, &device);
            linear::matmul(Operand::Public(weight), matrix.into())
        }
        (matrix, weight) => linear::matmul(weight, matrix),
    };
    let result = movement::reshape(result, vec![batch, outputs, rows, columns]);
    match bias {
        None => result,
        Some(Operand::Secret(bias)) => biased(result.into(), bias, |_| 1),
        Some(bias) => arith::add(result.into(), bias.reshape(vec![1, outputs, 1, 1])),
    }
}
