//! Sums over pooling windows, and the slices that window-wise maxima are made of.

use core::ops::Range;

use super::Ring;
use super::conv::GeometryError;

/// Shape of a two-dimensional pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolGeometry {
    /// Planes, `batch * channels`.
    pub planes: usize,
    /// Height and width of a plane.
    pub input: [usize; 2],
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Vertical and horizontal step of the window.
    pub stride: [usize; 2],
    /// Padding: `[[top, bottom], [left, right]]`. Padding adds nothing to a sum.
    pub padding: [[usize; 2]; 2],
    /// Whether a last window that hangs over the end counts, as Burn defines it: even one that holds only padding, or
    /// nothing. (`PyTorch` leaves such a window out.)
    pub ceil_mode: bool,
}

impl PoolGeometry {
    /// Checks that the sizes describe a pooling.
    ///
    /// # Errors
    ///
    /// [`GeometryError`] names the sizes at fault.
    pub fn validate(&self) -> Result<(), GeometryError> {
        for (what, sizes) in [("kernel", self.kernel), ("stride", self.stride)] {
            if sizes.contains(&0) {
                return Err(GeometryError::Zero { what, sizes });
            }
        }
        let padded = |i: usize| {
            let [before, after] = self.padding[i];
            self.input[i].checked_add(before)?.checked_add(after)
        };
        let (Some(height), Some(width)) = (padded(0), padded(1)) else {
            return Err(GeometryError::Overflow {
                tensor: "padded input",
            });
        };
        let padded = [height, width];
        if self.kernel[0] > padded[0] || self.kernel[1] > padded[1] {
            return Err(GeometryError::KernelTooLarge {
                extent: self.kernel,
                padded,
            });
        }
        Ok(())
    }

    /// Height and width of the output, for valid sizes.
    #[must_use]
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|i| {
            let [before, after] = self.padding[i];
            let room = self.input[i] + before + after - self.kernel[i];
            let steps = if self.ceil_mode {
                room.div_ceil(self.stride[i])
            } else {
                room / self.stride[i]
            };
            steps + 1
        })
    }

    /// For each output coordinate of `axis`, the input coordinates under the window.
    fn windows(&self, axis: usize) -> Vec<Range<usize>> {
        let before = self.padding[axis][0];
        let clip = |at: usize| at.saturating_sub(before).min(self.input[axis]);
        let window = |i: usize| {
            let start = i.saturating_mul(self.stride[axis]);
            clip(start)..clip(start.saturating_add(self.kernel[axis]))
        };
        (0..self.output()[axis]).map(window).collect()
    }

    fn assert_valid(&self) {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
    }
}

fn adaptive_windows(input: usize, output: usize) -> Vec<Range<usize>> {
    (0..output)
        .map(|i| i * input / output..((i + 1) * input).div_ceil(output))
        .collect()
}

/// Sums over the elements under each window: `[planes, height, width]` of the output.
///
/// # Panics
///
/// If the geometry is not valid or `x` is not `[planes, input]`.
#[must_use]
pub fn sum_pool2d<R: Ring>(x: &[R], g: &PoolGeometry) -> Vec<R> {
    g.assert_valid();
    sum_windows(x, g.planes, g.input, &g.windows(0), &g.windows(1))
}

/// The number of elements under each window, `[output height, output width]`: without padding
/// (the divisor of an average with `count_include_pad = false`), or with it (`true`; a window
/// reaching beyond the padding, in ceil mode, is cut there). 0 for a window that holds nothing.
///
/// # Panics
///
/// If the geometry is not valid.
#[must_use]
pub fn pool_counts(g: &PoolGeometry, include_padding: bool) -> Vec<usize> {
    g.assert_valid();
    let lengths = |axis: usize| -> Vec<usize> {
        if !include_padding {
            return g
                .windows(axis)
                .into_iter()
                .map(|window| window.len())
                .collect();
        }
        let padded = g.input[axis] + g.padding[axis][0] + g.padding[axis][1];
        (0..g.output()[axis])
            .map(|i| g.kernel[axis].min(padded.saturating_sub(i.saturating_mul(g.stride[axis]))))
            .collect()
    };
    outer(&lengths(0), &lengths(1))
}

