//! Sums, means and products along dimensions.

use crate::ops::base::arith::{local, share_out};
use crate::ops::base::source::{Span, around};
use crate::ops::{arith, movement};
use crate::ring::Ring;
use crate::tensor::{Operand, PublicTensor, SecretTensor};

/// Sum of all elements, shape `[1]`. Local.
pub fn sum<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    local("sum", &[], &tensor, vec![1], tensor.len(), |x| {
        vec![x.iter().fold(R::ZERO, |sum, &v| sum + v)]
    })
}

/// Sum along `dim`, which stays with size 1. Local.
pub fn sum_dim<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let (outer, size, inner) = around(tensor.shape(), dim);
    let mut shape = tensor.shape().to_vec();
    shape[dim] = 1;
    #[expect(clippy::cast_precision_loss, reason = "a dimension number")]
    let facts = [dim as f64];
    local("sum_dim", &facts, &tensor, shape, size, |x| {
        let mut out = vec![R::ZERO; outer * inner];
        for (o, block) in x.chunks_exact((size * inner).max(1)).enumerate() {
            for row in block.chunks_exact(inner.max(1)) {
                out[o * inner..(o + 1) * inner]
                    .iter_mut()
                    .zip(row)
                    .for_each(|(s, &v)| *s += v);
            }
        }
        out
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "element counts stay far below 2^52"
)]
fn over<R: Ring>(tensor: SecretTensor<R>, count: usize) -> SecretTensor<R> {
    share_out(tensor, PublicTensor::scalar(1.0 / count as f64), count)
}

/// Mean of all elements, shape `[1]`. Local unless the headroom asks for a truncation.
pub fn mean<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let count = tensor.len();
    over(sum(tensor), count)
}

/// Mean along `dim`, which stays with size 1.
pub fn mean_dim<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let count = tensor.shape()[dim];
    over(sum_dim(tensor, dim), count)
}

/// Running sum along `dim`. Local.
pub fn cumsum<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let (_, size, inner) = around(tensor.shape(), dim);
    let shape = tensor.shape().to_vec();
    #[expect(clippy::cast_precision_loss, reason = "a dimension number")]
    let facts = [dim as f64];
    local("cumsum", &facts, &tensor, shape, size, |x| {
        let mut out = x.to_vec();
        for block in out.chunks_exact_mut((size * inner).max(1)) {
            for i in inner..size * inner {
                let before = block[i - inner];
                block[i] += before;
            }
        }
        out
    })
}

/// Product of all elements, shape `[1]`: a tree of `ceil(log2 n)` products.
pub fn prod<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let len = tensor.len();
    prod_dim(tensor.reshape(vec![len]), 0)
}

/// Product along `dim`, which stays with size 1.
pub fn prod_dim<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    if tensor.shape()[dim] == 0 {
        // The empty product: the empty sum plus one.
        let zeros = sum_dim(tensor, dim);
        return arith::add(zeros.into(), Operand::Public(PublicTensor::scalar(1.0)));
    }
    let mut rest = tensor;
    while rest.shape()[dim] > 1 {
        let size = rest.shape()[dim];
        let half = size / 2;
        let (kind, device) = (rest.kind(), rest.device().clone());
        let part = |from: usize, to: usize| {
            let spans: Vec<Span> = rest
                .shape()
                .iter()
                .enumerate()
                .map(|(axis, &len)| {
                    if axis == dim {
                        Span {
                            start: from,
                            len: to - from,
                            step: 1,
                        }
                    } else {
                        Span::full(len)
                    }
                })
                .collect();
            movement::slice(rest.clone(), &spans)
        };
        let product = arith::mul(part(0, half).into(), part(half, 2 * half).into());
        rest = if size % 2 == 1 {
            movement::cat(
                vec![product.into(), part(size - 1, size).into()],
                dim,
                kind,
                &device,
            )
        } else {
            product
        };
    }
    rest
}
