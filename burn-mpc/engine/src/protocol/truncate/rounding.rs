//! Rounding before an opening: clears the low bits of a value, so that no party ever sees them.

use crate::Party;
use crate::protocol::basic::reveal::{DIGEST_BYTES, check_copy, hash};
use crate::protocol::basic::two_of_two::{gather, gather_cost};
use crate::protocol::basic::words::low_mask;
use crate::protocol::bits::compare::{split_messages, split_receive, split_send};
use crate::protocol::bits::lift_halves::{cost as lift_cost, lift_halves};
use crate::protocol::bits::split_bits::SplitBits;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::shift::check;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss, TwoOfTwo};
use crate::step::rounding::{COPY, FORWARD};

/// Declared cost of [`round_additive`] of `len` elements by `shift` bits: `2k + f + 2` bits, and the comparison in a
/// field of `f` bits, in 4 rounds.
pub fn additive_cost<R: Ring>(len: usize, shift: u32, roles: [Party; 3]) -> Cost {
    gather_cost::<R>(len, roles)
        .then(forwarding_cost(len, shift, roles))
        .then(lift_cost::<R>(len, roles))
}

fn forwarding_cost(len: usize, shift: u32, roles: [Party; 3]) -> Cost {
    let [digits, from_b, from_c] = split_messages(len, shift + 1);
    let forward = [(B, C, ring::low_bits_bytes(shift, len))];
    Cost::local()
        .round(roles, &[&forward[..], &digits, &from_b].concat())
        .round(roles, &from_c)
}

/// Declared cost of [`round_replicated`] of `len` elements by `shift` bits: `k + 2` bits and the comparison per
/// element, and 96 bytes, in 3 rounds.
pub fn replicated_cost<R: Ring>(len: usize, shift: u32, roles: [Party; 3]) -> Cost {
    compared_cost(len, shift, roles).then(lift_cost::<R>(len, roles))
}

fn compared_cost(len: usize, shift: u32, roles: [Party; 3]) -> Cost {
    let [digits, from_b, from_c] = split_messages(len, shift + 1);
    let copies = [(A, C), (B, A), (C, B)].map(|(from, to)| (from, to, DIGEST_BYTES));
    Cost::local()
        .round(roles, &[&copies[..], &digits].concat())
        .round(roles, &[from_b, from_c].concat())
}

/// Rounds to the nearest multiple of `2^shift`, upwards from the middle; the scale stays.
///
/// The result is `2^f floor((z + 2^(f-1)) / 2^f) mod 2^k`, a function of `z` alone: the rounding does not depend on the
/// shares. It does in the truncations that split a value between two parties and cut both parts. Write
/// `z + 2^(f-1) = u - w mod 2^k`, `u` at A, `w = -v` at B. With the low parts `u'` and `w'` of `f` bits and the borrow
/// `b = [u' < w']` the result is `(u - u') - (w - w') - b 2^f`.
///
/// - **Holds**: before `Additive`, after `TwoOfTwo` at the same scale.
/// - **Sends**: round 1: gather, C -> B. Round 2: B -> C: `w'`, `f` bits, and what the two-round comparison of `u'`
///   with `w'` sends; round 3: the rest of it. Round 4: `lift_halves` of the borrow.
/// - **Randomness**: that of gather, [`msb_split`](crate::protocol::msb_split) and
///   [`lift_halves`](crate::protocol::lift_halves).
/// - **Correctness**: the comparison is the carry of `(2^f - 1 - u') + w'` into bit `f`, exact for all operands. So is
///   the result, for every `z`; as a signed number it is the nearest multiple unless `z >= 2^(k-1) - 2^(f-1)`.
/// - **Leaks**: nothing: `w'` carries `F(K_B)`, which C lacks, through the zero share of the gather; the rest is as in
///   the parts. Opened with fresh masks the result shows a reader the rounded value and nothing else.
///
/// Specification: `docs/spec/input_and_reveal.md`, "Rounding before an opening".
///
/// # Errors
/// [`ProtocolError::Shift`] unless `1 <= shift <= k - 2`; failure of a link or of the randomness discipline.
pub fn round_additive<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<TwoOfTwo<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = z.len();
    let (_, halves) = gather(ctx, z)?;
    let op = ctx.begin_as("round", &[len, shift as usize], halves.rotation());
    ctx.declare(&forwarding_cost(len, shift, op.roles()));
    let mut part = halves.into_part();
    let mask = low_mask::<R>(shift);
    let [_, b, c] = op.roles();
    let mut low = Vec::new();
    if ctx.computes() {
        low = match op.role() {
            B => {
                ring::neg_assign(&mut part);
                let low = ring_low(&part, mask);
                ctx.send_low(op, c, FORWARD, &low, shift)?;
                low
            }
            C => ctx.recv_low(op, b, FORWARD, len, shift)?,
            _ => add_half(&mut part, shift, mask),
        };
        split_send(ctx, op, &low, &window(shift))?;
    }
    clear(ctx, op, part, &low, shift)
}

