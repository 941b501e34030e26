//! Reciprocal, square root and quotient of secrets.

use crate::ops::arith;
use crate::ops::base::owned::{self, Owned};
use crate::ops::base::sums::{is_share, share_out};
use crate::ops::base::{elementary, quotient};
use crate::ops::deferred::function::{self, Function};
use crate::ops::divide::Quotient;
use crate::ops::rules::{self, Request};
use crate::ring::Ring;
use crate::tensor::{Operand, PublicTensor, SecretTensor};

/// `1 / x` for `x` of either sign. The reciprocal of a square root costs a third: the root need not be computed.
pub fn recip<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let cheaper = owned::of_one("recip", &tensor, f64::recip);
    let cheaper = cheaper.or_else(|| rules::fuse(&Request::Recip(&tensor)));
    cheaper.unwrap_or_else(|| elementary::reciprocal(&tensor))
}

/// `sqrt(x)` for `x >= 0`. Deferred, so that a reciprocal can join it.
pub fn sqrt<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    owned::of_one("sqrt", &tensor, f64::sqrt)
        .unwrap_or_else(|| function::defer(Function::Sqrt, &tensor))
}

/// `a / b`. By the reciprocal of `b` if that is cheap: `b` is public, a parameter that its owner inverts, or a root. A
/// secret divided by large public numbers is taken for a sum that is divided by how many were added. Rounded to whole
/// numbers, a quotient is computed anew, exactly.
pub fn div<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let exact = Quotient::of(&a, &b);
    let inverse = match b {
        Operand::Public(tensor) => {
            let values = tensor.values.iter().map(|v| v.recip()).collect();
            let factors = PublicTensor {
                shape: tensor.shape,
                values,
            };
            let largest = factors.largest();
            let session = a.device().and_then(|device| device.session());
            match &a {
                Operand::Secret(sums)
                    if session.is_some_and(|s| is_share(&s.scales(), largest)) =>
                {
                    let count = largest.recip().round() as usize;
                    return share_out(sums.clone(), factors, count).with_aside(exact);
                }
                _ => Operand::Public(factors),
            }
        }
        Operand::Secret(tensor) => {
            let waits = function::input_of(&tensor, Function::Sqrt).is_some();
            let is_cheap = waits || Owned::of(&tensor).is_some();
            if !is_cheap {
                return quotient::quotient(a, tensor).with_aside(exact);
            }
            recip(tensor).into()
        }
    };
    arith::mul(a, inverse).with_aside(exact)
}
