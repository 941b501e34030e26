//! Division by a power of two, merged with the resharing of a product.

use crate::Party;
use crate::protocol::context::{A, B, C, Context, Op, Truncation};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
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
/// star: `3k + 2f + 2` bits in 2 rounds.
pub fn cost<R: Ring>(len: usize, shift: u32, mode: Truncation, roles: [Party; 3]) -> Cost {
    match mode {
        Truncation::Probabilistic => {
            gather_cost::<R>(len, roles).then(spread_cost::<R>(len, roles))
        }
        Truncation::Star => star_cost::<R>(len, shift, roles),
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
    match ctx.truncation() {
        Truncation::Faithful => faithful(ctx, z, shift),
        Truncation::Probabilistic => probabilistic(ctx, z, shift),
        Truncation::Star => star(ctx, z, shift),
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
    let (op, mut shared) = gather(ctx, z)?;
    ctx.observe(op, z.part());
    ctx.note("truncate-probabilistic", &[shift as usize]);
    ctx.declare(&spread_cost::<R>(z.len(), op.roles()));
    if ctx.is_dry() {
        return Ok(Rss::zeros(z.len()));
    }
    let part: Vec<R> = match op.role() {
        A => shared.part().iter().map(|u| u.sar(shift)).collect(),
        B => shared.part().iter().map(|&v| -(-v).sar(shift)).collect(),
        _ => Vec::new(),
    };
    shared = crate::share::TwoOfTwo::new(part, shared.rotation());
    spread(ctx, op, shared.part(), z.len())
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
    let op = ctx.begin("truncate-faithful", &[len, shift as usize]);
    ctx.declare(&cost::<R>(len, shift, Truncation::Faithful, op.roles()));
    if ctx.is_dry() {
        return Ok(Rss::zeros(len));
    }
    ctx.observe(op, z.part());
    let part = masked(ctx, op, z)?;
    let truncated = match op.role() {
        A => {
            let open = open_at_a(ctx, op, &part, shift)?;
            correct_at_a(ctx, op, open, shift)?
        }
        B => {
            let (v, c1) = gather_at_b(ctx, op, part, shift)?;
            let open = open_at_b(ctx, op, &v)?;
            correct_at_b(ctx, op, open, c1, shift)?
        }
        _ => {
            deal(ctx, op, &part, shift)?;
            Vec::new()
        }
    };
    spread(ctx, op, &truncated, len)
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

/// `1 - 2 bit`.
pub(super) fn sign<R: Ring>(bit: R) -> R {
    R::ONE - bit - bit
}

pub(super) fn low_mask<R: Ring>(bits: u32) -> R {
    R::ONE.shl(bits) - R::ONE
}

pub(super) fn bit<R: Ring>(words: &[u64], index: usize) -> R {
    R::from_u64(words[index / 64] >> (index % 64) & 1)
}

/// C deals shares of `alpha beta` together with its gather message, if there is one.
pub(super) fn deal<R: Ring>(
    ctx: &mut Context,
    op: Op,
    part: &[R],
    shift: u32,
) -> Result<(), ProtocolError> {
    deal_with(ctx, op, part, part.len(), shift)
}

/// As [`deal`] for `len` elements, with whatever else C sends to B in front.
pub(super) fn deal_with<R: Ring>(
    ctx: &mut Context,
    op: Op,
    part: &[R],
    len: usize,
    shift: u32,
) -> Result<(), ProtocolError> {
    let words = len.div_ceil(64);
    let alpha = ctx.draw_words(op, op.key(A), DEAL_ALPHA, words)?;
    let c0 = ctx.draw::<R>(op, op.key(A), DEAL_C0, len)?;
    let beta = ctx.draw_words(op, op.key(C), DEAL_BETA, words)?;
    let mask = low_mask::<R>(shift);
    let c1: Vec<R> = c0
        .iter()
        .enumerate()
        .map(|(i, &c0)| (bit::<R>(&alpha, i) * bit::<R>(&beta, i) - c0) & mask)
        .collect();
    #[cfg(test)]
    ctx.see(&[part, &c1].concat());
    let mut payload = bytemuck::cast_slice::<R, u8>(part).to_vec();
    payload.extend(ring::pack_low_bits(&c1, shift));
    ctx.send_bytes(op, op.roles()[B], TO_B, &payload)
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
    part: &[R],
    shift: u32,
) -> Result<OpenAtA<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let len = part.len();
    let k = R::BITS;
    let offset = R::ONE.shl(k - 2);
    let u: Vec<R> = part.iter().map(|&u| u + offset).collect();
    let alpha = ctx.draw_words(op, op.key(A), DEAL_ALPHA, len.div_ceil(64))?;
    let c0 = ctx.draw::<R>(op, op.key(A), DEAL_C0, len)?;
    let mut a_bar = ring::to_planes(&u, k - 1, 1).into_words();
    a_bar
        .iter_mut()
        .zip(&alpha)
        .for_each(|(msb, alpha)| *msb = !*msb ^ alpha);
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
        u,
        alpha,
        c0,
        a_bar,
    } = open;
    let k = R::BITS;
    let b_bar = ctx.recv_planes(op, op.roles()[B], B_BAR, 1, u.len())?;
    let back = R::ONE.shl(k - 2 - shift);
    Ok(u.iter()
        .zip(c0)
        .enumerate()
        .map(|(i, (u, c0))| {
            let (a, b, alpha) = (
                bit::<R>(&a_bar, i),
                bit::<R>(&b_bar, i),
                bit::<R>(&alpha, i),
            );
            let share = a * b + b * sign(a) * alpha + sign(a) * sign(b) * c0;
            u.shr(shift) + share.shl(k - shift) - back
        })
        .collect())
}

/// B receives the gathered part and the dealt `c1`: `v` and `c1`.
pub(super) fn gather_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    mut part: Vec<R>,
    shift: u32,
) -> Result<(Vec<R>, Vec<R>), ProtocolError> {
    let (gathered, c1) = dealt_at_b::<R>(ctx, op, part.len(), part.len(), shift)?;
    part.iter_mut().zip(gathered).for_each(|(v, g)| *v += g);
    Ok((part, c1))
}

