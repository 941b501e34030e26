//! Element-wise arithmetic with broadcasting.

use crate::ops::base::arith;
use crate::ops::rules::{self, Request};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

/// `a + b`. Local.
pub fn add<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    rules::fuse(&Request::Add(&a, &b)).unwrap_or_else(|| arith::add(&a, &b))
}

/// `a - b`. Local.
pub fn sub<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    rules::fuse(&Request::Sub(&a, &b)).unwrap_or_else(|| arith::sub(&a, &b))
}

/// `a b`. Secret times secret is local but leaves an additive share; its operands are truncated first
/// where the product would leave the headroom.
pub fn mul<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    rules::fuse(&Request::Mul(&a, &b)).unwrap_or_else(|| arith::mul(&a, &b))
}

/// `-a`. Local.
pub fn neg<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    arith::neg(&tensor)
}
