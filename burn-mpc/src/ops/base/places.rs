//! Places in a tensor, one for each element of another: in few numbers where there is a rule.

use std::sync::Arc;

use crate::ops::base::indices::Indices;
use crate::protocol::Patches;
use crate::ring::Ring;
use crate::tensor::elements;

/// A place that stands for no element: zero is taken there.
pub const ZERO: usize = usize::MAX;

/// One flat place for each element of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Places {
    /// Affine in the coordinates.
    Affine(Affine),
    /// Whole hyperplanes along an axis.
    Along(Along),
    /// Anywhere, or [`ZERO`].
    Listed(Arc<Vec<usize>>),
}

/// `offset + sum(coordinate * stride)` over the coordinates of `shape`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affine {
    shape: Vec<usize>,
    strides: Vec<isize>,
    offset: isize,
}

/// The hyperplanes `indices` of a tensor `[outer, size, inner]`.
#[derive(Clone, Debug)]
pub struct Along {
    /// Elements of the axes before.
    pub outer: usize,
    /// Length of the axis.
    pub size: usize,
    /// Elements of the axes behind.
    pub inner: usize,
    /// Which of its hyperplanes.
    pub indices: Arc<Indices>,
}

impl PartialEq for Along {
    fn eq(&self, other: &Self) -> bool {
        [self.outer, self.size, self.inner] == [other.outer, other.size, other.inner]
            && (Arc::ptr_eq(&self.indices, &other.indices) || self.indices == other.indices)
    }
}

impl Affine {
    /// Joins axes that are walked as one.
    pub fn new(shape: &[usize], offset: isize, strides: &[isize]) -> Self {
        let mut joined: Vec<(usize, isize)> = Vec::with_capacity(shape.len());
        for (&size, &stride) in shape.iter().zip(strides) {
            match joined.last_mut() {
                Some((length, step)) if *length == 1 => (*length, *step) = (size, stride),
                Some(_) if size == 1 => {}
                Some((length, step)) if *step == stride.saturating_mul(size as isize) => {
                    (*length, *step) = (length.saturating_mul(size), stride);
                }
                _ => joined.push((size, stride)),
            }
        }
        let (shape, strides) = joined.into_iter().unzip();
        Self {
            shape,
            strides,
            offset,
        }
    }

    /// Calls `row` with the first place of every row along the last axis.
    fn for_each_row(&self, mut row: impl FnMut(isize)) {
        let Some((_, outer)) = self.strides.split_last() else {
            return row(self.offset);
        };
        for_each_coordinate(&self.shape[..outer.len()], |at| {
            let moved = at.iter().zip(outer).map(|(&c, &s)| c as isize * s);
            row(self.offset + moved.sum::<isize>());
        });
    }

    /// Length of a row, and the distance of its places.
    fn row(&self) -> (usize, isize) {
        match (self.shape.last(), self.strides.last()) {
            (Some(&length), Some(&step)) => (length, step),
            _ => (1, 1),
        }
    }
}

impl Along {
    /// The first flat place of every hyperplane, in order.
    fn planes(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.outer).flat_map(move |block| {
            let first = block * self.size;
            let indices = self.indices.values().iter();
            indices.map(move |&index| (first + index as usize) * self.inner)
        })
    }
}

impl Places {
    /// Places from a list.
    #[must_use]
    pub fn listed(list: Vec<usize>) -> Self {
        Self::Listed(Arc::new(list))
    }

