//! Convolution with few output channels to a group: depthwise, grouped, or few filters.
//!
//! A split image (see [`phases`](super::phases)) is read as one long row, junk between the rows
//! included, so the register tiles of the matrix product run along it without packing and without
//! short rows; the junk is left out when the tiles are added to the output.

use super::super::Ring;
use super::super::gemm::blocked::Target;
use super::super::simd::{Isa, MAX_ROWS, tile_rows};
use super::phases::Phases;
use super::{ConvGeometry, Term};

pub(super) fn run<R: Ring>(isa: Isa, g: &ConvGeometry, terms: &[Term<'_, R>], out: &mut [R]) {
    let [height, width] = g.output();
    let phases = Phases::new(g);
    let (inputs, outputs) = (g.in_channels / g.groups, g.out_channels / g.groups);
    let channel_len = phases.channel_len();
    let (image, pitch) = (g.input[0] * g.input[1], phases.pitch());
    let shape = isa.tile_shape::<R>();

    // Tiles may read beyond the end, into junk.
    let mut split = vec![R::ZERO; terms.len() * inputs * channel_len + shape.max_columns()];
    let taps = phases.taps();
    let channels = 0..terms.len() * inputs;
    let starts: Vec<usize> = channels
        .flat_map(|c| taps.iter().map(move |tap| c * channel_len + tap))
        .collect();
    let mut weights = vec![R::ZERO; outputs.next_multiple_of(MAX_ROWS) * starts.len()];
    let mut tile = vec![R::ZERO; MAX_ROWS * shape.max_columns()];
    let long_row = (height - 1) * pitch + width;

    for group in 0..g.groups {
        pack_weights(g, terms, group, &mut weights);
        for b in 0..g.batch {
            let first_channel = b * g.in_channels + group * inputs;
            let mut targets = split.chunks_exact_mut(channel_len);
            for term in terms {
                let channels =
                    term.x[first_channel * image..][..inputs * image].chunks_exact(image);
                for (channel, target) in channels.zip(&mut targets) {
                    phases.split(isa, g, channel, target);
                }
            }
            let first = (b * g.out_channels + group * outputs) * height * width;
            let mut target = Target {
                data: &mut out[first..][..outputs * height * width],
                row_stride: height * width,
                pitch,
                valid: width,
                stride: width,
            };
            for start in (0..long_row).step_by(shape.max_columns()) {
                let columns = start..long_row.min(start + shape.max_columns());
                let vectors = shape.vectors(columns.len());
                for row in (0..outputs).step_by(MAX_ROWS) {
                    let rows = row..outputs.min(row + MAX_ROWS);
                    let height = tile_rows(rows.len());
                    let a = &weights[row * starts.len()..][..height * starts.len()];
                    isa.tile([height, vectors], a, &starts, &split[start..], &mut tile);
                    target.add(rows, columns.clone(), vectors * shape.lanes, &tile);
                }
            }
        }
    }
}

/// Packs a group's weights into panels `[terms * fan_in, tile_rows]`.
fn pack_weights<R: Ring>(g: &ConvGeometry, terms: &[Term<'_, R>], group: usize, packed: &mut [R]) {
    let (outputs, fan_in) = (g.out_channels / g.groups, g.fan_in());
    let depth = terms.len() * fan_in;
    for first in (0..outputs).step_by(MAX_ROWS) {
        let rows = first..outputs.min(first + MAX_ROWS);
        let height = tile_rows(rows.len());
        let panel = &mut packed[first * depth..][..height * depth];
        for (term, panel) in terms.iter().zip(panel.chunks_exact_mut(fan_in * height)) {
            for (r, row) in rows.clone().enumerate() {
                let source = &term.w[(group * outputs + row) * fan_in..][..fan_in];
                for (target, &word) in panel.chunks_exact_mut(height).zip(source) {
                    target[r] = word;
                }
            }
        }
    }
}
