//! Public values on their way into secret arithmetic.

use crate::error::MpcError;
use crate::ops::guard::Call;
use crate::protocol;
use crate::ring::{self, EncodeError, Ring};
use crate::session::{MpcDevice, Session, shown};
use crate::share::Rss;
use crate::tensor::{Bound, Form, Kind, Operand, PublicTensor, SecretTensor};

/// Encodes public values at `frac` fractional bits.
pub(super) fn encode<R: Ring>(
    session: &Session,
    values: &[f64],
    frac: u32,
) -> Result<Vec<R>, MpcError> {
    session.note_numbers("public", values);
    ring::encode_f64(values, frac, session.scales().limit())
        .map_err(|error| range_error(session, "public operand", &error))
}

/// The session's range error for a failed encoding.
pub(super) fn range_error(session: &Session, name: &str, error: &EncodeError) -> MpcError {
    MpcError::Range {
        party: session.party(),
        name: shown(name).into_owned(),
        reason: error.to_string(),
    }
}

/// Public factors as words and their fractional bits: as few bits as represent them exactly, else as
/// many as give the largest of them `significant` bits, but at most `most`.
pub(super) fn encode_factors<R: Ring>(
    session: &Session,
    values: &[f64],
    significant: u32,
    most: u32,
) -> Result<(Vec<R>, u32), MpcError> {
    let exact = (0..=significant).find(|&frac| {
        let scale = f64::from(frac).exp2();
        values.iter().all(|v| (v * scale).fract() == 0.0)
    });
    let frac = exact.unwrap_or_else(|| {
        let largest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        #[expect(clippy::cast_possible_truncation, reason = "an exponent of f64 fits")]
        let magnitude = largest.log2().floor() as i64;
        u32::try_from(i64::from(significant).saturating_sub(magnitude.min(0)))
            .unwrap_or(significant)
            .min(most)
    });
    Ok((encode(session, values, frac)?, frac))
}

/// The fractional bits at which an operand is best used as a term: exact if it can be, else `frac`.
pub(super) fn form_of_operand<R: Ring>(
    session: &Session,
    operand: &Operand<R>,
    frac: u32,
) -> Result<Form<R>, MpcError> {
    match operand {
        Operand::Secret(tensor) => super::resolve::form_at(session, tensor, frac),
        Operand::Public(tensor) => Ok(Form::Rss(lift(session, &tensor.values, frac)?)),
    }
}

/// A replicated share of public values: component 0 carries them. Local.
pub(super) fn lift<R: Ring>(
    session: &Session,
    values: &[f64],
    frac: u32,
) -> Result<Rss<R>, MpcError> {
    Ok(protocol::public(
        session.party(),
        &encode::<R>(session, values, frac)?,
    ))
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
    let key = super::guard::constant_key("constant", &[f64::from(kind as u8)], &[&operand]);
    let call = Call {
        op: "constant",
        device,
        shape: tensor.shape.clone(),
        kind,
        // Local and cheap: not worth remembering.
        key: None,
        bound: Bound::NONE,
    };
    let constant = call.run(|session| {
        let frac = frac_of(session, kind);
        let share = lift(session, &tensor.values, frac)?;
        Ok(SecretTensor::of_form(
            device,
            tensor.shape,
            kind,
            Form::Rss(share),
            frac,
        ))
    });
    constant.with_key(key)
}

/// As [`share_constant`], for creation ops under the all-secret test policy: the result counts as
/// data, so that nothing derived from it is remembered.
pub fn share_public<R: Ring>(
    tensor: PublicTensor,
    kind: Kind,
    device: &MpcDevice,
) -> SecretTensor<R> {
    share_constant(tensor, kind, device).with_key(None)
}
