//! Values in and out: sharing by an owner, and the two reveals. The only op-level callers of
//! `protocol::reveal`.

use std::sync::Arc;

use crate::Party;
use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::input::{self, Origin, Sharing};
use crate::ops::base::owned::{self, Owned};
use crate::ops::base::values::{Kept, Values};
use crate::ops::base::{bounds, force};
use crate::ops::infinite::restored;
use crate::protocol::{self, Audience, ProtocolError};
use crate::ring::{self, Ring};
use crate::session::{Execution, MpcDevice, Session, shown};
use crate::tensor::{Bound, Kind, SecretTensor, elements};

/// Returns the failure of a session that has ended; fails one that belongs to another thread.
fn live(session: &Session, op: &str) -> Result<(), MpcError> {
    session.failure().map_or(Ok(()), Err)?;
    session.claim(op)
}

/// Refuses a shape that is too large, and elements of another ring; fails the session.
fn acceptable<R: Ring>(
    session: &Session,
    device: &MpcDevice,
    shape: &[usize],
) -> Result<(), MpcError> {
    let fits = device.checked_elements("share", shape).map(|_| ());
    let ring = session.scales().ring_bits;
    let same_ring = if ring == R::BITS {
        Ok(())
    } else {
        Err(MpcError::Ring {
            session: ring,
            backend: R::BITS,
        })
    };
    let checked = fits.and(same_ring);
    checked.inspect_err(|error| {
        session.fail(error);
    })
}

/// Shares values that `owner` holds (`values` is ignored elsewhere).
fn share_at<R: Ring>(
    session: &Session,
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: Vec<usize>,
    values: Option<Values<'_>>,
    sharing: Sharing,
) -> Result<SecretTensor<R>, MpcError> {
    live(session, "share")?;
    acceptable::<R>(session, device, &shape)?;
    // Data are skipped while preparing; parameters are constants and are not.
    let execution = session.execution(sharing.constant);
    let origin = Origin {
        owner,
        name,
        shape: &shape,
    };
    let share = input::input(session, origin, values, |values| *values, &sharing)?;
    let numbers = Fixed::new(share, sharing.frac);
    let tensor = SecretTensor::of_numbers(device, shape, Kind::Float, numbers);
    if execution == Execution::Skip {
        tensor.mark_hollow();
    }
    Ok(tensor.with_bound(sharing.bound))
}

/// Bits that codes at `frac` fractional bits use, of values that may be multiplied once.
fn once_bits(session: &Session, frac: u32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a power of two within the ring"
    )]
    #[expect(clippy::cast_sign_loss, reason = "at least 1")]
    let integer = session.scales().once().log2() as u32;
    integer + frac
}

/// Shares data of one inference. Without a declared limit, values must be small enough to be multiplied once: below
/// [`Scales::once`](crate::session::Scales::once).
///
/// # Errors
/// [`MpcError::Range`] at the owner if a value does not fit, or exceeds `bound`; [`MpcError::Overflow`] at all parties
/// if the declared limit does not fit; missing data; link failures.
pub fn share_values<R: Ring>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: Vec<usize>,
    values: Option<Values<'_>>,
    bound: Bound,
) -> Result<SecretTensor<R>, MpcError> {
    let session = device.online("share")?;
    let frac = session.scales().value;
    let limit_bits = match bound.limit() {
        None => once_bits(session, frac),
        Some(limit) => {
            live(session, "share")?;
            bounds::check(session, name, bound, frac).map_err(|error| session.fail(&error))?;
            session.note_numbers("declared limit", &[limit]);
            session.scales().limit()
        }
    };
    let sharing = Sharing {
        frac,
        constant: false,
        limit_bits,
        bound,
    };
    share_at(session, device, owner, name, shape, values, sharing)
}

/// Shares integers of one inference, exactly. They must be small enough to be multiplied once, as integers: below
/// `2^31` on 64 bits, `2^15` on 32. The product of such an integer and a number below
/// [`Scales::once`](crate::session::Scales::once) fits at the session's scale, too.
///
/// # Errors
/// [`MpcError::Range`] at the owner if a value does not fit; missing data; link failures.
pub fn share_integers<R: Ring>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: Vec<usize>,
    values: Option<Values<'_>>,
) -> Result<SecretTensor<R>, MpcError> {
    let session = device.online("share")?;
    let sharing = Sharing {
        frac: 0,
        constant: false,
        limit_bits: session.scales().limit() / 2,
        bound: Bound::NONE,
    };
    let shared = share_at(session, device, owner, name, shape, values, sharing)?;
    Ok(shared.with_kind(Kind::Int))
}

/// Shares a parameter. It is the same in every inference, so that what depends on parameters only is computed once. The
/// weight of a layer with its own scale gets that scale, and the layer's bias the scale of the product. Other
/// one-dimensional parameters are cheap and sensitive: they get twice the session's scale.
///
/// A parameter must be small enough that its product with a value of up to 1 fits at `2F` fractional bits: below `2^22`
/// by default on 64 bits, `2^10` on 32. Only a calibration can say whether the results of its layer fit. A weight with
/// a scale that a calibration chose may use all bits of the ring.
///
/// # Errors
/// Those of [`share_values`].
pub fn parameter<R: Ring>(
    device: &MpcDevice,
    owner: Party,
    path: &str,
    shape: Vec<usize>,
    values: Option<Values<'_>>,
) -> Result<SecretTensor<R>, MpcError> {
    let session = device.online("share")?;
    let sharing = of_parameter(session, path, &shape);
    let tensor = share_at(session, device, owner, path, shape, values, sharing)?;
    Ok(tensor
        .with_key(Some(session.parameter_key()))
        .with_path(Some(Arc::from(path))))
}

