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
                    add_rows(a, b, &mut c[here..][..len]);
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

/// Columns that are summed in registers.
const TOGETHER: usize = 32;

/// `c += a[0] * b[0] + a[1] * b[1] + ...`, of rows as long as `c`.
///
/// Sums are local, so that the compiler need not assume that `c` overlaps `b`.
#[inline(always)]
fn add_rows<R: Ring>(a: [R; STEP], b: [&[R]; STEP], c: &mut [R]) {
    let whole = c.len() - c.len() % TOGETHER;
    for first in (0..whole).step_by(TOGETHER) {
        let mut sums = [R::ZERO; TOGETHER];
        for s in 0..STEP {
            let b = &b[s][first..first + TOGETHER];
            for (sum, &b) in sums.iter_mut().zip(b) {
                *sum += a[s] * b;
            }
        }
        for (c, sum) in c[first..first + TOGETHER].iter_mut().zip(sums) {
            *c += sum;
        }
    }
    for j in whole..c.len() {
        for s in 0..STEP {
            c[j] += a[s] * b[s][j];
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
