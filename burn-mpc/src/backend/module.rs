//! Layers: linear, convolution, pooling, interpolation and the rest.

use burn_backend::ops::conv::calculate_conv_output_sizes;
use burn_backend::ops::{
    AttentionModuleOptions, ConvOptions, ConvTransposeOptions, DeformConv2dBackward,
    DeformConvOptions, InterpolateOptions, MaxPool2dBackward, MaxPool2dWithIndices, ModuleOps,
    UnfoldOptions,
};
use burn_backend::tensor::{BoolTensor, FloatTensor, IntTensor};
use burn_backend::{Backend, TensorMetadata};

use super::kind::Floats;
use super::{Mpc, MpcTensor, layers, lift, refuse, shapes};
use crate::ops;
use crate::ring::Ring;
use crate::tensor::{Kind, SecretTensor};

/// Hints: what to do instead.
mod hint {
    pub const CONV3D: &str = "only one- and two-dimensional convolutions have a protocol";
    pub const DEFORM: &str =
        "sampling at places that depend on a secret has no protocol; use conv2d";
    pub const TRAINING: &str = "training through this layer has no protocol; train in the clear";
    pub const POOL_INDICES: &str =
        "indices of maxima would be secret; use max_pool2d without indices";
    pub const ATTENTION: &str = "no protocol for softmax yet; reveal first";
    pub const LAYER_NORM: &str =
        "no normalisation over secret statistics; use batch_norm with fixed statistics";
    pub const CTC: &str = "no protocol for logarithms of secrets; reveal first";
    pub const FFT: &str = "no Fourier transform of secrets; multiply by its matrix instead";
}

impl<P: Backend, R: Ring> ModuleOps<Self> for Mpc<P, R> {
    weighted! { |rank| rank - 1;
        fn linear(x, weight, bias) => ops::linear(x, weight, bias);
    }

    weighted! { |_| 1;
        fn conv1d(x, weight, bias; options: ConvOptions<1>) => layers::conv1d(x, weight, bias, &options);
        fn conv2d(x, weight, bias; options: ConvOptions<2>) => layers::conv2d(x, weight, bias, &options);
        fn conv_transpose2d(x, weight, bias; options: ConvTransposeOptions<2>) =>
            layers::conv_transpose2d(&x, &weight, bias, &options);
    }

