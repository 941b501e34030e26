//! Where the elements of a result come from, for every op that moves data.

use core::fmt;
use std::sync::Arc;

use crate::ops::base::indices::Indices;
use crate::ops::base::places::{Affine, Along, Places, ZERO, for_each_coordinate};
use crate::tensor::elements;

/// Shape of a result and, for each of its elements, the place of its source. A list of places is as long as the result,
/// so it is made only on request, by a caller that has checked the size of the result.
pub struct Source {
    shape: Vec<usize>,
    places: Maker,
}

/// Makes the places, given the shape of the result.
type Maker = Box<dyn FnOnce(&[usize]) -> Places>;

impl Source {
    /// A result of `shape` whose sources `list` makes, given that shape.
    pub fn new(shape: Vec<usize>, list: impl FnOnce(&[usize]) -> Vec<usize> + 'static) -> Self {
        Self {
            shape,
            places: Box::new(move |shape| Places::listed(list(shape))),
        }
    }

    /// A result of `shape` whose sources are `offset + sum(coordinate * stride)`.
    fn affine(shape: Vec<usize>, offset: isize, strides: Vec<isize>) -> Self {
        Self {
            shape,
            places: Box::new(move |shape| Places::Affine(Affine::new(shape, offset, &strides))),
        }
    }

    /// Dimensions of the result.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The places of the sources.
    #[must_use]
    pub fn places(self) -> Places {
        (self.places)(&self.shape)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

/// The elements `start`, `start + step`, ... (`len` of them) of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First index taken.
    pub start: usize,
    /// How many indices are taken.
    pub len: usize,
    /// Distance from one index to the next; negative to walk backwards.
    pub step: isize,
}

impl Span {
    /// All of an axis of length `len`.
    #[must_use]
    pub fn full(len: usize) -> Self {
        Self {
            start: 0,
            len,
            step: 1,
        }
    }

    /// The half-open range `start..end`, every `step`-th element; a negative step begins at `end - 1`.
    #[must_use]
    pub fn ranged(start: usize, end: usize, step: isize) -> Self {
        if start >= end {
            return Self {
                start: 0,
                len: 0,
                step: 1,
            };
        }
        let len = (end - start).div_ceil(step.unsigned_abs().max(1));
        Self {
            start: if step < 0 { end - 1 } else { start },
            len,
            step,
        }
    }
}

/// Row-major strides of `shape`.
#[must_use]
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1_usize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
    }
    strides
}

fn signed(strides: &[usize]) -> Vec<isize> {
    strides.iter().map(|&s| s as isize).collect()
}

/// `(outer, size, inner)` around a dimension: `shape` seen as `[outer, shape[dim], inner]`.
pub(in crate::ops) fn around(shape: &[usize], dim: usize) -> (usize, usize, usize) {
    (
        elements(&shape[..dim]),
        shape[dim],
        elements(&shape[dim + 1..]),
    )
}

/// Source of a permutation: axis `i` of the result is axis `axes[i]` of the operand.
#[must_use]
pub fn permute_source(shape: &[usize], axes: &[usize]) -> Source {
    let old = signed(&strides(shape));
    let (out, moved) = axes.iter().map(|&axis| (shape[axis], old[axis])).unzip();
    Source::affine(out, 0, moved)
}

/// Source of a reversal along each of `axes`.
#[must_use]
pub fn flip_source(shape: &[usize], axes: &[usize]) -> Source {
    let mut moved = signed(&strides(shape));
    let mut offset = 0;
    if !shape.contains(&0) {
        for &axis in axes {
            // A shape may be too large for any tensor; it is refused before places are made.
            offset = (shape[axis] as isize - 1)
                .wrapping_mul(moved[axis])
                .wrapping_add(offset);
            moved[axis] = moved[axis].wrapping_neg();
        }
    }
    Source::affine(shape.to_vec(), offset, moved)
}

