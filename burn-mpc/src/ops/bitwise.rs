//! Bitwise operations that are local.

use crate::ops::arith;
use crate::ring::Ring;
use crate::tensor::{Operand, PublicTensor, SecretTensor};

/// `!x`, which is `-x - 1` in two's complement. Local.
pub fn bitwise_not<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let one = Operand::Public(PublicTensor::scalar(1.0));
    arith::sub(arith::neg(tensor).into(), one)
}
