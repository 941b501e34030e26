//! The sign bit of a replicated share (DReLU), and the test for zero.

use crate::Party;
use crate::protocol::context::{A, B, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::leaf::{Groups, LeafOutput, leaf};
use crate::protocol::planes::{PlaneShare, and, and_cost};
use crate::ring::{self, BitPlanes, Ring};
use crate::share::{BitShare, Rss};

/// Labels of tree levels start here; the leaf uses those below.
const LEVEL: u16 = 16;

/// Declared cost of [`msb`] of `len` elements: 335 bits in 7 rounds for `k = 64`, 159 in 6 for 32.
pub fn msb_cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    sum_sign_cost(R::BITS, len, roles)
}

/// Declared cost of [`sum_sign`] of `len` sums of `width` bits.
pub(super) fn sum_sign_cost(width: u32, len: usize, roles: [Party; 3]) -> Cost {
    let groups = Groups::carry(width);
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
    let planes = |values: &[R]| {
        if negate_v {
            ring::to_planes(&ring::neg(values), 0, R::BITS)
        } else {
            ring::to_planes(values, 0, R::BITS)
        }
    };
    match op.role() {
        A => ring::to_planes(&x.own_sum(), 0, R::BITS),
        B => planes(x.second()),
        _ => planes(x.first()),
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
    ctx.observe_sums(op, || x.first().to_vec());
    let leaf = sign_leaf(ctx, op, 0, &addends(op, x, false))?;
    sign_tree(ctx, op, 0, leaf)
}

/// The leaf of the highest bit of `u + v`, `u` at A and `v` at B and C, with labels from `base` on. A sends and does
/// not wait. The cost is declared by the caller, also of [`sign_tree`].
pub(super) fn sign_leaf(
    ctx: &mut Context,
    op: Op,
    base: u16,
    bits: &BitPlanes,
) -> Result<LeafOutput, ProtocolError> {
    // No plane is wider than a word.
    #[expect(clippy::cast_possible_truncation)]
    let groups = Groups::carry(bits.planes() as u32);
    leaf(ctx, op, base, &groups, bits)
}

/// The tree above [`sign_leaf`], with labels up to `base + 31`.
pub(super) fn sign_tree(
    ctx: &mut Context,
    op: Op,
    base: u16,
    leaf: LeafOutput,
) -> Result<BitShare, ProtocolError> {
    let LeafOutput { planes, top } = leaf;
    let Some(mut sign) = top else {
        return Ok(BitShare::zeros(planes.len));
    };
    // Planes are G of the lowest group, then G and P of each further one.
    if planes.planes > 0 {
        let nodes = planes.planes.div_ceil(2);
        sign.xor_plane(0, &carry(ctx, op, base + LEVEL, planes, nodes)?, 0);
    }
    Ok(sign.bit(0))
}

/// Folds leaf outputs `[G0, G1, P1, G2, P2, ...]` to the carry out of the highest group.
fn carry(
    ctx: &mut Context,
    op: Op,
    mut label: u16,
    mut planes: PlaneShare,
    mut nodes: usize,
) -> Result<PlaneShare, ProtocolError> {
    let g = |node: usize| if node == 0 { 0 } else { 2 * node - 1 };
    let p = |node: usize| 2 * node;
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
        let products = and(ctx, op, label, &planes.select(&x), &planes.select(&y))?;
        let mut next = PlaneShare {
            planes: 0,
            len: planes.len,
            first: vec![],
            second: vec![],
        };
        let mut product = 0;
        for low in (0..nodes - 1).step_by(2) {
            let mut generate = planes.select(&[g(low + 1)]);
            generate.xor_plane(0, &products, product);
            product += 1;
            next.extend(&generate);
            if low > 0 {
                next.extend(&products.select(&[product]));
                product += 1;
            }
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
    let mut planes = leaf(ctx, op, 0, &groups, &addends(op, x, true))?.planes;
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
