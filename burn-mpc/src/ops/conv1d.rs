//! A convolution over one axis, and a secret bias on a public product.

use crate::ops::{ConvSettings, arith, linear};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

/// `[a, b, c]` as `[a, b, 1, c]`.
fn with_height<R: Ring>(operand: Operand<R>) -> Operand<R> {
    let mut shape = operand.shape().to_vec();
    shape.insert(2, 1);
    operand.reshape(shape)
}

/// Adds a secret bias along one axis of a public product; `axis` maps the rank of the product to that axis.
pub fn biased<R: Ring>(
    product: Operand<R>,
    bias: SecretTensor<R>,
    axis: impl Fn(usize) -> usize,
) -> SecretTensor<R> {
    let rank = product.shape().len();
    let mut shape = vec![1; rank];
    shape[axis(rank)] = bias.len();
    arith::add(product, Operand::Secret(bias.reshape(shape)))
}

/// A convolution over one axis, computed as one over images of height one. The last entry of each setting is for that
/// axis, the first one for the axis of length 1.
pub fn conv1d<R: Ring>(
    x: Operand<R>,
    weight: Operand<R>,
    bias: Option<Operand<R>>,
    settings: ConvSettings,
) -> SecretTensor<R> {
    let out = linear::conv(with_height(x), with_height(weight), bias, settings);
    let mut shape = out.shape().to_vec();
    shape.remove(2);
    out.reshape(shape)
}