/// Rounds a replicated value to a multiple of `2^shift`, like [`round_additive`]. A knows one addend, B and C the
/// other, so it takes one round less. The replicas are compared before anything is opened: a party whose neighbour
/// holds another copy stops.
///
/// - **Holds**: before `Rss`, after `TwoOfTwo` at the same scale.
/// - **Sends**: round 1: every `P_i` sends `P_{i-1}` a hash of its copy of component `x_i`, which both hold; A -> C as
///   in the comparison. Round 2: the rest of the comparison; round 3: [`lift_halves`](crate::protocol::lift_halves) of
///   the borrow.
/// - **Randomness**, **Correctness**, **Leaks**: as in [`round_additive`], with `u = x_A + x_B` and `w = -x_C`. A hash
///   goes only to a party that holds the hashed component.
///
/// # Errors
/// Those of [`round_additive`], and [`ProtocolError::Replication`].
pub fn round_replicated<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    shift: u32,
) -> Result<TwoOfTwo<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = x.len();
    let op = ctx.begin("round-replicated", &[len, shift as usize]);
    ctx.declare(&compared_cost(len, shift, op.roles()));
    if !ctx.computes() {
        return clear(ctx, op, vec![R::ZERO; len], &[], shift);
    }
    let mask = low_mask::<R>(shift);
    let (part, low) = match op.role() {
        A => {
            let mut u = x.own_sum();
            let low = add_half(&mut u, shift, mask);
            (u, low)
        }
        B => {
            let w = ring::neg(x.second());
            let low = ring_low(&w, mask);
            (w, low)
        }
        _ => {
            let w = ring::neg(x.first());
            (vec![R::ZERO; len], ring_low(&w, mask))
        }
    };
    ctx.send_bytes(op, ctx.party().prev(), COPY, &hash(x.first()))?;
    split_send(ctx, op, &low, &window(shift))?;
    check_copy(ctx, op, COPY, x.second())?;
    clear(ctx, op, part, &low, shift)
}

/// The bits that the comparison works on: the low ones, and a top bit that is 0 in both operands.
fn window(shift: u32) -> core::ops::Range<u32> {
    0..shift + 1
}

fn ring_low<R: Ring>(values: &[R], mask: R) -> Vec<R> {
    values.iter().map(|&x| x & mask).collect()
}

/// Adds `2^(f-1)` to `u` and returns A's operand `2^f - 1 - u'`.
fn add_half<R: Ring>(u: &mut [R], shift: u32, mask: R) -> Vec<R> {
    let half = R::ONE.shl(shift - 1);
    ring::add_scalar_assign(u, half);
    u.iter().map(|&u| mask - (u & mask)).collect()
}

/// Computes the borrow, and subtracts it and the low bits, from `u` at A, `w` at B.
fn clear<R: Ring>(
    ctx: &mut Context,
    op: Op,
    mut part: Vec<R>,
    low: &[R],
    shift: u32,
) -> Result<TwoOfTwo<R>, ProtocolError> {
    let len = part.len();
    let bits = if ctx.computes() {
        split_receive(ctx, op, low, &window(shift))?
    } else {
        SplitBits::zeros(op, len)
    };
    let borrow = lift_halves::<R>(ctx, &bits)?;
    let mask = low_mask::<R>(shift);
    let high = |x: R| x - (x & mask);
    match op.role() {
        A => ring::update(&mut part, borrow.part(), |u, b| high(u) - b.shl(shift)),
        B => ring::update(&mut part, borrow.part(), |w, b| -(high(w) + b.shl(shift))),
        _ => {}
    }
    Ok(TwoOfTwo::new(part, op.rotation()))
}
