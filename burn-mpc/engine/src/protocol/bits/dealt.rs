//! Signs of which A deals all products: A knows two components of everything from the start, so it waits for nothing.
//!
//! A replicated bit is a masked bit: B and C know `x_C = x xor lambda`, A knows the mask `lambda = x_A xor x_B`. If the
//! components A and B of every result are drawn, A knows all masks before anything is computed, and can send its
//! part of every product at once. B and C compute alone.

use crate::Party;
use crate::protocol::bits::leaf::{Groups, leaf_bytes, swap};
use crate::protocol::bits::msb::{level_of, sign_leaf, sign_tree_by};
use crate::protocol::bits::planes::{PlaneShare, xor_local_and};
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, BitPlanes};
use crate::share::BitShare;
use crate::step::dealt::{OUTPUT_A, OUTPUT_B, PAD};

/// Declared cost of [`dealt_sign`] of `len` elements on `width` bits: the bits of
/// [`msb_in`](crate::protocol::msb_in()). All messages of A are in the first round.
pub(crate) fn dealt_sign_cost(len: usize, width: u32, roles: [Party; 3]) -> Cost {
    let (code, out) = leaf_bytes(width, len);
    let plane = ring::plane_bytes(len);
    let mut nodes = Groups::carry(width).sizes.len();
    let (mut dealt, mut exchanged) = (vec![(A, B, code)], vec![out]);
    while nodes > 1 {
        let bytes = (2 * (nodes / 2) - 1) * plane;
        dealt.push((A, B, bytes));
        exchanged.push(bytes);
        nodes -= nodes / 2;
    }
    let exchange = |cost: Cost, bytes| cost.round(roles, &[(B, C, bytes), (C, B, bytes)]);
    let dealt = Cost::local().round(roles, &dealt);
    exchanged.into_iter().fold(dealt, exchange)
}

/// The top bit of `u + v` as part of `op`, from the planes of `u` at A and of `v` at B and C. The caller declares the
/// cost.
///
/// - **Holds**: before, `u` at A, `v` at B and C; after, a replicated bit per element, whose components A and B are
///   drawn.
/// - **Sends**: the leaf, then a carry tree. A's messages wait for nothing, so they belong to the first round; B and C
///   exchange one message per level.
/// - **Randomness**: leaf masks; for every level two draws from `K_A` and one from `K_B`.
/// - **Correctness**: that of [`msb_in`](crate::protocol::msb_in()).
/// - **Leaks**: nothing; see the leaf and `and_dealt`.
///
/// Specification: `docs/spec/comparison.md`, "A dealt tree".
pub(crate) fn dealt_sign(
    ctx: &mut Context,
    op: Op,
    addend: &BitPlanes,
) -> Result<BitShare, ProtocolError> {
    let leaf = sign_leaf(ctx, op, addend)?;
    sign_tree_by(ctx, op, leaf, &and_dealt)
}

/// AND of the planes of `x` and of `y` that `at` names, pair by pair, as level `level` of a tree.
///
/// - **Holds**: replicated bits before and after.
/// - **Sends**: 3 bits per AND. A -> B: `z_A xor p`, for which A waits only to know its two components. Then B <-> C:
///   `z_B xor (z_A xor p) xor F(K_B)` and `z_C xor p xor F(K_A)`.
/// - **Randomness**: `p` and the component A of the result from `K_A`, the component B of the result from `K_B`.
/// - **Correctness**: `z_A xor z_B xor z_C = x y` with `z_i = x_i y_i + x_i y_{i+1} + x_{i+1} y_i`; component C of the
///   result is the xor of what B and C exchange.
/// - **Leaks**: nothing: B lacks `K_A`, so `p` masks A's message and the component A of the result masks C's. C
///   lacks `K_B`, so the component B of the result masks B's. A receives nothing.
///
/// Source: the masked multiplication of ASTRA (Chaudhari et al., CCSW 2019), on replicated shares as in Trio
/// (Harth-Kitzerow et al.).
fn and_dealt(
    ctx: &mut Context,
    op: Op,
    level: usize,
    factors: [&PlaneShare; 2],
    at: [&[usize]; 2],
) -> Result<PlaneShare, ProtocolError> {
    let (planes, len) = (at[0].len(), factors[0].len);
    let words = planes * factors[0].words();
    let [pad, output_a, output_b] = [
        level_of(op, PAD, level)?,
        level_of(op, OUTPUT_A, level)?,
        level_of(op, OUTPUT_B, level)?,
    ];
    let [a, b, c] = op.roles();
    let (first, second) = match op.role() {
        A => {
            let mut own = ctx.draw_words(op, op.key(A), pad, words)?;
            xor_local_and(&mut own, factors, at);
            ctx.send_planes(op, b, pad, &own, planes, len)?;
            (
                ctx.draw_words(op, op.key(A), output_a, words)?,
                ctx.draw_words(op, op.key(B), output_b, words)?,
            )
        }
        B => {
            let first = ctx.draw_words(op, op.key(B), output_b, words)?;
            let mut own = first.clone();
            xor_local_and(&mut own, factors, at);
            ctx.recv_planes_onto(op, a, pad, &mut own, planes, len)?;
            swap(ctx, op, (c, output_a), &mut own, planes, len)?;
            (first, own)
        }
        _ => {
            let mut own = ctx.draw_words(op, op.key(A), pad, words)?;
            let second = ctx.draw_words(op, op.key(A), output_a, words)?;
            ring::xor_assign(&mut own, &second);
            xor_local_and(&mut own, factors, at);
            swap(ctx, op, (b, output_a), &mut own, planes, len)?;
            (own, second)
        }
    };
    Ok(PlaneShare {
        planes,
        len,
        first,
        second,
    })
}