/// Source of a broadcast to `target`, axes aligned at the right.
#[must_use]
pub fn expand_source(shape: &[usize], target: &[usize]) -> Source {
    let old = signed(&strides(shape));
    let lead = target.len() - shape.len();
    let moved = (0..target.len())
        .map(|axis| match axis.checked_sub(lead) {
            Some(axis) if shape[axis] != 1 => old[axis],
            _ => 0,
        })
        .collect();
    Source::affine(target.to_vec(), 0, moved)
}

/// Source of a slice; axes without a span are taken whole.
#[must_use]
pub fn slice_source(shape: &[usize], spans: &[Span]) -> Source {
    let span = |axis: usize| spans.get(axis).copied().unwrap_or(Span::full(shape[axis]));
    let spans: Vec<Span> = (0..shape.len()).map(span).collect();
    let old = signed(&strides(shape));
    let along = || spans.iter().zip(&old);
    let products = along().map(|(span, &old)| (span.start as isize).wrapping_mul(old));
    let offset = products.fold(0_isize, isize::wrapping_add);
    let moved = along()
        .map(|(span, &old)| span.step.wrapping_mul(old))
        .collect();
    let out = spans.iter().map(|span| span.len).collect();
    Source::affine(out, offset, moved)
}

/// Source of a selection of whole hyperplanes along `dim`; `None` if an index is out of range.
#[must_use]
pub fn select_source(shape: &[usize], dim: usize, indices: &Arc<Indices>) -> Option<Source> {
    let (outer, size, inner) = around(shape, dim);
    if !indices.lie_within(size) {
        return None;
    }
    let mut out = shape.to_vec();
    out[dim] = indices.values().len();
    let along = Along {
        outer,
        size,
        inner,
        indices: Arc::clone(indices),
    };
    Some(Source {
        shape: out,
        places: Box::new(move |_| Places::Along(along)),
    })
}

/// Source of a gather: element `(.., i, ..)` comes from `(.., indices[.., i, ..], ..)` along `dim`;
/// `None` if an index is out of range.
#[must_use]
pub fn gather_source(
    shape: &[usize],
    dim: usize,
    indices: &[i64],
    index_shape: &[usize],
) -> Option<Source> {
    let picked = checked(indices, shape[dim])?;
    let old = strides(shape);
    Some(Source::new(index_shape.to_vec(), move |index_shape| {
        let mut source = Vec::with_capacity(picked.len());
        for_each_coordinate(index_shape, |at| {
            let index = picked[source.len()];
            let position = |axis: usize| if axis == dim { index } else { at[axis] };
            source.push((0..at.len()).map(|axis| position(axis) * old[axis]).sum());
        });
        source
    }))
}

/// The places of tuples of coordinates, each the last axis of `indices`, on the first axes of `shape`, row-major. `None`
/// if a coordinate is out of range, or there are more than axes.
#[must_use]
pub fn places_of(shape: &[usize], indices: &[i64], tuples: &[usize]) -> Option<Vec<usize>> {
    let (&depth, lead) = tuples.split_last()?;
    let sizes = shape.get(..depth)?;
    let old = strides(sizes);
    let place = |row: usize| {
        let tuple = &indices[row * depth..][..depth];
        let mut place = 0;
        for ((index, &size), &stride) in tuple.iter().zip(sizes).zip(&old) {
            place += usize::try_from(*index).ok().filter(|&i| i < size)? * stride;
        }
        Some(place)
    };
    (0..elements(lead)).map(place).collect()
}

/// Source of a gather of whole sub-tensors: each row of `indices` (its last axis) names a prefix of
/// coordinates. `None` if an index is out of range.
#[must_use]
pub fn gather_nd_source(shape: &[usize], indices: &[i64], index_shape: &[usize]) -> Option<Source> {
    let (&depth, lead) = index_shape.split_last()?;
    let places = places_of(shape, indices, index_shape)?;
    let rest = elements(&shape[depth..]);
    let out = [lead, &shape[depth..]].concat();
    Some(Source::new(out, move |_| {
        let starts = places.iter().map(|&place| place * rest);
        starts.flat_map(|start| start..start + rest).collect()
    }))
}

