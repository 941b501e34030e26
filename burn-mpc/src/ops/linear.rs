//! Convolutions and matrix products, deferred so that what follows them can fold in.

use std::sync::Arc;

use crate::ops::base::bounds;
use crate::ops::base::call::{Call, device_of, note_operands, shape_error};
use crate::ops::base::shape::{broadcast_shape, kind_of, result_shape};
use crate::ops::base::source::expand_source;
use crate::ops::deferred::{Linear, LinearMap, linear as layer};
use crate::ops::movement;
use crate::protocol::MatmulShape;
use crate::ring::{ConvGeometry, Ring};
use crate::tensor::{Bound, Kind, Operand, PublicTensor, SecretTensor, elements};

/// Settings of a convolution over `D` axes: rows and columns, and slices before them if there are three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvSettings<const D: usize = 2> {
    /// Places between windows.
    pub stride: [usize; D],
    /// Zeros added at both ends of each axis.
    pub padding: [usize; D],
    /// Places between the taps of the kernel.
    pub dilation: [usize; D],
    /// Groups of channels.
    pub groups: usize,
}

/// `[N, I, H, W] * [O, I / groups, h, w] -> [N, O, H', W']`, plus `bias` `[O]`.
pub fn conv<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
    settings: ConvSettings,
) -> SecretTensor<R> {
    let device = device_of(&[&x, &weight]);
    let path = path_of(&weight);
    let shapes = (x.shape().to_vec(), weight.shape().to_vec());
    let call = Call {
        op: "conv2d",
        device: &device,
        shape: conv_shape(&shapes.0, &shapes.1, settings),
        kind: Kind::Float,
        key: None,
        bound: product_bound(&x, &weight, bias.as_ref(), taps(&shapes.1)),
    };
    call.run(|session| {
        let operands: Vec<&Operand<R>> = [&x, &weight].into_iter().chain(bias.as_ref()).collect();
        note_operands(session, &operands);
        let (&[batch, in_channels, height, width], &[out_channels, _, kernel_h, kernel_w]) =
            (&shapes.0[..], &shapes.1[..])
        else {
            return Err(shape_error(
                session,
                "conv2d",
                &[&shapes.0, &shapes.1],
                "expected [N, I, H, W] and [O, I/groups, h, w]",
            ));
        };
        let [vertical, horizontal] = settings.padding;
        let geometry = ConvGeometry {
            batch,
            in_channels,
            out_channels,
            groups: settings.groups,
            input: [height, width],
            kernel: [kernel_h, kernel_w],
            stride: settings.stride,
            padding: [[vertical; 2], [horizontal; 2]],
            dilation: settings.dilation,
        };
        // The padded input is held as well as the result.
        let padded = [0, 1].map(|i| {
            let padding = settings.padding[i].saturating_mul(2);
            geometry.input[i].saturating_add(padding)
        });
        device.checked_elements("conv2d", &[batch, in_channels, padded[0], padded[1]])?;
        let valid = geometry.validate().map_err(|error| error.to_string());
        let reason = valid.err().or_else(|| {
            (geometry.weight_len() != weight.len()).then(|| {
                format!(
                    "a weight of [{out_channels}, {}, {kernel_h}, {kernel_w}] was expected",
                    in_channels / settings.groups
                )
            })
        });
        let reason = reason.or_else(|| misfitting_bias(bias.as_ref(), out_channels));
        if let Some(reason) = reason {
            return Err(shape_error(
                session,
                "conv2d",
                &[&shapes.0, &shapes.1],
                reason,
            ));
        }
        let ConvSettings {
            stride,
            padding,
            dilation,
            groups,
        } = settings;
        let facts = [stride, padding, dilation, [groups, 0]].concat();
        session.note("settings", &facts);
        let [rows, columns] = geometry.output();
        let shape = vec![batch, out_channels, rows, columns];
        Ok(layer::defer(
            &device,
            Linear {
                map: LinearMap::Conv(geometry),
                shape,
                channel_axis: 1,
                input: x,
                weight,
                scale: None,
                shift: bias,
                path,
            },
        ))
    })
}

/// Terms of one sum of a convolution.
fn taps(weight: &[usize]) -> usize {
    elements(weight.get(1..).unwrap_or_default())
}

/// The limit of sums of `terms` products, and a bias.
fn product_bound<R: Ring>(
    x: &Operand<R>,
    weight: &Operand<R>,
    bias: Option<&Operand<R>>,
    terms: usize,
) -> Bound {
    let operands: Vec<&Operand<R>> = [x, weight].into_iter().chain(bias).collect();
    bounds::of_all(&operands, |limits| {
        limits[0] * limits[1] * terms as f64 + limits.get(2).copied().unwrap_or(0.0)
    })
}

