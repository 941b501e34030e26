//! Which images are computed together, and the thirds that a large convolution is cut into.

use core::ops::Range;

use super::super::simd::MAX_ROWS;
use super::super::threads::share;
use super::geometry::ConvGeometry;

/// Images are computed together until they have this many outputs, enough for wide panels.
const ENOUGH_COLUMNS: usize = 1024;

/// What the outputs of a large convolution are cut along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Along {
    /// Output channels.
    Rows,
    /// Positions of the images.
    Columns,
}

/// Columns of a third are a multiple of this many, whatever the machine.
pub(super) const UNIT_COLUMNS: usize = 32;
/// The least columns that are cut.
const MANY_COLUMNS: usize = 3 * UNIT_COLUMNS;
/// The least output channels that are cut: every third of these unfolds all images.
const MANY_ROWS: usize = 192;
/// The least columns for which the sum of weights is worth it.
const SOME_COLUMNS: usize = 8;

impl Along {
    /// How the outputs are cut, if five products take less time than six.
    pub(super) fn of(g: &ConvGeometry) -> Option<Self> {
        let columns = columns(g);
        if columns >= MANY_COLUMNS {
            Some(Self::Columns)
        } else if columns >= SOME_COLUMNS && g.groups == 1 && g.out_channels >= MANY_ROWS {
            Some(Self::Rows)
        } else {
            None
        }
    }

    /// The rows of each third, where channels are cut.
    pub(super) fn rows(self, g: &ConvGeometry) -> [Range<usize>; 3] {
        match self {
            Self::Rows => [0, 1, 2].map(|third| third_of_rows(g.out_channels, third)),
            Self::Columns => [0, 1, 2].map(|_| 0..g.out_channels),
        }
    }
}

/// Columns of a product: positions of the images that are taken together.
fn columns(g: &ConvGeometry) -> usize {
    let [height, width] = g.output();
    height * width * together(g)
}

/// Images that are computed together.
pub(super) fn together(g: &ConvGeometry) -> usize {
    let [height, width] = g.output();
    ENOUGH_COLUMNS.div_ceil(height * width).min(g.batch)
}

/// The output channels of a third, the same on every machine.
fn third_of_rows(rows: usize, third: usize) -> Range<usize> {
    let cut = |at: usize| rows.min(share(rows.div_ceil(MAX_ROWS), 3, at).start * MAX_ROWS);
    cut(third)..if third == 2 { rows } else { cut(third + 1) }
}
