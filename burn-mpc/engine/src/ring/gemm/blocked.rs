//! The cache-blocked product: packs the right operand block by block and adds register tiles. The left operand is
//! read where it lies.
//!
//! Threads share out the result and pack for themselves what they need.

use core::ops::Range;

use super::super::Ring;
use super::super::simd::{Isa, MAX_ROWS, Run, TileShape, padded, tile_rows};
use super::super::threads::on_threads;
use super::target::Target;

/// Rows of the left operand that are multiplied by a packed block while they lie in the second-level cache.
const BLOCK_ROWS: usize = 16 * MAX_ROWS;

/// Depth of a packed block.
const fn block_depth<R: Ring>() -> usize {
    if R::BYTES == 8 { 256 } else { 384 }
}

/// Columns of a packed block of the right operand.
const fn block_columns<R: Ring>() -> usize {
    if R::BYTES == 8 { 512 } else { 768 }
}

/// The left operand, `[rows, terms * k]`: `terms` matrices of `k` columns next to each other.
pub(crate) struct Left<'a, R> {
    pub(crate) terms: &'a [&'a [R]],
    pub(crate) k: usize,
}

impl<'a, R: Ring> Left<'a, R> {
    fn depth(&self) -> usize {
        self.k * self.terms.len()
    }

    /// Fills `runs` with the words of `rows` in columns `depth`, as tiles of up to [`MAX_ROWS`] rows take them, one
    /// tile after the other.
    pub(crate) fn rows(&self, rows: Range<usize>, depth: Range<usize>, runs: &mut Vec<Run<'a>>) {
        runs.clear();
        for first in rows.clone().step_by(MAX_ROWS) {
            let rows = first..rows.end.min(first + MAX_ROWS);
            let mut column = depth.start;
            while column < depth.end {
                let (term, first) = (self.terms[column / self.k], column % self.k);
                let len = (self.k - first).min(depth.end - column);
                let row = |row| Run::of(&term[row * self.k + first..][..len]);
                runs.extend(padded(rows.clone()).map(row));
                column += len;
            }
        }
    }
}

/// A right operand that can pack its panels.
pub(crate) trait Right<R>: Sync {
    /// Where the words of a panel's columns lie in a row.
    type Places;

    /// Finds the words of `columns`.
    fn places(&self, columns: Range<usize>) -> Self::Places;

    /// Writes rows `depth` of the columns at `places` into `panel`, a row each `width` words. Words of a row beyond the
    /// columns may be anything.
    fn pack(&self, depth: Range<usize>, places: &Self::Places, width: usize, panel: &mut [R]);
}

/// Copies words to the start of `target`. As many as the narrowest panels have are copied without a call.
pub(crate) fn copy<R: Ring>(target: &mut [R], source: &[R]) {
    let target = &mut target[..source.len()];
    match (target.as_chunks_mut::<4>(), source.as_chunks::<4>()) {
        (([target], []), ([source], [])) => *target = *source,
        _ => target.copy_from_slice(source),
    }
}

/// Where each row starts if rows of `width` words lie one after another, for every width of a tile.
struct Starts(Vec<Vec<usize>>);

impl Starts {
    fn new(shape: TileShape, depth: usize) -> Self {
        let starts = |vectors| (0..depth).map(|k| k * vectors * shape.lanes).collect();
        Self((1..=shape.max_vectors).map(starts).collect())
    }
}

/// Rows of all tiles of a matrix of `rows` rows, padding included.
fn padded_rows(rows: usize) -> usize {
    rows - rows % MAX_ROWS + tile_rows(rows % MAX_ROWS)
}

/// Packing a word takes about as long as this many multiplications.
const PACKING: usize = 8;

/// How many threads divide the rows of a result, and how many its columns. Takes the cheapest division for the busiest
/// thread. Threads that divide the rows pack the same columns.
fn grid(threads: usize, [m, n]: [usize; 2], shape: TileShape) -> [usize; 2] {
    let unit = [MAX_ROWS, shape.max_columns()];
    let [tall, wide] = [m.div_ceil(unit[0]), n.div_ceil(unit[1])];
    let across = |down: usize| (threads / down).min(wide);
    let cost = |&down: &usize| {
        let rows = tall.div_ceil(down) * unit[0];
        let columns = wide.div_ceil(across(down)) * unit[1];
        (rows + PACKING) * columns
    };
    let down = (1..=threads.min(tall)).min_by_key(cost).unwrap_or(1);
    [down, across(down)]
}

