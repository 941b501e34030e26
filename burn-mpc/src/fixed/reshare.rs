//! Replicates and truncates values in any form, by one protocol call.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::protocol::{self, Truncation};
use crate::ring::Ring;
use crate::session::Session;
use crate::share::{Additive, Rss};

/// The replicated share of a form; takes one reshare unless it is replicated already.
///
/// # Errors
/// Failure of a link.
pub fn replicated<R: Ring>(session: &Session, form: &Form<R>) -> Result<Rss<R>, MpcError> {
    match form {
        Form::Rss(share) => Ok(share.clone()),
        Form::Additive(share) => session.run(|ctx| protocol::reshare(ctx, share)),
        Form::TwoOfTwo(share) => session.run(|ctx| protocol::reshare_halves(ctx, share)),
        Form::Lanes(runs) => session.run(|ctx| protocol::reshare_lanes(ctx, runs)),
    }
}

/// A replicated share at `frac` fractional bits, fewer than the value has: one truncation, which replicates as well.
///
/// # Errors
/// Failure of a link.
pub fn truncated<R: Ring>(
    session: &Session,
    value: &Fixed<Form<R>>,
    frac: u32,
) -> Result<Rss<R>, MpcError> {
    let shift = value.frac - frac;
    let mode = session.truncation();
    session.run(|ctx| match &value.share {
        Form::TwoOfTwo(halves) => protocol::truncate_halves(ctx, halves, shift),
        Form::Lanes(runs) => protocol::truncate_lanes(ctx, runs, shift),
        form => protocol::truncate_as(ctx, &form.to_additive(), shift, mode),
    })
}

/// Elements of a constant that are truncated at once, so that temporaries are smaller than the weight.
const PIECE: usize = 1 << 19;

/// Truncates a constant like [`truncated`], piece by piece if it is additive and long.
///
/// # Errors
/// Failure of a link.
pub fn truncated_in_pieces<R: Ring>(
    session: &Session,
    value: &Fixed<Form<R>>,
    frac: u32,
) -> Result<Rss<R>, MpcError> {
    match &value.share {
        Form::Additive(part) => in_pieces(session, part, value.frac - frac, session.truncation()),
        _ => truncated(session, value, frac),
    }
}

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
