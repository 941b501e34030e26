//! Division by a power of two, merged with the resharing of a product.

use crate::Party;
use crate::protocol::context::{A, B, C, Context, Op, Truncation};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate_exact::{cost as exact_cost, exact};
use crate::protocol::truncate_star::{cost as star_cost, star};
use crate::protocol::two_of_two::{gather, gather_cost, masked, spread, spread_cost};
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};

const DEAL_ALPHA: u16 = 16;
const DEAL_C0: u16 = 17;
const DEAL_BETA: u16 = 18;
const TO_B: u16 = 19;
const A_BAR: u16 = 20;
const B_BAR: u16 = 21;

/// Declared cost of [`truncate`] of `len` elements by `shift` bits under `mode`.
///
/// Faithful: `3k + f + 2` bits in 3 rounds; probabilistic: `3k` bits in 2 rounds;
/// star: `3k + 2f + 2` bits in 2 rounds; exact: `4k + 2f + 4` bits and a carry of `f` bits, in 8 rounds for `f = 20`.
pub fn cost<R: Ring>(len: usize, shift: u32, mode: Truncation, roles: [Party; 3]) -> Cost {
    match mode {
        Truncation::Probabilistic => {
            gather_cost::<R>(len, roles).then(spread_cost::<R>(len, roles))
        }
        Truncation::Star => star_cost::<R>(len, shift, roles),
        Truncation::Exact => exact_cost::<R>(len, shift, roles),
        Truncation::Faithful => {
            let bit = len.div_ceil(8);
            let dealt = ring::low_bits_bytes(shift, len);
            Cost::local()
                .round(roles, &[(C, B, len * R::BYTES + dealt)])
                .round(roles, &[(A, B, bit), (B, A, bit)])
                .then(spread_cost::<R>(len, roles))
        }
    }
}

/// `Additive` at scale `2^(f + shift)` to `Rss` at scale `2^f`, in the session's mode.
///
/// # Errors
/// [`ProtocolError::Shift`] unless `1 <= shift <= k - 2`; failure of a link or of the randomness
/// discipline.
pub fn truncate<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    truncate_as(ctx, z, shift, ctx.truncation())
}

/// As [`truncate`] in a mode that all parties chose alike.
///
/// # Errors
/// As [`truncate`].
pub fn truncate_as<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
    mode: Truncation,
) -> Result<Rss<R>, ProtocolError> {
    match mode {
        Truncation::Faithful => faithful(ctx, z, shift),
        Truncation::Probabilistic => probabilistic(ctx, z, shift),
        Truncation::Star => star(ctx, z, shift),
        Truncation::Exact => exact(ctx, z, shift),
    }
}

/// Probabilistic truncation, section 3.1.
///
/// - **Holds**: before `Additive`, after `Rss`.
/// - **Sends**: 2 rounds, `3k` bits: [`gather`], then spread.
/// - **Randomness**: that of its two halves.
/// - **Correctness**: A floors `u`, B ceils `v`: error in (-1, 1) ulp, mean 0, exact zeros stay
///   zero; off by `2^(k-shift)` with probability `|z| / 2^k` when `u` wraps.
/// - **Leaks**: nothing.
///
/// Source: ABY3's local truncation with balanced rounding.
///
/// # Errors
/// As [`truncate`].
pub fn probabilistic<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let (op, shared) = gather(ctx, z)?;
    ctx.note("truncate-probabilistic", &[shift as usize]);
    ctx.declare(&spread_cost::<R>(z.len(), op.roles()));
    if ctx.is_dry() {
        return Ok(Rss::counted(z.len()));
    }
    ctx.observe(op, z.part());
    let mut part = shared.into_part();
    divide_half(op, &mut part, shift);
    spread(ctx, op, part, z.len())
}

/// The local step of [`probabilistic`]: A floors, B ceils.
pub(super) fn divide_half<R: Ring>(op: Op, part: &mut [R], shift: u32) {
    match op.role() {
        A => ring::map_assign(part, |u: R| u.sar(shift)),
        B => ring::map_assign(part, |v: R| -(-v).sar(shift)),
        _ => {}
    }
}

/// An upper bound of the probability that any of `count` values of at most `bits` bits
/// (`|z| < 2^bits`) is destroyed by [`probabilistic`]: `count 2^(bits-k)`, at most 1.
///
/// `u` is uniform in `[-2^(k-1), 2^(k-1))`, because its mask is, and `v` is the representative of `z - u`
/// in `(-2^(k-1), 2^(k-1)]` (ceiling takes `-2^(k-1)` for `2^(k-1)`). The shifted parts add up to the
/// quotient unless `z - u` lies outside that interval, which happens for exactly `|z|` of the `2^k`
/// values of `u`. The union bound over all values gives the figure; for `u` drawn per value the
/// expected number of destroyed values has the same bound.
#[must_use]
pub fn failure_probability<R: Ring>(count: u64, bits: u32) -> f64 {
    let count = count as f64;
    (count * (f64::from(bits) - f64::from(R::BITS)).exp2()).min(1.0)
}

