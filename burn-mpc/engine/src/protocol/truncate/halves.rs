//! `TwoOfTwo -> Rss`, with and without truncation, for values that two parties hold already.

use crate::Party;
use crate::protocol::basic::two_of_two::{spread, spread_cost};
use crate::protocol::context::{A, B, C, Context, Truncation};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::exact::{cost as exact_cost, exact};
use crate::protocol::truncate::faithful::{
    correct_at_a, correct_at_b, deal_behind, dealt_behind_at_b, open_at_a, open_at_b,
};
use crate::protocol::truncate::probabilistic::divide_half;
use crate::protocol::truncate::shift::check;
use crate::ring::{self, Ring};
use crate::share::{Rss, TwoOfTwo};

/// Declared cost of [`reshare_halves`]: `2k` bits in 1 round.
pub fn reshare_halves_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    spread_cost::<R>(len, roles)
}

/// Declared cost of [`truncate_halves`]: probabilistic `2k` bits in 1 round; exact that of
/// [`exact`](crate::protocol::exact); else `2k + f + 2` bits in 2 rounds.
pub fn truncate_halves_cost<R: Ring>(
    len: usize,
    shift: u32,
    mode: Truncation,
    roles: [Party; 3],
) -> Cost {
    let bit = len.div_ceil(8);
    let correction = match mode {
        Truncation::Exact => return exact_cost::<R>(len, shift, roles),
        Truncation::Probabilistic => Cost::local(),
        Truncation::Faithful | Truncation::Star => Cost::local()
            .round(
                roles,
                &[
                    (C, B, ring::low_bits_bytes(shift, len)),
                    (A, B, bit),
                    (B, A, bit),
                ],
            )
            .early_from(roles[C]),
    };
    correction.then(spread_cost::<R>(len, roles))
}

/// Replicates a value that two parties hold.
///
/// - **Holds**: before `TwoOfTwo`, after `Rss`.
/// - **Sends**: 1 round: the two messages of spread, `2k` bits.
/// - **Randomness**, **Correctness**, **Leaks**: those of spread.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn reshare_halves<R: Ring>(
    ctx: &mut Context,
    z: &TwoOfTwo<R>,
) -> Result<Rss<R>, ProtocolError> {
    let op = ctx.begin_as("spread", &[z.len()], z.rotation());
    ctx.declare(&reshare_halves_cost::<R>(z.len(), op.roles()));
    if !ctx.computes() {
        return Ok(Rss::counted(z.len()));
    }
    spread(ctx, op, z.part().to_vec(), z.len())
}

/// Truncates a value that two parties hold already, and replicates it.
///
/// - **Holds**: before `TwoOfTwo` at scale `2^(f + shift)`, after `Rss` at `2^f`.
/// - **Sends**: faithful, round 1: C -> B `c1`, A -> B `abar`, B -> A `bbar`; round 2: spread.
/// - **Randomness**, **Correctness**, **Leaks**: those of [`faithful`](crate::protocol::faithful).
///
/// # Errors
/// Those of [`truncate`](crate::protocol::truncate).
pub fn truncate_halves<R: Ring>(
    ctx: &mut Context,
    z: &TwoOfTwo<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = z.len();
    let mode = ctx.truncation();
    if mode == Truncation::Exact {
        // Not merged: where the session rounds exactly, no gate runs that would leave halves.
        return exact(ctx, &z.to_additive(), shift);
    }
    let op = ctx.begin_as("truncate-halves", &[len, shift as usize], z.rotation());
    ctx.declare(&truncate_halves_cost::<R>(len, shift, mode, op.roles()));
    ctx.watched(op, len, || z.part().iter().copied());
    if !ctx.computes() {
        return Ok(Rss::counted(len));
    }
    ctx.probe.truncated(ctx.party(), op, z.part());
    let part = match (mode, op.role()) {
        (Truncation::Probabilistic, _) => {
            let mut part = z.part().to_vec();
            divide_half(op, &mut part, shift);
            part
        }
        (_, A) => {
            let open = open_at_a(ctx, op, z.part().to_vec(), shift)?;
            correct_at_a(ctx, op, open, shift)?
        }
        (_, B) => {
            let open = open_at_b(ctx, op, z.part())?;
            let c1 = dealt_behind_at_b::<R>(ctx, op, &mut [], len, shift)?;
            correct_at_b(ctx, op, open, c1, shift)?
        }
        _ => {
            deal_behind::<R>(ctx, op, &[], len, shift)?;
            Vec::new()
        }
    };
    spread(ctx, op, part, len)
}
