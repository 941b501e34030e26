//! Smooth activations, right over the whole range of the ring.

use crate::ops::arith;
use crate::ops::base::smooth::{smooth, softplus};
use crate::protocol::{ERF, GELU, GELU_SLOPE, SIGMOID, TANH};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

/// `1 / (1 + e^-x)`.
pub fn sigmoid<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let bound = tensor.bound().map(|_| 1.0);
    smooth("sigmoid", &tensor, &SIGMOID, bound, None)
}

/// The hyperbolic tangent.
pub fn tanh<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let bound = tensor.bound().map(|_| 1.0);
    smooth("float_tanh", &tensor, &TANH, bound, None)
}

/// The error function.
pub fn erf<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let bound = tensor.bound().map(|_| 1.0);
    smooth("float_erf", &tensor, &ERF, bound, None)
}

/// `x Phi(x)`, with `Phi` of the normal distribution.
pub fn gelu<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let (bound, reach) = (tensor.bound(), tensor.reach());
    smooth("gelu", &tensor, &GELU, bound, reach)
}

/// `ln sigmoid(x) = -ln(1 + e^-x)`.
pub fn log_sigmoid<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    arith::neg(softplus("log_sigmoid", &arith::neg(tensor)))
}

/// The gradient of [`gelu`] by `x`: `grad` times `Phi(x) + x phi(x)`.
pub fn gelu_backward<R: Ring>(x: SecretTensor<R>, grad: Operand<R>) -> SecretTensor<R> {
    // The slope lies between -0.13 and 1.13.
    let bound = x.bound().map(|_| 1.25);
    let slope = smooth("gelu_backward", &x, &GELU_SLOPE, bound, None);
    arith::mul(slope.into(), grad)
}

/// The gradient of [`log_sigmoid`] by `x`: `grad` times `sigmoid(-x)`.
pub fn log_sigmoid_backward<R: Ring>(x: SecretTensor<R>, grad: Operand<R>) -> SecretTensor<R> {
    let slope = sigmoid(arith::neg(x));
    arith::mul(slope.into(), grad)
}