    fn conv3d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Option<FloatTensor<Self>>,
        options: ConvOptions<3>,
    ) -> FloatTensor<Self> {
        match (x, weight, lift::optional(bias)) {
            (MpcTensor::Public(x, device), MpcTensor::Public(weight, _), Ok(bias)) => {
                MpcTensor::Public(P::conv3d(x, weight, bias, options), device)
            }
            (x, weight, bias) => {
                let (shape, kernel) = (x.shape().to_vec(), weight.shape().to_vec());
                let ConvOptions {
                    stride,
                    padding,
                    dilation,
                    ..
                } = options;
                let sizes = calculate_conv_output_sizes(
                    &kernel[2..],
                    &stride,
                    &padding,
                    &dilation,
                    &shape[2..],
                );
                let out = [&[shape[0], kernel[0]][..], &sizes].concat();
                let device = layers::device([x.device(), weight.device()], bias.as_ref().err());
                let shapes = [shape.as_slice(), kernel.as_slice()];
                MpcTensor::Secret(refuse::refuse(
                    "conv3d",
                    &device,
                    &shapes,
                    hint::CONV3D,
                    (out, Kind::Float),
                ))
            }
        }
    }

    fn conv_transpose3d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Option<FloatTensor<Self>>,
        options: ConvTransposeOptions<3>,
    ) -> FloatTensor<Self> {
        match (x, weight, lift::optional(bias)) {
            (MpcTensor::Public(x, device), MpcTensor::Public(weight, _), Ok(bias)) => {
                MpcTensor::Public(P::conv_transpose3d(x, weight, bias, options), device)
            }
            (x, weight, bias) => {
                let (shape, kernel) = (x.shape().to_vec(), weight.shape().to_vec());
                let mut out = vec![shape[0], kernel[1] * options.groups];
                out.extend(
                    (0..3)
                        .map(|i| shapes::transposed_size(shape[i + 2], kernel[i + 2], i, &options)),
                );
                let device = layers::device([x.device(), weight.device()], bias.as_ref().err());
                let shapes = [shape.as_slice(), kernel.as_slice()];
                MpcTensor::Secret(refuse::refuse(
                    "conv_transpose3d",
                    &device,
                    &shapes,
                    hint::CONV3D,
                    (out, Kind::Float),
                ))
            }
        }
    }

    fn deform_conv2d(
        x: FloatTensor<Self>,
        offset: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        mask: Option<FloatTensor<Self>>,
        bias: Option<FloatTensor<Self>>,
        options: DeformConvOptions<2>,
    ) -> FloatTensor<Self> {
        match (
            x,
            offset,
            weight,
            lift::optional(mask),
            lift::optional(bias),
        ) {
            (
                MpcTensor::Public(x, device),
                MpcTensor::Public(offset, _),
                MpcTensor::Public(weight, _),
                Ok(mask),
                Ok(bias),
            ) => MpcTensor::Public(
                P::deform_conv2d(x, offset, weight, mask, bias, options),
                device,
            ),
            (x, offset, weight, mask, bias) => {
                let (shape, kernel, at) = (
                    x.shape().to_vec(),
                    weight.shape().to_vec(),
                    offset.shape().to_vec(),
                );
                let out = (vec![shape[0], kernel[0], at[2], at[3]], Kind::Float);
                let device = layers::device(
                    [x.device(), weight.device(), offset.device()],
                    mask.as_ref().err().or(bias.as_ref().err()),
                );
                let shapes = [shape.as_slice(), kernel.as_slice(), at.as_slice()];
                MpcTensor::Secret(refuse::refuse(
                    "deform_conv2d",
                    &device,
                    &shapes,
                    hint::DEFORM,
                    out,
                ))
            }
        }
    }

    fn deform_conv2d_backward(
        x: FloatTensor<Self>,
        offset: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        mask: Option<FloatTensor<Self>>,
        bias: Option<FloatTensor<Self>>,
        output_grad: FloatTensor<Self>,
        options: DeformConvOptions<2>,
    ) -> DeformConv2dBackward<Self> {
        let shapes = [&x, &offset, &weight].map(|tensor| tensor.shape().to_vec());
        let extra =
            [&mask, &bias].map(|tensor| tensor.as_ref().map(|tensor| tensor.shape().to_vec()));
        match (
            x,
            offset,
            weight,
            lift::optional(mask),
            lift::optional(bias),
            output_grad,
        ) {
            (
                MpcTensor::Public(x, device),
                MpcTensor::Public(offset, _),
                MpcTensor::Public(weight, _),
                Ok(mask),
                Ok(bias),
                MpcTensor::Public(grad, _),
            ) => {
                let grads = P::deform_conv2d_backward(x, offset, weight, mask, bias, grad, options);
                let wrap = |tensor| MpcTensor::Public(tensor, device.clone());
                DeformConv2dBackward::new(
                    wrap(grads.x_grad),
                    wrap(grads.offset_grad),
                    wrap(grads.weight_grad),
                    grads.mask_grad.map(wrap),
                    grads.bias_grad.map(wrap),
                )
            }
            (x, offset, weight, mask, bias, grad) => {
                let device = layers::device(
                    [x.device(), offset.device(), weight.device(), grad.device()],
                    mask.as_ref().err().or(bias.as_ref().err()),
                );
                let refuse = |shape: &Vec<usize>| {
                    let out = (shape.clone(), Kind::Float);
                    MpcTensor::Secret(refuse::refuse(
                        "deform_conv2d_backward",
                        &device,
                        &[shape],
                        hint::TRAINING,
                        out,
                    ))
                };
                let [x, offset, weight] = shapes.each_ref().map(refuse);
                let [mask, bias] = extra.each_ref().map(|shape| shape.as_ref().map(refuse));
                DeformConv2dBackward::new(x, offset, weight, mask, bias)
            }
        }
    }

    unary! { FloatTensor -> FloatTensor;
        fn unfold4d(t; kernel_size: [usize; 2], options: UnfoldOptions) => layers::unfold4d(t, kernel_size, &options);
        fn avg_pool2d(
            t; kernel_size: [usize; 2], stride: [usize; 2], padding: [usize; 2], count_include_pad: bool, ceil_mode: bool
        ) => ops::avg_pool2d(t, kernel_size, stride, padding, count_include_pad, ceil_mode);
        fn adaptive_avg_pool2d(t; output_size: [usize; 2]) => ops::adaptive_avg_pool2d(t, output_size);
        fn max_pool2d(
            t; kernel_size: [usize; 2], stride: [usize; 2], padding: [usize; 2], dilation: [usize; 2], ceil_mode: bool
        ) => ops::max_pool2d(t, kernel_size, stride, padding, dilation, ceil_mode);
        fn interpolate(t; output_size: [usize; 2], options: InterpolateOptions) =>
            layers::interpolate::<P, R>(t, output_size, &options);
    }

    backward! { FloatTensor;
        fn avg_pool2d_backward(
            kernel_size: [usize; 2], stride: [usize; 2], padding: [usize; 2], count_include_pad: bool, ceil_mode: bool
        ) => hint::TRAINING;
        fn adaptive_avg_pool2d_backward() => hint::TRAINING;
        fn interpolate_backward(output_size: [usize; 2], options: InterpolateOptions) => hint::TRAINING;
    }

    fn max_pool2d_with_indices(
        x: FloatTensor<Self>,
        kernel_size: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
        dilation: [usize; 2],
        ceil_mode: bool,
    ) -> MaxPool2dWithIndices<Self> {
        match x {
            MpcTensor::Public(x, device) => {
                let pooled = P::max_pool2d_with_indices(
                    x,
                    kernel_size,
                    stride,
                    padding,
                    dilation,
                    ceil_mode,
                );
                let indices = MpcTensor::Public(pooled.indices, device.clone());
                MaxPool2dWithIndices::new(MpcTensor::Public(pooled.output, device), indices)
            }
            MpcTensor::Secret(x) => {
                let size = |i: usize| {
                    shapes::pooled_size(
                        x.shape()[i + 2],
                        kernel_size[i],
                        stride[i],
                        padding[i],
                        dilation[i],
                        ceil_mode,
                    )
                };
                let out = (
                    vec![x.shape()[0], x.shape()[1], size(0), size(1)],
                    Kind::Float,
                );
                let refused: SecretTensor<R> = refuse::refuse(
                    "max_pool2d_with_indices",
                    x.device(),
                    &[x.shape()],
                    hint::POOL_INDICES,
                    out,
                );
                let indices = MpcTensor::Secret(refused.clone().with_kind(Kind::Int));
                MaxPool2dWithIndices::new(MpcTensor::Secret(refused), indices)
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn max_pool2d_with_indices_backward(
        x: FloatTensor<Self>,
        kernel_size: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
        dilation: [usize; 2],
        ceil_mode: bool,
        output_grad: FloatTensor<Self>,
        indices: IntTensor<Self>,
    ) -> MaxPool2dBackward<Self> {
        MaxPool2dBackward::new(match (x, output_grad, indices) {
            (
                MpcTensor::Public(x, device),
                MpcTensor::Public(grad, _),
                MpcTensor::Public(indices, _),
            ) => {
                let grads = P::max_pool2d_with_indices_backward(
                    x,
                    kernel_size,
                    stride,
                    padding,
                    dilation,
                    ceil_mode,
                    grad,
                    indices,
                );
                MpcTensor::Public(grads.x_grad, device)
            }
            (x, grad, indices) => {
                let shape = x.shape().to_vec();
                let device = layers::device([x.device(), grad.device()], indices.secret());
                let out = (shape.clone(), Kind::Float);
                MpcTensor::Secret(refuse::refuse(
                    "max_pool2d_backward",
                    &device,
                    &[&shape],
                    hint::TRAINING,
                    out,
                ))
            }
        })
    }

    fn attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        mask: Option<BoolTensor<Self>>,
        attn_bias: Option<FloatTensor<Self>>,
        options: AttentionModuleOptions,
    ) -> FloatTensor<Self> {
        match (
            query,
            key,
            value,
            lift::optional(mask),
            lift::optional(attn_bias),
        ) {
            (
                MpcTensor::Public(query, device),
                MpcTensor::Public(key, _),
                MpcTensor::Public(value, _),
                Ok(mask),
                Ok(bias),
            ) => MpcTensor::Public(P::attention(query, key, value, mask, bias, options), device),
            (query, key, value, mask, bias) => {
                let shapes = [&query, &key, &value].map(|tensor| tensor.shape().to_vec());
                let mut out = shapes[0].clone();
                out[3] = shapes[2][3];
                let device = layers::device(
                    [query.device(), key.device(), value.device()],
                    mask.as_ref().err().or(bias.as_ref().err()),
                );
                let shapes = shapes.each_ref().map(Vec::as_slice);
                MpcTensor::Secret(refuse::refuse(
                    "attention",
                    &device,
                    &shapes,
                    hint::ATTENTION,
                    (out, Kind::Float),
                ))
            }
        }
    }

    fn layer_norm(
        tensor: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: Option<FloatTensor<Self>>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        match (tensor, gamma, lift::optional(beta)) {
            (MpcTensor::Public(tensor, device), MpcTensor::Public(gamma, _), Ok(beta)) => {
                MpcTensor::Public(P::layer_norm(tensor, gamma, beta, epsilon), device)
            }
            (tensor, gamma, beta) => {
                let shape = tensor.shape().to_vec();
                let device = layers::device([tensor.device(), gamma.device()], beta.as_ref().err());
                let out = (shape.clone(), Kind::Float);
                MpcTensor::Secret(refuse::refuse(
                    "layer_norm",
                    &device,
                    &[&shape],
                    hint::LAYER_NORM,
                    out,
                ))
            }
        }
    }

    fn ctc_loss(
        log_probs: FloatTensor<Self>,
        targets: IntTensor<Self>,
        input_lengths: IntTensor<Self>,
        target_lengths: IntTensor<Self>,
        blank: usize,
    ) -> FloatTensor<Self> {
        match (log_probs, targets, input_lengths, target_lengths) {
            (
                MpcTensor::Public(log_probs, device),
                MpcTensor::Public(targets, _),
                MpcTensor::Public(inputs, _),
                MpcTensor::Public(lengths, _),
            ) => MpcTensor::Public(
                P::ctc_loss(log_probs, targets, inputs, lengths, blank),
                device,
            ),
            (log_probs, targets, inputs, lengths) => {
                let shape = log_probs.shape().to_vec();
                let secret = targets.secret().or(inputs.secret()).or(lengths.secret());
                let device = layers::device([log_probs.device()], secret);
                let out = (vec![shape[1]], Kind::Float);
                MpcTensor::Secret(refuse::refuse(
                    "ctc_loss",
                    &device,
                    &[&shape],
                    hint::CTC,
                    out,
                ))
            }
        }
    }

    fn rfft(
        signal: FloatTensor<Self>,
        dim: usize,
        n: Option<usize>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        match signal {
            MpcTensor::Public(signal, device) => {
                let (re, im) = P::rfft(signal, dim, n);
                (
                    MpcTensor::Public(re, device.clone()),
                    MpcTensor::Public(im, device),
                )
            }
            MpcTensor::Secret(signal) => {
                let size = n.unwrap_or(signal.shape()[dim]) / 2 + 1;
                let part: SecretTensor<R> =
                    refuse::refuse_dim("rfft", &signal, hint::FFT, dim, size, Kind::Float);
                (MpcTensor::Secret(part.clone()), MpcTensor::Secret(part))
            }
        }
    }

    fn irfft(
        spectrum_re: FloatTensor<Self>,
        spectrum_im: FloatTensor<Self>,
        dim: usize,
        n: Option<usize>,
    ) -> FloatTensor<Self> {
        match (spectrum_re, spectrum_im) {
            (MpcTensor::Public(re, device), MpcTensor::Public(im, _)) => {
                MpcTensor::Public(P::irfft(re, im, dim, n), device)
            }
            (re, im) => {
                let shape = re.shape().to_vec();
                let size = n.unwrap_or(shape[dim].saturating_sub(1) * 2);
                let device = lift::device_of(&re, &im);
                let out = (lift::with_dim(&shape, dim, size), Kind::Float);
                MpcTensor::Secret(refuse::refuse("irfft", &device, &[&shape], hint::FFT, out))
            }
        }
    }
}
