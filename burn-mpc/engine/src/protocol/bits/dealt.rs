//! Leaf and carry tree of a sign. A deals its part: it knows two components of everything from the start, so it waits
//! for nothing.
//!
//! A replicated bit is a masked bit: B and C know `x_C = x xor lambda`, A knows the mask `lambda = x_A xor x_B`. If the
//! components A and B of every result are drawn, A knows all masks before anything is computed, and can send its
//! part of every product at once. B and C compute alone.

use crate::Party;
use crate::prg::PrgError;
use crate::protocol::bits::leaf::Groups;
use crate::protocol::bits::planes::{PlaneShare, xor_local_and};
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, BitPlanes};
use crate::share::{BitShare, XorBits};
use crate::step::Step;
use crate::step::dealt::{OUTPUT_A, OUTPUT_B, PAD};
use crate::step::leaf::ONE_HOT;

/// How many planes are shared when there are `nodes` nodes, of which `fresh` are new: the carry of each node that is
/// the low one of a pair, and whether a node propagates a carry, but for the lowest. Of one node its carry.
fn shared(nodes: usize, fresh: usize) -> usize {
    if nodes == 1 { 1 } else { nodes / 2 + fresh - 1 }
}

/// Bytes of the messages of a dealt tree.
pub(crate) struct Messages {
    /// From A to B, all at the start.
    dealt: Vec<usize>,
    /// What B and C send each other, one message a round.
    pub(crate) exchanged: Vec<usize>,
    /// Whether the last bit is shared too.
    shares_last: bool,
}

impl Messages {
    /// Those of [`dealt_sign`] of `len` elements on `width` bits.
    pub(crate) fn of_sign(len: usize, width: u32) -> Self {
        let groups = Groups::carry(width);
        let plane = ring::plane_bytes(len);
        let mut nodes = groups.sizes.len();
        let mut dealt = vec![groups.one_hot_planes() * plane];
        let mut exchanged = vec![shared(nodes, nodes) * plane];
        if nodes == 1 {
            dealt.push(plane);
        }
        while nodes > 1 {
            let pairs = nodes / 2;
            nodes -= pairs;
            let bytes = shared(nodes, pairs) * plane;
            dealt.push(bytes);
            exchanged.push(bytes);
        }
        Self {
            dealt,
            exchanged,
            shares_last: true,
        }
    }

    /// Those of [`dealt_parts`]: the last bit is not shared.
    pub(crate) fn of_parts(len: usize, width: u32) -> Self {
        let mut all = Self::of_sign(len, width);
        all.dealt.pop();
        all.exchanged.pop();
        all.shares_last = false;
        all
    }

    /// A's messages: those that follow from its draws alone, then the others, which contain bits of `u`.
    pub(crate) fn dealt(&self, roles: [Party; 3]) -> [Cost; 2] {
        let round = |dealt: &[usize]| {
            let messages: Vec<_> = dealt.iter().map(|&bytes| (A, B, bytes)).collect();
            Cost::local().round(roles, &messages)
        };
        // The code, and the last level, where the top bit is added, contain bits of `u`.
        let last = self.dealt.len() - usize::from(self.shares_last);
        let others = [&self.dealt[..1], &self.dealt[last..]].concat();
        [round(&self.dealt[1..last]).early(), round(&others)]
    }

    fn cost(&self, roles: [Party; 3]) -> Cost {
        let [early, others] = self.dealt(roles);
        exchanges(others.beside(early), &self.exchanged, roles)
    }
}

/// Adds a round for each message that B and C send each other.
pub(crate) fn exchanges(cost: Cost, bytes: &[usize], roles: [Party; 3]) -> Cost {
    bytes.iter().fold(cost, |cost, &bytes| {
        cost.round(roles, &[(B, C, bytes), (C, B, bytes)])
    })
}

/// Declared cost of [`dealt_sign`] of `len` elements on `width` bits: 285 bits in 7 rounds for 64 bits, 136 in 6 for
/// 32. All messages of A are in the first round.
pub(crate) fn dealt_sign_cost(len: usize, width: u32, roles: [Party; 3]) -> Cost {
    Messages::of_sign(len, width).cost(roles)
}

/// Declared cost of [`dealt_parts`]: 3 bits and a round less than [`dealt_sign`].
pub(crate) fn dealt_parts_cost(len: usize, width: u32, roles: [Party; 3]) -> Cost {
    Messages::of_parts(len, width).cost(roles)
}

