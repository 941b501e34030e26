//! Derives the limit of a result from the declared limits of its operands, by interval arithmetic on magnitudes.

use crate::error::MpcError;
use crate::ring::Ring;
use crate::session::Session;
use crate::tensor::{Bound, Operand};

/// The limit of a function of several operands, declared if that of a secret one is. Other secrets then count as large
/// as sharing accepts without a declaration, parameters larger than data, and public values as large as they are.
pub fn of_all<R: Ring>(operands: &[&Operand<R>], combine: impl FnOnce(&[f64]) -> f64) -> Bound {
    let declared = operands.iter().find_map(|operand| match operand {
        Operand::Secret(tensor) => tensor.bound().limit().and(tensor.device().session()),
        Operand::Public(_) => None,
    });
    let Some(session) = declared else {
        return Bound::NONE;
    };
    let limit = |operand: &&Operand<R>| limit_of(session, operand);
    let limits: Vec<f64> = operands.iter().map(limit).collect();
    Bound::declared(combine(&limits))
}

fn limit_of<R: Ring>(session: &Session, operand: &Operand<R>) -> f64 {
    match operand {
        Operand::Secret(tensor) => {
            let declared = tensor.bound().limit().or(tensor.reach());
            declared.unwrap_or_else(|| {
                let scales = session.scales();
                if tensor.key().is_some() {
                    scales.parameter()
                } else {
                    scales.once()
                }
            })
        }
        Operand::Public(tensor) => tensor.largest(),
    }
}

/// How large the function of operands may be, if an operand is large because of public values:
/// see [`SecretTensor::reach`](crate::tensor::SecretTensor::reach).
pub fn reach<R: Ring>(
    operands: &[&Operand<R>],
    combine: impl FnOnce(&[f64]) -> f64,
) -> Option<f64> {
    let mut devices = operands.iter().filter_map(|operand| operand.device());
    let session = devices.find_map(|device| device.session())?;
    let once = session.scales().once();
    let is_large = |operand: &&Operand<R>| match operand {
        Operand::Secret(tensor) => tensor.reach().is_some_and(|reach| reach >= once),
        Operand::Public(tensor) => tensor.largest() >= once,
    };
    if !operands.iter().any(is_large) {
        return None;
    }
    let limits: Vec<f64> = operands
        .iter()
        .map(|operand| limit_of(session, operand))
        .collect();
    Some(combine(&limits))
}

/// The limit of a result of two operands; see [`of_all`].
pub fn of_two<R: Ring>(
    a: &Operand<R>,
    b: &Operand<R>,
    combine: impl FnOnce(f64, f64) -> f64,
) -> Bound {
    of_all(&[a, b], |limits| combine(limits[0], limits[1]))
}

/// Refuses a result that cannot fit at `frac` fractional bits.
///
/// # Errors
/// [`MpcError::Overflow`].
pub fn check(session: &Session, op: &str, bound: Bound, frac: u32) -> Result<(), MpcError> {
    let Some(limit) = bound.limit() else {
        return Ok(());
    };
    let available = session.scales().limit().saturating_sub(frac);
    // One unit of rounding may come on top.
    if limit < f64::from(available).exp2() {
        return Ok(());
    }
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of f64 fits")]
    #[expect(clippy::cast_sign_loss, reason = "at least the available bits")]
    let needed = (limit.log2().floor() as i64 + 1).clamp(0, i64::from(u32::MAX)) as u32;
    Err(MpcError::Overflow {
        layer: op.to_owned(),
        needed,
        available,
    })
}
