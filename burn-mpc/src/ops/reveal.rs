//! Values in and out: sharing by an owner, and the two reveals. The only op-level callers of
//! `protocol::reveal`.

use std::sync::Arc;

use crate::Party;
use crate::error::MpcError;
use crate::ops::constant::range_error;
use crate::ops::resolve::form;
use crate::ops::values::Values;
use crate::protocol::{self, Audience};
use crate::ring::{self, Ring};
use crate::session::{Mode, MpcDevice, Session};
use crate::tensor::{Form, Kind, SecretTensor};

/// The failure of a session that is over, or belongs to another thread.
fn live(session: &Session, op: &str) -> Result<(), MpcError> {
    session.failure().map_or(Ok(()), Err)?;
    session.claim(op)
}

/// Shares values that `owner` holds (`values` is ignored elsewhere) at `frac` fractional bits.
fn share_at<R: Ring>(
    session: &Session,
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: Vec<usize>,
    values: Option<Values<'_>>,
    (frac, constant): (u32, bool),
) -> Result<SecretTensor<R>, MpcError> {
    live(session, "share")?;
    let len = device.checked_elements("share", &shape);
    let len = len.inspect_err(|error| {
        session.fail(error);
    })?;
    // Data are passed over while preparing; parameters are constants and are not.
    let skipped = session.mode() == Mode::Prepare && !constant;
    if session.scales().ring_bits != R::BITS {
        let error = MpcError::Ring {
            session: session.scales().ring_bits,
            backend: R::BITS,
        };
        session.fail(&error);
        return Err(error);
    }
    let words = match values
        .filter(|_| session.party() == owner && session.mode() != Mode::Estimate && !skipped)
    {
        None => None,
        Some(values) => {
            let encoded = values.encode::<R>(frac, session.scales().limit());
            Some(encoded.map_err(|error| {
                let error = range_error(session, name, &error);
                session.fail(&error);
                error
            })?)
        }
    };
    session.note(name, &shape);
    let share = session.layer("share", Some(name), skipped, || {
        session.run(|ctx| protocol::input(ctx, owner, name, len, words.as_deref()))
    })?;
    Ok(SecretTensor::of_form(
        device,
        shape,
        Kind::Float,
        Form::Rss(share),
        frac,
    ))
}

/// Shares data of one inference.
///
/// # Errors
/// [`MpcError::Range`] at the owner if a value does not fit; missing data; link failures.
pub fn share_values<R: Ring>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: Vec<usize>,
    values: Option<Values<'_>>,
) -> Result<SecretTensor<R>, MpcError> {
    let session = device.online("share")?;
    share_at(
        session,
        device,
        owner,
        name,
        shape,
        values,
        (session.scales().value, false),
    )
}

/// Shares a parameter: the same in every inference, so that what depends on parameters only is
/// computed once. The weight of a layer that has a scale of its own gets it, and its bias that of their product.
/// Other one-dimensional parameters are cheap and sensitive: they get twice the scale.
///
/// # Errors
/// As [`share_values`].
pub fn parameter<R: Ring>(
    device: &MpcDevice,
    owner: Party,
    path: &str,
    shape: Vec<usize>,
    values: Option<Values<'_>>,
) -> Result<SecretTensor<R>, MpcError> {
    let session = device.online("share")?;
    let scales = session.scales();
    let frac = match (shape.len() <= 1, session.weight_scale(path)) {
        (true, None) => scales.product,
        (true, Some(weight)) => scales.value + weight,
        (false, own) => own.unwrap_or(scales.value),
    };
    let tensor = share_at(session, device, owner, path, shape, values, (frac, true))?;
    Ok(tensor
        .with_key(Some(session.parameter_key()))
        .with_path(Some(Arc::from(path))))
}

/// Opens a tensor to `audience` under a label that the report lists; `None` at the other parties.
///
/// # Errors
/// The session's failure.
pub fn reveal_as<R: Ring>(
    tensor: &SecretTensor<R>,
    audience: Audience,
    label: &str,
) -> Result<Option<Vec<f64>>, MpcError> {
    let session = tensor.device().online("reveal")?;
    live(session, "reveal")?;
    if session.mode() == Mode::Prepare {
        return Ok(Some(vec![0.0; tensor.len()]));
    }
    let (form, frac) = form(session, tensor)?;
    session.note(label, tensor.shape());
    session.count_reveal(label);
    let words = session.layer("reveal", Some(label), false, || match &form {
        Form::Rss(share) => session.run(|ctx| protocol::reveal(ctx, share, audience)),
        form => {
            let share = form.to_additive();
            session.run(|ctx| protocol::reveal_additive(ctx, &share, audience))
        }
    })?;
    Ok(words.map(|words| ring::decode_f64(&words, frac)))
}

/// Opens a tensor to all parties under the all-secret test policy; the error is the text that Burn's
/// reader gets.
///
/// # Errors
/// [`MpcError::NotRevealed`] without that policy; the session's failure.
pub fn reveal_values<R: Ring>(tensor: &SecretTensor<R>) -> Result<Vec<f64>, String> {
    let device = tensor.device();
    if !device.reads_reveal() {
        return Err(device
            .failure()
            .unwrap_or(MpcError::NotRevealed)
            .to_string());
    }
    let values =
        reveal_as(tensor, Audience::All, "all-secret policy").map_err(|error| error.to_string())?;
    values.ok_or_else(|| MpcError::NotRevealed.to_string())
}