/// The top bit of `u + v` as part of `op`, from the planes of `u` at A and of `v` at B and C. The caller declares the
/// cost.
///
/// - **Holds**: before, `u` at A, `v` at B and C; after, a replicated bit per element, whose components A and B are
///   drawn.
/// - **Sends**: round 1, A -> B: the one-hot codes of the leaf, and A's parts of the products of all levels. Then B and
///   C exchange their halves of what is shared: once for the leaf, and once per level.
/// - **Randomness**: leaf masks from `K_A`; for every level two draws from `K_A` and one from `K_B`.
/// - **Correctness**: that of [`msb_in`](crate::protocol::msb_in()). A node that is the high one of its pair is used in
///   `G = Gh + Ph Gl` as a summand only; the parties keep their parts of its `Gh` and share the sum. The top bits are
///   added to the highest `G`, which is never a factor.
/// - **Leaks**: nothing: B lacks `K_A`, C lacks `K_B`; see the leaf and `share`.
///
/// Specification: `docs/spec/comparison.md`, "The carry tree". Source: the masked multiplication of ASTRA (Chaudhari et
/// al., CCSW 2019), on replicated shares as in Trio (Harth-Kitzerow et al.).
pub(crate) fn dealt_sign(
    ctx: &mut Context,
    op: Op,
    addend: &BitPlanes,
) -> Result<BitShare, ProtocolError> {
    let Unshared { own, level, dealt } = unshared(ctx, op, addend)?;
    Ok(share(ctx, op, level, dealt, own, addend.len())?.bit(0))
}

/// The top bit of [`dealt_sign`] as one part per party: all of it but the last sharing.
///
/// - **Holds**: before, `u` at A, `v` at B and C; after, `P_i` has `b_i` alone, and `b_0 xor b_1 xor b_2` is the bit.
/// - **Sends**, **Randomness**: as [`dealt_sign`] without what shares the last bit. The parts are not masked: a party
///   that sends one adds a fresh zero share, as [`open_masked`](crate::protocol::open_masked()) does.
/// - **Correctness**: the parts are what [`dealt_sign`] shares last.
/// - **Leaks**: nothing.
pub(crate) fn dealt_parts(
    ctx: &mut Context,
    op: Op,
    addend: &BitPlanes,
) -> Result<XorBits, ProtocolError> {
    let Unshared { own, .. } = unshared(ctx, op, addend)?;
    Ok(XorBits::new(addend.len(), own))
}

/// A party's part of the top bit before it is shared.
struct Unshared {
    own: Vec<u64>,
    /// The level at which the bit would be shared.
    level: usize,
    /// Whether A has a part.
    dealt: bool,
}

fn unshared(ctx: &mut Context, op: Op, addend: &BitPlanes) -> Result<Unshared, ProtocolError> {
    let (len, words) = (addend.len(), addend.len().div_ceil(64));
    // No plane is wider than a word.
    #[expect(clippy::cast_possible_truncation)]
    let groups = Groups::carry(addend.planes() as u32);
    let mut nodes = groups.sizes.len();
    let outputs = look_up(ctx, op, &groups, addend)?;
    // Outputs are G of the lowest group, then G and P of each further one.
    let mut carries = pick(&outputs, words, (0..nodes).map(|i| (2 * i).max(1) - 1));
    if op.role() != C {
        let top = (addend.planes() - 1) * words;
        let highest = &mut carries[(nodes - 1) * words..];
        ring::xor_assign(highest, &addend.words()[top..]);
    }
    let propagates = pick(&outputs, words, (1..nodes).map(|i| 2 * i));
    let mut own = to_share(&carries, propagates, nodes, words);
    let (mut level, mut dealt) = (0, nodes == 1);
    // Planes that were shared before.
    let mut left: Option<PlaneShare> = None;
    while nodes > 1 {
        let mut open = share(ctx, op, level, dealt, own, len)?;
        if let Some(left) = left.take() {
            open.extend(&left);
        }
        // The shared planes are G of the low node of each pair, then P of each node but the lowest.
        let pairs = nodes / 2;
        let p = |node: usize| pairs + node - 1;
        let low_g: Vec<usize> = (0..pairs).collect();
        let low_p: Vec<usize> = (1..pairs).map(|pair| p(2 * pair)).collect();
        let high_p: Vec<usize> = (0..pairs).map(|pair| p(2 * pair + 1)).collect();
        let mut next = pick(&carries, words, (0..pairs).map(|pair| 2 * pair + 1));
        xor_local_and(&mut next, [&open, &open], [&high_p, &low_g]);
        let mut propagates = vec![0; low_p.len() * words];
        xor_local_and(&mut propagates, [&open, &open], [&high_p[1..], &low_p]);
        if nodes % 2 == 1 {
            next.extend_from_slice(&carries[(nodes - 1) * words..]);
            left = Some(open.select(&[p(nodes - 1)]));
        }
        nodes -= pairs;
        own = to_share(&next, propagates, nodes, words);
        carries = next;
        (level, dealt) = (level + 1, true);
    }
    Ok(Unshared { own, level, dealt })
}