/// The shape of a convolution's result, or of its input if the operands make no sense.
pub(super) fn conv_shape<const D: usize>(
    x: &[usize],
    weight: &[usize],
    settings: ConvSettings<D>,
) -> Vec<usize> {
    let ([batch, _, input @ ..], [channels, _, kernel @ ..]) = (x, weight) else {
        return x.to_vec();
    };
    if input.len() != D || kernel.len() != D {
        return x.to_vec();
    }
    let size = |axis: usize| {
        let taps = settings.dilation[axis].saturating_mul(kernel[axis].saturating_sub(1));
        let padding = settings.padding[axis].saturating_mul(2);
        let room = input[axis]
            .saturating_add(padding)
            .checked_sub(taps.saturating_add(1));
        room.map_or(0, |room| room / settings.stride[axis].max(1) + 1)
    };
    [*batch, *channels]
        .into_iter()
        .chain((0..D).map(size))
        .collect()
}

/// The shape of a matrix product, or of its left factor if the operands make no sense.
fn product_shape(a: &[usize], b: &[usize]) -> Vec<usize> {
    match (a, b) {
        ([a_lead @ .., m, _], [b_lead @ .., _, n]) => {
            [&result_shape(a_lead, b_lead)[..], &[*m, *n]].concat()
        }
        ([_], [_, n]) => vec![*n],
        _ => a.to_vec(),
    }
}

/// `[..., I] x [I, O] + [O]`: a linear layer as Burn stores its weight.
pub fn linear<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
) -> SecretTensor<R> {
    matmul_with(x, weight, bias, "linear")
}

/// `[..., m, k] x [..., k, n]`; leading dimensions broadcast.
pub fn matmul<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    matmul_with(a, b, None, "matmul")
}

fn matmul_with<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
    op: &'static str,
) -> SecretTensor<R> {
    let device = device_of(&[&x, &weight]);
    let path = path_of(&weight);
    let (a, b) = (x.shape().to_vec(), weight.shape().to_vec());
    let kind = kind_of(&x, &weight);
    Call {
        op,
        device: &device,
        shape: product_shape(&a, &b),
        kind,
        key: None,
        bound: product_bound(&x, &weight, bias.as_ref(), a.last().copied().unwrap_or(0)),
    }
    .run(|session| {
        let operands: Vec<&Operand<R>> = [&x, &weight].into_iter().chain(bias.as_ref()).collect();
        note_operands(session, &operands);
        let misfit = || {
            shape_error(
                session,
                op,
                &[&a, &b],
                "the last dimension of the first must equal the second-last of the second",
            )
        };
        let ([a_lead @ .., m, k], [b_lead @ .., inner, n]) = (&a[..], &b[..]) else {
            return match (&a[..], &b[..]) {
                // A vector: one row.
                (&[k], &[inner, n]) if k == inner => {
                    Ok(matmul_with(x.reshape(vec![1, k]), weight, bias, op).reshape(vec![n]))
                }
                _ => Err(misfit()),
            };
        };
        if k != inner {
            return Err(misfit());
        }
        if let Some(reason) = misfitting_bias(bias.as_ref(), *n) {
            return Err(shape_error(session, op, &[&a, &b], reason));
        }
        let lead = broadcast_shape(session, op, a_lead, b_lead)?;
        let batch = elements(&lead);
        let shared_rhs = elements(b_lead) == 1;
        let full =
            |lead: &[usize], rows: &usize, columns: &usize| [lead, &[*rows, *columns]].concat();
        let (left, right) = (full(&lead, m, k), full(&lead, k, n));
        device.checked_elements(op, &left)?;
        let input = expand_operand(x, &left);
        let weight = if shared_rhs {
            weight
        } else {
            device.checked_elements(op, &right)?;
            expand_operand(weight, &right)
        };
        let map = LinearMap::Matmul(MatmulShape {
            batch,
            m: *m,
            k: *k,
            n: *n,
            shared_rhs,
        });
        let shape = full(&lead, m, n);
        let channel_axis = shape.len() - 1;
        Ok(layer::defer(
            &device,
            Linear {
                map,
                shape,
                channel_axis,
                input,
                weight,
                scale: None,
                shift: bias,
                path,
            },
        )
        .with_kind(kind))
    })
}

fn expand_operand<R: Ring>(operand: Operand<R>, shape: &[usize]) -> Operand<R> {
    if operand.shape() == shape {
        return operand;
    }
    match operand {
        Operand::Secret(tensor) => movement::expand(tensor, shape).into(),
        Operand::Public(tensor) => {
            let source = expand_source(&tensor.shape, shape).places();
            let values = source.take(&tensor.values, 0.0);
            Operand::Public(PublicTensor {
                shape: shape.to_vec(),
                values,
            })
        }
    }
}

/// What is wrong with a bias, if it has neither one element nor one per channel.
fn misfitting_bias<R: Ring>(bias: Option<&Operand<R>>, channels: usize) -> Option<String> {
    let len = bias?.len();
    (len != 1 && len != channels)
        .then(|| format!("a bias of {channels} elements was expected, not of {len}"))
}

fn path_of<R: Ring>(weight: &Operand<R>) -> Option<Arc<str>> {
    match weight {
        Operand::Secret(tensor) => tensor.path().cloned(),
        Operand::Public(_) => None,
    }
}
