//! Smooth activations, right over the whole range of the ring.

use crate::fixed::{Fixed, Form};
use crate::ops::arith;
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::{bounds, force};
use crate::protocol::{self, ERF, GELU, GELU_SLOPE, SIGMOID, SOFTPLUS, Smooth, TANH};
use crate::ring::Ring;
use crate::tensor::{Bound, Kind, Operand, SecretTensor};

/// `function` of every element, at the session's scale or at the finest that the function takes.
fn smooth<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    function: &'static Smooth,
    bound: Bound,
    reach: Option<f64>,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        key: unary_key(op, &[], tensor),
        bound,
    };
    let result = call.run(|session| {
        let scales = session.scales();
        let bits = scales.headroom_bits;
        let frac = scales.value.min(function.most_frac(bits));
        bounds::check(session, op, tensor.bound(), frac)?;
        let x = force::replicated_beside(session, tensor, frac)?;
        let y = session.run(|ctx| protocol::smooth(ctx, &x, frac, function, bits))?;
        let numbers = Fixed::new(Form::Rss(y), frac);
        let device = tensor.device();
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            Kind::Float,
            numbers,
        ))
    });
    result.with_reach(reach)
}

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
    let opposite = arith::neg(tensor);
    let bound = opposite.bound().map(|limit| limit + 1.0);
    let reach = opposite.reach().map(|reach| reach + 1.0);
    let result = smooth("log_sigmoid", &opposite, &SOFTPLUS, bound, reach);
    arith::neg(result)
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
