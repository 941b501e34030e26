//! One dimension of a tensor first, as protocols over planes take it.

use crate::ops::base::source::around;
use crate::ring::Ring;
use crate::share::Rss;
use crate::tensor::elements;

/// A tensor seen as `[outer, size, inner]` around a dimension, whose planes are the `size` hyperplanes.
#[derive(Clone, Copy, Debug)]
pub struct Planes {
    outer: usize,
    /// Number of planes.
    pub size: usize,
    inner: usize,
}

impl Planes {
    /// The planes of a tensor of dimensions `shape` along `dim`.
    #[must_use]
    pub fn of(shape: &[usize], dim: usize) -> Self {
        let (outer, size, inner) = around(shape, dim);
        Self { outer, size, inner }
    }

    /// Elements of a plane.
    fn rows(self) -> usize {
        elements(&[self.outer, self.inner])
    }

    /// Plane after plane.
    pub fn split<R: Ring>(self, x: &Rss<R>) -> Rss<R> {
        let Self { outer, size, inner } = self;
        x.map_each(|x| moved(x, [size, outer], inner, |[s, o]| o * size + s))
    }

    /// The tensor of `size` planes, of which there may be another number than before.
    pub fn joined<R: Ring>(self, size: usize, x: &Rss<R>) -> Rss<R> {
        let Self { outer, inner, .. } = self;
        x.map_to(size * self.rows(), |x| {
            moved(x, [outer, size], inner, |[o, s]| s * outer + o)
        })
    }
}

/// Runs of `inner` elements in another order: those of the result are counted by `counts`.
fn moved<R: Ring>(
    x: &[R],
    [slow, fast]: [usize; 2],
    inner: usize,
    from: impl Fn([usize; 2]) -> usize,
) -> Vec<R> {
    let mut out = Vec::with_capacity(slow * fast * inner);
    for a in 0..slow {
        for b in 0..fast {
            out.extend_from_slice(&x[from([a, b]) * inner..][..inner]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Planes;
    use crate::ring::{Ring, Z64};
    use crate::share::Rss;

    #[test]
    fn planes_come_first_and_go_back() {
        let words: Vec<Z64> = (0..24).map(Z64::from_u64).collect();
        let x = Rss::new(words.clone(), words.clone());
        for dim in 0..3 {
            let planes = Planes::of(&[2, 3, 4], dim);
            let split = planes.split(&x);
            assert_eq!(planes.joined(planes.size, &split).first(), words);
        }
        let split = Planes::of(&[2, 3, 4], 1).split(&x);
        let first: Vec<u64> = split.first()[..8].iter().map(|x| x.to_u64()).collect();
        assert_eq!(first, [0, 1, 2, 3, 12, 13, 14, 15]);
        let two = Planes::of(&[2, 3, 4], 1).joined(2, &split.map_to(16, |x| x[..16].to_vec()));
        let row: Vec<u64> = two.first()[8..].iter().map(|x| x.to_u64()).collect();
        assert_eq!(row, [12, 13, 14, 15, 16, 17, 18, 19]);
    }
}