/// Source of `times` copies laid side by side along `dim`.
#[must_use]
pub fn repeat_source(shape: &[usize], dim: usize, times: usize) -> Source {
    let (outer, size, inner) = around(shape, dim);
    let mut out = shape.to_vec();
    out[dim] = size.saturating_mul(times);
    Source::new(out, move |out| {
        let mut source = Vec::with_capacity(elements(out));
        for block in 0..outer {
            for _ in 0..times {
                source.extend(block * size * inner..(block + 1) * size * inner);
            }
        }
        source
    })
}

/// Source of sliding windows along `dim`: `dim` counts the windows, a new last axis walks inside one.
#[must_use]
pub fn unfold_source(shape: &[usize], dim: usize, size: usize, step: usize) -> Source {
    let mut out = shape.to_vec();
    out[dim] = if shape[dim] < size {
        0
    } else {
        (shape[dim] - size) / step.max(1) + 1
    };
    out.push(size);
    let mut moved = signed(&strides(shape));
    moved.push(moved[dim]);
    moved[dim] = moved[dim].saturating_mul(step as isize);
    Source::affine(out, 0, moved)
}

/// Source of the patches of images `[n, c, h, w]`, as `[n, c * kh * kw, patches]`.
#[must_use]
pub fn unfold4d_source(
    shape: [usize; 4],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
) -> Source {
    let [n, c, h, w] = shape;
    let count = |i: usize, length: usize| {
        let extent = dilation[i].saturating_mul(kernel[i] - 1).saturating_add(1);
        length
            .saturating_add(padding[i].saturating_mul(2))
            .checked_sub(extent)
            .map_or(0, |room| room / stride[i] + 1)
    };
    let (rows, columns) = (count(0, h), count(1, w));
    let out = vec![
        n,
        elements(&[c, kernel[0], kernel[1]]),
        rows.saturating_mul(columns),
    ];
    Source::new(out, move |out| {
        let mut source = Vec::with_capacity(elements(out));
        for_each_coordinate(&[n * c, kernel[0], kernel[1], rows, columns], |at| {
            let y = (at[3] * stride[0] + at[1] * dilation[0]).wrapping_sub(padding[0]);
            let x = (at[4] * stride[1] + at[2] * dilation[1]).wrapping_sub(padding[1]);
            source.push(if y < h && x < w {
                (at[0] * h + y) * w + x
            } else {
                ZERO
            });
        });
        source
    })
}

/// Source of a tensor spread among zeros: along each axis `before` zeros, the elements `gap` apart (`gap = 1` for
/// neighbours), then `after` zeros.
#[must_use]
pub fn spread_source(shape: &[usize], before: &[usize], gap: &[usize], after: &[usize]) -> Source {
    let out: Vec<usize> = (0..shape.len())
        .map(|a| {
            let steps = shape[a].checked_sub(1);
            let spread = steps.map_or(0, |steps| steps.saturating_mul(gap[a]).saturating_add(1));
            spread.saturating_add(before[a]).saturating_add(after[a])
        })
        .collect();
    let (shape, before, gap) = (shape.to_vec(), before.to_vec(), gap.to_vec());
    Source::new(out, move |out| {
        let old = strides(&shape);
        let mut source = Vec::with_capacity(elements(out));
        for_each_coordinate(out, |at| {
            let mut from = 0;
            for (axis, &c) in at.iter().enumerate() {
                match c.checked_sub(before[axis]) {
                    Some(c) if c % gap[axis] == 0 && c / gap[axis] < shape[axis] => {
                        from += c / gap[axis] * old[axis];
                    }
                    _ => {
                        from = ZERO;
                        break;
                    }
                }
            }
            source.push(from);
        });
        source
    })
}

fn checked(indices: &[i64], size: usize) -> Option<Vec<usize>> {
    indices
        .iter()
        .map(|&index| usize::try_from(index).ok().filter(|&index| index < size))
        .collect()
}
