//! Converts operands, public or secret, to what an op computes with.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant};
use crate::ops::base::call::{Call, constant_key};
use crate::ops::base::force;
use crate::ring::Ring;
use crate::session::{MpcDevice, Session};
use crate::tensor::{Bound, Kind, Operand, PublicTensor, SecretTensor};

/// An operand as a term, at `frac` fractional bits.
pub fn term<R: Ring>(
    session: &Session,
    operand: &Operand<R>,
    frac: u32,
) -> Result<Form<R>, MpcError> {
    match operand {
        Operand::Secret(tensor) => force::numbers_at(session, tensor, frac),
        Operand::Public(tensor) => Ok(Form::Rss(constant::lift(session, &tensor.values, frac)?)),
    }
}

/// Scale of a freshly shared tensor: integers and truth values have none.
fn frac_of(session: &Session, kind: Kind) -> u32 {
    if kind == Kind::Float {
        session.scales().value
    } else {
        0
    }
}

/// Public values as a secret tensor, for ops that mix both. Local; every party knows the values.
pub fn share_constant<R: Ring>(
    tensor: PublicTensor,
    kind: Kind,
    device: &MpcDevice,
) -> SecretTensor<R> {
    let operand: Operand<R> = Operand::Public(tensor.clone());
    let key = constant_key("constant", &[f64::from(kind as u8)], &[&operand]);
    let largest = tensor.largest();
    let call = Call {
        op: "constant",
        device,
        shape: tensor.shape.clone(),
        kind,
        // Local and cheap: not worth remembering.
        key: None,
        bound: Bound::NONE,
    };
    let shared = call.run(|session| {
        let frac = frac_of(session, kind);
        let share = constant::lift(session, &tensor.values, frac)?;
        Ok(SecretTensor::of_numbers(
            device,
            tensor.shape,
            kind,
            Fixed::new(share, frac),
        ))
    });
    shared.with_key(key).with_reach(Some(largest))
}

/// Shares public values for creation ops under the all-secret test policy. Unlike that of `share_constant`, the
/// result counts as data, so that nothing derived from it is remembered.
pub fn share_public<R: Ring>(
    tensor: PublicTensor,
    kind: Kind,
    device: &MpcDevice,
) -> SecretTensor<R> {
    let infinite = tensor.values.iter().copied().any(is_infinite);
    let shared = held(Operand::Public(tensor), kind, device).with_key(None);
    if infinite {
        shared
    } else {
        shared.with_reach(None)
    }
}

/// Whether a public number stands for the largest or the smallest that there is. So do the largest and the smallest of
/// single precision, with which models mask.
#[must_use]
pub fn is_infinite(value: f64) -> bool {
    value.abs() >= f64::from(f32::MAX)
}

/// The operand with a number that fits in place of every public infinity: see [`Scales::infinity`]. Padding and masks
/// of minus infinity are the smallest number then. Factors do not pass here: there infinities stay an error.
///
/// [`Scales::infinity`]: crate::session::Scales::infinity
#[must_use]
pub fn finite<R: Ring>(operand: Operand<R>, device: &MpcDevice) -> Operand<R> {
    let Operand::Public(mut tensor) = operand else {
        return operand;
    };
    if let Some(session) = device.session() {
        let most = session.scales().infinity();
        let infinite = tensor.values.iter_mut().filter(|v| is_infinite(**v));
        infinite.for_each(|v| *v = most.copysign(*v));
    }
    Operand::Public(tensor)
}

/// A secret holding the operand, whose infinities become the largest and the smallest number.
pub fn held<R: Ring>(operand: Operand<R>, kind: Kind, device: &MpcDevice) -> SecretTensor<R> {
    secret(finite(operand, device), kind, device)
}

/// A secret holding the operand: a public one becomes the trivial sharing of itself.
pub fn secret<R: Ring>(operand: Operand<R>, kind: Kind, device: &MpcDevice) -> SecretTensor<R> {
    match operand {
        Operand::Secret(tensor) => tensor,
        Operand::Public(tensor) => share_constant(tensor, kind, device),
    }
}
