//! The transposed convolution.

use crate::ops::conv3d::conv3d;
use crate::ops::movement::{self, Source, Span};
use crate::ops::{ConvSettings, linear};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Operand, SecretTensor};

/// How a transposed convolution over `D` axes spreads its input.
#[derive(Clone, Copy, Debug)]
pub struct TransposeSettings<const D: usize> {
    /// Places between two inputs.
    pub stride: [usize; D],
    /// Places cut off at both ends of each axis.
    pub padding: [usize; D],
    /// Places added at the end of each axis.
    pub padding_out: [usize; D],
    /// Places between the taps of the kernel.
    pub dilation: [usize; D],
    /// Groups of channels.
    pub groups: usize,
}

impl<const D: usize> TransposeSettings<D> {
    /// Those of the convolution over the spread input.
    fn plain(&self) -> ConvSettings<D> {
        ConvSettings {
            stride: [1; D],
            padding: [0; D],
            dilation: self.dilation,
            groups: self.groups,
        }
    }
}

/// A transposed convolution over images.
pub fn conv_transpose2d<R: Ring>(
    x: &Operand<R>,
    weight: &Operand<R>,
    bias: Option<Operand<R>>,
    settings: TransposeSettings<2>,
) -> SecretTensor<R> {
    let (input, weight) = spread("conv_transpose2d", x, weight, &settings);
    linear::conv(input, weight, bias, settings.plain())
}

/// A transposed convolution over volumes.
pub fn conv_transpose3d<R: Ring>(
    x: &Operand<R>,
    weight: &Operand<R>,
    bias: Option<Operand<R>>,
    settings: TransposeSettings<3>,
) -> SecretTensor<R> {
    let (input, weight) = spread("conv_transpose3d", x, weight, &settings);
    conv3d(input, weight, bias, settings.plain())
}

/// The inputs set apart by the stride, and the flipped kernel: their convolution is the transposed one.
fn spread<R: Ring, const D: usize>(
    op: &'static str,
    x: &Operand<R>,
    weight: &Operand<R>,
    settings: &TransposeSettings<D>,
) -> (Operand<R>, Operand<R>) {
    let kernel = weight.shape();
    let device = x.device().or(weight.device()).cloned().unwrap_or_default();
    // Batch and channels stay as they are.
    let axes = |others: usize, of: &dyn Fn(usize) -> usize| -> Vec<usize> {
        [others; 2].into_iter().chain((0..D).map(of)).collect()
    };
    let reach = |i: usize| settings.dilation[i].saturating_mul(kernel[i + 2].saturating_sub(1));
    let before = axes(0, &reach);
    let gap = axes(1, &|i| settings.stride[i]);
    let after = axes(0, &|i| reach(i).saturating_add(settings.padding_out[i]));
    let spread = movement::spread(x, &before, &gap, &after, &device);
    let shape = spread.shape();
    let cut = |i: usize| {
        let padding = settings.padding[i];
        Span::ranged(padding, shape[i + 2].saturating_sub(padding), 1)
    };
    let whole = [Span::full(shape[0]), Span::full(shape[1])];
    let spans: Vec<Span> = whole.into_iter().chain((0..D).map(cut)).collect();
    let source = movement::slice_source(shape, &spans);
    let input = movement::remap_operand(op, &spread, source, &device);
    (input, turned(op, weight, settings.groups, &device))
}

/// Converts the kernel `[in, out / groups, ..]` of a transposed convolution to the convolution's, `[out, in / groups, ..]`,
/// reversed along every axis.
fn turned<R: Ring>(
    op: &'static str,
    weight: &Operand<R>,
    groups: usize,
    device: &MpcDevice,
) -> Operand<R> {
    let shape = weight.shape();
    let (per_in, per_out, window) = (shape[0] / groups, shape[1], &shape[2..]);
    let grouped = [&[groups, per_in, per_out], window].concat();
    let out = [&[groups.saturating_mul(per_out), per_in], window].concat();
    let source = Source::new(out, move |_| {
        let rank = grouped.len();
        let axes: Vec<usize> = [0, 2, 1].into_iter().chain(3..rank).collect();
        let permuted = movement::permute_source(&grouped, &axes);
        let taps: Vec<usize> = (3..rank).collect();
        let flipped = movement::flip_source(permuted.shape(), &taps).places();
        flipped.take(&permuted.places().list(), 0)
    });
    movement::remap_operand(op, weight, source, device)
}
