//! Bits to arithmetic shares.

use crate::Party;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{BitShare, Rss};

const BETA: u16 = 1;
const OUTPUT_A: u16 = 2;
const OUTPUT_B: u16 = 3;
const PRODUCT: u16 = 4;

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
/// Source: section 5 of the project's protocol specification.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn b2a<R: Ring>(ctx: &mut Context, bits: &BitShare) -> Result<Rss<R>, ProtocolError> {
    let len = bits.len();
    let op = ctx.begin("b2a", &[len]);
    ctx.declare(&cost::<R>(len, op.roles()));
    if ctx.is_dry() {
        return Ok(Rss::zeros(len));
    }
    let xor = |x: &[u64], y: &[u64]| x.iter().zip(y).map(|(x, y)| x ^ y).collect();
    let known: Vec<u64> = match op.role() {
        A => xor(bits.first(), bits.second()),
        B => bits.second().to_vec(),
        _ => bits.first().to_vec(),
    };
    lift(ctx, op, &known, len)
}

/// The messages of [`b2a`], from `beta` at A and `gamma` at B and C.
pub(super) fn lift<R: Ring>(
    ctx: &mut Context,
    op: Op,
    known: &[u64],
    len: usize,
) -> Result<Rss<R>, ProtocolError> {
    let bit = |i: usize| R::from_u64(known[i / 64] >> (i % 64) & 1);
    let double = |x: R| x + x;
    let [a, b, c] = op.roles();
    match op.role() {
        A => {
            let x_a = ctx.draw::<R>(op, op.key(A), BETA, len)?;
            let rest: Vec<R> = x_a.iter().enumerate().map(|(i, &x)| bit(i) - x).collect();
            ctx.send(op, b, BETA, &rest)?;
            let first = ctx.draw::<R>(op, op.key(A), OUTPUT_A, len)?;
            let second = ctx.draw::<R>(op, op.key(B), OUTPUT_B, len)?;
            Ok(Rss::new(sum(&x_a, &first), sum(&rest, &second)))
        }
        B => {
            let rest = ctx.recv::<R>(op, a, BETA, len)?;
            let first = ctx.draw::<R>(op, op.key(B), OUTPUT_B, len)?;
            let own: Vec<R> = (0..len)
                .map(|i| bit(i) * -double(rest[i]) - first[i])
                .collect();
            ctx.send(op, c, PRODUCT, &own)?;
            let other = ctx.recv::<R>(op, c, PRODUCT, len)?;
            Ok(Rss::new(sum(&rest, &first), sum(&own, &other)))
        }
        _ => {
            let x_a = ctx.draw::<R>(op, op.key(A), BETA, len)?;
            let second = ctx.draw::<R>(op, op.key(A), OUTPUT_A, len)?;
            let own: Vec<R> = (0..len)
                .map(|i| bit(i) * (R::ONE - double(x_a[i])) - second[i])
                .collect();
            ctx.send(op, b, PRODUCT, &own)?;
            let other = ctx.recv::<R>(op, b, PRODUCT, len)?;
            Ok(Rss::new(sum(&own, &other), sum(&x_a, &second)))
        }
    }
}

fn sum<R: Ring>(x: &[R], y: &[R]) -> Vec<R> {
    x.iter().zip(y).map(|(&x, &y)| x + y).collect()
}
