//! `ModuleOps` by delegation; written by `scripts/generate_inference.py` from burn-backend 0.21.0.

use super::delegate;
use crate::inference::Inference;
use crate::inference::rewrap::Lift;
use burn_backend::Backend;
use burn_backend::ops::{
    AttentionModuleOptions, ConvOptions, ConvTransposeOptions, DeformConv2dBackward,
    DeformConvOptions, InterpolateOptions, MaxPool1dBackward, MaxPool1dWithIndices,
    MaxPool2dBackward, MaxPool2dWithIndices, ModuleOps, UnfoldOptions,
};
use burn_backend::tensor::{BoolTensor, FloatTensor, IntTensor};

delegate! { ModuleOps
    embedding(weights: FloatTensor<A>, indices: IntTensor<A>) -> FloatTensor<A>;
    embedding_backward(
        weights: FloatTensor<A>, output_grad: FloatTensor<A>, indices: IntTensor<A>
    ) -> FloatTensor<A>;
    linear(
        x: FloatTensor<A>, weight: FloatTensor<A>, bias: Option<FloatTensor<A>>
    ) -> FloatTensor<A>;
    linear_x_backward(weight: FloatTensor<A>, output_grad: FloatTensor<A>) -> FloatTensor<A>;
    linear_weight_backward(x: FloatTensor<A>, output_grad: FloatTensor<A>) -> FloatTensor<A>;
    linear_bias_backward(output_grad: FloatTensor<A>) -> FloatTensor<A>;
    conv1d(
        x: FloatTensor<A>, weight: FloatTensor<A>, bias: Option<FloatTensor<A>>,
        options: ConvOptions<1>
    ) -> FloatTensor<A>;
    conv1d_x_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvOptions<1>
    ) -> FloatTensor<A>;
    conv1d_weight_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvOptions<1>
    ) -> FloatTensor<A>;
    conv1d_bias_backward(
        x: FloatTensor<A>, bias: FloatTensor<A>, output_grad: FloatTensor<A>
    ) -> FloatTensor<A>;
    conv2d(
        x: FloatTensor<A>, weight: FloatTensor<A>, bias: Option<FloatTensor<A>>,
        options: ConvOptions<2>
    ) -> FloatTensor<A>;
    conv2d_x_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvOptions<2>
    ) -> FloatTensor<A>;
    conv2d_weight_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvOptions<2>
    ) -> FloatTensor<A>;
    conv2d_bias_backward(
        x: FloatTensor<A>, bias: FloatTensor<A>, output_grad: FloatTensor<A>
    ) -> FloatTensor<A>;
    deform_conv2d(
        x: FloatTensor<A>, offset: FloatTensor<A>, weight: FloatTensor<A>,
        mask: Option<FloatTensor<A>>, bias: Option<FloatTensor<A>>,
        options: DeformConvOptions<2>
    ) -> FloatTensor<A>;
    deform_conv2d_backward(
        x: FloatTensor<A>, offset: FloatTensor<A>, weight: FloatTensor<A>,
        mask: Option<FloatTensor<A>>, bias: Option<FloatTensor<A>>, output_grad: FloatTensor<A>,
        options: DeformConvOptions<2>
    ) -> DeformConv2dBackward<Inference<A>>
        = A::deform_conv2d_backward(x, offset, weight, mask, bias, output_grad, options).lift();
    conv3d(
        x: FloatTensor<A>, weight: FloatTensor<A>, bias: Option<FloatTensor<A>>,
        options: ConvOptions<3>
    ) -> FloatTensor<A>;
    conv3d_x_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvOptions<3>
    ) -> FloatTensor<A>;
    conv3d_weight_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvOptions<3>
    ) -> FloatTensor<A>;
    conv3d_bias_backward(
        x: FloatTensor<A>, bias: FloatTensor<A>, output_grad: FloatTensor<A>
    ) -> FloatTensor<A>;
    conv_transpose1d(
        x: FloatTensor<A>, weight: FloatTensor<A>, bias: Option<FloatTensor<A>>,
        options: ConvTransposeOptions<1>
    ) -> FloatTensor<A>;
    conv_transpose1d_x_backward(
        weight: FloatTensor<A>, output_grad: FloatTensor<A>, options: ConvTransposeOptions<1>
    ) -> FloatTensor<A>;
    conv_transpose1d_weight_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvTransposeOptions<1>
    ) -> FloatTensor<A>;
    conv_transpose1d_bias_backward(
        x: FloatTensor<A>, bias: FloatTensor<A>, output_grad: FloatTensor<A>
    ) -> FloatTensor<A>;
    conv_transpose2d(
        x: FloatTensor<A>, weight: FloatTensor<A>, bias: Option<FloatTensor<A>>,
        options: ConvTransposeOptions<2>
    ) -> FloatTensor<A>;
    conv_transpose2d_x_backward(
        weight: FloatTensor<A>, output_grad: FloatTensor<A>, options: ConvTransposeOptions<2>
    ) -> FloatTensor<A>;
    conv_transpose2d_weight_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvTransposeOptions<2>
    ) -> FloatTensor<A>;
    conv_transpose2d_bias_backward(
        x: FloatTensor<A>, bias: FloatTensor<A>, output_grad: FloatTensor<A>
    ) -> FloatTensor<A>;
    conv_transpose3d(
        x: FloatTensor<A>, weight: FloatTensor<A>, bias: Option<FloatTensor<A>>,
        options: ConvTransposeOptions<3>
    ) -> FloatTensor<A>;
    conv_transpose3d_x_backward(
        weight: FloatTensor<A>, output_grad: FloatTensor<A>, options: ConvTransposeOptions<3>
    ) -> FloatTensor<A>;
    conv_transpose3d_weight_backward(
        x: FloatTensor<A>, weight: FloatTensor<A>, output_grad: FloatTensor<A>,
        options: ConvTransposeOptions<3>
    ) -> FloatTensor<A>;
    conv_transpose3d_bias_backward(
        x: FloatTensor<A>, bias: FloatTensor<A>, output_grad: FloatTensor<A>
    ) -> FloatTensor<A>;
    unfold4d(x: FloatTensor<A>, kernel_size: [usize; 2], options: UnfoldOptions) -> FloatTensor<A>;
    avg_pool1d(
        x: FloatTensor<A>, kernel_size: usize, stride: usize, padding: usize,
        count_include_pad: bool, ceil_mode: bool
    ) -> FloatTensor<A>;
    avg_pool1d_backward(
        x: FloatTensor<A>, grad: FloatTensor<A>, kernel_size: usize, stride: usize,
        padding: usize, count_include_pad: bool, ceil_mode: bool
    ) -> FloatTensor<A>;
    avg_pool2d(
        x: FloatTensor<A>, kernel_size: [usize; 2], stride: [usize; 2], padding: [usize; 2],
        count_include_pad: bool, ceil_mode: bool
    ) -> FloatTensor<A>;
    avg_pool2d_backward(
        x: FloatTensor<A>, grad: FloatTensor<A>, kernel_size: [usize; 2], stride: [usize; 2],
        padding: [usize; 2], count_include_pad: bool, ceil_mode: bool
    ) -> FloatTensor<A>;
    adaptive_avg_pool2d(x: FloatTensor<A>, output_size: [usize; 2]) -> FloatTensor<A>;
    adaptive_avg_pool2d_backward(x: FloatTensor<A>, grad: FloatTensor<A>) -> FloatTensor<A>;
    adaptive_avg_pool1d(x: FloatTensor<A>, output_size: usize) -> FloatTensor<A>;
    adaptive_avg_pool1d_backward(x: FloatTensor<A>, grad: FloatTensor<A>) -> FloatTensor<A>;
    max_pool1d(
        x: FloatTensor<A>, kernel_size: usize, stride: usize, padding: usize, dilation: usize,
        ceil_mode: bool
    ) -> FloatTensor<A>;
    max_pool1d_with_indices(
        x: FloatTensor<A>, kernel_size: usize, stride: usize, padding: usize, dilation: usize,
        ceil_mode: bool
    ) -> MaxPool1dWithIndices<Inference<A>>
        = A::max_pool1d_with_indices(x, kernel_size, stride, padding, dilation, ceil_mode).lift();
    max_pool1d_with_indices_backward(
        x: FloatTensor<A>, kernel_size: usize, stride: usize, padding: usize, dilation: usize,
        ceil_mode: bool, output_grad: FloatTensor<A>, indices: IntTensor<A>
    ) -> MaxPool1dBackward<Inference<A>>
        = A::max_pool1d_with_indices_backward(x, kernel_size, stride, padding, dilation, ceil_mode, output_grad, indices).lift();
    max_pool2d(
        x: FloatTensor<A>, kernel_size: [usize; 2], stride: [usize; 2], padding: [usize; 2],
        dilation: [usize; 2], ceil_mode: bool
    ) -> FloatTensor<A>;
    max_pool2d_with_indices(
        x: FloatTensor<A>, kernel_size: [usize; 2], stride: [usize; 2], padding: [usize; 2],
        dilation: [usize; 2], ceil_mode: bool
    ) -> MaxPool2dWithIndices<Inference<A>>
        = A::max_pool2d_with_indices(x, kernel_size, stride, padding, dilation, ceil_mode).lift();
    max_pool2d_with_indices_backward(
        x: FloatTensor<A>, kernel_size: [usize; 2], stride: [usize; 2], padding: [usize; 2],
        dilation: [usize; 2], ceil_mode: bool, output_grad: FloatTensor<A>,
        indices: IntTensor<A>
    ) -> MaxPool2dBackward<Inference<A>>
        = A::max_pool2d_with_indices_backward(x, kernel_size, stride, padding, dilation, ceil_mode, output_grad, indices).lift();
    interpolate(
        x: FloatTensor<A>, output_size: [usize; 2], options: InterpolateOptions
    ) -> FloatTensor<A>;
    interpolate_backward(
        x: FloatTensor<A>, grad: FloatTensor<A>, output_size: [usize; 2],
        options: InterpolateOptions
    ) -> FloatTensor<A>;
    attention(
        query: FloatTensor<A>, key: FloatTensor<A>, value: FloatTensor<A>,
        mask: Option<BoolTensor<A>>, attn_bias: Option<FloatTensor<A>>,
        options: AttentionModuleOptions
    ) -> FloatTensor<A>;
    layer_norm(
        tensor: FloatTensor<A>, gamma: FloatTensor<A>, beta: Option<FloatTensor<A>>,
        epsilon: f64
    ) -> FloatTensor<A>;
    ctc_loss(
        log_probs: FloatTensor<A>, targets: IntTensor<A>, input_lengths: IntTensor<A>,
        target_lengths: IntTensor<A>, blank: usize
    ) -> FloatTensor<A>;
    has_ctc_loss_backward() -> bool;
    ctc_loss_backward(
        log_probs: FloatTensor<A>, targets: IntTensor<A>, input_lengths: IntTensor<A>,
        target_lengths: IntTensor<A>, grad_loss: FloatTensor<A>, blank: usize
    ) -> FloatTensor<A>;
    rfft(signal: FloatTensor<A>, dim: usize, n: Option<usize>) -> (FloatTensor<A>, FloatTensor<A>);
    irfft(
        spectrum_re: FloatTensor<A>, spectrum_im: FloatTensor<A>, dim: usize, n: Option<usize>
    ) -> FloatTensor<A>;
}
