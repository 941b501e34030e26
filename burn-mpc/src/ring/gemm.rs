//! Matrix products.

use super::Ring;

/// `c[m, n] += a[m, k] * b[k, n]`.
///
/// # Panics
///
/// If a slice has not the length of its shape.
pub fn matmul_acc<R: Ring>(m: usize, k: usize, n: usize, a: &[R], b: &[R], c: &mut [R]) {
    assert_eq!(a.len(), m * k, "a is [m, k]");
    assert_eq!(b.len(), k * n, "b is [k, n]");
    assert_eq!(c.len(), m * n, "c is [m, n]");
    for i in 0..m {
        for p in 0..k {
            for j in 0..n {
                c[i * n + j] += a[i * k + p] * b[p * n + j];
            }
        }
    }
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
