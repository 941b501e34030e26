//! Converts Burn's options of layers to those of ops.

use burn_backend::ops::{
    AttentionModuleOptions, ConvOptions, ConvTransposeOptions, InterpolateOptions, UnfoldOptions,
};
use burn_backend::{Backend, TensorData, try_read_sync};

use super::{kind, refuse};
use crate::ops::movement;
use crate::ops::{self, AttentionSettings, ConvSettings, TransposeSettings};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

const INTERPOLATE: &str = "the plaintext backend could not give the weights of this interpolation";

/// The common device of a layer's tensors.
pub(super) fn device<'a, R: Ring>(
    tensors: impl IntoIterator<Item = &'a MpcDevice>,
    other: Option<&'a SecretTensor<R>>,
) -> MpcDevice {
    ops::meeting(tensors.into_iter().chain(other.map(SecretTensor::device)))
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

/// Attention over `[batch, heads, queries, features]`.
pub(super) fn attention<R: Ring>(
    query: Operand<R>,
    key: &Operand<R>,
    value: Operand<R>,
    mask: Option<Operand<R>>,
    bias: Option<Operand<R>>,
    options: &AttentionModuleOptions,
) -> SecretTensor<R> {
    let features = query.shape().last().copied().unwrap_or(1);
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
    let scale = options
        .scale
        .unwrap_or_else(|| (features as f64).sqrt().recip());
    let settings = AttentionSettings {
        scale,
        softcap: options.softcap,
        causal: options.is_causal,
    };
    ops::attention(query, key, value, mask, bias, settings)
}

/// A convolution over one axis.
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
    ops::conv1d(x, weight, bias, settings)
}

/// A transposed convolution over images.
pub(super) fn conv_transpose2d<R: Ring>(
    x: &Operand<R>,
    weight: &Operand<R>,
    bias: Option<Operand<R>>,
    options: &ConvTransposeOptions<2>,
) -> SecretTensor<R> {
    let &ConvTransposeOptions {
        stride,
        padding,
        padding_out,
        dilation,
        groups,
    } = options;
    ops::conv_transpose2d(
        x,
        weight,
        bias,
        TransposeSettings {
            stride,
            padding,
            padding_out,
            dilation,
            groups,
        },
    )
}

/// The patches of images, as columns.
pub(super) fn unfold4d<R: Ring>(
    tensor: SecretTensor<R>,
    kernel: [usize; 2],
    options: &UnfoldOptions,
) -> SecretTensor<R> {
    let &[n, c, h, w] = tensor.shape() else {
        return refuse::refuse_like("unfold4d", &tensor, "the tensor must have four axes");
    };
    let source = movement::unfold4d_source(
        [n, c, h, w],
        kernel,
        options.stride,
        options.padding,
        options.dilation,
    );
    movement::remap(&tensor, "unfold4d", source)
}

/// Resizes images. Along each axis every output is a public combination of inputs, so that an image is
/// multiplied by one public matrix per axis; where each output is one input, elements are only moved.
pub(super) fn interpolate<P: Backend, R: Ring>(
    tensor: SecretTensor<R>,
    size: [usize; 2],
    options: &InterpolateOptions,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    // The matrices, and the unit vectors that they are made from, are as large as these.
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
        return refuse::refuse("interpolate", tensor.device(), &[&shape], INTERPOLATE, out);
    };
    let wide = ops::resize(tensor, 3, columns);
    ops::resize(wide, 2, rows)
}

/// The matrix `[input, output]` of an interpolation along one axis: the plaintext backend's results for all unit
/// vectors.
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
        &kind::plain_device::<P>(),
    );
    let weights = P::interpolate(units, [output, 1], options.clone());
    let data = try_read_sync(P::float_into_data(weights))?.ok()?;
    Some(PublicTensor {
        shape: vec![input, output],
        values: data.iter::<f64>().collect(),
    })
}
