//! Convolution with few output channels to a group: depthwise, grouped, or few filters.
//!
//! A split image (see [`phases`](super::phases)) is read as one long row, junk between the rows
//! included, so the register tiles of the matrix product run along it without packing and without
//! short rows; the junk is left out when the tiles are added to the output.
//!
//! Threads share out the groups of channels and the images.

use core::ops::Range;

use super::super::Ring;
use super::super::gemm::blocked::Left;
use super::super::simd::{Isa, MAX_ROWS, tile_rows};
use super::super::threads::{on_threads, share};
use super::geometry::ConvGeometry;
use super::phases::Phases;
use super::term::Term;

/// A group of channels of an image, and its output.
struct Piece<'a, R> {
    group: usize,
    image: usize,
    out: &'a mut [R],
}

pub(super) fn run<R: Ring>(
    isa: Isa,
    threads: usize,
    g: &ConvGeometry,
    terms: &[Term<'_, R>],
    out: &mut [R],
) {
    let [height, width] = g.output();
    let len = g.out_channels / g.groups * height * width;
    let piece = |(index, out)| Piece {
        group: index % g.groups,
        image: index / g.groups,
        out,
    };
    let pieces: Vec<_> = out.chunks_exact_mut(len).enumerate().map(piece).collect();
    let (count, phases) = (pieces.len(), Phases::new(g));
    let threads = threads.min(count);
    let mut pieces = pieces.into_iter();
    let parts = (0..threads).map(|index| {
        let len = share(count, threads, index).len();
        pieces.by_ref().take(len).collect::<Vec<_>>()
    });
    on_threads(parts.collect(), |pieces| {
        run_part(isa, g, &phases, terms, pieces);
    });
}

fn run_part<R: Ring>(
    isa: Isa,
    g: &ConvGeometry,
    phases: &Phases,
    terms: &[Term<'_, R>],
    pieces: Vec<Piece<'_, R>>,
) {
    let [height, width] = g.output();
    let (inputs, outputs) = (g.in_channels / g.groups, g.out_channels / g.groups);
    let channel_len = phases.channel_len();
    let (image, pitch) = (g.input[0] * g.input[1], phases.pitch());
    let shape = isa.tile_shape::<R>(outputs);

    // Tiles may read beyond the end, into junk.
    let mut split = vec![R::ZERO; terms.len() * inputs * channel_len + shape.max_columns()];
    let taps = phases.taps();
    let channels = 0..terms.len() * inputs;
    let starts: Vec<usize> = channels
        .flat_map(|c| taps.iter().map(move |tap| c * channel_len + tap))
        .collect();
    let weights: Vec<&[R]> = terms.iter().map(|term| term.w).collect();
    let left = Left {
        terms: &weights,
        k: g.fan_in(),
    };
    let mut runs = Vec::new();
    let mut tile = vec![R::ZERO; MAX_ROWS * shape.max_columns()];
    let long_row = (height - 1) * pitch + width;

    for piece in pieces {
        let first_channel = piece.image * g.in_channels + piece.group * inputs;
        let mut targets = split.chunks_exact_mut(channel_len);
        for term in terms {
            let channels = term.x[first_channel * image..][..inputs * image].chunks_exact(image);
            for (channel, target) in channels.zip(&mut targets) {
                phases.split(isa, g, channel, target);
            }
        }
        let mut output = Output {
            data: piece.out,
            plane: height * width,
            pitch,
            width,
        };
        let first_row = piece.group * outputs;
        left.rows(first_row..first_row + outputs, 0..starts.len(), &mut runs);
        for start in (0..long_row).step_by(shape.max_columns()) {
            let columns = start..long_row.min(start + shape.max_columns());
            let vectors = shape.vectors(columns.len());
            let mut runs = runs.as_slice();
            for first in (0..outputs).step_by(MAX_ROWS) {
                let rows = first..outputs.min(first + MAX_ROWS);
                let height = tile_rows(rows.len());
                let (a, later) = runs.split_at(terms.len() * height);
                isa.tile([height, vectors], a, &starts, &split[start..], &mut tile);
                output.add(rows, columns.clone(), vectors * shape.lanes, &tile);
                runs = later;
            }
        }
    }
}

/// Output channels, as long rows: of every `pitch` columns the first `width` count.
struct Output<'a, R> {
    data: &'a mut [R],
    plane: usize,
    pitch: usize,
    width: usize,
}

impl<R: Ring> Output<'_, R> {
    /// Adds the first columns of a tile's rows of `tile_width` words.
    fn add(&mut self, rows: Range<usize>, columns: Range<usize>, tile_width: usize, tile: &[R]) {
        let mut column = columns.start;
        while column < columns.end {
            let (y, x) = (column / self.pitch, column % self.pitch);
            let next = columns.end.min((y + 1) * self.pitch);
            if x < self.width {
                let len = (self.width - x).min(next - column);
                let start = y * self.width + x;
                let sources = tile[column - columns.start..].chunks(tile_width);
                for (row, source) in rows.clone().zip(sources) {
                    let target = &mut self.data[row * self.plane + start..][..len];
                    for (target, &word) in target.iter_mut().zip(&source[..len]) {
                        *target += word;
                    }
                }
            }
            column = next;
        }
    }
}