    /// The places of a tensor of `len` elements, in order.
    #[must_use]
    pub fn all(len: usize) -> Self {
        Self::Affine(Affine::new(&[len], 0, &[1]))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Affine(affine) => elements(&affine.shape),
            Self::Along(along) => along.outer * along.indices.values().len() * along.inner,
            Self::Listed(list) => list.len(),
        }
    }

    /// Whether some stand for no element.
    #[must_use]
    pub fn have_zeros(&self) -> bool {
        matches!(self, Self::Listed(list) if list.contains(&ZERO))
    }

    /// The elements of `x` at these places, `zero` at [`ZERO`].
    #[must_use]
    pub fn take<T: Copy>(&self, x: &[T], zero: T) -> Vec<T> {
        let mut out = Vec::with_capacity(self.count());
        match self {
            Self::Affine(affine) => {
                let (length, step) = affine.row();
                affine.for_each_row(|first| match step {
                    1 => out.extend_from_slice(&x[first as usize..][..length]),
                    0 => out.extend(core::iter::repeat_n(x[first as usize], length)),
                    _ => out.extend((0..length as isize).map(|i| x[(first + i * step) as usize])),
                });
            }
            Self::Along(along) if along.inner == 1 => {
                for block in 0..along.outer {
                    let x = &x[block * along.size..][..along.size];
                    out.extend(
                        along
                            .indices
                            .values()
                            .iter()
                            .map(|&index| x[index as usize]),
                    );
                }
            }
            Self::Along(along) => along
                .planes()
                .for_each(|first| out.extend_from_slice(&x[first..][..along.inner])),
            Self::Listed(list) => {
                let at = |&i: &usize| if i == ZERO { zero } else { x[i] };
                out.extend(list.iter().map(at));
            }
        }
        out
    }

    /// Calls `visit` with each item of `items` and its place, in order.
    pub fn each<T>(&self, mut items: impl Iterator<Item = T>, mut visit: impl FnMut(T, usize)) {
        let mut at = |place: usize| {
            if let Some(item) = items.next() {
                visit(item, place);
            }
        };
        match self {
            Self::Affine(affine) => {
                let (length, step) = affine.row();
                affine.for_each_row(|first| {
                    (0..length as isize).for_each(|i| at((first + i * step) as usize));
                });
            }
            Self::Along(along) => along
                .planes()
                .for_each(|first| (first..first + along.inner).for_each(&mut at)),
            Self::Listed(list) => list.iter().copied().for_each(at),
        }
    }

    /// Adds `values` to the elements of `out` at these places.
    pub fn add<R: Ring>(&self, out: &mut [R], values: &[R]) {
        match self {
            Self::Along(along) if along.inner == 1 => {
                let blocks = out.chunks_mut(along.size.max(1));
                let indices = along.indices.values();
                for (out, values) in blocks.zip(values.chunks(indices.len().max(1))) {
                    for (&to, &value) in indices.iter().zip(values) {
                        out[to as usize] += value;
                    }
                }
            }
            Self::Listed(list) => {
                for (&to, &value) in list.iter().zip(values) {
                    out[to] += value;
                }
            }
            _ => {
                for (to, &value) in self.list().into_iter().zip(values) {
                    out[to] += value;
                }
            }
        }
    }

    /// How many of them are the same, at most.
    #[must_use]
    pub fn most_at_one(&self) -> usize {
        if let Self::Along(along) = self {
            return along.indices.most_frequent();
        }
        let list = self.list();
        let mut counts = vec![0_u32; list.iter().max().map_or(0, |&last| last + 1)];
        list.into_iter().for_each(|place| counts[place] += 1);
        counts.into_iter().max().unwrap_or(0) as usize
    }

    /// The elements that have the same place in a tensor of `len` elements, as patches. `None` if there are too many.
    #[must_use]
    pub fn patches(&self, len: usize) -> Option<Patches> {
        if let Self::Along(along) = self
            && along.inner == 1
            && along.outer * along.size == len
        {
            return Some(along.indices.patches(along.size)?.repeated(along.outer));
        }
        let patch = |place| u32::try_from(place).ok().filter(|&p| p != Patches::PASS);
        let patch_of: Option<Vec<u32>> = self.list().into_iter().map(patch).collect();
        Patches::found(&patch_of?, len)
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> Vec<usize> {
        if let Self::Listed(list) = self {
            return list.to_vec();
        }
        let mut list = Vec::with_capacity(self.count());
        self.each(core::iter::repeat(()), |(), place| list.push(place));
        list
    }

    /// Public numbers that tell them apart from others: what parties compare.
    #[must_use]
    pub fn facts(&self) -> Vec<usize> {
        match self {
            Self::Affine(Affine {
                shape,
                strides,
                offset,
            }) => {
                let strides = strides.iter().map(|&stride| stride as usize);
                let shape = shape.iter().copied().chain(strides);
                [0, *offset as usize].into_iter().chain(shape).collect()
            }
            Self::Along(along) => {
                let axis = [1, along.outer, along.size, along.inner];
                [&axis[..], &along.indices.digest()].concat()
            }
            Self::Listed(list) => [&[2][..], list].concat(),
        }
    }
}

/// Calls `visit` with the coordinates of every element of `shape`, in row-major order.
pub fn for_each_coordinate(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    if shape.contains(&0) {
        return;
    }
    let mut coordinates = vec![0; shape.len()];
    loop {
        visit(&coordinates);
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            coordinates[axis] += 1;
            if coordinates[axis] < shape[axis] {
                break;
            }
            coordinates[axis] = 0;
        }
    }
}
