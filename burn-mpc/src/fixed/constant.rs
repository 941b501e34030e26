//! Public values on their way into secret arithmetic.

use crate::error::MpcError;
use crate::fixed::Fixed;
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::share::Rss;

/// From here on a double holds several integers as one: a public operand may not be the number that was given.
pub const EXACT: f64 = (1_u64 << 53) as f64;

/// Encodes public values at `frac` fractional bits.
///
/// # Errors
/// [`MpcError::Range`] for a value that does not fit.
pub fn encode<R: Ring>(session: &Session, values: &[f64], frac: u32) -> Result<Vec<R>, MpcError> {
    session.note_numbers("public", values);
    let refused = |reason: String| MpcError::Range {
        party: session.party(),
        name: "public operand".to_owned(),
        reason,
    };
    if let Some(at) = values
        .iter()
        .position(|value| value.is_finite() && value.abs() >= EXACT)
    {
        return Err(refused(format!(
            "element {at} is 2^53 or more, where public integers are not exact"
        )));
    }
    ring::encode_f64(values, frac, session.scales().limit())
        .map_err(|error| refused(error.to_string()))
}

/// Public integers, exactly.
///
/// # Errors
/// [`MpcError::Range`] for a value that is no integer below 2^53 in magnitude.
pub fn integers(session: &Session, values: &[f64]) -> Result<Vec<i64>, MpcError> {
    session.note_numbers("public integers", values);
    let is_exact = |value: &f64| value.abs() < EXACT && value.fract() == 0.0;
    match values.iter().position(|value| !is_exact(value)) {
        Some(at) => Err(MpcError::Range {
            party: session.party(),
            name: "public operand".to_owned(),
            reason: format!("element {at} is no integer below 2^53, where integers are exact"),
        }),
        #[expect(clippy::cast_possible_truncation, reason = "integers below 2^53")]
        None => Ok(values.iter().map(|&value| value as i64).collect()),
    }
}

/// Encodes public factors with the fewest fractional bits, up to `significant`, that represent them exactly. If none
/// do, with `significant` fractional bits, and more if all factors are below 1, so that the largest keeps `significant`
/// bits; but at most `most`.
///
/// # Errors
/// Those of [`encode`].
pub fn encode_factors<R: Ring>(
    session: &Session,
    values: &[f64],
    significant: u32,
    most: u32,
) -> Result<Fixed<Vec<R>>, MpcError> {
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
    Ok(Fixed::new(encode(session, values, frac)?, frac))
}

/// A replicated share of public values: component 0 carries them. Local.
///
/// # Errors
/// Those of [`encode`].
pub fn lift<R: Ring>(session: &Session, values: &[f64], frac: u32) -> Result<Rss<R>, MpcError> {
    Ok(protocol::public(
        session.party(),
        &encode::<R>(session, values, frac)?,
    ))
}
