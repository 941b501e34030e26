//! Computes, reshares and truncates: brings what a tensor's cell holds into the form that an op needs, at most once per
//! cell.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, reshare};
use crate::ops::base::call::unary_key;
use crate::ops::base::deep;
use crate::ops::base::owned::Owned;
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::{Execution, Session, shown};
use crate::share::{BitShare, Rss};
use crate::tensor::{Forced, Need, SecretTensor, State};

/// How work on `tensor` runs at present.
fn execution<R: Ring>(session: &Session, tensor: &SecretTensor<R>) -> Execution {
    session.execution(tensor.key().is_some())
}

/// Whether work on `tensor` is skipped at present.
fn is_skipped<R: Ring>(session: &Session, tensor: &SecretTensor<R>) -> bool {
    execution(session, tensor) == Execution::Skip
}

/// Runs a protocol that turns the tensor's state into an equivalent one. Constants are never skipped, whichever op
/// needs them.
fn on_cell<R: Ring, T>(
    session: &Session,
    tensor: &SecretTensor<R>,
    work: impl FnOnce() -> Result<T, MpcError>,
) -> Result<T, MpcError> {
    let layer = session.current_layer();
    session.layer("resolve", Some(&layer), execution(session, tensor), work)
}

/// Stores an equivalent state. If the work was skipped, keeps only the placeholder, for other skipped work, so that it
/// is not made again on each request.
fn settle<R: Ring>(session: &Session, tensor: &SecretTensor<R>, state: State<R>) {
    if !is_skipped(session, tensor) {
        tensor.settle(state);
    } else if let State::Numbers(numbers) = state {
        tensor.skip(numbers);
    }
}

/// The error of a cell that holds nothing.
fn absent<R: Ring>(session: &Session, tensor: &SecretTensor<R>, state: &State<R>) -> MpcError {
    match state {
        State::Forgotten => MpcError::Forgotten {
            party: session.party(),
            path: tensor
                .path()
                .map_or_else(String::new, |path| shown(path).into_owned()),
        },
        _ => session.failure().unwrap_or(MpcError::Internal {
            what: "a tensor is poisoned, and its session has not failed",
        }),
    }
}

/// Numbers in whatever form they are: computes what is deferred, lifts bits.
pub fn numbers<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<Fixed<Form<R>>, MpcError> {
    numbers_for(session, tensor, Need::Numbers)
}

fn numbers_for<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    need: Need,
) -> Result<Fixed<Form<R>>, MpcError> {
    if is_skipped(session, tensor)
        && let Some(found) = tensor.skipped()
    {
        return Ok(found);
    }
    if tensor.depth() > deep::SPAN {
        let is_found =
            |node: &SecretTensor<R>| is_skipped(session, node) && node.skipped().is_some();
        deep::shorten(tensor, is_found, |node| numbers(session, node).map(|_| ()))?;
    }
    match tensor.state() {
        State::Numbers(numbers) => Ok(numbers),
        State::Bits {
            lifted: Some(share),
            ..
        } => Ok(Fixed::new(Form::Rss(share), 0)),
        State::Bits { bits, lifted: None } => lifted(session, tensor, bits),
        State::Deferred(node) => match node.force(session, execution(session, tensor), need)? {
            Forced::Numbers(numbers) => {
                settle(session, tensor, State::Numbers(numbers.clone()));
                Ok(numbers)
            }
            Forced::Bits(bits) | Forced::Taken(bits) => lifted(session, tensor, bits),
        },
        state @ (State::Poisoned | State::Forgotten) => Err(absent(session, tensor, &state)),
    }
}

/// Bits as ring elements 0 and 1, kept beside the bits.
fn lifted<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    bits: BitShare,
) -> Result<Fixed<Form<R>>, MpcError> {
    let share = on_cell(session, tensor, || {
        session.run(|ctx| protocol::b2a::<R>(ctx, &bits))
    })?;
    let lifted = Some(share.clone());
    settle(session, tensor, State::Bits { bits, lifted });
    Ok(Fixed::new(Form::Rss(share), 0))
}

/// Computes a deferred tensor in whatever form; an error fails the session.
pub fn compute<R: Ring>(tensor: &SecretTensor<R>) {
    if let Some(session) = tensor.device().session()
        && let Err(error) = numbers(session, tensor)
    {
        session.fail(&error);
    }
}

/// A replicated share at the scale the tensor has.
pub fn replicated<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<Fixed<Rss<R>>, MpcError> {
    replicated_for(session, tensor, Need::Numbers)
}

/// A replicated share for a comparison.
pub fn replicated_to_compare<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<Fixed<Rss<R>>, MpcError> {
    replicated_for(session, tensor, Need::Comparison)
}

fn replicated_for<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    need: Need,
) -> Result<Fixed<Rss<R>>, MpcError> {
    let found = numbers_for(session, tensor, need)?;
    if let Form::Rss(share) = found.share {
        return Ok(Fixed::new(share, found.frac));
    }
    let share = on_cell(session, tensor, || {
        reshare::replicated(session, &found.share)
    })?;
    let share = Fixed::new(share, found.frac);
    settle(session, tensor, State::Numbers(share.clone().into()));
    Ok(share)
}