/// `target[m, n] += left[m, depth] * right[depth, n]`, `depth = terms * k`, on `threads` threads.
pub(crate) fn multiply_acc<R: Ring>(
    isa: Isa,
    threads: usize,
    left: &Left<'_, R>,
    right: &impl Right<R>,
    target: Target<'_, R>,
) {
    let (m, n) = (target.rows().len(), target.columns().len());
    if m == 0 || n == 0 || left.depth() == 0 {
        return;
    }
    let shape = isa.tile_shape::<R>(MAX_ROWS);
    let grid = grid(threads, [m, n], shape);
    let parts = target.share_out(grid, [MAX_ROWS, shape.max_columns()]);
    on_threads(parts, |part| multiply_part(isa, left, right, part));
}

fn multiply_part<R: Ring>(
    isa: Isa,
    left: &Left<'_, R>,
    right: &impl Right<R>,
    mut target: Target<'_, R>,
) {
    let (depth, all_rows, all_columns) = (left.depth(), target.rows(), target.columns());
    let shape = isa.tile_shape::<R>(MAX_ROWS);
    let panel_columns = shape.max_columns();
    let block_depth = depth.div_ceil(depth.div_ceil(block_depth::<R>()));
    let starts = Starts::new(shape, block_depth);
    let block_columns = block_columns::<R>().min(all_columns.len().next_multiple_of(shape.lanes));
    let mut packed_right = vec![R::ZERO; block_columns * block_depth];
    let mut runs = Vec::new();
    let mut tile = vec![R::ZERO; MAX_ROWS * panel_columns];

    for first_column in all_columns.clone().step_by(block_columns) {
        let columns = first_column..all_columns.end.min(first_column + block_columns);
        for first_depth in (0..depth).step_by(block_depth) {
            let depth = first_depth..depth.min(first_depth + block_depth);
            pack_block(
                right,
                shape,
                depth.clone(),
                columns.clone(),
                &mut packed_right,
            );
            for first_row in all_rows.clone().step_by(BLOCK_ROWS) {
                let rows = first_row..all_rows.end.min(first_row + BLOCK_ROWS);
                left.rows(rows.clone(), depth.clone(), &mut runs);
                let of_a_row = runs.len() / padded_rows(rows.len());
                for (panel, first_column) in columns.clone().step_by(panel_columns).enumerate() {
                    let panel_end = columns.end.min(first_column + panel_columns);
                    let vectors = shape.vectors(panel_end - first_column);
                    let width = vectors * shape.lanes;
                    let b = &packed_right[panel * panel_columns * depth.len()..];
                    let b = &b[..width * depth.len()];
                    let starts = &starts.0[vectors - 1][..depth.len()];
                    let mut runs = runs.as_slice();
                    for first in rows.clone().step_by(MAX_ROWS) {
                        let panel_rows = first..rows.end.min(first + MAX_ROWS);
                        let height = tile_rows(panel_rows.len());
                        let (a, later) = runs.split_at(height * of_a_row);
                        isa.tile([height, vectors], a, starts, b, &mut tile);
                        target.add(panel_rows, first_column..panel_end, width, &tile);
                        runs = later;
                    }
                }
            }
        }
    }
}

/// Rows that are packed at a time, panel after panel: a cache line that several panels take words of is then read from
/// memory once. As many as a cache has ways, since rows often lie a multiple of its size apart.
const PACKED_ROWS: usize = 8;

/// Packs rows `depth` of `columns`.
fn pack_block<R: Ring>(
    right: &impl Right<R>,
    shape: TileShape,
    depth: Range<usize>,
    columns: Range<usize>,
    packed: &mut [R],
) {
    let mut start = 0;
    let mut panels = Vec::new();
    for first in columns.clone().step_by(shape.max_columns()) {
        let columns = first..columns.end.min(first + shape.max_columns());
        let width = shape.vectors(columns.len()) * shape.lanes;
        panels.push((right.places(columns), width, start));
        start += width * depth.len();
    }
    for first in depth.clone().step_by(PACKED_ROWS) {
        let rows = first..depth.end.min(first + PACKED_ROWS);
        for (places, width, start) in &panels {
            let target = &mut packed[start + (first - depth.start) * width..];
            right.pack(
                rows.clone(),
                places,
                *width,
                &mut target[..width * rows.len()],
            );
        }
    }
}
