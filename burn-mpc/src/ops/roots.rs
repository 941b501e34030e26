//! Reciprocal, square root and quotient of secrets.

use crate::ops::arith;
use crate::ops::base::{owned, roots};
use crate::ops::deferred::root;
use crate::ops::rules::{self, Request};
use crate::ops::sign::sign;
use crate::ring::Ring;
use crate::tensor::{Operand, PublicTensor, SecretTensor};

/// `1 / x` for `x` of either sign. The reciprocal of a square root costs a third: the root is known to be positive and
/// need not be computed.
pub fn recip<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let owned = owned::of_one("recip", &tensor, f64::recip);
    if let Some(cheaper) = owned.or_else(|| rules::fuse(&Request::Recip(&tensor))) {
        return cheaper;
    }
    let signs = sign(tensor.clone());
    let magnitude = arith::mul(tensor.into(), signs.clone().into());
    arith::mul(roots::reciprocal(&magnitude).into(), signs.into())
}

/// `sqrt(x)` for `x >= 0`; results for negative values are meaningless. Deferred, so that a reciprocal can join it.
pub fn sqrt<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    owned::of_one("sqrt", &tensor, f64::sqrt).unwrap_or_else(|| root::defer(&tensor))
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