/// B receives `front` elements and `len` dealt `c1`.
pub(super) fn dealt_at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    front: usize,
    len: usize,
    shift: u32,
) -> Result<(Vec<R>, Vec<R>), ProtocolError> {
    let bytes = front * R::BYTES + ring::low_bits_bytes(shift, len);
    let payload = ctx.recv_bytes(op, op.roles()[C], TO_B, bytes)?;
    let (gathered, dealt) = payload.split_at(front * R::BYTES);
    let mut gathered: Vec<R> = bytemuck::pod_collect_to_vec(gathered);
    gathered.iter_mut().for_each(|x| *x = x.canonical());
    let c1 = ring::unpack_low_bits::<R>(dealt, shift, len);
    #[cfg(test)]
    ctx.see(&[gathered.as_slice(), &c1].concat());
    Ok((gathered, c1))
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
    let k = R::BITS;
    let w = ring::neg(v);
    let beta = ctx.draw_words(op, op.key(C), DEAL_BETA, len.div_ceil(64))?;
    let mut b_bar = ring::to_planes(&w, k - 1, 1).into_words();
    b_bar
        .iter_mut()
        .zip(&beta)
        .for_each(|(msb, beta)| *msb ^= beta);
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
    let OpenAtB { w, beta, b_bar } = open;
    let k = R::BITS;
    let a_bar = ctx.recv_planes(op, op.roles()[A], A_BAR, 1, w.len())?;
    Ok(w.iter()
        .zip(c1)
        .enumerate()
        .map(|(i, (w, c1))| {
            let (a, b, beta) = (bit::<R>(&a_bar, i), bit::<R>(&b_bar, i), bit::<R>(&beta, i));
            let share = a * sign(b) * beta + sign(a) * sign(b) * c1;
            share.shl(k - shift) - w.shr(shift)
        })
        .collect())
}
