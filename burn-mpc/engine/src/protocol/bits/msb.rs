//! The sign bit of a replicated share (DReLU), and the test for zero.

use core::ops::Range;

use crate::Party;
use crate::prg::PrgError;
use crate::protocol::bits::dealt::{dealt_parts, dealt_parts_cost, dealt_sign, dealt_sign_cost};
use crate::protocol::bits::leaf::{Groups, leaf};
use crate::protocol::bits::planes::{and, and_cost};
use crate::protocol::context::{A, B, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::window::Window;
use crate::ring::{self, BitPlanes, Ring};
use crate::share::{BitShare, Rss, XorBits};
use crate::step::Step;
use crate::step::tree::LEVEL;

/// Declared cost of [`msb`] of `len` elements: 285 bits in 7 rounds for `k = 64`, 136 in 6 for 32.
pub fn msb_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    dealt_sign_cost(len, R::BITS, roles)
}

/// Declared cost of [`msb_in`] of `len` elements on a window of `width` bits.
pub fn msb_in_cost(len: usize, width: u32, roles: [Party; 3]) -> Cost {
    dealt_sign_cost(len, width, roles)
}

/// Declared cost of [`msb_parts`]: that of [`msb_in`] without its last level.
pub fn msb_parts_cost(len: usize, width: u32, roles: [Party; 3]) -> Cost {
    dealt_parts_cost(len, width, roles)
}

/// Declared cost of [`is_zero`] of `len` elements.
pub fn is_zero_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    let groups = Groups::equal(R::BITS);
    let mut cost = groups.cost(len, roles);
    let mut nodes = groups.sizes.len();
    while nodes > 1 {
        cost = cost.then(and_cost(nodes / 2, len));
        nodes -= nodes / 2;
    }
    cost
}

/// `u = x_A + x_B` at A, `v` at B and C, as bit planes. From a replicated share this needs no message.
pub(crate) fn addends<R: Ring>(
    op: Op,
    x: &Rss<R>,
    window: &Range<u32>,
    negate_v: bool,
) -> BitPlanes {
    let cut = |values: &[R]| ring::to_planes(values, window.start, window.end - window.start);
    let planes = |values: &[R]| {
        if negate_v {
            cut(&ring::neg(values))
        } else {
            cut(values)
        }
    };
    match op.role() {
        A => cut(&x.own_sum()),
        B => planes(x.second()),
        _ => planes(x.first()),
    }
}

/// The most significant bit of every element: 1 for negative values. See [`msb_in`].
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn msb<R: Ring>(ctx: &mut Context, x: &Rss<R>) -> Result<BitShare, ProtocolError> {
    msb_in(ctx, x, 0..R::BITS)
}

/// The bit `hi - 1` of every element from its bits `[lo, hi)` alone: the sign, 1 for negative values,
/// if `|x| <= 2^(hi-1) - 2^lo`, and, for `lo > 0`, unless `0 <= x < 2^lo`, where it may be either.
///
/// - **Holds**: before `Rss` of `x`; after a replicated bit per element.
/// - **Sends**: A -> B, at the start: the code of the leaf, and A's parts of all levels. B and C exchange what is shared
///   at the leaf, and one message per level; all elements of the call together.
/// - **Randomness**: leaf masks; for every level two draws from `K_A` and one from `K_B`.
/// - **Correctness**: `msb(u + v) = u_top + v_top + carry`; node `(G, P) = (Gh + Ph Gl, Ph Pl)`. The bits
///   below `lo` are dropped from both addends, so that a carry out of them is lost: the sign is that of
///   `floor(x / 2^lo)` or of one less.
/// - **Leaks**: nothing: A receives nothing, and what B and C receive is masked, see `bits/dealt.rs`.
///
/// Specification: `docs/spec/comparison.md`, "The carry tree".
///
/// # Errors
/// [`ProtocolError::Window`] for a window that does not fit; failure of a link or of the randomness
/// discipline.
pub fn msb_in<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    window: Range<u32>,
) -> Result<BitShare, ProtocolError> {
    let width = width::<R>(ctx, &window)?;
    let cost = |roles| msb_in_cost(x.len(), width, roles);
    let op = ctx.begin_costing("msb", &facts(x.len(), &window), cost);
    ctx.watched(op, x.len(), || x.first().iter().copied());
    if !ctx.computes() {
        return Ok(BitShare::counted(x.len()));
    }
    ctx.probe
        .signed(ctx.party(), op, Window::of(&window), || x.first().to_vec());
    dealt_sign(ctx, op, &addends(op, x, &window, false))
}

