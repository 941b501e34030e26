//! From lazy states to the state an op needs, at most once per cell.

use crate::error::MpcError;
use crate::ops::guard::unary_key;
use crate::ops::{activation, deep, gate, linear, remap};
use crate::protocol::{self, Truncation};
use crate::ring::{self, Ring};
use crate::session::{Execution, Session, shown};
use crate::share::{Additive, BitShare, Rss};
use crate::tensor::{Form, SecretTensor, State};

/// What happens to work on `tensor` for now.
pub(super) fn execution<R: Ring>(session: &Session, tensor: &SecretTensor<R>) -> Execution {
    session.execution(tensor.key().is_some())
}

/// Whether work on `tensor` is skipped for now.
pub(super) fn skipped<R: Ring>(session: &Session, tensor: &SecretTensor<R>) -> bool {
    execution(session, tensor) == Execution::Skip
}

/// Runs a protocol that turns the tensor's state into an equivalent one. Constants are never passed
/// over, whatever op they are needed by.
fn on_cell<R: Ring, T>(
    session: &Session,
    tensor: &SecretTensor<R>,
    work: impl FnOnce() -> Result<T, MpcError>,
) -> Result<T, MpcError> {
    let layer = session.current_layer();
    session.layer("resolve", Some(&layer), execution(session, tensor), work)
}

/// Stores an equivalent state. If the work was passed over, its form is remembered for what else is passed over, so that
/// nothing is computed again for each who asks.
fn settle<R: Ring>(session: &Session, tensor: &SecretTensor<R>, state: State<R>) {
    if !skipped(session, tensor) {
        tensor.settle(state);
    } else if let State::Ring { form, frac } = state {
        tensor.pass_over(form, frac);
    }
}

fn poisoned(session: &Session) -> MpcError {
    session.failure().unwrap_or(MpcError::Internal {
        what: "a tensor is poisoned, and its session has not failed",
    })
}

/// Ring elements in whatever form they are, computing a pending layer and lifting bits.
pub(super) fn form<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<(Form<R>, u32), MpcError> {
    if skipped(session, tensor)
        && let Some(found) = tensor.passed_over()
    {
        return Ok(found);
    }
    if tensor.depth() > deep::SPAN {
        deep::shorten(session, tensor)?;
    }
    match tensor.state() {
        State::Ring { form, frac } => Ok((form, frac)),
        State::Bits {
            lifted: Some(share),
            ..
        } => Ok((Form::Rss(share), 0)),
        State::Bits { bits, lifted: None } => {
            let share = on_cell(session, tensor, || {
                session.run(|ctx| protocol::b2a::<R>(ctx, &bits))
            })?;
            settle(
                session,
                tensor,
                State::Bits {
                    bits,
                    lifted: Some(share.clone()),
                },
            );
            Ok((Form::Rss(share), 0))
        }
        State::Signed(sign) => {
            let bits = gate::compare(session, &sign, execution(session, tensor))?;
            let share = on_cell(session, tensor, || {
                session.run(|ctx| protocol::b2a::<R>(ctx, &bits))
            })?;
            let lifted = Some(share.clone());
            settle(session, tensor, State::Bits { bits, lifted });
            Ok((Form::Rss(share), 0))
        }
        State::Pending(layer) => computed(session, tensor, |execution| {
            linear::evaluate(session, &layer, execution)
        }),
        State::Clamped(clamp) => computed(session, tensor, |execution| {
            activation::evaluate(session, &clamp, execution)
        }),
        State::Summed(sum) => computed(session, tensor, |execution| {
            remap::evaluate(session, &sum, execution)
        }),
        State::Spread(bits) => computed(session, tensor, |_| gate::spread(session, &bits)),
        State::Gated(gated) => computed(session, tensor, |execution| {
            gate::evaluate(session, &gated, execution)
        }),
        State::Poisoned => Err(poisoned(session)),
        State::Forgotten => Err(MpcError::Forgotten {
            party: session.party(),
            path: tensor
                .path()
                .map_or_else(String::new, |path| shown(path).into_owned()),
        }),
    }
}

/// Computes what a cell has put off, and keeps it.
fn computed<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    evaluate: impl FnOnce(Execution) -> Result<(Form<R>, u32), MpcError>,
) -> Result<(Form<R>, u32), MpcError> {
    let (form, frac) = evaluate(execution(session, tensor))?;
    settle(
        session,
        tensor,
        State::Ring {
            form: form.clone(),
            frac,
        },
    );
    Ok((form, frac))
}

/// Before sums of a tensor's elements are compared: replicates the tensor instead of its sums, since who
/// asks for the sign of a sum will multiply its terms by that sign, and then finds them replicated. No-op for
/// what is no sum that waits.
pub(super) fn share_terms<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<(), MpcError> {
    let State::Summed(sum) = tensor.state() else {
        return Ok(());
    };
    if let (Form::Rss(_), _) = form(session, &sum.base)? {
        // At a scale that a product may have, so that the product truncates nothing.
        let _ = rss_at_most(session, &sum.value, session.scales().finest)?;
    }
    Ok(())
}

/// Computes what is pending, in whatever form; a failure is the session's.
pub fn compute<R: Ring>(tensor: &SecretTensor<R>) {
    if let Some(session) = tensor.device().session()
        && let Err(error) = form(session, tensor)
    {
        session.fail(&error);
    }
}

