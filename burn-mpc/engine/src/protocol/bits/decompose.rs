//! The bits of shared words.

use crate::Party;
use crate::protocol::bits::dealt::{exchanges, share};
use crate::protocol::bits::msb::addends;
use crate::protocol::bits::planes::{PlaneShare, xor_local_and};
use crate::protocol::bits::prefix::{Pairs, WordBits, joins, levels};
use crate::protocol::context::{A, B, C, Context};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::Rss;
use crate::step::leaf::ONE_HOT;

/// The conjunctions of a level of the adder: of a propagate and a carry, and of two propagates. The lowest block of a
/// word needs no propagate. Carries and propagates of all words are numbered in one row each.
fn conjunctions(widths: &[u32], level: usize) -> [Pairs; 2] {
    let [mut carries, mut propagates] = [Pairs::default(), Pairs::default()];
    let (mut carry, mut propagate) = (0, 0);
    for &width in widths {
        let places = width as usize - 1;
        for (place, below) in joins(places, level) {
            carries.high.push(propagate + place);
            carries.low.push(carry + below);
            if place >> (level + 1) > 0 {
                propagates.high.push(propagate + place);
                propagates.low.push(propagate + below);
            }
        }
        carry += places;
        propagate += places + 1;
    }
    [carries, propagates]
}

/// Levels of the adder.
fn depth(widths: &[u32]) -> usize {
    widths
        .iter()
        .map(|&w| levels(w as usize - 1))
        .max()
        .unwrap_or(0)
}

/// Declared cost of [`decompose`] of `len` words of each width: per word of `w` bits, `3 w - 2` bits at the leaf and 3
/// bits a conjunction, of which there are at most `w log2 w`. In all 1120 bits in 8 rounds for `w` = 64, 454 in 7 for 32.
pub(crate) fn decompose_cost(len: usize, widths: &[u32], roles: [Party; 3]) -> Cost {
    let plane = ring::plane_bytes(len);
    let bits: usize = widths.iter().map(|&w| w as usize).sum();
    let carries = bits - widths.len();
    let mut dealt = vec![(A, B, bits * plane)];
    let mut exchanged = Vec::new();
    if carries > 0 {
        exchanged.push(carries * plane);
    }
    for level in 0..depth(widths) {
        let [carries, propagates] = conjunctions(widths, level);
        let bytes = (carries.len() + propagates.len()) * plane;
        dealt.push((A, B, bytes));
        exchanged.push(bytes);
    }
    exchanges(Cost::local().round(roles, &dealt), &exchanged, roles)
}

/// The low bits of shared words, lowest first; of each word as many as are asked for. The words have equally many
/// elements.
///
/// A word is `u + v mod 2^k`, `u` at A, `v` at B and C. A parallel-prefix adder computes its bits.
///
/// - **Holds**: before `Rss`; after, replicated bits.
/// - **Sends**: A -> B, at the start: the bits of `u` under `F(K_A)`, and A's parts of all levels. B and C exchange
///   `u_j v_j` for all bits but the highest, and what each level shares.
/// - **Randomness**: the mask of `u` from `K_A`; for every level two draws from `K_A` and one from `K_B`.
/// - **Correctness**: `p_j = u_j xor v_j`, `g_j = u_j v_j`. Blocks join by `(G, P) = (Gh + Ph Gl, Ph Pl)` until `G_j` is
///   the carry out of the bits up to `j`; bit `j` is `p_j xor G_(j-1)`.
/// - **Leaks**: nothing: B lacks `K_A`, which masks `u`; A receives nothing; for what B and C exchange see `share` in
///   `bits/dealt.rs`. Component C of `p_j` is `v_j`, which B and C hold.
///
/// Specification: `docs/spec/integers.md`, "Bits of words".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(crate) fn decompose<R: Ring>(
    ctx: &mut Context,
    words: &[(&Rss<R>, u32)],
) -> Result<WordBits, ProtocolError> {
    let len = words.first().map_or(0, |(word, _)| word.len());
    let widths: Vec<u32> = words.iter().map(|&(_, width)| width).collect();
    let facts: Vec<usize> = [len]
        .into_iter()
        .chain(widths.iter().map(|&w| w as usize))
        .collect();
    let cost = |roles| decompose_cost(len, &widths, roles);
    let op = ctx.begin_costing("decompose", &facts, cost);
    let rotation = op.rotation();
    let bits: usize = widths.iter().map(|&w| w as usize).sum();
    if !ctx.computes() {
        let planes = PlaneShare::counted(bits, len);
        return Ok(WordBits { planes, rotation });
    }
    let plane = len.div_ceil(64);
    let mut addend = Vec::with_capacity(bits * plane);
    for &(word, width) in words {
        addend.extend(addends(op, word, &(0..width), false).into_words());
    }
    let [a, b, _] = op.roles();
    let (first, second) = match op.role() {
        A => {
            let mask = ctx.draw_words(op, op.key(A), ONE_HOT, addend.len())?;
            ring::xor_assign(&mut addend, &mask);
            ctx.send_planes(op, b, ONE_HOT, &addend, bits, len)?;
            (mask, addend)
        }
        B => (ctx.recv_planes(op, a, ONE_HOT, bits, len)?, addend),
        _ => {
            let mask = ctx.draw_words(op, op.key(A), ONE_HOT, addend.len())?;
            (addend, mask)
        }
    };
    let mut planes = PlaneShare {
        planes: bits,
        len,
        first,
        second,
    };
    // B and C each hold `v` and a part of `u`.
    let mut own = Vec::with_capacity((bits - words.len()) * plane);
    let mut at = 0;
    for &width in &widths {
        let range = at * plane..(at + width as usize - 1) * plane;
        let parts = planes.first[range.clone()]
            .iter()
            .zip(&planes.second[range]);
        match op.role() {
            B | C => own.extend(parts.map(|(x, y)| x & y)),
            _ => own.resize(own.len() + parts.len(), 0),
        }
        at += width as usize;
    }
    if bits > words.len() {
        let mut carries = share(ctx, op, 0, false, own, len)?;
        let mut propagates = planes.clone();
        for level in 0..depth(&widths) {
            let [to_carry, to_propagate] = conjunctions(&widths, level);
            let mut own = vec![0; to_carry.len() * plane];
            xor_local_and(
                &mut own,
                [&propagates, &carries],
                [&to_carry.high, &to_carry.low],
            );
            let mut both = vec![0; to_propagate.len() * plane];
            xor_local_and(
                &mut both,
                [&propagates, &propagates],
                [&to_propagate.high, &to_propagate.low],
            );
            own.extend(both);
            let shared = share(ctx, op, level + 1, true, own, len)?;
            // A carry has the number of its propagate, less one for each word before its own.
            let mut from = 0;
            let mut carry = 0;
            for &width in &widths {
                let places = width as usize - 1;
                for (place, _) in joins(places, level) {
                    carries.update(carry + place, &shared, from, ring::xor_assign);
                    from += 1;
                }
                carry += places;
            }
            for &place in &to_propagate.high {
                propagates.update(place, &shared, from, <[u64]>::copy_from_slice);
                from += 1;
            }
        }
        let (mut bit, mut carry) = (0, 0);
        for &width in &widths {
            for place in 1..width as usize {
                planes.update(bit + place, &carries, carry + place - 1, ring::xor_assign);
            }
            bit += width as usize;
            carry += width as usize - 1;
        }
    }
    Ok(WordBits { planes, rotation })
}
