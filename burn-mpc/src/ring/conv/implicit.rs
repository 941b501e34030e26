//! Convolution as a matrix product whose right operand, the unfolded images, is never stored:
//! its panels are packed straight from the images.

use core::ops::Range;

use super::super::Ring;
use super::super::gemm::blocked::{Left, Right, Target, multiply_acc};
use super::super::simd::Isa;
use super::phases::Phases;
use super::{ConvGeometry, Term};

/// Images are taken together until they have as many outputs: enough for wide panels.
const ENOUGH_COLUMNS: usize = 1024;

pub(super) fn run<R: Ring>(isa: Isa, g: &ConvGeometry, terms: &[Term<'_, R>], out: &mut [R]) {
    let [height, width] = g.output();
    let plane = height * width;
    let phases = Phases::new(g);
    let taps = phases.taps();
    let (inputs, outputs) = (g.in_channels / g.groups, g.out_channels / g.groups);
    let (image, channel_len) = (g.input[0] * g.input[1], phases.channel_len());
    let starts: Vec<usize> = (0..inputs)
        .flat_map(|c| taps.iter().map(move |tap| c * channel_len + tap))
        .collect();
    let together = ENOUGH_COLUMNS.div_ceil(plane).min(g.batch);
    let split_len = if phases.identity {
        0
    } else {
        together * inputs * channel_len
    };
    let mut splits = vec![vec![R::ZERO; split_len]; terms.len()];

    for first_image in (0..g.batch).step_by(together) {
        let images = first_image..g.batch.min(first_image + together);
        for group in 0..g.groups {
            let channel = |b: usize| (b * g.in_channels + group * inputs) * image;
            let mut sources = Vec::with_capacity(terms.len());
            for (term, split) in terms.iter().zip(&mut splits) {
                if phases.identity {
                    sources.push(&term.x[channel(first_image)..]);
                    continue;
                }
                let mut targets = split.chunks_exact_mut(channel_len);
                for b in images.clone() {
                    let channels = term.x[channel(b)..][..inputs * image].chunks_exact(image);
                    for (channel, target) in channels.zip(&mut targets) {
                        phases.split(isa, g, channel, target);
                    }
                }
                sources.push(split.as_slice());
            }
            let right = Unfolded {
                sources,
                starts: &starts,
                output: [height, width],
                pitch: phases.pitch(),
                image_stride: if phases.identity {
                    g.in_channels * image
                } else {
                    inputs * channel_len
                },
            };
            let weights = group * outputs * g.fan_in()..(group + 1) * outputs * g.fan_in();
            let weights: Vec<&[R]> = terms.iter().map(|term| &term.w[weights.clone()]).collect();
            let left = Left {
                terms: &weights,
                m: outputs,
                k: g.fan_in(),
            };
            let first = (first_image * g.out_channels + group * outputs) * plane;
            let mut target = Target {
                data: &mut out[first..],
                row_stride: plane,
                pitch: plane,
                valid: plane,
                stride: g.out_channels * plane,
            };
            multiply_acc(isa, &left, &right, images.len() * plane, &mut target);
        }
    }
}

/// The unfolded images `[terms * fan_in, images * height * width]`.
struct Unfolded<'a, R> {
    /// For each term, the split images.
    sources: Vec<&'a [R]>,
    /// For each row of a term, where output `(0, 0)` of image 0 reads.
    starts: &'a [usize],
    output: [usize; 2],
    pitch: usize,
    image_stride: usize,
}

impl<R> Unfolded<'_, R> {
    /// Contiguous runs of the columns: where output columns read, and how many.
    fn runs(&self, columns: Range<usize>) -> Vec<(usize, usize)> {
        let [height, width] = self.output;
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut column = columns.start;
        while column < columns.end {
            let (row, x) = (column / width, column % width);
            let (image, y) = (row / height, row % height);
            let start = image * self.image_stride + y * self.pitch + x;
            let len = (width - x).min(columns.end - column);
            match runs.last_mut() {
                Some((last, count)) if *last + *count == start => *count += len,
                _ => runs.push((start, len)),
            }
            column += len;
        }
        runs
    }
}

impl<R: Ring> Right<R> for Unfolded<'_, R> {
    fn pack(&self, depth: Range<usize>, columns: Range<usize>, width: usize, panel: &mut [R]) {
        let runs = self.runs(columns);
        for (k, mut target) in depth.zip(panel.chunks_exact_mut(width)) {
            let source = self.sources[k / self.starts.len()];
            let source = &source[self.starts[k % self.starts.len()]..];
            for &(start, len) in &runs {
                let (now, rest) = target.split_at_mut(len);
                now.copy_from_slice(&source[start..][..len]);
                target = rest;
            }
        }
    }
}
