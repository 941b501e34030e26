//! The sign bit of a replicated share (DReLU), and the test for zero.

use core::ops::Range;

use crate::Party;
use crate::prg::PrgError;
use crate::protocol::bits::leaf::{Groups, LeafOutput, leaf};
use crate::protocol::bits::planes::{PlaneShare, and, and_at, and_cost};
use crate::protocol::context::{A, B, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::window::Window;
use crate::ring::{self, BitPlanes, Ring};
use crate::share::{BitShare, Rss, XorBits};
use crate::step::Step;
use crate::step::tree::LEVEL;

/// Declared cost of [`msb`] of `len` elements: 335 bits in 7 rounds for `k = 64`, 159 in 6 for 32.
pub fn msb_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    tree_cost(len, R::BITS, 1, roles)
}

/// Declared cost of [`msb_in`] of `len` elements on a window of `width` bits.
pub fn msb_in_cost(len: usize, width: u32, roles: [Party; 3]) -> Cost {
    tree_cost(len, width, 1, roles)
}

/// Declared cost of [`msb_parts`]: that of [`msb_in`] without its last level.
pub fn msb_parts_cost(len: usize, width: u32, roles: [Party; 3]) -> Cost {
    tree_cost(len, width, 2, roles)
}

/// The leaf, and the levels until at most `until` nodes are left.
pub(crate) fn tree_cost(len: usize, width: u32, until: usize, roles: [Party; 3]) -> Cost {
    let groups = Groups::carry(width);
    let mut cost = groups.cost(len, roles);
    let mut nodes = groups.sizes.len();
    while nodes > until {
        // Every pair has G = Gh + Ph Gl; every pair but the lowest also P = Ph Pl.
        cost = cost.then(and_cost(2 * (nodes / 2) - 1, len));
        nodes -= nodes / 2;
    }
    cost
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
fn addends<R: Ring>(op: Op, x: &Rss<R>, window: &Range<u32>, negate_v: bool) -> BitPlanes {
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
/// - **Sends**: the leaf (2 rounds), then a carry tree with one AND round per level; all elements of
///   the call together.
/// - **Randomness**: leaf masks and one xor zero share per level.
/// - **Correctness**: `msb(u + v) = u_top + v_top + carry`; node `(G, P) = (Gh + Ph Gl, Ph Pl)`. The bits
///   below `lo` are dropped from both addends, so that a carry out of them is lost: the sign is that of
///   `floor(x / 2^lo)` or of one less.
/// - **Leaks**: nothing; see the leaf and the AND gate.
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
    if !ctx.computes() {
        return Ok(BitShare::counted(x.len()));
    }
    ctx.probe
        .signed(ctx.party(), op, Window::of(&window), || x.first().to_vec());
    sign_of(ctx, op, &addends(op, x, &window, false))
}

/// The top bit of `u + v` as part of `op`, from the planes of `u` at A and of `v` at B and C.
pub(crate) fn sign_of(
    ctx: &mut Context,
    op: Op,
    addend: &BitPlanes,
) -> Result<BitShare, ProtocolError> {
    let leaf = sign_leaf(ctx, op, addend)?;
    sign_tree(ctx, op, leaf)
}

/// Runs the leaf for the highest bit of `u + v`, with `u` at A and `v` at B and C. A sends its part and does not wait.
/// The caller declares the cost, that of [`sign_tree`] included.
pub(crate) fn sign_leaf(
    ctx: &mut Context,
    op: Op,
    bits: &BitPlanes,
) -> Result<LeafOutput, ProtocolError> {
    // No plane is wider than a word.
    #[expect(clippy::cast_possible_truncation)]
    let groups = Groups::carry(bits.planes() as u32);
    leaf(ctx, op, &groups, bits)
}

/// The tree above [`sign_leaf`].
pub(crate) fn sign_tree(
    ctx: &mut Context,
    op: Op,
    leaf: LeafOutput,
) -> Result<BitShare, ProtocolError> {
    let LeafOutput { planes, top } = leaf;
    let Some(mut sign) = top else {
        return Ok(BitShare::counted(planes.len));
    };
    // Planes are G of the lowest group, then G and P of each further one.
    if planes.planes > 0 {
        let nodes = planes.planes.div_ceil(2);
        sign.xor_plane(0, &carry(ctx, op, planes, nodes, 1)?, 0);
    }
    Ok(sign.bit(0))
}

/// The bits of [`msb_in`] as one part per party: the last level is computed but not reshared.
///
/// - **Holds**: before `Rss` of `x`; after, `P_i` has `b_i` alone, and `b_0 xor b_1 xor b_2` is the bit.
/// - **Sends**: as [`msb_in`] without the last level.
/// - **Randomness**: as [`msb_in`] without that of the last level. The parts are not masked: a party that
///   sends one adds a fresh zero share, as [`open_masked`](crate::protocol::open_masked()) does.
/// - **Correctness**: the local part of the last AND, xor the generate of the high half and the top bits.
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
    if !ctx.computes() {
        return Ok(XorBits::zeros(x.len()));
    }
    ctx.probe
        .signed(ctx.party(), op, Window::of(&window), || x.first().to_vec());
    parts_of(ctx, op, &addends(op, x, &window, false))
}

