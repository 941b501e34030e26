//! Truncation that is off by less than one unit and never grossly wrong.

use crate::Party;
use crate::protocol::basic::two_of_two::{masked, spread, spread_cost};
use crate::protocol::basic::words::{low_mask, signed};
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::own_low::own_low;
use crate::protocol::truncate::shift::check;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};
use crate::step::faithful::{A_BAR, ALPHA, B_BAR, BETA, C0, TO_B};

/// Declared cost of [`faithful`] of `len` elements by `shift` bits: `3k + f + 2` bits in 3 rounds. The `f` dealt bits are
/// early.
pub fn cost<R: Ring>(len: usize, shift: u32, roles: [Party; 3]) -> Cost {
    let bit = len.div_ceil(8);
    let dealt = ring::low_bits_bytes(shift, len);
    Cost::local()
        .round(roles, &[(C, B, len * R::BYTES + dealt)])
        .early_part(roles, C, B, dealt)
        .round(roles, &[(A, B, bit), (B, A, bit)])
        .then(spread_cost::<R>(len, roles))
}

/// Truncates without a gross error while `|z| < 2^(k-2)`.
///
/// Write `z + 2^(k-2) = u - w mod 2^k` with `w = -v`. The left side is in `[0, 2^(k-1))`, so the
/// borrow of the subtraction is `bw = NOT msb(u) AND msb(w)` and
/// `y = (u >> f) - (w >> f) + bw 2^(k-f) - 2^(k-2-f)`.
///
/// - **Holds**: before `Additive`, after `Rss`.
/// - **Sends**: `3k + f + 2` bits. Round 1: C -> B `z_C + zeta_C` and `c1 = alpha beta - c0 mod 2^f`; A -> B
///   `a xor alpha` with `a = NOT msb(u)`, for which B does not wait. Round 2: B -> A `b xor beta` with `b = msb(w)`.
///   Round 3: spread.
/// - **Randomness**: a zero share; `alpha`, `c0` from `K_A`; `beta` from `K_C`; those of spread.
/// - **Correctness**: with `abar = a xor alpha`, `bbar = b xor beta`, `s(x) = 1 - 2x`:
///   `ab = abar bbar + abar s(bbar) beta + bbar s(abar) alpha + s(abar) s(bbar) alpha beta`. A holds the terms in
///   `alpha, c0`, B those in `beta, c1`. Error in (-1, 1) ulp, mean 0.
/// - **Leaks**: nothing: B sees `c1` under `c0` and `abar` under `alpha`; A sees `bbar` under `beta`.
///
/// Specification: `docs/spec/truncation.md`, "Faithful".
///
/// # Errors
/// Those of [`truncate`](crate::protocol::truncate()).
pub fn faithful<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = z.len();
    let cost = |roles| cost::<R>(len, shift, roles);
    let op = ctx.begin_costing("truncate-faithful", &[len, shift as usize], cost);
    ctx.watched(op, len, || z.part().iter().copied());
    if !ctx.computes() {
        return Ok(Rss::counted(len));
    }
    ctx.probe.truncated(ctx.party(), op, z.part());
    faithful_as(ctx, op, z, shift)
}

/// The messages of [`faithful`] as part of `op`. The caller declares the cost.
pub(crate) fn faithful_as<R: Ring>(
    ctx: &mut Context,
    op: Op,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    let len = z.len();
    let part = masked(ctx, op, z)?;
    let truncated = match op.role() {
        A => {
            let open = open_at_a(ctx, op, part, shift)?;
            correct_at_a(ctx, op, open, shift)?
        }
        B => {
            let mut v = part;
            let c1 = dealt_at_b(ctx, op, &mut v, shift)?;
            let open = open_at_b(ctx, op, &v)?;
            correct_at_b(ctx, op, open, c1, shift)?
        }
        _ => {
            deal(ctx, op, &part, shift)?;
            Vec::new()
        }
    };
    spread(ctx, op, truncated, len)
}

/// C deals shares of `alpha beta` together with its gather message.
pub(crate) fn deal<R: Ring>(
    ctx: &mut Context,
    op: Op,
    part: &[R],
    shift: u32,
) -> Result<(), ProtocolError> {
    deal_behind(ctx, op, part, part.len(), shift)
}

/// C deals shares of `alpha beta` for `len` elements, in one message with `front`.
pub(crate) fn deal_behind<R: Ring>(
    ctx: &mut Context,
    op: Op,
    front: &[R],
    len: usize,
    shift: u32,
) -> Result<(), ProtocolError> {
    let words = len.div_ceil(64);
    let mut both = ctx.draw_words(op, op.key(A), ALPHA, words)?;
    let mut c1 = ctx.draw::<R>(op, op.key(A), C0, len)?;
    let beta = ctx.draw_words(op, op.key(C), BETA, words)?;
    let mask = low_mask::<R>(shift);
    ring::update(&mut both, &beta, |alpha, beta| alpha & beta);
    ring::map_with_bits(&mut c1, [&both], |c0, [both]| (both - c0) & mask);
    ctx.probe.see_both(front, &c1);
    let dealt = ring::pack_low_bits(&c1, shift);
    ctx.send_parts(
        op,
        op.roles()[B],
        TO_B,
        [bytemuck::cast_slice(front), &dealt],
    )
}

