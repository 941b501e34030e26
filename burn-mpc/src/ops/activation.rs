//! Activations built from comparisons.

use crate::ops::arith;
use crate::ops::deferred::{Clamp, clamp};
use crate::ops::rules::{self, Request};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

/// `max(x, 0)`: by a gate of the session's schedule if it follows a product, else by reshare, sign, B2A, and a product
/// whose truncation waits for its consumer. Deferred, so that an upper limit or a maximum over windows can join it.
pub fn relu<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    limited("relu", tensor, Some(0.0), None)
}

/// Values limited to `[min, max]`; both limits in one sign call. An upper limit joins a lower one that
/// is still deferred, so that ReLU6 written as two calls costs one.
pub fn clamp<R: Ring>(
    tensor: SecretTensor<R>,
    min: Option<f64>,
    max: Option<f64>,
) -> SecretTensor<R> {
    // If the limits cross, the lower one wins, as in Burn.
    let max = match (min, max) {
        (Some(min), Some(max)) => Some(max.max(min)),
        _ => max,
    };
    limited("clamp", tensor, min, max)
}

fn limited<R: Ring>(
    op: &'static str,
    input: SecretTensor<R>,
    min: Option<f64>,
    max: Option<f64>,
) -> SecretTensor<R> {
    let session = input.device().session();
    let limits = Clamp {
        op,
        path: session.and_then(|session| session.current_scope()),
        input,
        min,
        max,
    };
    let fused = rules::fuse(&Request::Clamp(&limits));
    fused.unwrap_or_else(|| clamp::defer(limits, |limits| limits))
}

/// `x` where positive, `slope x` elsewhere: `slope x + (1 - slope) relu(x)`.
pub fn leaky_relu<R: Ring>(tensor: SecretTensor<R>, slope: f64) -> SecretTensor<R> {
    prelu(tensor, Operand::scalar(slope))
}

/// `x` where positive, `slope x` elsewhere, with a slope that broadcasts. Computes `relu(x) - slope relu(-x)`, where
/// `relu(-x) = relu(x) - x`.
pub(super) fn prelu<R: Ring>(tensor: SecretTensor<R>, slope: Operand<R>) -> SecretTensor<R> {
    let positive = relu(tensor.clone());
    let negative = arith::sub(positive.clone().into(), tensor.into());
    let scaled = arith::mul(negative.into(), slope);
    arith::sub(positive.into(), scaled.into())
}

/// `clamp(alpha x + beta, 0, 1)`.
pub fn hard_sigmoid<R: Ring>(tensor: SecretTensor<R>, alpha: f64, beta: f64) -> SecretTensor<R> {
    let scaled = arith::mul(tensor.into(), Operand::scalar(alpha));
    let shifted = arith::add(scaled.into(), Operand::scalar(beta));
    clamp(shifted, Some(0.0), Some(1.0))
}
