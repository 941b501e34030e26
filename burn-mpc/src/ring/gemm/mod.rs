//! Matrix products.

pub(crate) mod blocked;
mod thin;

use core::ops::Range;

use super::Ring;
use super::simd::Isa;
use blocked::{Left, Right, Target, multiply_acc};

/// Fewer rows than this are not worth packing the right operand for.
const FEW_ROWS: usize = 10;
/// As many columns or fewer are computed as inner products.
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
    multiply(Isa::detect(), [m, k, n], a, b, c);
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
    for (t, c) in c.chunks_exact_mut(m * n).enumerate() {
        let a = &a[t * a_stride..][..m * k];
        let b = &b[t * b_stride..][..k * n];
        matmul_acc(m, k, n, a, b, c);
    }
}

fn multiply<R: Ring>(isa: Isa, [m, k, n]: [usize; 3], a: &[R], b: &[R], c: &mut [R]) {
    if m == 0 || k == 0 || n == 0 {
        return;
    }
    if n <= FEW_COLUMNS {
        isa.run(thin::FewColumns { k, n, a, b, c });
    } else if m < FEW_ROWS {
        isa.run(thin::FewRows { k, n, a, b, c });
    } else {
        let left = Left { terms: &[a], m, k };
        let mut target = Target {
            data: c,
            row_stride: n,
            pitch: n,
            valid: n,
            stride: n,
        };
        multiply_acc(isa, &left, &RowMajor { data: b, n }, n, &mut target);
    }
}

struct RowMajor<'a, R> {
    data: &'a [R],
    n: usize,
}

impl<R: Ring> Right<R> for RowMajor<'_, R> {
    fn pack(&self, depth: Range<usize>, columns: Range<usize>, width: usize, panel: &mut [R]) {
        for (k, target) in depth.zip(panel.chunks_exact_mut(width)) {
            let source = &self.data[k * self.n..][columns.clone()];
            target[..source.len()].copy_from_slice(source);
        }
    }
}

#[cfg(test)]
mod tests;