/// Faithful truncation, section 3.2 of the design: no gross error while `|z| < 2^(k-2)`.
///
/// Write `z + 2^(k-2) = u - w mod 2^k` with `w = -v`. The left side is in `[0, 2^(k-1))`, so the
/// borrow of the subtraction is `bw = NOT msb(u) AND msb(w)` and
/// `y = (u >> f) - (w >> f) + bw 2^(k-f) - 2^(k-2-f)`.
///
/// - **Holds**: before `Additive`, after `Rss`.
/// - **Sends**: `3k + f + 2` bits. Round 1: C -> B `z_C + zeta_C` and `c1 = alpha beta - c0 mod 2^f`;
///   A -> B, which B does not wait for, `a xor alpha` with `a = NOT msb(u)`. Round 2: B -> A `b xor beta` with
///   `b = msb(w)`.
///   Round 3: spread.
/// - **Randomness**: a zero share; `alpha`, `c0` from `K_A`; `beta` from `K_C`; those of spread.
/// - **Correctness**: with `abar = a xor alpha`, `bbar = b xor beta`, `s(x) = 1 - 2x`:
///   `ab = abar bbar + abar s(bbar) beta + bbar s(abar) alpha + s(abar) s(bbar) alpha beta`, of which
///   A holds the terms in `alpha, c0` and B those in `beta, c1`. Error in (-1, 1) ulp, mean 0.
/// - **Leaks**: nothing: B sees `c1` under `c0` and `abar` under `alpha`; A sees `bbar` under `beta`.
///
/// # Errors
/// As [`truncate`].
pub fn faithful<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = z.len();
    let cost = |roles| cost::<R>(len, shift, Truncation::Faithful, roles);
    let op = ctx.begin_costing("truncate-faithful", &[len, shift as usize], cost);
    if ctx.is_dry() {
        return Ok(Rss::counted(len));
    }
    ctx.observe(op, z.part());
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

pub(super) fn check<R: Ring>(ctx: &Context, shift: u32) -> Result<(), ProtocolError> {
    if (1..=R::BITS - 2).contains(&shift) {
        return Ok(());
    }
    Err(ProtocolError::Shift {
        party: ctx.party(),
        shift,
        bits: R::BITS,
    })
}

pub(super) fn low_mask<R: Ring>(bits: u32) -> R {
    R::ONE.shl(bits) - R::ONE
}

/// `x` with the sign `1 - 2 bit`.
pub(super) fn signed<R: Ring>(bit: R, x: R) -> R {
    (x ^ -bit) + bit
}

/// C deals shares of `alpha beta` together with its gather message.
pub(super) fn deal<R: Ring>(
    ctx: &mut Context,
    op: Op,
    part: &[R],
    shift: u32,
) -> Result<(), ProtocolError> {
    deal_behind(ctx, op, part, part.len(), shift)
}

/// C deals shares of `alpha beta` for `len` elements, behind what else it sends to B.
pub(super) fn deal_behind<R: Ring>(
    ctx: &mut Context,
    op: Op,
    front: &[R],
    len: usize,
    shift: u32,
) -> Result<(), ProtocolError> {
    let words = len.div_ceil(64);
    let mut both = ctx.draw_words(op, op.key(A), DEAL_ALPHA, words)?;
    let mut c1 = ctx.draw::<R>(op, op.key(A), DEAL_C0, len)?;
    let beta = ctx.draw_words(op, op.key(C), DEAL_BETA, words)?;
    let mask = low_mask::<R>(shift);
    ring::update(&mut both, &beta, |alpha, beta| alpha & beta);
    ring::map_with_bits(&mut c1, [&both], |c0, [both]| (both - c0) & mask);
    #[cfg(test)]
    ctx.see(&[front, &c1].concat());
    let dealt = ring::pack_low_bits(&c1, shift);
    ctx.send_parts(
        op,
        op.roles()[B],
        TO_B,
        [bytemuck::cast_slice(front), &dealt],
    )
}

/// What A keeps between its message and B's.
pub(super) struct OpenAtA<R> {
    u: Vec<R>,
    alpha: Vec<u64>,
    c0: Vec<R>,
    a_bar: Vec<u64>,
}

/// A sends `abar`.
pub(super) fn open_at_a<R: Ring>(
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
    #[cfg(any(test, feature = "testkit"))]
    crate::protocol::own_low::own_low(&u, shift);
    let alpha = ctx.draw_words(op, op.key(A), DEAL_ALPHA, len.div_ceil(64))?;
    let c0 = ctx.draw::<R>(op, op.key(A), DEAL_C0, len)?;
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

/// A receives `bbar` and has its part of the quotient.
pub(super) fn correct_at_a<R: Ring>(
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
pub(super) fn dealt_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    v: &mut [R],
    shift: u32,
) -> Result<Vec<R>, ProtocolError> {
    let len = v.len();
    dealt_behind_at_b(ctx, op, v, len, shift)
}

/// B adds what C sends onto `front` and returns the `len` dealt `c1` behind it.
pub(super) fn dealt_behind_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    front: &mut [R],
    len: usize,
    shift: u32,
) -> Result<Vec<R>, ProtocolError> {
    let mut dealt = bytemuck::zeroed_vec::<u8>(ring::low_bits_bytes(shift, len));
    ctx.recv_onto_and(op, op.roles()[C], TO_B, front, &mut dealt)?;
    let c1 = ring::unpack_low_bits::<R>(&dealt, shift, len);
    #[cfg(test)]
    ctx.see(&c1);
    Ok(c1)
}

/// What B keeps between its message and the quotient.
pub(super) struct OpenAtB<R> {
    w: Vec<R>,
    beta: Vec<u64>,
    b_bar: Vec<u64>,
}

/// B sends `bbar`.
pub(super) fn open_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    v: &[R],
) -> Result<OpenAtB<R>, ProtocolError> {
    let len = v.len();
    let w = ring::neg(v);
    let beta = ctx.draw_words(op, op.key(C), DEAL_BETA, len.div_ceil(64))?;
    let mut b_bar = ring::to_planes(&w, R::BITS - 1, 1).into_words();
    ring::xor_assign(&mut b_bar, &beta);
    ctx.send_planes(op, op.roles()[A], B_BAR, &b_bar, 1, len)?;
    Ok(OpenAtB { w, beta, b_bar })
}

/// B receives `abar` and has its part of the quotient.
pub(super) fn correct_at_b<R: Ring>(
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
