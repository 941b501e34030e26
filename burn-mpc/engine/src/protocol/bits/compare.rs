//! The sign bit in two rounds: A's addend is compared with the addend of B and C, in a small field.

use core::ops::Range;

use crate::Party;
use crate::prg::PrgError;
use crate::protocol::bits::digits::{Compared, Digits, differences, found, hot_digits};
use crate::protocol::bits::field;
use crate::protocol::bits::msb::{facts, width};
use crate::protocol::bits::split_bits::SplitBits;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::window::Window;
use crate::ring::{self, Ring};
use crate::share::Rss;
use crate::step::compare::{FACTORS, FLIP, PADS, SHARES, TURNS};
use crate::step::{ATTEMPTS, Step};

/// Elements whose messages travel together: whole words of bits that fit the second-level cache. The leak test needs
/// all its instances in one chunk.
const CHUNK: usize = if cfg!(test) { 1 << 16 } else { 1 << 13 };

/// Declared cost of [`msb_split`] of `len` elements on a window of `width` bits, in 2 rounds: 835 bits
/// for 64, 372 for 32, 200 for 20.
pub fn cost(len: usize, width: u32, roles: [Party; 3]) -> Cost {
    let [shares, from_b, from_c] = split_messages(len, width);
    Cost::local()
        .round(roles, &[shares, from_b].concat())
        .round(roles, &from_c)
}

/// A's messages to C, B's to A and C's to A.
pub(crate) fn split_messages(len: usize, width: u32) -> [Vec<(usize, usize, usize)>; 3] {
    let digits = Digits::of(width - 1);
    let bytes = |elements: usize, at: usize| {
        let count = elements * CHUNK.min(len - at);
        ring::low_bits_bytes(field::bits(digits.p), count)
    };
    let messages = |from, to, elements| {
        let message = |at| (from, to, bytes(elements, at));
        (0..len).step_by(CHUNK).map(message).collect()
    };
    [
        messages(A, C, digits.hot()),
        messages(B, A, digits.slots()),
        messages(C, A, digits.slots()),
    ]
}

/// Computes the bit `hi - 1` of every element from its bits `[lo, hi)`, like [`msb_in`](crate::protocol::msb_in), but
/// in 2 rounds. The result is split: one part at A, the other at B and C.
///
/// A knows `u`, B and C know `v`, `x = u + v`. The sign is `u_top xor v_top xor [u' > t]`, where `u'` and `v'` are the
/// bits below the top and `t = 2^(w-1) - 1 - v'`. B and C share a random bit `eta`. For `eta = 0` the parties test
/// `u' > r = t`, for `eta = 1` the contrary, `u' < r = t + 1`. So A learns `eta xor [u' > t]`.
///
/// The operands are cut into digits of at most 3 bits, and a guard digit that is 0 in `u'`, because `t + 1` may be
/// `2^(w-1)`. Let `D_g` be `[u_g > r_g]`, or `[u_g < r_g]` for `eta = 1`, and
/// `c_g = 1 - D_g + sum_{h > g} [u_h != r_h]`. Then `0 <= c_g <=` the number of digits `< p`. `c_g` is 0 only for the
/// highest digit in which `u'` and `r` differ, and only if the tested relation holds there. So at most one `c_g` is 0,
/// and one is iff the relation holds.
///
/// - **Holds**: before `Rss`; after `eta xor [u' > t] xor u_top` at A, `eta xor v_top` at B and C.
/// - **Sends**: round 1, A -> C: `e - q` modulo `p`, where `e` is the one-hot code of the digits without
///   index 0, and B -> A: `d_g = s_g c_g^B + z_g`, rotated. Round 2, C -> A: `z_g - s_g c_g^C`, rotated. `c^B` and
///   `c^C` are linear in the shares `q` and `e - q` with coefficients that B and C know; constants are
///   B's. Both sequences of slots are rotated by the same random number of places. Elements of the field
///   take `ceil(log2 p)` bits.
/// - **Randomness**: `q` from `K_B`; `eta`, the factors `s_g != 0`, `z_g` and the rotations from `K_C`. Field elements,
///   factors and rotations are unbiased, by rejection.
/// - **Correctness**: the two messages for a slot are equal iff `s_g c_g = 0`.
/// - **Leaks**: nothing. C lacks `K_B`. B's message is uniform to A because of `z_g`. That message and the `s_g c_g`
///   determine C's. At most one `s_g c_g` is 0; the others are uniform and independent because the `s_g` are. The
///   rotation moves the zero to a uniform place. So A sees only whether there is a zero, and `eta` masks that.
///
/// Specification: `docs/spec/comparison.md`, "The two-round comparison". Source: the private compare of `SecureNN`
/// (PETS 2019). Different here: digits of several bits instead of bits, for fewer and smaller elements of the field
/// (835 bits instead of 1344 at width 64); a public guard digit of `u'`; a rotation in place of a permutation.
///
/// # Errors
/// [`ProtocolError::Window`] for a window that does not fit; failure of a link or of the randomness
/// discipline.
pub fn msb_split<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    window: Range<u32>,
) -> Result<SplitBits, ProtocolError> {
    let width = width::<R>(ctx, &window)?;
    let cost = |roles| cost(x.len(), width, roles);
    let op = ctx.begin_costing("msb-split", &facts(x.len(), &window), cost);
    fits(op, x.len())?;
    ctx.watched(op, x.len(), || x.first().iter().copied());
    if !ctx.computes() {
        return Ok(SplitBits::zeros(op, x.len()));
    }
    ctx.probe
        .signed(ctx.party(), op, Window::of(&window), || x.first().to_vec());
    match op.role() {
        A => split(ctx, op, &x.own_sum(), &window),
        B => split(ctx, op, x.second(), &window),
        _ => split(ctx, op, x.first(), &window),
    }
}

