//! Images split by the phase of the stride, so that every tap of the kernel reads contiguously.
//!
//! With stride `s`, output `(y, x)` and tap `(i, j)` meet at padded position
//! `(y * s + i * d, x * s + j * d)`. Phase `(p, q)` of a padded image holds its elements
//! `(y * s + p, x * s + q)`, so the tap reads phase `(i * d % s, j * d % s)` at `(y, x)` moved by
//! `(i * d / s, j * d / s)`: within a phase, the whole output is one moved window.

use super::super::Ring;
use super::super::simd::{Isa, Vectorised};
use super::ConvGeometry;

/// One axis of the split.
struct Axis {
    /// Phases that taps use, ascending.
    phases: Vec<usize>,
    /// For each tap, the index of its phase and its distance there.
    taps: Vec<(usize, usize)>,
    /// Length of a phase.
    size: usize,
}

impl Axis {
    fn new(kernel: usize, stride: usize, dilation: usize, output: usize) -> Self {
        let mut phases: Vec<usize> = (0..kernel).map(|t| t * dilation % stride).collect();
        phases.sort_unstable();
        phases.dedup();
        let tap = |t: usize| {
            let position = t * dilation;
            // Every tap's phase is in the list it was collected into.
            (
                phases.partition_point(|&p| p < position % stride),
                position / stride,
            )
        };
        let taps = (0..kernel).map(tap).collect();
        Self {
            size: output + (kernel - 1) * dilation / stride,
            phases,
            taps,
        }
    }
}

/// How an image channel is split, and where the taps read.
pub(super) struct Phases {
    rows: Axis,
    columns: Axis,
    /// Whether a channel is its own only phase.
    pub(super) identity: bool,
}

impl Phases {
    pub(super) fn new(g: &ConvGeometry) -> Self {
        let [height, width] = g.output();
        Self {
            rows: Axis::new(g.kernel[0], g.stride[0], g.dilation[0], height),
            columns: Axis::new(g.kernel[1], g.stride[1], g.dilation[1], width),
            identity: g.stride == [1, 1] && g.padding == [[0, 0], [0, 0]],
        }
    }

    /// Elements between rows of a phase.
    pub(super) fn pitch(&self) -> usize {
        self.columns.size
    }

    fn phase_len(&self) -> usize {
        self.rows.size * self.columns.size
    }

    /// Elements of a split channel.
    pub(super) fn channel_len(&self) -> usize {
        self.rows.phases.len() * self.columns.phases.len() * self.phase_len()
    }

    /// Where each tap reads for output `(0, 0)`, `[kernel height, kernel width]`; output `(y, x)`
    /// is `y * pitch + x` further.
    pub(super) fn taps(&self) -> Vec<usize> {
        let mut taps = Vec::with_capacity(self.rows.taps.len() * self.columns.taps.len());
        for &(row_phase, y) in &self.rows.taps {
            for &(column_phase, x) in &self.columns.taps {
                let phase = row_phase * self.columns.phases.len() + column_phase;
                taps.push(phase * self.phase_len() + y * self.pitch() + x);
            }
        }
        taps
    }

    /// Splits a channel of the image into `split`, overwriting all of it.
    pub(super) fn split<R: Ring>(
        &self,
        isa: Isa,
        g: &ConvGeometry,
        channel: &[R],
        split: &mut [R],
    ) {
        isa.run(Split {
            phases: self,
            g,
            channel,
            target: split,
        });
    }
}

struct Split<'a, R> {
    phases: &'a Phases,
    g: &'a ConvGeometry,
    channel: &'a [R],
    target: &'a mut [R],
}
impl<R: Ring> Vectorised for Split<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self {
            phases,
            g,
            channel,
            target: split,
        } = self;
        let [height, width] = g.input;
        let [[top, _], [left, _]] = g.padding;
        let [down, across] = g.stride;
        let mut rows = split.chunks_exact_mut(phases.pitch());
        for row_phase in &phases.rows.phases {
            for column_phase in &phases.columns.phases {
                // The columns of the phase that lie in the image.
                let from = left
                    .saturating_sub(*column_phase)
                    .div_ceil(across)
                    .min(phases.pitch());
                let to = (width + left)
                    .saturating_sub(*column_phase)
                    .div_ceil(across);
                let to = to.clamp(from, phases.pitch());
                let first = from * across + column_phase;
                for (y, target) in rows.by_ref().take(phases.rows.size).enumerate() {
                    let row = y * down + row_phase;
                    if row < top || row - top >= height || from == to {
                        target.fill(R::ZERO);
                        continue;
                    }
                    let source = &channel[(row - top) * width..][..width];
                    let source = &source[first - left..];
                    target[..from].fill(R::ZERO);
                    target[to..].fill(R::ZERO);
                    let target = &mut target[from..to];
                    gather(source, across, target);
                }
            }
        }
    }
}

/// Every `step`-th word of `source`.
#[inline(always)]
fn gather<R: Ring>(source: &[R], step: usize, target: &mut [R]) {
    match step {
        1 => target.copy_from_slice(&source[..target.len()]),
        2 => {
            // The last word may be the last of the source, without a partner.
            let (pairs, _) = source.as_chunks::<2>();
            let (whole, rest) = target.split_at_mut(target.len().min(pairs.len()));
            for (target, &[word, _]) in whole.iter_mut().zip(pairs) {
                *target = word;
            }
            for (i, target) in rest.iter_mut().enumerate() {
                *target = source[2 * (pairs.len() + i)];
            }
        }
        _ => {
            for (target, &word) in target.iter_mut().zip(source.iter().step_by(step)) {
                *target = word;
            }
        }
    }
}
