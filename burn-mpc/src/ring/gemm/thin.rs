//! Products with few rows or few columns, too thin for packing to pay.

use super::super::Ring;
use super::super::simd::Vectorised;

/// Columns of `c` that stay in the nearest cache.
const BLOCK_COLUMNS: usize = 1024;
/// Rows of `b` added to `c` in one pass.
const STEP: usize = 8;

/// `c[m, n] += a[m, k] * b[k, n]` for small `m`, reading `b` in its own order.
pub(super) struct FewRows<'a, R> {
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) a: &'a [R],
    pub(super) b: &'a [R],
    pub(super) c: &'a mut [R],
}

impl<R: Ring> Vectorised for FewRows<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { k, n, a, b, c } = self;
        let whole = k - k % STEP;
        for first in (0..n).step_by(BLOCK_COLUMNS) {
            let len = BLOCK_COLUMNS.min(n - first);
            for depth in (0..whole).step_by(STEP) {
                let b: [&[R]; STEP] =
                    core::array::from_fn(|s| &b[(depth + s) * n + first..][..len]);
                for (a, c) in a.chunks_exact(k).zip(c.chunks_exact_mut(n)) {
                    let a: [R; STEP] = core::array::from_fn(|s| a[depth + s]);
                    let c = &mut c[first..][..len];
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
                for (a, c) in a.chunks_exact(k).zip(c.chunks_exact_mut(n)) {
                    for (c, &b) in c[first..][..len].iter_mut().zip(b) {
                        *c += a[depth] * b;
                    }
                }
            }
        }
    }
}

/// `c[m, n] += a[m, k] * b[k, n]` for small `n`, as inner products.
pub(super) struct FewColumns<'a, R> {
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) a: &'a [R],
    pub(super) b: &'a [R],
    pub(super) c: &'a mut [R],
}

impl<R: Ring> Vectorised for FewColumns<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { k, n, a, b, c } = self;
        let mut columns = Vec::with_capacity(k * n);
        for j in 0..n {
            columns.extend(b.iter().skip(j).step_by(n));
        }
        for (a, c) in a.chunks_exact(k).zip(c.chunks_exact_mut(n)) {
            for (column, c) in columns.chunks_exact(k).zip(c) {
                let mut sum = R::ZERO;
                for (&a, &b) in a.iter().zip(column) {
                    sum += a * b;
                }
                *c += sum;
            }
        }
    }
}