/// The comparison of [`msb_split`] as part of `op`, from `u` at A and `v` at B and C.
pub(crate) fn split<R: Ring>(
    ctx: &mut Context,
    op: Op,
    addend: &[R],
    window: &Range<u32>,
) -> Result<SplitBits, ProtocolError> {
    split_send(ctx, op, addend, window)?;
    split_receive(ctx, op, addend, window)
}

fn cut<R: Ring>(addend: &[R], window: &Range<u32>) -> Vec<u64> {
    let cut = |value: &R| value.shr(window.start).to_u64();
    addend.iter().map(cut).collect()
}

/// The first part of [`split`]: A sends.
pub(crate) fn split_send<R: Ring>(
    ctx: &mut Context,
    op: Op,
    addend: &[R],
    window: &Range<u32>,
) -> Result<(), ProtocolError> {
    if op.role() != A {
        return Ok(());
    }
    let digits = Digits::of(window.end - window.start - 1);
    send_digits(ctx, op, &digits, &cut(addend, window))
}

/// The rest of [`split`]: B and C send to A.
pub(crate) fn split_receive<R: Ring>(
    ctx: &mut Context,
    op: Op,
    addend: &[R],
    window: &Range<u32>,
) -> Result<SplitBits, ProtocolError> {
    let digits = Digits::of(window.end - window.start - 1);
    let top = ring::to_planes(addend, window.end - 1, 1).into_words();
    let mut part = match op.role() {
        A => receive_differences(ctx, op, &digits, addend.len())?,
        _ => at_b_or_c(ctx, op, &digits, &cut(addend, window))?,
    };
    ring::xor_assign(&mut part, &top);
    Ok(SplitBits::new(op, addend.len(), part))
}

/// The first attempt at draw or message `site` in chunk `chunk`.
fn step(op: Op, site: Step, chunk: usize) -> Result<Step, PrgError> {
    let step = site.at(usize::from(ATTEMPTS) * chunk);
    step.ok_or(PrgError::TooLong {
        op: op.id(),
        label: site.label(),
        words: chunk * CHUNK,
    })
}

/// Refuses more elements than a comparison has chunks for. This comes before anything is sent, and in an estimate too.
pub(crate) fn fits(op: Op, len: usize) -> Result<(), ProtocolError> {
    step(op, SHARES, len.saturating_sub(1) / CHUNK)?;
    Ok(())
}

fn send_digits(ctx: &mut Context, op: Op, digits: &Digits, u: &[u64]) -> Result<(), ProtocolError> {
    let c = op.roles()[C];
    let p = digits.p;
    for (chunk, u) in u.chunks(CHUNK).enumerate() {
        let step = step(op, SHARES, chunk)?;
        let mut shares = ctx.draw_below(op, op.key(B), step, p, digits.hot() * u.len())?;
        hot_digits(digits, u, &mut shares);
        ctx.send_small(op, c, step, &shares, p)?;
    }
    Ok(())
}

fn receive_differences(
    ctx: &mut Context,
    op: Op,
    digits: &Digits,
    len: usize,
) -> Result<Vec<u64>, ProtocolError> {
    let [_, b, c] = op.roles();
    let p = digits.p;
    let mut words = Vec::with_capacity(len.div_ceil(64));
    for (chunk, at) in (0..len).step_by(CHUNK).enumerate() {
        let len = CHUNK.min(len - at);
        let step = step(op, FACTORS, chunk)?;
        let count = digits.slots() * len;
        let mut halves = [Vec::new(), Vec::new()];
        for (half, peer) in halves.iter_mut().zip([b, c]) {
            *half = ctx.recv_small(op, peer, step, p, count)?;
        }
        words.extend(found(&halves, len));
    }
    Ok(words)
}

fn at_b_or_c(
    ctx: &mut Context,
    op: Op,
    digits: &Digits,
    v: &[u64],
) -> Result<Vec<u64>, ProtocolError> {
    let a = op.roles()[A];
    let p = digits.p;
    let eta = ctx.draw_words(op, op.key(C), FLIP, v.len().div_ceil(64))?;
    for (chunk, v) in v.chunks(CHUNK).enumerate() {
        let len = v.len();
        let site = |site| step(op, site, chunk);
        let count = digits.slots() * len;
        let factors = ctx.draw_below(op, op.key(C), site(FACTORS)?, p - 1, count)?;
        let pads = ctx.draw_below(op, op.key(C), site(PADS)?, p, count)?;
        let slots = digits.slots() as u8;
        let turns = ctx.draw_below(op, op.key(C), site(TURNS)?, slots, len)?;
        let count = digits.hot() * len;
        let shares = if op.role() == B {
            ctx.draw_below(op, op.key(B), site(SHARES)?, p, count)?
        } else {
            ctx.recv_small(op, a, site(SHARES)?, p, count)?
        };
        let compared = Compared {
            constants: op.role() == B,
            v,
            eta: &eta[chunk * CHUNK / 64..],
            shares: &shares,
            factors: &factors,
            pads: &pads,
            turns: &turns,
        };
        let message = differences(digits, &compared);
        ctx.send_small(op, a, site(FACTORS)?, &message, p)?;
    }
    Ok(eta)
}
