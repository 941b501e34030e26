//! The transposed convolution.

use crate::ops::movement::{self, Source, Span};
use crate::ops::{ConvSettings, linear};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Operand, SecretTensor};

/// How a transposed convolution spreads its input.
#[derive(Clone, Copy, Debug)]
pub struct TransposeSettings {
    /// Rows and columns between the places of two inputs.
    pub stride: [usize; 2],
    /// Rows and columns cut off at each side.
    pub padding: [usize; 2],
    /// Rows and columns added at the end.
    pub padding_out: [usize; 2],
    /// Rows and columns between the taps of the kernel.
    pub dilation: [usize; 2],
    /// Groups of channels.
    pub groups: usize,
}

/// A transposed convolution: the inputs set apart by `stride`, convolved with the flipped kernel.
pub fn conv_transpose2d<R: Ring>(
    x: &Operand<R>,
    weight: &Operand<R>,
    bias: Option<Operand<R>>,
    settings: TransposeSettings,
) -> SecretTensor<R> {
    let kernel = weight.shape().to_vec();
    let device = x.device().or(weight.device()).cloned().unwrap_or_default();
    let reach = |i: usize| settings.dilation[i].saturating_mul(kernel[i + 2].saturating_sub(1));
    let before = [0, 0, reach(0), reach(1)];
    let gap = [1, 1, settings.stride[0], settings.stride[1]];
    let after = [
        0,
        0,
        reach(0).saturating_add(settings.padding_out[0]),
        reach(1).saturating_add(settings.padding_out[1]),
    ];
    let spread = movement::spread(x, &before, &gap, &after, &device);
    let shape = spread.shape();
    let cut = |i: usize| {
        let padding = settings.padding[i];
        Span::ranged(padding, shape[i + 2].saturating_sub(padding), 1)
    };
    let spans = [Span::full(shape[0]), Span::full(shape[1]), cut(0), cut(1)];
    let source = movement::slice_source(shape, &spans);
    let input = movement::remap_operand("conv_transpose2d", &spread, source, &device);
    let plain = ConvSettings {
        stride: [1, 1],
        padding: [0, 0],
        dilation: settings.dilation,
        groups: settings.groups,
    };
    let weight = turned(weight, settings.groups, &device);
    linear::conv(input, weight, bias, plain)
}

/// Converts the kernel `[in, out / groups, h, w]` of a transposed convolution to the convolution's,
/// `[out, in / groups, h, w]`, rotated by half a circle.
fn turned<R: Ring>(weight: &Operand<R>, groups: usize, device: &MpcDevice) -> Operand<R> {
    let shape = weight.shape();
    let (per_in, per_out) = (shape[0] / groups, shape[1]);
    let grouped = [groups, per_in, per_out, shape[2], shape[3]];
    let out = vec![groups.saturating_mul(per_out), per_in, shape[2], shape[3]];
    let source = Source::new(out, move |_| {
        let permuted = movement::permute_source(&grouped, &[0, 2, 1, 3, 4]);
        let flipped = movement::flip_source(permuted.shape(), &[3, 4]).places();
        flipped.take(&permuted.places().list(), 0)
    });
    movement::remap_operand("conv_transpose2d", weight, source, device)
}
