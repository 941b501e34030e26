//! Bits to arithmetic shares.

use crate::Party;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{BitShare, Rss};
use crate::step::b2a::{BETA, OUTPUT_A, OUTPUT_B, PRODUCT};

/// Declared cost of [`b2a`] of `len` bits: `3k` bits in 2 rounds.
pub fn cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    let bytes = len * R::BYTES;
    Cost::local()
        .round(roles, &[(A, B, bytes)])
        .round(roles, &[(B, C, bytes), (C, B, bytes)])
}

/// Turns shared bits into shared ring elements 0 and 1.
///
/// With `beta = b_A + b_B` (known to A) and `gamma = b_C` (known to B and C) over GF(2),
/// `b = beta + gamma (1 - 2 beta)` over the ring.
///
/// - **Holds**: before a replicated bit, after `Rss`.
/// - **Sends**: round 1, A -> B: `beta - x_A`, `x_A = F(K_A)`. Round 2, B <-> C: `gamma t_B - F(K_B)` and
///   `gamma t_C - F(K_A)`, where `t = 1 - 2 beta` has parts `t_C = 1 - 2 x_A`, `t_B = -2 (beta - x_A)`.
/// - **Randomness**: two draws from `K_A`, one from `K_B`.
/// - **Correctness**: the components add up to `beta + gamma t`.
/// - **Leaks**: nothing: B lacks `K_A`, C lacks `K_B`; each pad serves one message.
///
/// Specification: `docs/spec/conversion.md`, "Bits to ring elements".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn b2a<R: Ring>(ctx: &mut Context, bits: &BitShare) -> Result<Rss<R>, ProtocolError> {
    b2a_costing(ctx, bits, cost::<R>)
}

/// [`b2a`] with its cost as the caller declares it.
pub(crate) fn b2a_costing<R: Ring>(
    ctx: &mut Context,
    bits: &BitShare,
    cost: fn(usize, [Party; 3]) -> Cost,
) -> Result<Rss<R>, ProtocolError> {
    let len = bits.len();
    let op = ctx.begin_costing("b2a", &[len], |roles| cost(len, roles));
    if !ctx.computes() {
        return Ok(Rss::counted(len));
    }
    let known = match op.role() {
        A => {
            let mut beta = bits.first().to_vec();
            ring::xor_assign(&mut beta, bits.second());
            return lift(ctx, op, &beta, len);
        }
        B => bits.second(),
        _ => bits.first(),
    };
    lift(ctx, op, known, len)
}

/// The messages of [`b2a`], from `beta` at A and `gamma` at B and C.
pub(crate) fn lift<R: Ring>(
    ctx: &mut Context,
    op: Op,
    known: &[u64],
    len: usize,
) -> Result<Rss<R>, ProtocolError> {
    let [a, b, c] = op.roles();
    match op.role() {
        A => {
            let mut x_a = ctx.draw::<R>(op, op.key(A), BETA, len)?;
            let mut rest = x_a.clone();
            ring::update_with_bits(&mut rest, &x_a, [known], |_, x, [beta]| beta - x);
            ctx.send(op, b, BETA, &rest)?;
            ctx.apply_drawn(op, op.key(A), OUTPUT_A, &mut x_a, ring::add_assign)?;
            ctx.apply_drawn(op, op.key(B), OUTPUT_B, &mut rest, ring::add_assign)?;
            Ok(Rss::new(x_a, rest))
        }
        B => {
            let rest = ctx.recv::<R>(op, a, BETA, len)?;
            let mut first = ctx.draw::<R>(op, op.key(B), OUTPUT_B, len)?;
            let mut own = first.clone();
            ring::update_with_bits(&mut own, &rest, [known], |first, rest, [gamma]| {
                -(first + (-gamma & (rest + rest)))
            });
            ctx.send(op, c, PRODUCT, &own)?;
            ctx.recv_onto(op, c, PRODUCT, &mut own)?;
            ring::add_assign(&mut first, &rest);
            Ok(Rss::new(first, own))
        }
        _ => {
            let mut x_a = ctx.draw::<R>(op, op.key(A), BETA, len)?;
            let second = ctx.draw::<R>(op, op.key(A), OUTPUT_A, len)?;
            let mut own = second.clone();
            ring::update_with_bits(&mut own, &x_a, [known], |second, x, [gamma]| {
                (-gamma & (R::ONE - x - x)) - second
            });
            ctx.send(op, b, PRODUCT, &own)?;
            ctx.recv_onto(op, b, PRODUCT, &mut own)?;
            ring::add_assign(&mut x_a, &second);
            Ok(Rss::new(own, x_a))
        }
    }
}