/// Sums over the windows of an adaptive pooling, `[planes, output height, output width]`: output
/// `i` of `n` covers the inputs from `floor(i * len / n)` to before `ceil((i + 1) * len / n)`.
///
/// # Panics
///
/// If `x` is not `[planes, input]`.
#[must_use]
pub fn adaptive_sum_pool2d<R: Ring>(
    x: &[R],
    planes: usize,
    input: [usize; 2],
    output: [usize; 2],
) -> Vec<R> {
    let [rows, columns] = [0, 1].map(|i| adaptive_windows(input[i], output[i]));
    sum_windows(x, planes, input, &rows, &columns)
}

/// The number of elements under each window of an adaptive pooling,
/// `[output height, output width]`.
#[must_use]
pub fn adaptive_pool_counts(input: [usize; 2], output: [usize; 2]) -> Vec<usize> {
    let lengths = |i: usize| -> Vec<usize> {
        adaptive_windows(input[i], output[i])
            .into_iter()
            .map(|window| window.len())
            .collect()
    };
    outer(&lengths(0), &lengths(1))
}

/// The transpose of [`sum_pool2d`]: adds each element of `y`, `[planes, output]`, to all elements under its window.
/// The result is `[planes, input]`.
///
/// # Panics
///
/// If the geometry is not valid or `y` is not `[planes, output]`.
#[must_use]
pub fn spread_pool2d<R: Ring>(y: &[R], g: &PoolGeometry) -> Vec<R> {
    g.assert_valid();
    spread_windows(y, g.planes, g.input, &g.windows(0), &g.windows(1))
}

/// The transpose of [`adaptive_sum_pool2d`], like [`spread_pool2d`].
///
/// # Panics
///
/// If `y` is not `[planes, output]`.
#[must_use]
pub fn adaptive_spread_pool2d<R: Ring>(
    y: &[R],
    planes: usize,
    input: [usize; 2],
    output: [usize; 2],
) -> Vec<R> {
    let [rows, columns] = [0, 1].map(|i| adaptive_windows(input[i], output[i]));
    spread_windows(y, planes, input, &rows, &columns)
}

fn outer(rows: &[usize], columns: &[usize]) -> Vec<usize> {
    rows.iter()
        .flat_map(|row| columns.iter().map(move |column| row * column))
        .collect()
}

fn sum_windows<R: Ring>(
    x: &[R],
    planes: usize,
    [height, width]: [usize; 2],
    rows: &[Range<usize>],
    columns: &[Range<usize>],
) -> Vec<R> {
    assert_eq!(
        x.len(),
        planes * height * width,
        "x is [planes, height, width]"
    );
    let mut sums = Vec::with_capacity(planes * rows.len() * columns.len());
    let mut column_sums = vec![R::ZERO; width];
    for plane in 0..planes {
        let plane = &x[plane * height * width..][..height * width];
        for window in rows {
            column_sums.fill(R::ZERO);
            for row in window.clone() {
                for (sum, &value) in column_sums.iter_mut().zip(&plane[row * width..][..width]) {
                    *sum += value;
                }
            }
            sums.extend(columns.iter().map(|window| {
                column_sums[window.clone()]
                    .iter()
                    .fold(R::ZERO, |sum, &value| sum + value)
            }));
        }
    }
    sums
}

fn spread_windows<R: Ring>(
    y: &[R],
    planes: usize,
    [height, width]: [usize; 2],
    rows: &[Range<usize>],
    columns: &[Range<usize>],
) -> Vec<R> {
    assert_eq!(
        y.len(),
        planes * rows.len() * columns.len(),
        "y is [planes, output height, output width]"
    );
    let mut all = bytemuck::zeroed_vec::<R>(planes * height * width);
    let mut row_sums = vec![R::ZERO; width];
    for plane in 0..planes {
        let out = &mut all[plane * height * width..][..height * width];
        for (at, window) in rows.iter().enumerate() {
            let from = &y[(plane * rows.len() + at) * columns.len()..][..columns.len()];
            row_sums.fill(R::ZERO);
            for (columns, &value) in columns.iter().zip(from) {
                row_sums[columns.clone()]
                    .iter_mut()
                    .for_each(|sum| *sum += value);
            }
            for row in window.clone() {
                super::add_assign(&mut out[row * width..][..width], &row_sums);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
