//! Shapes of results, where a call on secrets is refused.

use burn_backend::ops::ConvTransposeOptions;

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
