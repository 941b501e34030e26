//! Convolution as a matrix product whose right operand, the unfolded images, is never stored:
//! its panels are packed straight from the images.
//!
//! Threads share out the groups and the images, or, where there are too few, the rows and columns of each product.

use core::ops::Range;

use super::super::Ring;
use super::super::gemm::blocked::{Left, Right, copy, multiply_acc};
use super::super::gemm::target::Target;
use super::super::simd::{Isa, MAX_ROWS};
use super::super::threads::{on_threads, share};
use super::geometry::ConvGeometry;
use super::phases::Phases;
use super::term::Term;
use super::thirds::{Along, UNIT_COLUMNS, together};

/// A group of channels of some images, and its output.
struct Piece<'a, R> {
    group: usize,
    images: Range<usize>,
    out: Target<'a, R>,
}

/// Adds the sum of the terms.
pub(super) fn run<R: Ring>(
    isa: Isa,
    threads: usize,
    g: &ConvGeometry,
    terms: &[Term<'_, R>],
    out: &mut [R],
) {
    run_parts(isa, threads, g, [1, 1], &[terms], out);
}

/// Adds another sum of terms in each third of the outputs.
pub(super) fn run_thirds<R: Ring>(
    isa: Isa,
    threads: usize,
    g: &ConvGeometry,
    along: Along,
    thirds: [&[Term<'_, R>]; 3],
    out: &mut [R],
) {
    let cuts = match along {
        Along::Rows => [3, 1],
        Along::Columns => [1, 3],
    };
    run_parts(isa, threads, g, cuts, &thirds, out);
}

/// Adds a sum of terms in each part of the outputs, which are cut into so many parts of rows and of columns.
fn run_parts<R: Ring>(
    isa: Isa,
    threads: usize,
    g: &ConvGeometry,
    cuts: [usize; 2],
    terms: &[&[Term<'_, R>]],
    out: &mut [R],
) {
    let [height, width] = g.output();
    let plane = height * width;
    let together = together(g);
    let pieces = pieces(g, together, plane, out);
    let phases = Phases::new(g);
    // Each thread takes whole pieces if there are at least as many as threads. Otherwise all threads share each piece.
    let (parts, threads) = if pieces.len() < threads {
        (1, threads)
    } else {
        (threads, 1)
    };
    let count = pieces.len();
    let mut pieces = pieces.into_iter();
    let parts = (0..parts).map(|index| {
        let len = share(count, parts, index).len();
        pieces.by_ref().take(len).collect::<Vec<_>>()
    });
    on_threads(parts.collect(), |pieces| {
        run_pieces(isa, threads, g, &phases, (cuts, terms), pieces);
    });
}

/// All outputs by group and by images that are taken together.
fn pieces<'a, R: Ring>(
    g: &ConvGeometry,
    together: usize,
    plane: usize,
    out: &'a mut [R],
) -> Vec<Piece<'a, R>> {
    let outputs = g.out_channels / g.groups;
    let mut slices: Vec<Vec<&mut [R]>> = Vec::new();
    slices.resize_with(g.batch.div_ceil(together) * g.groups, Vec::new);
    for (index, channel) in out.chunks_exact_mut(plane).enumerate() {
        let (image, group) = (index / g.out_channels, index % g.out_channels / outputs);
        slices[image / together * g.groups + group].push(channel);
    }
    let piece = |(index, slices)| {
        let first = index / g.groups * together;
        Piece {
            group: index % g.groups,
            images: first..g.batch.min(first + together),
            out: Target::segments(outputs, plane, slices),
        }
    };
    slices.into_iter().enumerate().map(piece).collect()
}

/// Different images among the terms, and which of them each term has.
fn sources<'a, R>(terms: &[&[Term<'a, R>]]) -> (Vec<&'a [R]>, Vec<Vec<usize>>) {
    let mut sources: Vec<&[R]> = Vec::new();
    let mut of = |term: &Term<'a, R>| {
        let same = |source: &&[R]| core::ptr::eq(*source, term.x);
        sources.iter().position(same).unwrap_or_else(|| {
            sources.push(term.x);
            sources.len() - 1
        })
    };
    let places = terms
        .iter()
        .map(|terms| terms.iter().map(&mut of).collect());
    let places = places.collect();
    (sources, places)
}

fn run_pieces<R: Ring>(
    isa: Isa,
    threads: usize,
    g: &ConvGeometry,
    phases: &Phases,
    (cuts, terms): ([usize; 2], &[&[Term<'_, R>]]),
    pieces: Vec<Piece<'_, R>>,
) {
    let (inputs, outputs) = (g.in_channels / g.groups, g.out_channels / g.groups);
    let (image, channel_len) = (g.input[0] * g.input[1], phases.channel_len());
    let taps = phases.taps();
    let starts: Vec<usize> = (0..inputs)
        .flat_map(|c| taps.iter().map(move |tap| c * channel_len + tap))
        .collect();
    let together = pieces.iter().map(|piece| piece.images.len()).max();
    let split_len = if phases.identity {
        0
    } else {
        together.unwrap_or(0) * inputs * channel_len
    };
    let (all, places) = sources(terms);
    let mut splits = vec![vec![R::ZERO; split_len]; all.len()];

    for Piece { group, images, out } in pieces {
        let channel = |b: usize| (b * g.in_channels + group * inputs) * image;
        let mut sources = Vec::with_capacity(all.len());
        for (x, split) in all.iter().zip(&mut splits) {
            if phases.identity {
                sources.push(&x[channel(images.start)..]);
                continue;
            }
            let mut targets = split.chunks_exact_mut(channel_len);
            for b in images.clone() {
                let channels = x[channel(b)..][..inputs * image].chunks_exact(image);
                for (channel, target) in channels.zip(&mut targets) {
                    phases.split(isa, g, channel, target);
                }
            }
            sources.push(split.as_slice());
        }
        let weights = group * outputs * g.fan_in()..(group + 1) * outputs * g.fan_in();
        let parts = out.share_out(cuts, [MAX_ROWS, UNIT_COLUMNS]);
        for ((terms, places), out) in terms.iter().zip(&places).zip(parts) {
            let right = Unfolded {
                sources: places.iter().map(|&place| sources[place]).collect(),
                starts: &starts,
                output: g.output(),
                pitch: phases.pitch(),
                image_stride: if phases.identity {
                    g.in_channels * image
                } else {
                    inputs * channel_len
                },
            };
            let weights: Vec<&[R]> = terms.iter().map(|term| &term.w[weights.clone()]).collect();
            let left = Left {
                terms: &weights,
                k: g.fan_in(),
            };
            multiply_acc(isa, threads, &left, &right, out);
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

impl<R: Ring> Right<R> for Unfolded<'_, R> {
    /// Contiguous runs of the columns: where output columns read, and how many.
    type Places = Vec<(usize, usize)>;

    fn places(&self, columns: Range<usize>) -> Vec<(usize, usize)> {
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

    fn pack(&self, depth: Range<usize>, runs: &Self::Places, width: usize, panel: &mut [R]) {
        for (k, mut target) in depth.zip(panel.chunks_exact_mut(width)) {
            let source = self.sources[k / self.starts.len()];
            let source = &source[self.starts[k % self.starts.len()]..];
            for &(start, len) in runs {
                let (now, rest) = target.split_at_mut(len);
                copy(now, &source[start..][..len]);
                target = rest;
            }
        }
    }
}
