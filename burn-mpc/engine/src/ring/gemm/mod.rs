//! Matrix products.

pub(crate) mod blocked;
pub(crate) mod target;
mod thin;

use core::ops::Range;

use super::Ring;
use super::simd::Isa;
use super::threads::{on_threads, share, threads_for};
use blocked::{Left, Right, copy, multiply_acc};
use target::Target;

/// Fewer rows than this are not worth packing the right operand for.
const FEW_ROWS: usize = 10;
/// This many columns or fewer are computed as inner products.
const FEW_COLUMNS: usize = 4;

/// `c[m, n] += a[m, k] * b[k, n]`.
///
/// # Panics
///
/// If a slice has not the length of its shape.
pub fn matmul_acc<R: Ring>(m: usize, k: usize, n: usize, a: &[R], b: &[R], c: &mut [R]) {
    assert_eq!(a.len(), m * k, "a is [m, k]");
    assert_eq!(b.len(), k * n, "b is [k, n]");
    assert_eq!(c.len(), m * n, "c is [m, n]");
    let threads = threads_for(m * k * n);
    multiply(Isa::detect(), threads, [m, k, n], a, b, c);
}

/// `c[t, m, n] += a[t, m, k] * b[t, k, n]` for `t < batch`.
///
/// Matrix `t` of an operand starts `t * stride` elements into its slice; stride 0 uses one matrix
/// for the whole batch.
///
/// # Panics
///
/// If an operand's slice ends before its last matrix, or `c` has not `batch * m * n` elements.
#[expect(clippy::too_many_arguments, reason = "sizes of a batched product")]
pub fn batched_matmul_acc<R: Ring>(
    batch: usize,
    m: usize,
    k: usize,
    n: usize,
    a: &[R],
    a_stride: usize,
    b: &[R],
    b_stride: usize,
    c: &mut [R],
) {
    assert_eq!(c.len(), batch * m * n, "c is [batch, m, n]");
    if m * n == 0 {
        return;
    }
    let isa = Isa::detect();
    let product = |threads, t: usize, c: &mut [R]| {
        let a = &a[t * a_stride..][..m * k];
        let b = &b[t * b_stride..][..k * n];
        multiply(isa, threads, [m, k, n], a, b, c);
    };
    let threads = threads_for(batch * m * k * n);
    if batch < threads {
        for (t, c) in c.chunks_exact_mut(m * n).enumerate() {
            product(threads_for(m * k * n), t, c);
        }
        return;
    }
    let mut rest = c;
    let parts = (0..threads).map(|index| {
        let products = share(batch, threads, index);
        let (now, later) = core::mem::take(&mut rest).split_at_mut(products.len() * m * n);
        rest = later;
        (products, now)
    });
    on_threads(parts.collect(), |(products, c)| {
        for (t, c) in products.zip(c.chunks_exact_mut(m * n)) {
            product(1, t, c);
        }
    });
}

fn multiply<R: Ring>(
    isa: Isa,
    threads: usize,
    [m, k, n]: [usize; 3],
    a: &[R],
    b: &[R],
    c: &mut [R],
) {
    if m == 0 || k == 0 || n == 0 {
        return;
    }
    if n <= FEW_COLUMNS {
        let columns = thin::columns([k, n], b);
        let parts = Target::row_major([m, n], c).share_out([threads.min(m), 1], [1, n]);
        on_threads(parts, |c| {
            let a = &a[c.rows().start * k..c.rows().end * k];
            let columns = &columns;
            isa.run(thin::FewColumns { k, a, columns, c });
        });
    } else if m < FEW_ROWS {
        let parts = Target::row_major([m, n], c).share_out([1, threads], [1, thin::BLOCK_COLUMNS]);
        on_threads(parts, |c| isa.run(thin::FewRows { k, n, a, b, c }));
    } else {
        let left = Left { terms: &[a], k };
        let target = Target::row_major([m, n], c);
        multiply_acc(isa, threads, &left, &RowMajor { data: b, n }, target);
    }
}

struct RowMajor<'a, R> {
    data: &'a [R],
    n: usize,
}

impl<R: Ring> Right<R> for RowMajor<'_, R> {
    type Places = Range<usize>;

    fn places(&self, columns: Range<usize>) -> Range<usize> {
        columns
    }

    fn pack(&self, depth: Range<usize>, columns: &Range<usize>, width: usize, panel: &mut [R]) {
        for (k, target) in depth.zip(panel.chunks_exact_mut(width)) {
            copy(target, &self.data[k * self.n..][columns.clone()]);
        }
    }
}

#[cfg(test)]
mod tests;