/// A replicated share at the scale the tensor has.
pub(super) fn rss<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<(Rss<R>, u32), MpcError> {
    match form(session, tensor)? {
        (Form::Rss(share), frac) => Ok((share, frac)),
        (form, frac) => {
            let share = on_cell(session, tensor, || gate::replicated(session, &form))?;
            settle(
                session,
                tensor,
                State::Ring {
                    form: Form::Rss(share.clone()),
                    frac,
                },
            );
            Ok((share, frac))
        }
    }
}

/// Shared bits of a truth-valued tensor.
pub(super) fn bits<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<BitShare, MpcError> {
    match tensor.state() {
        State::Bits { bits, .. } => return Ok(bits),
        State::Signed(sign) => {
            let bits = gate::compare(session, &sign, execution(session, tensor))?;
            let kept = bits.clone();
            settle(session, tensor, State::Bits { bits, lifted: None });
            return Ok(kept);
        }
        State::Spread(spread) => return Ok(bits(session, &spread.bits)?.pick(&spread.source)),
        _ => {}
    }
    // A truth value that came through arithmetic is 0 or 1 at scale 0: it is 1 iff -x is negative.
    let (share, _) = rss(session, tensor)?;
    on_cell(session, tensor, || {
        session.run(|ctx| protocol::msb(ctx, &share.map_each(ring::neg)))
    })
}

/// A replicated share of at most `limit` fractional bits, truncating what exceeds them. The
/// truncation is merged with the reshare that is due; the cell keeps the result, except that a
/// constant keeps its precision and the truncated copy is remembered beside it.
pub(super) fn rss_at_most<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    limit: u32,
) -> Result<(Rss<R>, u32), MpcError> {
    let (form, frac) = form(session, tensor)?;
    if frac <= limit {
        return rss(session, tensor);
    }
    let shift = frac - limit;
    let mode = session.truncation();
    let truncate = || {
        session.run(|ctx| match &form {
            Form::TwoOfTwo(halves) => protocol::truncate_halves(ctx, halves, shift),
            Form::Lanes(runs) => protocol::truncate_lanes(ctx, runs, shift),
            form => protocol::truncate_as(ctx, &form.to_additive(), shift, mode),
        })
    };
    let share = match unary_key("truncate", &[f64::from(limit)], tensor) {
        Some(key) => session.remember(key, || {
            on_cell(session, tensor, || match &form {
                Form::Additive(part) => in_pieces(session, part, shift, mode),
                _ => truncate(),
            })
        })?,
        None => {
            let share = on_cell(session, tensor, truncate)?;
            settle(
                session,
                tensor,
                State::Ring {
                    form: Form::Rss(share.clone()),
                    frac: limit,
                },
            );
            share
        }
    };
    Ok((share, limit))
}

/// Elements of a constant that are truncated at once: a weight's temporaries are then smaller than the weight.
const PIECE: usize = 1 << 19;

/// Truncates piece by piece.
fn in_pieces<R: Ring>(
    session: &Session,
    part: &Additive<R>,
    shift: u32,
    mode: Truncation,
) -> Result<Rss<R>, MpcError> {
    let run = |part: &Additive<R>| session.run(|ctx| protocol::truncate_as(ctx, part, shift, mode));
    if part.len() <= PIECE {
        return run(part);
    }
    let counted = part.is_counted();
    let room = if counted { 0 } else { part.len() };
    let (mut first, mut second) = (Vec::with_capacity(room), Vec::with_capacity(room));
    for start in (0..part.len()).step_by(PIECE) {
        let share = run(&part.range(start..part.len().min(start + PIECE)))?;
        if !counted {
            first.extend_from_slice(share.first());
            second.extend_from_slice(share.second());
        }
    }
    Ok(if counted {
        Rss::counted(part.len())
    } else {
        Rss::new(first, second)
    })
}

/// Any form of at most `limit` fractional bits.
pub(super) fn form_at_most<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    limit: u32,
) -> Result<(Form<R>, u32), MpcError> {
    let (form, frac) = form(session, tensor)?;
    if frac <= limit {
        return Ok((form, frac));
    }
    let (share, frac) = rss_at_most(session, tensor, limit)?;
    Ok((Form::Rss(share), frac))
}

/// Any form at exactly `frac` fractional bits.
pub(super) fn form_at<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    frac: u32,
) -> Result<Form<R>, MpcError> {
    let (form, have) = form_at_most(session, tensor, frac)?;
    Ok(shift_left(&form, frac - have))
}

/// A replicated share at exactly `frac` fractional bits.
pub(super) fn rss_at<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
    frac: u32,
) -> Result<Rss<R>, MpcError> {
    let (share, have) = rss_at_most(session, tensor, frac)?;
    Ok(if have == frac {
        share
    } else {
        share.map_each(|x| ring::shl(x, frac - have))
    })
}

/// Multiplies by `2^count`; local.
pub(super) fn shift_left<R: Ring>(form: &Form<R>, count: u32) -> Form<R> {
    if count == 0 {
        form.clone()
    } else {
        form.map_each(|x| ring::shl(x, count))
    }
}
