//! Truncation to the nearest: the rounding is a function of the value, not of its shares.

use crate::Party;
use crate::protocol::basic::two_of_two::{masked, spread, spread_cost};
use crate::protocol::basic::words::low_mask;
use crate::protocol::bits::dealt::{dealt_sign, dealt_sign_cost};
use crate::protocol::bits::lift_halves::{cost as lift_cost, lift_part};
use crate::protocol::context::{A, B, C, Context};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::faithful::{
    correct_at_a, correct_at_b, deal, dealt_at_b, open_at_a, open_at_b,
};
use crate::protocol::truncate::shift::check;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};
use crate::step::exact::FORWARD;

/// Declared cost of [`exact`] of `len` elements by `shift` bits: `4k + 2f + 4` bits, and the carry of `f` bits by leaf
/// and tree. For `k = 64` and `f = 20` that is 384 bits in 8 rounds (faithful: 214 in 3), for `k = 32` and `f = 10` 193
/// bits in 7 (108 in 3).
pub fn cost<R: Ring>(len: usize, shift: u32, roles: [Party; 3]) -> Cost {
    let (bit, low) = (len.div_ceil(8), ring::low_bits_bytes(shift, len));
    let correction = Cost::local()
        .round(roles, &[(C, B, len * R::BYTES + low)])
        .early_part(roles, C, B, low)
        .round(roles, &[(A, B, bit), (B, A, bit)]);
    let carry = dealt_sign_cost(len, shift + 1, roles);
    let forward = Cost::local().round(roles, &[(B, C, low)]);
    // A's code waits for no message, and B's low bits wait for the gather alone.
    let carry = Cost::local()
        .round(roles, &[])
        .then(carry.first_round().beside(forward))
        .then(carry.without_first_round());
    correction
        .beside(carry)
        .then(lift_cost::<R>(len, roles))
        .then(spread_cost::<R>(len, roles))
}

/// Truncation to the nearest: `floor((z + 2^(f-1)) / 2^f)`, while `-2^(k-2) <= z < 2^(k-2) - 2^(f-1)`. No party knows
/// how a value was rounded.
///
/// Write `z + 2^(f-1) + 2^(k-2) = u - w mod 2^k` as in [`faithful`](crate::protocol::faithful), which gives
/// `floor(..) + [u' < w']` with the low parts `u'`, `w'` of `f` bits. That rounding depends on numbers that A and B
/// know. So this truncation subtracts the borrow `[u' < w']`.
///
/// - **Holds**: before `Additive`, after `Rss`.
/// - **Sends**: as faithful, and meanwhile B -> C: `w'`, `f` bits; leaf and carry tree of `(2^f - 1 - u') + w'` with
///   the first addend at A, the second at B and C; `lift_halves` of that carry; then spread.
/// - **Randomness**: that of faithful, leaf, tree and `lift_halves`, each under its own address.
/// - **Correctness**: the carry into bit `f` of `(2^f - 1 - u') + w'` is `[w' > u']`. The result is a function of `z`:
///   error in (-1/2, 1/2] ulp, zero stays zero.
/// - **Leaks**: nothing: `w'` carries `F(K_B)`, which C lacks, through the zero share; the rest is as in the parts. The
///   result depends on no share. So a party that learns it, or a function of it, learns nothing more of the low bits of
///   `z`. For the other truncations that does not hold: see the threat model.
///
/// Specification: `docs/spec/truncation.md`, "Exact".
///
/// # Errors
/// [`ProtocolError::Shift`] unless `1 <= shift <= k - 2`; failure of a link or of the randomness discipline.
pub fn exact<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = z.len();
    let cost = |roles| cost::<R>(len, shift, roles);
    let [op, carry, lift] = ctx.begin_group("truncate-exact", &[len, shift as usize], cost);
    ctx.declare(&cost(op.roles()));
    ctx.watched(op, len, || z.part().iter().copied());
    if !ctx.computes() {
        return Ok(Rss::counted(len));
    }
    let mut part = masked(ctx, op, z)?;
    if op.role() == A {
        ring::add_scalar_assign(&mut part, R::ONE.shl(shift - 1));
    }
    ctx.probe.truncated(ctx.party(), op, &part);
    let mask = low_mask::<R>(shift);
    // The top bit of both addends is 0.
    let planes = |low: &[R]| ring::to_planes(low, 0, shift + 1);
    let (mut part, borrow) = match op.role() {
        A => {
            let low: Vec<R> = part.iter().map(|&u| mask - (u & mask)).collect();
            let open = open_at_a(ctx, op, part, shift)?;
            let borrow = dealt_sign(ctx, carry, &planes(&low))?;
            (correct_at_a(ctx, op, open, shift)?, borrow)
        }
        B => {
            let mut v = part;
            let c1 = dealt_at_b(ctx, op, &mut v, shift)?;
            let low: Vec<R> = v.iter().map(|&v| -v & mask).collect();
            ctx.send_low(op, op.roles()[C], FORWARD, &low, shift)?;
            let open = open_at_b(ctx, op, &v)?;
            let part = correct_at_b(ctx, op, open, c1, shift)?;
            (part, dealt_sign(ctx, carry, &planes(&low))?)
        }
        _ => {
            deal(ctx, op, &part, shift)?;
            let low = ctx.recv_low::<R>(op, op.roles()[B], FORWARD, len, shift)?;
            (vec![R::ZERO; len], dealt_sign(ctx, carry, &planes(&low))?)
        }
    };
    // As in `b2a`: A knows two components, B and C the third.
    let known = match op.role() {
        A => borrow
            .first()
            .iter()
            .zip(borrow.second())
            .map(|(x, y)| x ^ y)
            .collect(),
        B => borrow.second().to_vec(),
        _ => borrow.first().to_vec(),
    };
    let borrow = lift_part::<R>(ctx, lift, &known, len)?;
    ring::sub_assign(&mut part, &borrow);
    spread(ctx, op, part, len)
}
