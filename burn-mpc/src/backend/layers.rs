//! Layers on secrets that reduce to a convolution, a product with a public matrix, or movement.

use burn_backend::ops::{ConvOptions, ConvTransposeOptions, InterpolateOptions, UnfoldOptions};
use burn_backend::{Backend, TensorData, try_read_sync};

use super::lift;
use crate::ops::movement::{self, Source, Span};
use crate::ops::{self, ConvSettings};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor, elements};

const INTERPOLATE: &str = "the plaintext backend could not give the weights of this interpolation";

/// The device on which the tensors of a layer meet.
pub(super) fn device<'a, R: Ring>(
    tensors: impl IntoIterator<Item = &'a MpcDevice>,
    other: Option<&'a SecretTensor<R>>,
) -> MpcDevice {
    ops::meeting(tensors.into_iter().chain(other.map(SecretTensor::device)))
}

/// `[a, b, c]` as `[a, b, 1, c]`.
fn with_height<R: Ring>(operand: Operand<R>) -> Operand<R> {
    let mut shape = operand.shape().to_vec();
    shape.insert(2, 1);
    operand.reshape(shape)
}

/// A public result and a secret bias for the places along one of its axes.
pub(super) fn biased<R: Ring>(
    product: Operand<R>,
    bias: SecretTensor<R>,
    axis: impl Fn(usize) -> usize,
) -> SecretTensor<R> {
    let rank = product.shape().len();
    let mut shape = vec![1; rank];
    shape[axis(rank)] = bias.len();
    ops::add(product, Operand::Secret(bias.reshape(shape)))
}

/// A convolution over images.
pub(super) fn conv2d<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
    options: &ConvOptions<2>,
) -> SecretTensor<R> {
    let &ConvOptions {
        stride,
        padding,
        dilation,
        groups,
    } = options;
    ops::conv(
        x,
        weight,
        bias,
        ConvSettings {
            stride,
            padding,
            dilation,
            groups,
        },
    )
}

/// A convolution over one axis, as one over images of height one.
pub(super) fn conv1d<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
    options: &ConvOptions<1>,
) -> SecretTensor<R> {
    let settings = ConvSettings {
        stride: [1, options.stride[0]],
        padding: [0, options.padding[0]],
        dilation: [1, options.dilation[0]],
        groups: options.groups,
    };
    let out = ops::conv(with_height(x), with_height(weight), bias, settings);
    let mut shape = out.shape().to_vec();
    shape.remove(2);
    out.reshape(shape)
}

/// Length of an axis after a transposed convolution.
pub(super) fn transposed_size<const N: usize>(
    size: usize,
    kernel: usize,
    axis: usize,
    options: &ConvTransposeOptions<N>,
) -> usize {
    let steps = size.saturating_sub(1).saturating_mul(options.stride[axis]);
    let reach = options.dilation[axis].saturating_mul(kernel.saturating_sub(1));
    [reach, 1, options.padding_out[axis]]
        .into_iter()
        .fold(steps, usize::saturating_add)
        .saturating_sub(options.padding[axis].saturating_mul(2))
}

/// Length of an axis after pooling.
pub(super) fn pooled_size(
    size: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
    ceil: bool,
) -> usize {
    let extent = dilation.saturating_mul(kernel.saturating_sub(1));
    let room = size
        .saturating_add(padding.saturating_mul(2))
        .saturating_sub(extent.saturating_add(1));
    let steps = if ceil {
        room.div_ceil(stride)
    } else {
        room / stride
    };
    steps.saturating_add(1)
}

/// A transposed convolution: the inputs set apart by `stride`, convolved with the turned kernel.
pub(super) fn conv_transpose2d<R: Ring>(
    x: &Operand<R>,
    weight: &Operand<R>,
    bias: Option<Operand<R>>,
    options: &ConvTransposeOptions<2>,
) -> SecretTensor<R> {
    let kernel = weight.shape().to_vec();
    let device = x.device().or(weight.device()).cloned().unwrap_or_default();
    let reach = |i: usize| options.dilation[i].saturating_mul(kernel[i + 2].saturating_sub(1));
    let before = [0, 0, reach(0), reach(1)];
    let gap = [1, 1, options.stride[0], options.stride[1]];
    let after = [
        0,
        0,
        reach(0).saturating_add(options.padding_out[0]),
        reach(1).saturating_add(options.padding_out[1]),
    ];
    let spread = movement::spread(x, &before, &gap, &after, &device);
    let shape = spread.shape();
    let cut = |i: usize| {
        let padding = options.padding[i];
        Span::ranged(padding, shape[i + 2].saturating_sub(padding), 1)
    };
    let spans = [Span::full(shape[0]), Span::full(shape[1]), cut(0), cut(1)];
    let source = movement::slice_source(shape, &spans);
    let input = movement::remap_operand("conv_transpose2d", &spread, source, &device);
    let settings = ConvSettings {
        stride: [1, 1],
        padding: [0, 0],
        dilation: options.dilation,
        groups: options.groups,
    };
    let weight = turned(weight, options.groups, &device);
    ops::conv(input, weight, bias, settings)
}