fn of_parameter(session: &Session, path: &str, shape: &[usize]) -> Sharing {
    let scales = session.scales();
    let frac = match (shape.len() <= 1, session.weight_scale(path)) {
        (true, None) => scales.product,
        (true, Some(weight)) => scales.value + weight,
        (false, own) => own.unwrap_or(scales.value),
    };
    owned::sharing(session, frac)
}

/// Makes a parameter of values that `owner` holds, without sharing it yet: it is shared when an op needs shares.
///
/// # Errors
/// [`MpcError::Range`] at the owner if a value does not fit and `checks`; the session's failure.
pub fn owned_parameter<R: Ring>(
    device: &MpcDevice,
    owner: Party,
    path: &str,
    shape: Vec<usize>,
    values: Option<Values<'_>>,
    checks: bool,
) -> Result<SecretTensor<R>, MpcError> {
    let session = device.online("share")?;
    live(session, "share")?;
    acceptable::<R>(session, device, &shape)?;
    let sharing = of_parameter(session, path, &shape);
    let values = values.filter(|_| session.party() == owner && session.execution(true).computes());
    if values.is_none() && session.party() == owner && session.execution(true).computes() {
        let error = ProtocolError::Input {
            party: owner,
            owner,
            name: shown(path).into_owned(),
            expected: elements(&shape),
            found: 0,
        };
        return Err(session.fail(&error.into()));
    }
    if let (Some(values), true) = (values, checks) {
        input::encoded::<R>(session, path, values, &sharing)?;
    }
    session.note(path, &shape);
    let owned = Owned::new(owner, path, &shape, values.map(Kept::of), sharing.frac);
    Ok(SecretTensor::deferred(device, shape, Kind::Float, owned)
        .with_key(Some(session.parameter_key()))
        .with_path(Some(Arc::from(path))))
}

/// The number of fractional bits to which a value is opened.
///
/// Every truncation of a network rounds by what one or two of the parties know
/// ([`Truncation`](crate::protocol::Truncation)), so that the last bits of a result show how its intermediate values
/// were rounded. A reader of exact results of one input, run again and again, learns the weights from those bits. A
/// result that is rounded coarsely before it is opened hides them from a reader that has one given input. Only
/// [`Truncation::Exact`](crate::protocol::Truncation::Exact) stops a reader that looks for inputs on the border of two
/// rounded values: see the [threat model](crate::manual::threat_model).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Rounds to the nearest multiple of `2^-bits`, upwards from the middle, before anybody sees the value. A value
    /// that has no more bits is opened as it is; integers, truth values and classes always are.
    ///
    /// Bits count in the value that is opened: 10 bits of `x * 1024` are 20 bits of `x`.
    Bits(u32),
    /// Opens all bits; a product has twice the session's. **A reader who has a thousand runs of one input and plays its
    /// part in their truncations can compute the weights of the last layer exactly.** Use it for public data, and for
    /// values that no secret weight went into.
    Exact,
}

impl Default for Precision {
    /// 10 bits: steps of about 0.001.
    fn default() -> Self {
        Self::Bits(10)
    }
}

impl Precision {
    /// The number of low bits to clear in a value at `frac` fractional bits.
    fn shift(self, frac: u32) -> u32 {
        match self {
            Self::Bits(bits) => frac.saturating_sub(bits),
            Self::Exact => 0,
        }
    }

    /// What the parties' transcripts must agree on.
    fn code(self) -> usize {
        match self {
            Self::Bits(bits) => bits as usize,
            Self::Exact => usize::MAX,
        }
    }
}

/// Opens a tensor to `audience` under a label that the report lists, rounded to `precision`; `None` at the other
/// parties.
///
/// # Errors
/// The session's failure.
pub fn reveal_as<R: Ring>(
    tensor: &SecretTensor<R>,
    audience: Audience,
    label: &str,
    precision: Precision,
) -> Result<Option<Vec<f64>>, MpcError> {
    let session = tensor.device().online("reveal")?;
    live(session, "reveal")?;
    if session.execution(false) == Execution::Skip {
        return Ok(Some(vec![0.0; tensor.len()]));
    }
    let Fixed { share: form, frac } = force::numbers(session, tensor)?;
    session.note(label, tensor.shape());
    session.note("precision", &[precision.code(), frac as usize]);
    session.count_reveal(label);
    if session.config().checked {
        // Before the rounding of the opening, which is none of the program's.
        session.run(|ctx| protocol::check_ranges(ctx, Some(&form.to_additive())))?;
    }
    let shift = precision.shift(frac);
    let words = session.layer(
        "reveal",
        Some(label),
        session.execution(true),
        || match &form {
            form if shift > 0 && !form.is_empty() => session.run(|ctx| {
                let rounded = match form {
                    Form::Rss(share) => protocol::round_replicated(ctx, share, shift)?,
                    form => protocol::round_additive(ctx, &form.to_additive(), shift)?,
                };
                protocol::reveal_additive(ctx, &rounded.to_additive(), audience)
            }),
            Form::Rss(share) => session.run(|ctx| protocol::reveal(ctx, share, audience)),
            form => {
                let share = form.to_additive();
                session.run(|ctx| protocol::reveal_additive(ctx, &share, audience))
            }
        },
    )?;
    Ok(words.map(|words| restored(tensor, ring::decode_f64(&words, frac))))
}

/// Opens all bits of a tensor to all parties under the all-secret test policy. The error is the text that Burn's reader
/// gets.
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
    let values = reveal_as(tensor, Audience::All, "all-secret policy", Precision::Exact)
        .map_err(|error| error.to_string())?;
    values.ok_or_else(|| MpcError::NotRevealed.to_string())
}
