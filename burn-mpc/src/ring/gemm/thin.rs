//! Products with few rows or few columns, too thin for packing to pay.

use std::borrow::Cow;

use super::super::Ring;
use super::super::simd::Vectorised;
use super::target::Target;

/// Columns of `c` that stay in the nearest cache.
pub(super) const BLOCK_COLUMNS: usize = 1024;
/// Rows of `b` added to `c` in one pass.
const STEP: usize = 8;

/// `c += a[m, k] * b[k, n]` for small `m`, reading `b` in its own order.
pub(super) struct FewRows<'a, R> {
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) a: &'a [R],
    pub(super) b: &'a [R],
    pub(super) c: Target<'a, R>,
}

impl<R: Ring> Vectorised for FewRows<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { k, n, a, b, mut c } = self;
        let whole = k - k % STEP;
        let columns = c.columns();
        for first in columns.clone().step_by(BLOCK_COLUMNS) {
            let len = BLOCK_COLUMNS.min(columns.end - first);
            let here = first - columns.start;
            for depth in (0..whole).step_by(STEP) {
                let b: [&[R]; STEP] =
                    core::array::from_fn(|s| &b[(depth + s) * n + first..][..len]);
                for (a, c) in a.chunks_exact(k).zip(c.pieces()) {
                    let a: [R; STEP] = core::array::from_fn(|s| a[depth + s]);
                    let c = &mut c[here..][..len];
                    for j in 0..len {
                        let mut sum = c[j];
                        for s in 0..STEP {
                            sum += a[s] * b[s][j];
                        }
                        c[j] = sum;
                    }
                }
            }
            for depth in whole..k {
                let b = &b[depth * n + first..][..len];
                for (a, c) in a.chunks_exact(k).zip(c.pieces()) {
                    for (c, &b) in c[here..][..len].iter_mut().zip(b) {
                        *c += a[depth] * b;
                    }
                }
            }
        }
    }
}

/// The columns of `b[k, n]` one after another.
pub(super) fn columns<R: Ring>([k, n]: [usize; 2], b: &[R]) -> Cow<'_, [R]> {
    if n == 1 {
        return Cow::Borrowed(b);
    }
    let mut columns = Vec::with_capacity(k * n);
    for j in 0..n {
        columns.extend(b.iter().skip(j).step_by(n));
    }
    Cow::Owned(columns)
}

/// `c += a[m, k] * b[k, n]` for small `n`, as inner products.
pub(super) struct FewColumns<'a, R> {
    pub(super) k: usize,
    /// The rows of `a` that belong to those of `c`.
    pub(super) a: &'a [R],
    /// The [`columns`] of `b`.
    pub(super) columns: &'a [R],
    pub(super) c: Target<'a, R>,
}

impl<R: Ring> Vectorised for FewColumns<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self {
            k,
            a,
            columns,
            mut c,
        } = self;
        for (a, c) in a.chunks_exact(k).zip(c.pieces()) {
            for (column, c) in columns.chunks_exact(k).zip(c.iter_mut()) {
                let mut sum = R::ZERO;
                for (&a, &b) in a.iter().zip(column) {
                    sum += a * b;
                }
                *c += sum;
            }
        }
    }
}
