//! Converts Burn's options of layers to those of ops.

use burn_backend::ops::{
    AttentionModuleOptions, ConvOptions, ConvTransposeOptions, DeformConvOptions,
    GridSampleOptions, GridSamplePaddingMode, InterpolateMode, InterpolateOptions, UnfoldOptions,
};
use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, Slice, TensorData, try_read_sync};

use super::{kind, lift, refuse};
use crate::ops::movement::{self, Span};
use crate::ops::{
    self, AttentionSettings, ConvSettings, Deformable, GridSettings, Outside, TransposeSettings,
};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

const UNREADABLE: &str = "the plaintext backend could not give the weights of this layer";
const FOUR_AXES: &str = "the tensor must have four axes";

/// The common device of a layer's tensors.
pub(super) fn device<'a, R: Ring>(
    tensors: impl IntoIterator<Item = &'a MpcDevice>,
    other: Option<&'a SecretTensor<R>>,
) -> MpcDevice {
    ops::meeting(tensors.into_iter().chain(other.map(SecretTensor::device)))
}

/// Burn's options of a convolution.
fn settings<const D: usize>(options: &ConvOptions<D>) -> ConvSettings<D> {
    let &ConvOptions {
        stride,
        padding,
        dilation,
        groups,
    } = options;
    ConvSettings {
        stride,
        padding,
        dilation,
        groups,
    }
}

/// An operand as a secret of the session that `other` may be of.
pub(super) fn first<R: Ring>(operand: Operand<R>, other: &Operand<R>) -> SecretTensor<R> {
    let device = ops::meeting(operand.device().into_iter().chain(other.device()));
    movement::held(operand, Kind::Float, &device)
}

/// The gradient of a layer whose input is `x`.
pub(super) fn gradient<R: Ring>(x: &Operand<R>, grad: Operand<R>) -> SecretTensor<R> {
    first(grad, x)
}

/// A convolution over images.
pub(super) fn conv2d<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
    options: &ConvOptions<2>,
) -> SecretTensor<R> {
    ops::conv(x, weight, bias, settings(options))
}

/// A convolution over volumes.
pub(super) fn conv3d<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
    options: &ConvOptions<3>,
) -> SecretTensor<R> {
    ops::conv3d(x, weight, bias, settings(options))
}

/// Samples of images on a grid.
pub(super) fn grid_sample<R: Ring>(
    images: Operand<R>,
    grid: Operand<R>,
    options: &GridSampleOptions,
) -> SecretTensor<R> {
    let nearest = match options.mode {
        InterpolateMode::Nearest => true,
        InterpolateMode::Bilinear => false,
        _ => {
            let device = ops::meeting(images.device().into_iter().chain(grid.device()));
            let out = [&images.shape()[..2], &grid.shape()[1..3]].concat();
            let hint = "only nearest and bilinear sampling are defined on a grid";
            let shapes = [images.shape(), grid.shape()];
            return refuse::refuse("grid_sample_2d", &device, &shapes, hint, (out, Kind::Float));
        }
    };
    let outside = match options.padding_mode {
        GridSamplePaddingMode::Zeros => Outside::Zeros,
        GridSamplePaddingMode::Border => Outside::Border,
        GridSamplePaddingMode::Reflection => Outside::Reflection,
    };
    let settings = GridSettings {
        nearest,
        outside,
        align_corners: options.align_corners,
    };
    ops::grid_sample(images, grid, settings)
}

/// A deformable convolution.
pub(super) fn deform_conv2d<R: Ring>(
    operands: Deformable<R>,
    options: &DeformConvOptions<2>,
) -> SecretTensor<R> {
    ops::deform_conv2d(operands, deform_settings(options), options.offset_groups)
}

/// The gradients of a deformable convolution.
pub(super) fn deform_conv2d_backward<R: Ring>(
    operands: Deformable<R>,
    grad: Operand<R>,
    options: &DeformConvOptions<2>,
) -> ops::DeformGradients<R> {
    let settings = deform_settings(options);
    ops::deform_conv2d_backward(operands, grad, settings, options.offset_groups)
}

