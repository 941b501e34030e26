//! The sign bit of a replicated share (DReLU), and the test for zero.

use crate::Party;
use crate::protocol::context::{A, B, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::leaf::{Groups, leaf};
use crate::protocol::planes::{PlaneShare, and, and_at, and_cost};
use crate::ring::{self, BitPlanes, Ring};
use crate::share::{BitShare, Rss};

/// Labels of tree levels start here; the leaf uses those below.
const LEVEL: u16 = 16;

/// Declared cost of [`msb`] of `len` elements: 335 bits in 7 rounds for `k = 64`, 159 in 6 for 32.
pub fn msb_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    let groups = Groups::carry(R::BITS);
    let mut cost = groups.cost(len, roles);
    let mut nodes = groups.sizes.len();
    while nodes > 1 {
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
fn addends<R: Ring>(op: Op, x: &Rss<R>, negate_v: bool) -> BitPlanes {
    let v = match op.role() {
        A => return ring::to_planes(&x.own_sum(), 0, R::BITS),
        B => x.second(),
        _ => x.first(),
    };
    if negate_v {
        ring::to_planes(&ring::neg(v), 0, R::BITS)
    } else {
        ring::to_planes(v, 0, R::BITS)
    }
}

/// The most significant bit of every element: 1 for negative values.
///
/// - **Holds**: before `Rss` of `x`; after a replicated bit per element.
/// - **Sends**: the leaf (2 rounds), then a carry tree with one AND round per level; all elements of
///   the call together.
/// - **Randomness**: leaf masks and one xor zero share per level.
/// - **Correctness**: `msb(u + v) = u_top + v_top + carry`; node `(G, P) = (Gh + Ph Gl, Ph Pl)`.
/// - **Leaks**: nothing; see the leaf and the AND gate.
///
/// Source: section 4 of the project's protocol specification.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn msb<R: Ring>(ctx: &mut Context, x: &Rss<R>) -> Result<BitShare, ProtocolError> {
    let op = ctx.begin("msb", &[x.len()]);
    ctx.declare(&msb_cost::<R>(x.len(), op.roles()));
    if ctx.is_dry() {
        return Ok(BitShare::zeros(x.len()));
    }
    ctx.observe(op, x.first());
    let groups = Groups::carry(R::BITS);
    let output = leaf(ctx, op, &groups, &addends(op, x, false))?;
    let mut sign = carry(ctx, op, output.planes, groups.sizes.len())?;
    if let Some(top) = output.top {
        sign.xor_plane(0, &top, 0);
    }
    Ok(sign.bit(0))
}

/// Folds leaf outputs `[G0, G1, P1, G2, P2, ...]` to the carry out of the highest group.
fn carry(
    ctx: &mut Context,
    op: Op,
    mut planes: PlaneShare,
    mut nodes: usize,
) -> Result<PlaneShare, ProtocolError> {
    let g = |node: usize| if node == 0 { 0 } else { 2 * node - 1 };
    let p = |node: usize| 2 * node;
    let mut label = LEVEL;
    while nodes > 1 {
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
        let mut next = and_at(ctx, op, label, [&planes, &planes], [&x, &y])?;
        for (node, low) in (0..nodes - 1).step_by(2).enumerate() {
            next.xor_plane(g(node), &planes, g(low + 1));
        }
        if nodes % 2 == 1 {
            next.extend(&planes.select(&[g(nodes - 1), p(nodes - 1)]));
        }
        planes = next;
        nodes -= nodes / 2;
        label += 1;
    }
    Ok(planes)
}

/// `[x = 0]` for every element.
///
/// - **Holds**: before `Rss` of `x`; after a replicated bit per element.
/// - **Sends**: the leaf with one output per pair of bits (2 rounds), then an AND tree.
/// - **Randomness**: leaf masks and one xor zero share per level.
/// - **Correctness**: `x = 0` iff `u = -v`, compared pair of bits by pair of bits.
/// - **Leaks**: nothing; see the leaf and the AND gate.
///
/// Source: section 7 of the project's protocol specification.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn is_zero<R: Ring>(ctx: &mut Context, x: &Rss<R>) -> Result<BitShare, ProtocolError> {
    let op = ctx.begin("is-zero", &[x.len()]);
    ctx.declare(&is_zero_cost::<R>(x.len(), op.roles()));
    if ctx.is_dry() {
        return Ok(BitShare::zeros(x.len()));
    }
    let groups = Groups::equal(R::BITS);
    let mut planes = leaf(ctx, op, &groups, &addends(op, x, true))?.planes;
    let mut label = LEVEL;
    while planes.planes > 1 {
        let half = planes.planes / 2;
        let low: Vec<usize> = (0..half).collect();
        let high: Vec<usize> = (half..2 * half).collect();
        let mut next = and(ctx, op, label, &planes.select(&low), &planes.select(&high))?;
        if planes.planes % 2 == 1 {
            next.extend(&planes.select(&[planes.planes - 1]));
        }
        planes = next;
        label += 1;
    }
    Ok(planes.bit(0))
}
