//! `Additive -> TwoOfTwo` and `TwoOfTwo -> Rss`: the two halves of every truncation.

use crate::Party;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{Additive, Rss, TwoOfTwo};
use crate::step::halves::{GATHER, SPREAD_A, SPREAD_B, ZERO};

/// Declared cost of [`gather`]: `k` bits in 1 round.
pub fn gather_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    Cost::local().round(roles, &[(C, B, len * R::BYTES)])
}

/// Declared cost of `spread`: `2k` bits in 1 round.
pub fn spread_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    Cost::local().round(roles, &[(A, B, len * R::BYTES), (B, A, len * R::BYTES)])
}

/// Gathers a three-out-of-three sharing at roles A and B.
///
/// - **Holds**: before `z_i`; after `u = z_A + zeta_A` at A and `v = z_B + zeta_B + z_C + zeta_C` at B.
/// - **Sends**: 1 round, C -> B: `z_C + zeta_C`, `k` bits.
/// - **Randomness**: one zero share.
/// - **Correctness**: `u + v = z`.
/// - **Leaks**: nothing: C's message carries `F(K_A)`, which B does not hold.
///
/// Source: ABY3 (Mohassel and Rindal, CCS 2018).
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn gather<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
) -> Result<(Op, TwoOfTwo<R>), ProtocolError> {
    // Gather and the spread that follows together load all roles alike.
    let op = ctx.begin("gather", &[z.len()]);
    ctx.declare(&gather_cost::<R>(z.len(), op.roles()));
    if !ctx.computes() {
        return Ok((op, TwoOfTwo::counted(z.len(), op.rotation())));
    }
    let part = gathered(ctx, op, z)?;
    Ok((op, TwoOfTwo::new(part, op.rotation())))
}

/// The message of [`gather`] as part of `op`: `u` at A, `v` at B, zeros at C. The caller declares the cost.
pub(crate) fn gathered<R: Ring>(
    ctx: &mut Context,
    op: Op,
    z: &Additive<R>,
) -> Result<Vec<R>, ProtocolError> {
    let mut part = masked(ctx, op, z)?;
    match op.role() {
        A => {}
        B => {
            ctx.recv_onto(op, op.roles()[C], GATHER, &mut part)?;
        }
        _ => {
            ctx.send(op, op.roles()[B], GATHER, &part)?;
            part.fill(R::ZERO);
        }
    }
    Ok(part)
}

/// `z_i + zeta_i` under the step `ZERO` of `op`.
pub(crate) fn masked<R: Ring>(
    ctx: &mut Context,
    op: Op,
    z: &Additive<R>,
) -> Result<Vec<R>, ProtocolError> {
    ctx.masked_by_zero(op, ZERO, z.part())
}

/// Spreads `u` at A and `v` at B into a replicated share, as part of `op`.
///
/// - **Holds**: before `u` at A, `v` at B; after `y_A = F(K_A)`, `y_C = F(K_C)`, `y_B` the rest.
/// - **Sends**: 1 round, A -> B: `u - y_A`, B -> A: `v - y_C`, `k` bits each.
/// - **Randomness**: one draw from `K_A` (C, A) and one from `K_C` (B, C).
/// - **Correctness**: `y_B = (u - y_A) + (v - y_C)`.
/// - **Leaks**: nothing: B lacks `K_A`, A lacks `K_C`.
///
/// Source: ABY3; the same 2-to-3 step is in SPU and Falcon.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(crate) fn spread<R: Ring>(
    ctx: &mut Context,
    op: Op,
    part: Vec<R>,
    len: usize,
) -> Result<Rss<R>, ProtocolError> {
    let sent = spread_send(ctx, op, part, len)?;
    spread_receive(ctx, op, sent)
}

/// What a party holds between the two messages of [`spread`]: its masked half and its drawn component.
pub(crate) struct Spread<R> {
    half: Vec<R>,
    drawn: Vec<R>,
}

/// The first half of [`spread`]: A and B send.
pub(crate) fn spread_send<R: Ring>(
    ctx: &mut Context,
    op: Op,
    mut part: Vec<R>,
    len: usize,
) -> Result<Spread<R>, ProtocolError> {
    let [a, b, _] = op.roles();
    let (key, step, peer) = match op.role() {
        A => (op.key(A), SPREAD_A, b),
        B => (op.key(C), SPREAD_B, a),
        _ => {
            return Ok(Spread {
                half: ctx.draw::<R>(op, op.key(C), SPREAD_B, len)?,
                drawn: ctx.draw::<R>(op, op.key(A), SPREAD_A, len)?,
            });
        }
    };
    let drawn = ctx.draw_off(op, key, step, &mut part)?;
    ctx.send(op, peer, step, &part)?;
    Ok(Spread { half: part, drawn })
}

/// The second half of [`spread`]: A and B receive.
pub(crate) fn spread_receive<R: Ring>(
    ctx: &mut Context,
    op: Op,
    sent: Spread<R>,
) -> Result<Rss<R>, ProtocolError> {
    let [a, b, _] = op.roles();
    let Spread { mut half, drawn } = sent;
    match op.role() {
        A => {
            ctx.recv_onto(op, b, SPREAD_B, &mut half)?;
            Ok(Rss::new(drawn, half))
        }
        B => {
            ctx.recv_onto(op, a, SPREAD_A, &mut half)?;
            Ok(Rss::new(half, drawn))
        }
        _ => Ok(Rss::new(half, drawn)),
    }
}
