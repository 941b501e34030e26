//! Sums, means and products along dimensions.

use crate::ops::base::source::{Span, around};
use crate::ops::base::sums::{self, Summands, share_out};
use crate::ops::{arith, divide, movement};
use crate::ring::Ring;
use crate::tensor::{Operand, PublicTensor, SecretTensor};

/// Sum of all elements, shape `[1]`. Local, unless a long sum could outgrow the ring.
pub fn sum<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let axes = (1, tensor.len(), 1);
    sums::along("sum", &[], &tensor, axes, vec![1], Summands::Any)
}

/// Sum along `dim`, which stays with size 1. Local, unless a long sum could outgrow the ring.
pub fn sum_dim<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    sum_of(tensor, dim, Summands::Any)
}

/// Sum along `dim` of summands that are no larger than that.
pub(super) fn sum_of<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    summands: Summands,
) -> SecretTensor<R> {
    let axes = around(tensor.shape(), dim);
    let mut shape = tensor.shape().to_vec();
    shape[dim] = 1;
    let facts = [dim as f64];
    sums::along("sum_dim", &facts, &tensor, axes, shape, summands)
}

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
    mean_of(tensor, dim, Summands::Any)
}

/// Mean along `dim` of elements that are no larger than that.
pub(super) fn mean_of<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    summands: Summands,
) -> SecretTensor<R> {
    let count = tensor.shape()[dim];
    over(sum_of(tensor, dim, summands), count)
}

/// Mean of all integers, rounded toward zero, shape `[1]`: the sum by [`divide::int_div`].
pub fn int_mean<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let count = tensor.len();
    whole_over(sum(tensor), count)
}

/// Mean of integers along `dim`, rounded toward zero; `dim` stays with size 1.
pub fn int_mean_dim<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let count = tensor.shape()[dim];
    whole_over(sum_dim(tensor, dim), count)
}

fn whole_over<R: Ring>(tensor: SecretTensor<R>, count: usize) -> SecretTensor<R> {
    let count = Operand::scalar(count as f64);
    divide::int_div(tensor.into(), count)
}

/// Running sum along `dim`. Local, unless long sums could outgrow the ring.
pub fn cumsum<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let (_, size, inner) = around(tensor.shape(), dim);
    let shape = tensor.shape().to_vec();
    let facts = [dim as f64];
    sums::linear("cumsum", &facts, &tensor, shape, size, |x| {
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
        return arith::add(zeros.into(), Operand::scalar(1.0));
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
