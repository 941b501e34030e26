//! Exponentials, logarithms and hyperbolic functions of secrets.

use crate::ops::base::{elementary, owned};
use crate::ops::deferred::function::{self, Function};
use crate::ops::rules::{self, Request};
use crate::ops::sign::sign;
use crate::ops::{arith, roots};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

/// `e^x`. Deferred, so that what follows can do without.
pub fn exp<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    owned::of_one("exp", &tensor, f64::exp)
        .unwrap_or_else(|| function::defer(Function::Exp, &tensor))
}

/// The natural logarithm, for `x > 0`.
pub fn ln<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let cheaper = owned::of_one("ln", &tensor, f64::ln);
    let cheaper = cheaper.or_else(|| rules::fuse(&Request::Ln(&tensor)));
    cheaper.unwrap_or_else(|| elementary::ln(&tensor))
}

/// `ln(1 + x)`, for `x > -1`.
pub fn ln_1p<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    ln(arith::add(tensor.into(), Operand::scalar(1.0)))
}

/// Half of `e^x` and half of `e^-x`.
fn halves<R: Ring>(tensor: SecretTensor<R>) -> [SecretTensor<R>; 2] {
    let opposite = arith::neg(tensor.clone());
    [tensor, opposite].map(|x| arith::mul(exp(x).into(), Operand::scalar(0.5)))
}

/// `(e^x - e^-x) / 2`.
pub fn sinh<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let [up, down] = halves(tensor);
    arith::sub(up.into(), down.into())
}

/// `(e^x + e^-x) / 2`.
pub fn cosh<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let [up, down] = halves(tensor);
    arith::add(up.into(), down.into())
}

fn square<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    arith::mul(tensor.clone().into(), tensor.clone().into())
}

/// `s ln(|x| + sqrt(x^2 + 1))` with the sign `s` of `x`.
pub fn asinh<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let signs = sign(tensor.clone());
    let root = roots::sqrt(arith::add(square(&tensor).into(), Operand::scalar(1.0)));
    let magnitude = arith::mul(tensor.into(), signs.clone().into());
    let result = ln(arith::add(magnitude.into(), root.into()));
    arith::mul(result.into(), signs.into())
}

/// `ln(x + sqrt(x^2 - 1))`, for `x >= 1`.
pub fn acosh<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let root = roots::sqrt(arith::sub(square(&tensor).into(), Operand::scalar(1.0)));
    ln(arith::add(tensor.into(), root.into()))
}

/// `(ln(1 + x) - ln(1 - x)) / 2`, for `-1 < x < 1`.
pub fn atanh<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let [above, below] = [
        arith::add(tensor.clone().into(), Operand::scalar(1.0)),
        arith::sub(Operand::scalar(1.0), tensor.into()),
    ];
    let difference = arith::sub(ln(above).into(), ln(below).into());
    arith::mul(difference.into(), Operand::scalar(0.5))
}