/// Shared bits of a truth-valued tensor.
pub fn bits<R: Ring>(session: &Session, tensor: &SecretTensor<R>) -> Result<BitShare, MpcError> {
    match tensor.state() {
        State::Bits { bits, .. } => return Ok(bits),
        State::Deferred(node) => {
            match node.force(session, execution(session, tensor), Need::Bits)? {
                Forced::Taken(bits) => return Ok(bits),
                Forced::Bits(bits) => {
                    let kept = bits.clone();
                    settle(session, tensor, State::Bits { bits, lifted: None });
                    return Ok(kept);
                }
                Forced::Numbers(numbers) => settle(session, tensor, State::Numbers(numbers)),
            }
        }
        _ => {}
    }
    // A truth value that came through arithmetic is 0 or 1 at scale 0: it is 1 iff -x is negative.
    let share = replicated(session, tensor)?.share;
    on_cell(session, tensor, || {
        session.run(|ctx| protocol::msb(ctx, &share.map_each(ring::neg)))
    })
}

/// A replicated share of at most `limit` fractional bits, truncating what exceeds them. The
/// truncation is merged with the reshare that is due; the cell keeps the result, except that a
/// constant keeps its precision and the truncated copy is remembered beside it.
pub fn replicated_at_most<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    limit: u32,
) -> Result<Fixed<Rss<R>>, MpcError> {
    if let Some(owned) = Owned::of(tensor)
        && owned.frac() > limit
    {
        let share = owned_at(session, tensor, &owned, limit)?;
        return Ok(Fixed::new(share, limit));
    }
    let found = numbers(session, tensor)?;
    if found.frac <= limit {
        return replicated(session, tensor);
    }
    let share = match unary_key("truncate", &[f64::from(limit)], tensor) {
        Some(key) => session.remember(key, || {
            on_cell(session, tensor, || {
                reshare::truncated_in_pieces(session, &found, limit)
            })
        })?,
        None => {
            let share = on_cell(session, tensor, || {
                reshare::truncated(session, &found, limit)
            })?;
            let numbers = Fixed::new(Form::Rss(share.clone()), limit);
            settle(session, tensor, State::Numbers(numbers));
            share
        }
    };
    Ok(Fixed::new(share, limit))
}

/// A constant at another scale than its own, remembered beside it.
fn owned_at<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    owned: &Owned,
    frac: u32,
) -> Result<Rss<R>, MpcError> {
    match unary_key("truncate", &[f64::from(frac)], tensor) {
        Some(key) => session.remember(key, || owned.clone().share(session, frac)),
        None => owned.clone().share(session, frac),
    }
}

/// The fractional bits of numbers in any form. A constant that is not shared yet is not shared by the question.
pub fn frac<R: Ring>(session: &Session, tensor: &SecretTensor<R>) -> Result<u32, MpcError> {
    match Owned::of(tensor) {
        Some(owned) => Ok(owned.frac()),
        None => Ok(numbers(session, tensor)?.frac),
    }
}

/// A replicated share of at most the fractional bits of a value, and how many were cut off. So many of the highest bits
/// of every value repeat its sign: fewer bits need to be compared.
pub fn replicated_without_excess<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<(Fixed<Rss<R>>, u32), MpcError> {
    let found = frac(session, tensor)?;
    let scales = session.scales();
    // Public terms of a sum may be as large as the ring allows, and truncation halves that range. A constant of its owner
    // is not truncated, but shared at a coarser scale.
    let limit = f64::from(scales.limit().saturating_sub(found)).exp2();
    let largest = tensor.reach().or(tensor.bound().limit());
    if Owned::of(tensor).is_some() || largest.is_some_and(|largest| largest >= limit) {
        return Ok((replicated(session, tensor)?, 0));
    }
    let share = replicated_at_most(session, tensor, scales.value)?;
    let cut = found - share.frac;
    Ok((share, cut))
}

/// Numbers in any form, of at most `limit` fractional bits.
pub fn numbers_at_most<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    limit: u32,
) -> Result<Fixed<Form<R>>, MpcError> {
    if frac(session, tensor)? <= limit {
        return numbers(session, tensor);
    }
    Ok(replicated_at_most(session, tensor, limit)?.into())
}

/// Numbers in any form, at exactly `frac` fractional bits.
pub fn numbers_at<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    frac: u32,
) -> Result<Form<R>, MpcError> {
    if let Some(owned) = Owned::of(tensor)
        && owned.frac() != frac
    {
        return Ok(Form::Rss(owned_at(session, tensor, &owned, frac)?));
    }
    let found = numbers_at_most(session, tensor, frac)?;
    Ok(found.refined(frac).share)
}

/// A replicated share at exactly `frac` fractional bits. If that is coarser than a value, the cell keeps its precision
/// for later ops.
///
/// # Errors
/// Failure of a link.
pub fn replicated_beside<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    frac: u32,
) -> Result<Rss<R>, MpcError> {
    if frac >= session.scales().value || Owned::of(tensor).is_some() {
        return replicated_at(session, tensor, frac);
    }
    let (device, shape) = (tensor.device(), tensor.shape().to_vec());
    let copy = SecretTensor::of_numbers(device, shape, tensor.kind(), numbers(session, tensor)?);
    replicated_at(session, &copy.with_key(tensor.key()), frac)
}

/// A replicated share at exactly `frac` fractional bits.
pub fn replicated_at<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    frac: u32,
) -> Result<Rss<R>, MpcError> {
    let found = replicated_at_most(session, tensor, frac)?;
    Ok(found.refined(frac).share)
}
