//! Rows brought into an order that nobody knows.

use crate::party::Rotation;
use crate::protocol::basic::two_of_two::{spread_receive, spread_send};
use crate::protocol::context::{A, B, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{Ring, Z64};
use crate::share::Rss;
use crate::step::shuffle::ORDER;

/// Declared cost of [`shuffle`] of `wide` elements of one ring and `narrow` ones of another: `6k` bits each, 3 rounds.
pub fn cost<R: Ring, S: Ring>(wide: usize, narrow: usize) -> Cost {
    let turn =
        |cost: Cost, rotation: Rotation| cost.then(turn_cost::<R, S>(wide, narrow, rotation));
    Rotation::ALL.into_iter().fold(Cost::local(), turn)
}

/// What the parties A and B of one turn send.
fn turn_cost<R: Ring, S: Ring>(wide: usize, narrow: usize, rotation: Rotation) -> Cost {
    let (wide, narrow) = (wide * R::BYTES, narrow * S::BYTES);
    let messages = [(A, B, wide), (B, A, wide), (A, B, narrow), (B, A, narrow)];
    Cost::local().round(rotation.roles(), &messages)
}

/// Permutes the planes of every row by a permutation of its own, uniform and unknown to all parties. Both shares have
/// one or more runs of `planes` planes of `rows` elements each, and all runs of both are permuted alike.
///
/// There is a turn for each rotation. In it A and B hold the values among them, permute their parts by what they draw
/// from the key that C lacks, and spread them.
///
/// - **Holds**: before and after `Rss`.
/// - **Sends**: per turn, 1 round: the two messages of [spread](crate::protocol::reshare_halves) for each share, `2k`
///   bits for each element.
/// - **Randomness**: per turn and row, 128 bits for each plane from `K_B`, by which planes are ordered; that of spread.
/// - **Correctness**: `u = x_A + x_B` at A and `v = x_C` at B add up to `x` in the order in which both permute them.
/// - **Leaks**: nothing: A and B receive masked halves, as in spread, and C receives nothing. Every party lacks the
///   permutation of one turn, which is uniform, so that the product of the three is uniform to it. Two of `n` planes
///   draw the same 128 bits with a probability below `n^2 / 2^129`.
///
/// Specification: `docs/spec/sorting.md`, "Shuffle". Source: oblivious shuffles by resharing (Laur, Willemson and Zhang,
/// ISC 2011), on replicated shares as in Chida et al. (2019).
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn shuffle<R: Ring, S: Ring>(
    ctx: &mut Context,
    planes: usize,
    rows: usize,
    mut wide: Rss<R>,
    mut narrow: Rss<S>,
) -> Result<(Rss<R>, Rss<S>), ProtocolError> {
    for rotation in Rotation::ALL {
        (wide, narrow) = turn(ctx, rotation, [planes, rows], &wide, &narrow)?;
    }
    Ok((wide, narrow))
}

fn turn<R: Ring, S: Ring>(
    ctx: &mut Context,
    rotation: Rotation,
    [planes, rows]: [usize; 2],
    wide: &Rss<R>,
    narrow: &Rss<S>,
) -> Result<(Rss<R>, Rss<S>), ProtocolError> {
    let facts = [planes, rows, wide.len(), narrow.len()];
    let op = ctx.begin_as("shuffle", &facts, rotation);
    let beside = ctx.begin_as("shuffle", &[], rotation);
    ctx.declare(&turn_cost::<R, S>(wide.len(), narrow.len(), rotation));
    if !ctx.computes() {
        return Ok((Rss::counted(wide.len()), Rss::counted(narrow.len())));
    }
    let order = match op.role() {
        A | B => order(ctx, op, planes, rows)?,
        _ => Vec::new(),
    };
    let own = half(op, wide, &order);
    let own = spread_send(ctx, op, own, wide.len())?;
    let other = half(beside, narrow, &order);
    let other = spread_send(ctx, beside, other, narrow.len())?;
    Ok((
        spread_receive(ctx, op, own)?,
        spread_receive(ctx, beside, other)?,
    ))
}

/// For every plane and row, the place in a run that its element comes from.
fn order(
    ctx: &mut Context,
    op: Op,
    planes: usize,
    rows: usize,
) -> Result<Vec<usize>, ProtocolError> {
    let len = planes * rows;
    let keys = ctx.draw::<Z64>(op, op.key(B), ORDER, 2 * len)?;
    let key = |place: usize| (keys[place].to_u64(), keys[len + place].to_u64());
    let mut order = vec![0; len];
    let mut row = Vec::with_capacity(planes);
    for first in 0..rows {
        row.clear();
        row.extend((0..planes).map(|plane| plane * rows + first));
        row.sort_by_key(|&place| key(place));
        for (plane, &from) in row.iter().enumerate() {
            order[plane * rows + first] = from;
        }
    }
    Ok(order)
}

/// What A or B holds of a value between the two, in the new order; nothing at C.
fn half<R: Ring>(op: Op, share: &Rss<R>, order: &[usize]) -> Vec<R> {
    let own = match op.role() {
        A => share.own_sum(),
        B => share.second().to_vec(),
        _ => return Vec::new(),
    };
    let runs = own.chunks_exact(order.len().max(1));
    runs.flat_map(|run| order.iter().map(|&from| run[from]))
        .collect()
}