/// A transposed convolution's kernel `[in, out / groups, h, w]` as that of the convolution
/// `[out, in / groups, h, w]`, turned by half a circle.
fn turned<R: Ring>(weight: &Operand<R>, groups: usize, device: &MpcDevice) -> Operand<R> {
    let shape = weight.shape();
    let (per_in, per_out) = (shape[0] / groups, shape[1]);
    let grouped = [groups, per_in, per_out, shape[2], shape[3]];
    let out = vec![groups.saturating_mul(per_out), per_in, shape[2], shape[3]];
    let source = Source::new(out, move |_| {
        let permuted = movement::permute_source(&grouped, &[0, 2, 1, 3, 4]);
        let flipped = movement::flip_source(permuted.shape(), &[3, 4]).list();
        let order = permuted.list();
        flipped.into_iter().map(|at| order[at]).collect()
    });
    movement::remap_operand("conv_transpose2d", weight, source, device)
}

/// The patches of images, as columns.
pub(super) fn unfold4d<R: Ring>(
    tensor: SecretTensor<R>,
    kernel: [usize; 2],
    options: &UnfoldOptions,
) -> SecretTensor<R> {
    let &[n, c, h, w] = tensor.shape() else {
        return lift::refuse_like("unfold4d", &tensor, "the tensor must have four axes");
    };
    let source = movement::unfold4d_source(
        [n, c, h, w],
        kernel,
        options.stride,
        options.padding,
        options.dilation,
    );
    tensor.remap("unfold4d", source)
}

/// Resizes images. Along each axis every output is a public combination of inputs, so that an image is
/// multiplied by one public matrix per axis; where each output is one input, elements are only moved.
pub(super) fn interpolate<P: Backend, R: Ring>(
    tensor: SecretTensor<R>,
    size: [usize; 2],
    options: &InterpolateOptions,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    // The matrices, and what the plaintext backend makes them of, are as large as these.
    let [height, width] = [(shape[2], size[0]), (shape[3], size[1])];
    let matrices = [height, width].map(|(from, to)| [from, from.max(to)]);
    let out = [shape[0], shape[1], size[0], size[1]];
    let shapes = [&shape[..], &matrices[0], &matrices[1]];
    if let Some(refused) =
        ops::refused(tensor.device(), "interpolate", &shapes, (&out, Kind::Float))
    {
        return refused;
    }
    let rows = axis_weights::<P>(shape[2], size[0], options);
    let columns = axis_weights::<P>(shape[3], size[1], options);
    let (Some(rows), Some(columns)) = (rows, columns) else {
        let out = (vec![shape[0], shape[1], size[0], size[1]], Kind::Float);
        return lift::refuse("interpolate", tensor.device(), &[&shape], INTERPOLATE, out);
    };
    let wide = resize(tensor, 3, columns);
    resize(wide, 2, rows)
}

/// The matrix `[input, output]` of an interpolation along one axis: what the plaintext backend makes of
/// each unit vector.
fn axis_weights<P: Backend>(
    input: usize,
    output: usize,
    options: &InterpolateOptions,
) -> Option<PublicTensor> {
    let mut units = vec![0.0_f32; input * input];
    units
        .iter_mut()
        .step_by(input + 1)
        .for_each(|unit| *unit = 1.0);
    let units = P::float_from_data(
        TensorData::new(units, [1, input, input, 1]),
        &lift::plain_device::<P>(),
    );
    let weights = P::interpolate(units, [output, 1], options.clone());
    let data = try_read_sync(P::float_into_data(weights))?.ok()?;
    Some(PublicTensor {
        shape: vec![input, output],
        values: data.iter::<f64>().collect(),
    })
}

/// For each column the only row that is not zero, if that one is 1.
fn one_hot_columns(matrix: &PublicTensor) -> Option<Vec<i64>> {
    let columns = matrix.shape[1];
    let row_of = |column: usize| {
        let mut set = matrix
            .values
            .iter()
            .skip(column)
            .step_by(columns)
            .enumerate()
            .filter(|(_, value)| **value != 0.0);
        let (row, &value) = set.next()?;
        (value == 1.0 && set.next().is_none()).then_some(row as i64)
    };
    (0..columns).map(row_of).collect()
}

/// Multiplies axis `dim` by a public matrix `[input, output]`.
fn resize<R: Ring>(tensor: SecretTensor<R>, dim: usize, matrix: PublicTensor) -> SecretTensor<R> {
    if let Some(rows) = one_hot_columns(&matrix) {
        return movement::select(tensor, dim, &rows);
    }
    let (input, output) = (matrix.shape[0], matrix.shape[1]);
    let last = tensor.shape().len() - 1;
    let turned = if dim == last {
        tensor
    } else {
        movement::swap_dims(tensor, dim, last)
    };
    let mut shape = turned.shape().to_vec();
    let rows = elements(&shape[..last]);
    let flat = movement::reshape(turned, vec![rows, input]);
    let product = ops::matmul(Operand::Secret(flat), Operand::Public(matrix));
    shape[last] = output;
    let product = movement::reshape(product, shape);
    if dim == last {
        product
    } else {
        movement::swap_dims(product, dim, last)
    }
}
