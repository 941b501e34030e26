//! Where a product is added: rows that may lie in several places, and can be shared out to threads.

use core::ops::Range;

use super::super::Ring;
use super::super::threads::share;

/// Some rows and columns of a product's result.
///
/// The columns of a row lie in segments of `pitch` columns, such as the images of a batch. The part of a segment that
/// belongs to this target is one slice for each row.
pub(crate) struct Target<'a, R> {
    /// Slice of row `i` in segment `s`: `s * rows.len() + i`.
    pieces: Vec<&'a mut [R]>,
    rows: Range<usize>,
    columns: Range<usize>,
    pitch: usize,
}

impl<'a, R: Ring> Target<'a, R> {
    /// All of a row-major matrix `[m, n]`.
    pub(crate) fn row_major([m, n]: [usize; 2], data: &'a mut [R]) -> Self {
        Self::segments(m, n, data.chunks_exact_mut(n).collect())
    }

    /// `m` rows in segments of `pitch` columns: the slices of a segment are consecutive, in the order of the rows.
    pub(crate) fn segments(m: usize, pitch: usize, pieces: Vec<&'a mut [R]>) -> Self {
        let columns = pieces.len() / m * pitch;
        Self {
            pieces,
            rows: 0..m,
            columns: 0..columns,
            pitch,
        }
    }

    /// Rows of the product that are here.
    pub(crate) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Columns of the product that are here.
    pub(crate) fn columns(&self) -> Range<usize> {
        self.columns.clone()
    }

    /// The slices of the rows, if they lie in one segment.
    pub(crate) fn pieces(&mut self) -> &mut [&'a mut [R]] {
        &mut self.pieces
    }

    /// Where the slices of a segment begin.
    fn start(&self, segment: usize) -> usize {
        self.columns.start.max(segment * self.pitch)
    }

    /// Adds the first columns of a tile's rows of `width` words.
    pub(crate) fn add(
        &mut self,
        rows: Range<usize>,
        columns: Range<usize>,
        width: usize,
        tile: &[R],
    ) {
        let mut column = columns.start;
        while column < columns.end {
            let segment = column / self.pitch;
            let end = columns.end.min((segment + 1) * self.pitch);
            let (offset, len) = (column - self.start(segment), end - column);
            let first = (segment - self.columns.start / self.pitch) * self.rows.len();
            let pieces = &mut self.pieces[first + rows.start - self.rows.start..][..rows.len()];
            let sources = tile[column - columns.start..].chunks(width);
            for (piece, source) in pieces.iter_mut().zip(sources) {
                let target = &mut piece[offset..][..len];
                for (target, &word) in target.iter_mut().zip(&source[..len]) {
                    *target += word;
                }
            }
            column = end;
        }
    }

    /// Cuts into `down` times `across` targets, at multiples of `unit` rows and columns.
    pub(crate) fn share_out(self, [down, across]: [usize; 2], unit: [usize; 2]) -> Vec<Self> {
        let cuts = |range: &Range<usize>, parts, unit| {
            let (start, end, units) = (range.start, range.end, range.len().div_ceil(unit));
            (1..parts)
                .map(move |part| end.min(start + share(units, parts, part).start * unit))
                .collect::<Vec<_>>()
        };
        let row_cuts = cuts(&self.rows, down, unit[0]);
        let column_cuts = cuts(&self.columns, across, unit[1]);
        let mut parts = Vec::with_capacity(down * across);
        let mut rest = self;
        for at in row_cuts {
            let [before, behind] = rest.cut_rows(at);
            before.share_out_columns(&column_cuts, &mut parts);
            rest = behind;
        }
        rest.share_out_columns(&column_cuts, &mut parts);
        parts
    }

    fn share_out_columns(self, cuts: &[usize], parts: &mut Vec<Self>) {
        let mut rest = self;
        for &at in cuts {
            let [before, behind] = rest.cut_columns(at);
            parts.push(before);
            rest = behind;
        }
        parts.push(rest);
    }

    /// The rows before `at`, and the others.
    fn cut_rows(self, at: usize) -> [Self; 2] {
        let (height, above) = (self.rows.len(), at - self.rows.start);
        let [mut before, mut behind] = [Vec::new(), Vec::new()];
        for (index, piece) in self.pieces.into_iter().enumerate() {
            if index % height < above {
                before.push(piece);
            } else {
                behind.push(piece);
            }
        }
        [(before, self.rows.start..at), (behind, at..self.rows.end)].map(|(pieces, rows)| Self {
            pieces,
            rows,
            columns: self.columns.clone(),
            pitch: self.pitch,
        })
    }

    /// The columns before `at`, and the others.
    fn cut_columns(self, at: usize) -> [Self; 2] {
        let (height, first) = (self.rows.len(), self.columns.start / self.pitch);
        let starts: Vec<usize> = (first..self.columns.end.div_ceil(self.pitch))
            .map(|segment| self.start(segment))
            .collect();
        let [mut before, mut behind] = [Vec::new(), Vec::new()];
        for (index, piece) in self.pieces.into_iter().enumerate() {
            let middle = at.saturating_sub(starts[index / height]).min(piece.len());
            let (left, right) = piece.split_at_mut(middle);
            if !left.is_empty() {
                before.push(left);
            }
            if !right.is_empty() {
                behind.push(right);
            }
        }
        [
            (before, self.columns.start..at),
            (behind, at..self.columns.end),
        ]
        .map(|(pieces, columns)| Self {
            pieces,
            rows: self.rows.clone(),
            columns,
            pitch: self.pitch,
        })
    }
}
