//! Public infinities that became elements of secrets: see [`Scales::infinity`](crate::session::Scales::infinity).

use crate::ops::base::operand::{self, may_be_infinite};
use crate::ops::{boolean, compare};
use crate::ring::Ring;
use crate::tensor::{Operand, SecretTensor};

/// Opened values with infinities, and the largest numbers of single precision, in place of what stands for them.
#[must_use]
pub fn restored<R: Ring>(tensor: &SecretTensor<R>, mut values: Vec<f64>) -> Vec<f64> {
    let session = tensor.device().session();
    if let Some(session) = session.filter(|_| may_be_infinite(tensor)) {
        for meant in [f64::INFINITY, f64::from(f32::MAX)] {
            let stand_in = operand::stand_in(session, meant);
            let found = values.iter_mut().filter(|v| v.abs() == stand_in);
            found.for_each(|v| *v = meant.copysign(*v));
        }
    }
    values
}

/// Where elements are the numbers that stand for infinities. Two comparisons.
pub fn is_infinite<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let infinity = tensor
        .device()
        .session()
        .map(|session| session.scales().infinity());
    // The largest number of single precision is half of an infinity.
    let border = infinity.unwrap_or_default() * 0.75;
    let above = compare::greater(tensor.clone().into(), Operand::scalar(border));
    let below = compare::lower(tensor.into(), Operand::scalar(-border));
    boolean::bool_or(above.into(), below.into())
}