/// The planes named by `indices`, in that order.
fn pick(planes: &[u64], words: usize, indices: impl Iterator<Item = usize>) -> Vec<u64> {
    indices
        .flat_map(|at| &planes[at * words..(at + 1) * words])
        .copied()
        .collect()
}

/// This party's parts of what is shared next, see [`shared`].
fn to_share(carries: &[u64], propagates: Vec<u64>, nodes: usize, words: usize) -> Vec<u64> {
    let mut own = pick(carries, words, (0..(nodes / 2).max(1)).map(|i| 2 * i));
    own.extend(propagates);
    own
}

/// This party's parts of the outputs of the leaf. A has none.
fn look_up(
    ctx: &mut Context,
    op: Op,
    groups: &Groups,
    bits: &BitPlanes,
) -> Result<Vec<u64>, ProtocolError> {
    let (len, words, hot) = (bits.len(), bits.len().div_ceil(64), groups.one_hot_planes());
    let mut own = vec![0; groups.outputs() * words];
    let [a, b, _] = op.roles();
    match op.role() {
        A => {
            let mut code = ctx.draw_words(op, op.key(A), ONE_HOT, hot * words)?;
            groups.xor_one_hot(bits.words(), words, &mut code);
            ctx.send_planes(op, b, ONE_HOT, &code, hot, len)?;
        }
        B => {
            let code = ctx.recv_planes(op, a, ONE_HOT, hot, len)?;
            groups.xor_look_up(bits.words(), words, &code, true, &mut own);
        }
        _ => {
            let code = ctx.draw_words(op, op.key(A), ONE_HOT, hot * words)?;
            groups.xor_look_up(bits.words(), words, &code, false, &mut own);
        }
    }
    Ok(own)
}

/// Shares planes of `len` bits of which every party has a part, as level `level` of a tree.
///
/// - **Holds**: before one part per party (none at A unless `dealt`); after, replicated bits.
/// - **Sends**: A -> B: `z_A xor p`, if `dealt`; A waits for nothing. B <-> C: `z_B xor (z_A xor p) xor F(K_B)` and
///   `z_C xor p xor F(K_A)`.
/// - **Randomness**: `p` and the component A of the result from `K_A`, the component B of the result from `K_B`.
/// - **Correctness**: component C of the result is the xor of what B and C exchange.
/// - **Leaks**: nothing: B lacks `K_A`, so `p` masks A's message and the component A of the result masks C's. C
///   lacks `K_B`, so the component B of the result masks B's. A receives nothing.
pub(crate) fn share(
    ctx: &mut Context,
    op: Op,
    level: usize,
    dealt: bool,
    mut own: Vec<u64>,
    len: usize,
) -> Result<PlaneShare, ProtocolError> {
    let words = own.len();
    let planes = words / len.div_ceil(64).max(1);
    let [pad, output_a, output_b] = [
        at(op, PAD, level)?,
        at(op, OUTPUT_A, level)?,
        at(op, OUTPUT_B, level)?,
    ];
    let [a, b, c] = op.roles();
    if dealt && op.role() != B {
        let drawn = ctx.draw_words(op, op.key(A), pad, words)?;
        ring::xor_assign(&mut own, &drawn);
    }
    let (first, second) = match op.role() {
        A => {
            if dealt {
                ctx.send_planes(op, b, pad, &own, planes, len)?;
            }
            (
                ctx.draw_words(op, op.key(A), output_a, words)?,
                ctx.draw_words(op, op.key(B), output_b, words)?,
            )
        }
        B => {
            let first = ctx.draw_words(op, op.key(B), output_b, words)?;
            ring::xor_assign(&mut own, &first);
            if dealt {
                ctx.recv_planes_onto(op, a, pad, &mut own, planes, len)?;
            }
            ctx.send_planes(op, c, output_b, &own, planes, len)?;
            ctx.recv_planes_onto(op, c, output_a, &mut own, planes, len)?;
            (first, own)
        }
        _ => {
            let second = ctx.draw_words(op, op.key(A), output_a, words)?;
            ring::xor_assign(&mut own, &second);
            ctx.send_planes(op, b, output_a, &own, planes, len)?;
            ctx.recv_planes_onto(op, b, output_b, &mut own, planes, len)?;
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

/// The step of `run` at level `level` of a tree.
fn at(op: Op, run: Step, level: usize) -> Result<Step, PrgError> {
    run.at(level).ok_or(PrgError::TooLong {
        op: op.id(),
        label: run.label(),
        words: level,
    })
}