/// The top bit of `u + v` as part of `op`, left unshared: [`sign_of`] without resharing the last level.
pub(crate) fn parts_of(
    ctx: &mut Context,
    op: Op,
    addend: &BitPlanes,
) -> Result<XorBits, ProtocolError> {
    let leaf = sign_leaf(ctx, op, addend)?;
    parts_tree(ctx, op, leaf)
}

/// The tree above [`sign_leaf`], without resharing the last level.
pub(crate) fn parts_tree(
    ctx: &mut Context,
    op: Op,
    leaf: LeafOutput,
) -> Result<XorBits, ProtocolError> {
    let LeafOutput { planes, top } = leaf;
    if planes.planes == 0 {
        // One bit wide, or no element: there is no carry.
        let part = top.map(|top| top.first).unwrap_or_default();
        return Ok(XorBits::new(planes.len, part));
    }
    let nodes = planes.planes.div_ceil(2);
    let planes = carry(ctx, op, planes, nodes, 2)?;
    Ok(last_level(&planes, top.as_ref()))
}

/// This party's part of `G1 + P1 G0 + top` from two nodes `[G0, G1, P1]`, or of `G0 + top` from one.
fn last_level(planes: &PlaneShare, top: Option<&PlaneShare>) -> XorBits {
    let words = planes.words();
    let plane = |component: &[u64], index: usize| -> Vec<u64> {
        component[index * words..(index + 1) * words].to_vec()
    };
    let mut part = plane(&planes.first, usize::from(planes.planes > 1));
    if planes.planes > 1 {
        let (g, p) = (planes.select(&[0]), planes.select(&[2]));
        for (i, word) in part.iter_mut().enumerate() {
            *word ^= (p.first[i] & (g.first[i] ^ g.second[i])) ^ (p.second[i] & g.first[i]);
        }
    }
    if let Some(top) = top {
        part.iter_mut().zip(&top.first).for_each(|(x, y)| *x ^= y);
    }
    XorBits::new(planes.len, part)
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

/// Folds leaf outputs `[G0, G1, P1, G2, P2, ...]` towards the carry out of the highest group, until at
/// most `until` nodes are left.
fn carry(
    ctx: &mut Context,
    op: Op,
    mut planes: PlaneShare,
    mut nodes: usize,
    until: usize,
) -> Result<PlaneShare, ProtocolError> {
    let g = |node: usize| if node == 0 { 0 } else { 2 * node - 1 };
    let p = |node: usize| 2 * node;
    let mut level = 0;
    while nodes > until {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for low in (0..nodes - 1).step_by(2) {
            x.push(p(low + 1));
            y.push(g(low));
            if low > 0 {
                x.push(p(low + 1));
                y.push(p(low));
            }
        }
        // The products come in the order of the next level's planes; its generate planes lack Gh.
        let mut next = and_at(ctx, op, step(op, level)?, [&planes, &planes], [&x, &y])?;
        for (node, low) in (0..nodes - 1).step_by(2).enumerate() {
            next.xor_plane(g(node), &planes, g(low + 1));
        }
        if nodes % 2 == 1 {
            next.extend(&planes.select(&[g(nodes - 1), p(nodes - 1)]));
        }
        planes = next;
        nodes -= nodes / 2;
        level += 1;
    }
    Ok(planes)
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
    let mut planes = leaf(ctx, op, &groups, &addends(op, x, &(0..R::BITS), true))?.planes;
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
