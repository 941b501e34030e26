//! Split bits to ring elements that two parties hold.

use crate::Party;
use crate::protocol::basic::words::signed;
use crate::protocol::bits::split_bits::SplitBits;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::TwoOfTwo;
use crate::step::lift_halves::{A_BAR, ALPHA, B_BAR, BETA, DEALT, RANDOM};

/// Declared cost of [`lift_halves`] of `len` bits: `k + 2` bits in 1 round. The `k` dealt bits are early.
pub fn cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    let bit = ring::plane_bytes(len);
    Cost::local()
        .round(roles, &[(C, B, len * R::BYTES), (A, B, bit), (B, A, bit)])
        .early_from(roles[C])
}

/// Turns split bits into ring elements 0 and 1, of which A and B hold one part each.
///
/// C deals a random bit `r = rho_A xor rho_B` as parts `r_A` and `r_B` over the ring. A knows `rho_A`, B knows `rho_B`.
/// A and B open `e = b xor r` to each other; `b = e + (1 - 2 e) r` is then linear in the parts.
///
/// - **Holds**: before `beta` at A, `gamma` at B and C, `b = beta xor gamma`; after `TwoOfTwo` of `b`.
/// - **Sends**: 1 round, `k + 2` bits. C -> B: `r_B = r - r_A`; A -> B: `beta xor rho_A`; B -> A:
///   `gamma xor rho_B`. C's message waits for nothing.
/// - **Randomness**: the bit `rho_A` and `r_A` from `K_A`, the bit `rho_B` from `K_C`.
/// - **Correctness**: the parts are `e + (1 - 2 e) r_A` at A and `(1 - 2 e) r_B` at B.
/// - **Leaks**: nothing. B lacks `K_A`, so `r_A` masks `r_B` and `rho_A` masks A's bit. A lacks `K_C`, so `rho_B` masks
///   B's bit. C receives nothing.
///
/// Source: the random bits known as daBits (Rotaru and Wood, 2019). Here a dealer makes them, who knows neither `beta`
/// nor what is opened.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn lift_halves<R: Ring>(
    ctx: &mut Context,
    bits: &SplitBits,
) -> Result<TwoOfTwo<R>, ProtocolError> {
    let len = bits.len();
    let op = ctx.begin_as("lift-halves", &[len], bits.rotation());
    ctx.declare(&cost::<R>(len, op.roles()));
    if !ctx.computes() {
        return Ok(TwoOfTwo::new(vec![R::ZERO; len], bits.rotation()));
    }
    let part = lift_part(ctx, op, bits.part(), len)?;
    Ok(TwoOfTwo::new(part, bits.rotation()))
}

/// The messages of [`lift_halves`], as part of `op`, from `beta` at A and `gamma` at B and C. The caller declares the
/// cost.
pub(crate) fn lift_part<R: Ring>(
    ctx: &mut Context,
    op: Op,
    known: &[u64],
    len: usize,
) -> Result<Vec<R>, ProtocolError> {
    let [a, b, c] = op.roles();
    let words = known.len();
    match op.role() {
        A => {
            let mut e = ctx.draw_words(op, op.key(A), ALPHA, words)?;
            let mut part = ctx.draw::<R>(op, op.key(A), RANDOM, len)?;
            ring::xor_assign(&mut e, known);
            ctx.send_planes(op, b, A_BAR, &e, 1, len)?;
            ctx.recv_planes_onto(op, b, B_BAR, &mut e, 1, len)?;
            ring::map_with_bits(&mut part, [&e], |r, [e]| e + signed(e, r));
            Ok(part)
        }
        B => {
            let mut e = ctx.draw_words(op, op.key(C), BETA, words)?;
            ring::xor_assign(&mut e, known);
            ctx.send_planes(op, a, B_BAR, &e, 1, len)?;
            ctx.recv_planes_onto(op, a, A_BAR, &mut e, 1, len)?;
            let mut part = ctx.recv::<R>(op, c, DEALT, len)?;
            ring::map_with_bits(&mut part, [&e], |r, [e]| signed(e, r));
            Ok(part)
        }
        _ => {
            let mut r = ctx.draw_words(op, op.key(A), ALPHA, words)?;
            let mut dealt = ctx.draw::<R>(op, op.key(A), RANDOM, len)?;
            let beta = ctx.draw_words(op, op.key(C), BETA, words)?;
            ring::xor_assign(&mut r, &beta);
            ring::map_with_bits(&mut dealt, [&r], |r_a, [r]| r - r_a);
            ctx.send(op, b, DEALT, &dealt)?;
            Ok(vec![R::ZERO; len])
        }
    }
}