/// What A holds between its message and B's.
pub(crate) struct OpenAtA<R> {
    u: Vec<R>,
    alpha: Vec<u64>,
    c0: Vec<R>,
    a_bar: Vec<u64>,
}

/// A sends `abar`.
pub(crate) fn open_at_a<R: Ring>(
    ctx: &mut Context,
    op: Op,
    part: Vec<R>,
    shift: u32,
) -> Result<OpenAtA<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = part.len();
    let k = R::BITS;
    let offset = R::ONE.shl(k - 2);
    let mut u = part;
    ring::map_assign(&mut u, |u| u + offset);
    own_low(&u, shift);
    let alpha = ctx.draw_words(op, op.key(A), ALPHA, len.div_ceil(64))?;
    let c0 = ctx.draw::<R>(op, op.key(A), C0, len)?;
    let mut a_bar = ring::to_planes(&u, k - 1, 1).into_words();
    ring::update(&mut a_bar, &alpha, |msb, alpha| !msb ^ alpha);
    ctx.send_planes(op, op.roles()[B], A_BAR, &a_bar, 1, len)?;
    Ok(OpenAtA {
        u,
        alpha,
        c0,
        a_bar,
    })
}

/// A receives `bbar` and computes its part of the quotient.
pub(crate) fn correct_at_a<R: Ring>(
    ctx: &mut Context,
    op: Op,
    open: OpenAtA<R>,
    shift: u32,
) -> Result<Vec<R>, ProtocolError> {
    let OpenAtA {
        mut u,
        alpha,
        c0,
        a_bar,
    } = open;
    let k = R::BITS;
    let b_bar = ctx.recv_planes(op, op.roles()[B], B_BAR, 1, u.len())?;
    let back = R::ONE.shl(k - 2 - shift);
    ring::update_with_bits(
        &mut u,
        &c0,
        [&a_bar, &b_bar, &alpha],
        |u, c0, [a, b, alpha]| {
            // a b + b (1 - 2 a) alpha + (1 - 2 a) (1 - 2 b) c0
            let share = (a & b) + signed(a, b & alpha) + signed(a ^ b, c0);
            u.shr(shift) + share.shl(k - shift) - back
        },
    );
    Ok(u)
}

/// B adds the gathered parts onto `v` and returns the dealt `c1`.
pub(crate) fn dealt_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    v: &mut [R],
    shift: u32,
) -> Result<Vec<R>, ProtocolError> {
    let len = v.len();
    dealt_behind_at_b(ctx, op, v, len, shift)
}

/// B adds the first part of C's message to `front` and returns the `len` dealt `c1` that follow.
pub(crate) fn dealt_behind_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    front: &mut [R],
    len: usize,
    shift: u32,
) -> Result<Vec<R>, ProtocolError> {
    let mut dealt = bytemuck::zeroed_vec::<u8>(ring::low_bits_bytes(shift, len));
    ctx.recv_onto_and(op, op.roles()[C], TO_B, front, &mut dealt)?;
    let c1 = ring::unpack_low_bits::<R>(&dealt, shift, len);
    ctx.probe.see(&c1);
    Ok(c1)
}

/// What B holds between its message and the quotient.
pub(crate) struct OpenAtB<R> {
    w: Vec<R>,
    beta: Vec<u64>,
    b_bar: Vec<u64>,
}

/// B sends `bbar`.
pub(crate) fn open_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    v: &[R],
) -> Result<OpenAtB<R>, ProtocolError> {
    let len = v.len();
    let w = ring::neg(v);
    let beta = ctx.draw_words(op, op.key(C), BETA, len.div_ceil(64))?;
    let mut b_bar = ring::to_planes(&w, R::BITS - 1, 1).into_words();
    ring::xor_assign(&mut b_bar, &beta);
    ctx.send_planes(op, op.roles()[A], B_BAR, &b_bar, 1, len)?;
    Ok(OpenAtB { w, beta, b_bar })
}

/// B receives `abar` and computes its part of the quotient.
pub(crate) fn correct_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    open: OpenAtB<R>,
    c1: Vec<R>,
    shift: u32,
) -> Result<Vec<R>, ProtocolError> {
    let OpenAtB { mut w, beta, b_bar } = open;
    let k = R::BITS;
    let a_bar = ctx.recv_planes(op, op.roles()[A], A_BAR, 1, w.len())?;
    ring::update_with_bits(
        &mut w,
        &c1,
        [&a_bar, &b_bar, &beta],
        |w, c1, [a, b, beta]| {
            // a (1 - 2 b) beta + (1 - 2 a) (1 - 2 b) c1
            let share = signed(b, a & beta) + signed(a ^ b, c1);
            share.shl(k - shift) - w.shr(shift)
        },
    );
    Ok(w)
}
