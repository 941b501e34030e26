//! Reciprocal, square root and quotient of secrets.

use crate::ops::arith;
use crate::ops::base::roots;
use crate::ops::deferred::root;
use crate::ops::rules::{self, Request};
use crate::ops::sign::sign;
use crate::ring::Ring;
use crate::tensor::{Operand, PublicTensor, SecretTensor};

/// `1 / x` for `x` of either sign. The reciprocal of a square root costs a third: the root is known to be positive and
/// need not be computed.
pub fn recip<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    if let Some(fused) = rules::fuse(&Request::Recip(&tensor)) {
        return fused;
    }
    let signs = sign(tensor.clone());
    let magnitude = arith::mul(tensor.into(), signs.clone().into());
    arith::mul(roots::reciprocal(&magnitude).into(), signs.into())
}

/// `sqrt(x)` for `x >= 0`; results for negative values are meaningless. Deferred, so that a reciprocal can join it.
pub fn sqrt<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    root::defer(&tensor)
}

/// `a / b`: by the reciprocal of `b`, taken before broadcasting.
pub fn div<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let inverse = match b {
        Operand::Public(tensor) => {
            let values = tensor.values.iter().map(|v| v.recip()).collect();
            Operand::Public(PublicTensor {
                shape: tensor.shape,
                values,
            })
        }
        Operand::Secret(tensor) => recip(tensor).into(),
    };
    arith::mul(a, inverse)
}
