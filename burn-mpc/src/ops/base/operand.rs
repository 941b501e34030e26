//! Converts operands, public or secret, to what an op computes with.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant};
use crate::ops::base::call::{Call, constant_key};
use crate::ops::base::force;
use crate::ring::{self, Ring};
use crate::session::{MpcDevice, Session};
use crate::share::Rss;
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

/// The fewest fractional bits, from the session's on, that represent all values exactly and leave room for sums; the
/// session's if there are none.
fn exact_frac(session: &Session, values: &[f64]) -> u32 {
    /// Room for sums, in bits; and the most bits below the session's scale.
    const SPARE: u32 = 12;
    let scales = session.scales();
    let is_exact = |frac: &u32| {
        let unit = f64::from(*frac).exp2();
        let room = f64::from(scales.limit().saturating_sub(frac + SPARE)).exp2();
        values
            .iter()
            .all(|v| (v * unit).fract() == 0.0 && v.abs() < room)
    };
    (scales.value..=scales.value + SPARE)
        .find(is_exact)
        .unwrap_or(scales.value)
}

/// Shares public values for creation ops under the all-secret test policy, without loss where the ring has room. Unlike
/// those of `share_constant`, the components are random, so that a wrong cross term shows, and the result counts as
/// data, so that nothing derived from it is remembered. Local: the components come from the public stream.
pub fn share_public<R: Ring>(
    tensor: PublicTensor,
    kind: Kind,
    device: &MpcDevice,
) -> SecretTensor<R> {
    let reach = tensor
        .values
        .iter()
        .copied()
        .any(is_infinite)
        .then(|| device.session().map(|session| session.scales().infinity()));
    let (shape, values) = match finite(Operand::<R>::Public(tensor), device) {
        Operand::Public(tensor) => (tensor.shape, tensor.values),
        Operand::Secret(tensor) => return tensor,
    };
    let call = Call {
        op: "constant",
        device,
        shape: shape.clone(),
        kind,
        key: None,
        bound: Bound::NONE,
    };
    let shared = call.run(|session| {
        let frac = match kind {
            Kind::Float => exact_frac(session, &values),
            Kind::Int | Kind::Bool => 0,
        };
        let codes = constant::encode::<R>(session, &values, frac)?;
        let of_words = |words: Vec<u64>| words.into_iter().map(R::from_u64).collect::<Vec<R>>();
        let [one, two] = [(); 2].map(|()| of_words(session.shared_words(codes.len())));
        let rest = ring::sub(&ring::sub(&codes, &one), &two);
        let components = [rest, one, two];
        let first = session.party().index();
        let [first, second] = [first, (first + 1) % 3].map(|i| components[i].clone());
        let numbers = Fixed::new(Form::Rss(Rss::new(first, second)), frac);
        Ok(SecretTensor::of_numbers(device, shape, kind, numbers))
    });
    shared.with_reach(reach.flatten())
}

/// Whether a public number is infinite, or the largest or the smallest of single precision, with which models mask.
#[must_use]
pub fn is_infinite(value: f64) -> bool {
    value.abs() >= f64::from(f32::MAX)
}

/// Whether padding, masks or public values may have brought infinities into a tensor.
#[must_use]
pub fn may_be_infinite<R: Ring>(tensor: &SecretTensor<R>) -> bool {
    let session = tensor.device().session();
    session
        .zip(tensor.reach())
        .is_some_and(|(session, reach)| reach >= session.scales().infinity())
}

/// What stands for an infinite number, or for the largest of single precision: half of an infinity, so that it is less.
#[must_use]
pub fn stand_in(session: &Session, value: f64) -> f64 {
    let most = session.scales().infinity();
    let most = if value.is_infinite() {
        most
    } else {
        most / 2.0
    };
    most.copysign(value)
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
        let infinite = tensor.values.iter_mut().filter(|v| is_infinite(**v));
        infinite.for_each(|v| *v = stand_in(session, *v));
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