/// The bits of [`msb_in`] as one part per party: the last level is computed but not reshared.
///
/// - **Holds**: before `Rss` of `x`; after, `P_i` has `b_i` alone, and `b_0 xor b_1 xor b_2` is the bit.
/// - **Sends**: as [`msb_in`] without what shares the last bit.
/// - **Randomness**: as [`msb_in`] without that of the last bit. The parts are not masked: a party that
///   sends one adds a fresh zero share, as [`open_masked`](crate::protocol::open_masked()) does.
/// - **Correctness**: the parts are what [`msb_in`] shares last.
/// - **Leaks**: nothing.
///
/// # Errors
/// Those of [`msb_in`].
pub fn msb_parts<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    window: Range<u32>,
) -> Result<XorBits, ProtocolError> {
    let width = width::<R>(ctx, &window)?;
    let cost = |roles| msb_parts_cost(x.len(), width, roles);
    let op = ctx.begin_costing("msb-parts", &facts(x.len(), &window), cost);
    ctx.watched(op, x.len(), || x.first().iter().copied());
    if !ctx.computes() {
        return Ok(XorBits::zeros(x.len()));
    }
    ctx.probe
        .signed(ctx.party(), op, Window::of(&window), || x.first().to_vec());
    dealt_parts(ctx, op, &addends(op, x, &window, false))
}

/// Width of a window, if a comparison supports it.
pub(crate) fn width<R: Ring>(ctx: &Context, window: &Range<u32>) -> Result<u32, ProtocolError> {
    if window.end <= R::BITS && window.start + 2 <= window.end {
        return Ok(window.end - window.start);
    }
    Err(ProtocolError::Window {
        party: ctx.party(),
        lo: window.start,
        hi: window.end,
        bits: R::BITS,
    })
}

/// The public facts of a comparison, on which the parties must agree.
pub(crate) fn facts(len: usize, window: &Range<u32>) -> [usize; 3] {
    [len, window.start as usize, window.end as usize]
}

/// The step of the AND at level `level` of a tree.
fn step(op: Op, level: usize) -> Result<Step, PrgError> {
    LEVEL.at(level).ok_or(PrgError::TooLong {
        op: op.id(),
        label: LEVEL.label(),
        words: level,
    })
}

/// `[x = 0]` for every element.
///
/// - **Holds**: before `Rss` of `x`; after a replicated bit per element.
/// - **Sends**: the leaf with one output per pair of bits (2 rounds), then an AND tree.
/// - **Randomness**: leaf masks and one xor zero share per level.
/// - **Correctness**: `x = 0` iff `u = -v`, compared two bits at a time.
/// - **Leaks**: nothing; see the leaf and the AND gate.
///
/// Specification: `docs/spec/comparison.md`, "Zero test".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn is_zero<R: Ring>(ctx: &mut Context, x: &Rss<R>) -> Result<BitShare, ProtocolError> {
    let cost = |roles| is_zero_cost::<R>(x.len(), roles);
    let op = ctx.begin_costing("is-zero", &[x.len()], cost);
    if !ctx.computes() {
        return Ok(BitShare::counted(x.len()));
    }
    let groups = Groups::equal(R::BITS);
    let mut planes = leaf(ctx, op, &groups, &addends(op, x, &(0..R::BITS), true))?;
    let mut level = 0;
    while planes.planes > 1 {
        let half = planes.planes / 2;
        let low: Vec<usize> = (0..half).collect();
        let high: Vec<usize> = (half..2 * half).collect();
        let mut next = and(
            ctx,
            op,
            step(op, level)?,
            &planes.select(&low),
            &planes.select(&high),
        )?;
        if planes.planes % 2 == 1 {
            next.extend(&planes.select(&[planes.planes - 1]));
        }
        planes = next;
        level += 1;
    }
    Ok(planes.bit(0))
}