fn deform_settings(options: &DeformConvOptions<2>) -> ConvSettings {
    ConvSettings {
        stride: options.stride,
        padding: options.padding,
        dilation: options.dilation,
        groups: options.weight_groups,
    }
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

/// Burn's options of a transposed convolution.
fn transposed<const D: usize>(options: &ConvTransposeOptions<D>) -> TransposeSettings<D> {
    let &ConvTransposeOptions {
        stride,
        padding,
        padding_out,
        dilation,
        groups,
    } = options;
    TransposeSettings {
        stride,
        padding,
        padding_out,
        dilation,
        groups,
    }
}

/// A transposed convolution over images.
pub(super) fn conv_transpose2d<R: Ring>(
    x: &Operand<R>,
    weight: &Operand<R>,
    bias: Option<Operand<R>>,
    options: &ConvTransposeOptions<2>,
) -> SecretTensor<R> {
    ops::conv_transpose2d(x, weight, bias, transposed(options))
}

/// A transposed convolution over volumes.
pub(super) fn conv_transpose3d<R: Ring>(
    x: &Operand<R>,
    weight: &Operand<R>,
    bias: Option<Operand<R>>,
    options: &ConvTransposeOptions<3>,
) -> SecretTensor<R> {
    ops::conv_transpose3d(x, weight, bias, transposed(options))
}

/// The patches of images, as columns.
pub(super) fn unfold4d<R: Ring>(
    tensor: SecretTensor<R>,
    kernel: [usize; 2],
    options: &UnfoldOptions,
) -> SecretTensor<R> {
    let &[n, c, h, w] = tensor.shape() else {
        return refuse::refuse_like("unfold4d", &tensor, FOUR_AXES);
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
    let &[_, _, height, width] = tensor.shape() else {
        return refuse::refuse_like("interpolate", &tensor, FOUR_AXES);
    };
    resized::<P, R>("interpolate", tensor, [height, width], size, options, false)
}

/// The gradient of [`interpolate`] by its input, of these dimensions: a product with the transposed matrices.
pub(super) fn interpolate_backward<P: Backend, R: Ring>(
    input: &[usize],
    grad: SecretTensor<R>,
    size: [usize; 2],
    options: &InterpolateOptions,
) -> SecretTensor<R> {
    let op = "interpolate_backward";
    let (&[batch, channels, height, width], &[..]) = (input, grad.shape()) else {
        return refuse::refuse_like(op, &grad, FOUR_AXES);
    };
    if *grad.shape() != [batch, channels, size[0], size[1]] {
        let hint = "the gradient has not the dimensions of the resized images";
        let out = (input.to_vec(), Kind::Float);
        return refuse::refuse(op, grad.device(), &[grad.shape()], hint, out);
    }
    resized::<P, R>(op, grad, [height, width], size, options, true)
}

/// Multiplies images by the matrices that resize `input` to `output`, or by their transposes.
fn resized<P: Backend, R: Ring>(
    op: &'static str,
    tensor: SecretTensor<R>,
    input: [usize; 2],
    output: [usize; 2],
    options: &InterpolateOptions,
    transposed: bool,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    // The matrices, and the unit vectors that they are made from, are as large as these.
    let matrices = [0, 1].map(|axis| [input[axis], input[axis].max(output[axis])]);
    let [rows, columns] = if transposed { input } else { output };
    let out = vec![shape[0], shape[1], rows, columns];
    let shapes = [&shape[..], &matrices[0], &matrices[1]];
    if let Some(refused) = ops::refused(tensor.device(), op, &shapes, (&out, Kind::Float)) {
        return refused;
    }
    let weights = |axis: usize| {
        let matrix = axis_weights::<P>(input[axis], output[axis], options)?;
        Some(if transposed {
            matrix.transposed()
        } else {
            matrix
        })
    };
    let (Some(rows), Some(columns)) = (weights(0), weights(1)) else {
        let out = (out, Kind::Float);
        return refuse::refuse(op, tensor.device(), &[&shape], UNREADABLE, out);
    };
    let wide = ops::resize(tensor, 3, columns);
    ops::resize(wide, 2, rows)
}

/// The unit vectors of a space of `size` dimensions, one per row, under this shape.
fn units<P: Backend>(size: usize, shape: [usize; 4]) -> FloatTensor<P> {
    let mut units = vec![0.0_f32; size * size];
    units
        .iter_mut()
        .step_by(size + 1)
        .for_each(|unit| *unit = 1.0);
    P::float_from_data(TensorData::new(units, shape), &kind::plain_device::<P>())
}

/// Values that the plaintext backend has computed, as a matrix of `rows` rows.
fn matrix<P: Backend>(tensor: FloatTensor<P>, rows: usize) -> Option<PublicTensor> {
    let data = try_read_sync(P::float_into_data(tensor))?.ok()?;
    let values: Vec<f64> = data.iter::<f64>().collect();
    Some(PublicTensor {
        shape: vec![rows, values.len() / rows.max(1)],
        values,
    })
}

/// The matrix `[input, output]` of an interpolation along one axis: the plaintext backend's results for all unit
/// vectors.
fn axis_weights<P: Backend>(
    input: usize,
    output: usize,
    options: &InterpolateOptions,
) -> Option<PublicTensor> {
    let units = units::<P>(input, [1, input, input, 1]);
    let weights = P::interpolate(units, [output, 1], options.clone());
    matrix::<P>(weights, input)
}

/// The smallest power of two that is at least `n`; too large for any tensor if there is none.
fn power_of_two(n: usize) -> usize {
    n.checked_next_power_of_two().unwrap_or(usize::MAX / 4)
}

/// The real and the imaginary parts of the Fourier transform of a real signal: one product with a public matrix, which
/// is the plaintext backend's results for all unit vectors.
pub(super) fn rfft<P: Backend, R: Ring>(
    signal: SecretTensor<R>,
    dim: usize,
    n: Option<usize>,
) -> (SecretTensor<R>, SecretTensor<R>) {
    let size = signal.shape()[dim];
    let bins = power_of_two(n.unwrap_or(size)) / 2 + 1;
    let out = lift::with_dim(signal.shape(), dim, bins);
    let (device, shapes) = (
        signal.device(),
        [signal.shape(), &[size, size.max(2 * bins)]],
    );
    let refused = || ops::refused(device, "rfft", &shapes, (&out, Kind::Float));
    if let Some(parts) = refused().zip(refused()) {
        return parts;
    }
    let (re, im) = P::rfft(units::<P>(size, [1, 1, size, size]), 3, n);
    let Some(both) = matrix::<P>(P::float_cat(vec![re, im], 3), size) else {
        let part = || {
            refuse::refuse(
                "rfft",
                device,
                &shapes,
                UNREADABLE,
                (out.clone(), Kind::Float),
            )
        };
        return (part(), part());
    };
    let both = ops::resize(signal, dim, both);
    let part = |from: usize| {
        let mut spans: Vec<Span> = both.shape().iter().map(|&len| Span::full(len)).collect();
        spans[dim] = Span::ranged(from, from + bins, 1);
        movement::slice(both.clone(), &spans)
    };
    (part(0), part(bins))
}

/// The real signal of a half of its Fourier transform; see [`rfft`].
pub(super) fn irfft<P: Backend, R: Ring>(
    re: Operand<R>,
    im: Operand<R>,
    dim: usize,
    n: Option<usize>,
) -> SecretTensor<R> {
    let device = ops::meeting(re.device().into_iter().chain(im.device()));
    let bins = re.shape()[dim];
    let size = power_of_two(n.unwrap_or(bins.saturating_sub(1) * 2));
    let out = lift::with_dim(re.shape(), dim, size);
    let shapes = [re.shape(), im.shape(), &[2 * bins, size.max(2 * bins)]];
    if let Some(refused) = ops::refused(&device, "irfft", &shapes, (&out, Kind::Float)) {
        return refused;
    }
    let shape = [1, 1, 2 * bins, 2 * bins];
    let half = |from: usize| {
        let units = units::<P>(2 * bins, shape);
        P::float_slice(
            units,
            &[
                Slice::full(),
                Slice::full(),
                Slice::full(),
                Slice::from(from..from + bins),
            ],
        )
    };
    let weights = P::irfft(half(0), half(bins), 3, n);
    let Some(weights) = matrix::<P>(weights, 2 * bins) else {
        return refuse::refuse("irfft", &device, &shapes, UNREADABLE, (out, Kind::Float));
    };
    let both = movement::cat(vec![re, im], dim, Kind::Float, &device);
    ops::resize(both, dim, weights)
}
