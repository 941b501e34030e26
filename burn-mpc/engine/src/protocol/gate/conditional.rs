//! Products of shared bits and values that two parties hold, without replicating the values first.

use core::hint::black_box;

use crate::Party;
use crate::prg::Expander;
use crate::protocol::context::{A, B, C, Context, KeyOf, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::maps::Band;
use crate::protocol::gate::patches::Patches;
use crate::protocol::gate::size::{GateSize, SEED_BYTES, is_seeded};
use crate::ring::{self, Ring};
use crate::share::BitShare;
use crate::step::conditional::{CHOSEN, DIFFERENCE, PAD_0, PAD_1, SEED_0, SEED_1};

/// Declared cost of [`conditional`]: per element that has a patch `2k` bits, per patch
/// `2 min(128, k area)` bits, 1 round.
pub(crate) fn conditional_cost<R: Ring>(size: GateSize, roles: [Party; 3]) -> Cost {
    if size.patches == 0 {
        return Cost::local();
    }
    let chosen = chosen_bytes::<R>(size);
    let difference = size.signed * R::BYTES;
    let messages = [
        (C, B, chosen),
        (C, A, chosen),
        (A, B, difference),
        (B, A, difference),
    ];
    // C chooses for A by component A of the bits, a draw of the sign.
    Cost::local()
        .round(roles, &messages)
        .early_part(roles, C, A, chosen)
}

fn chosen_bytes<R: Ring>(size: GateSize) -> usize {
    size.seeds * SEED_BYTES + size.pads * R::BYTES
}

/// The draws for both choices: seeds for large patches, pads for small ones.
struct Pair<R> {
    seeds: [Vec<u64>; 2],
    pads: [Vec<R>; 2],
}

impl<R: Ring> Pair<R> {
    fn draw(
        ctx: &mut Context,
        op: Op,
        key: KeyOf,
        patches: &Patches,
    ) -> Result<Self, ProtocolError> {
        let GateSize { seeds, pads, .. } = patches.size::<R>();
        Ok(Self {
            seeds: [
                ctx.draw_words(op, key, SEED_0, 2 * seeds)?,
                ctx.draw_words(op, key, SEED_1, 2 * seeds)?,
            ],
            pads: [
                ctx.draw(op, key, PAD_0, pads)?,
                ctx.draw(op, key, PAD_1, pads)?,
            ],
        })
    }

    /// The seeds and pads that one bit per patch chooses. Both are read, so that memory access does not depend on the
    /// choice.
    fn chosen(self, patches: &Patches, choice: &[u64]) -> (Vec<u64>, Vec<R>) {
        let [mut seeds, other_seeds] = self.seeds;
        let [mut pads, other_pads] = self.pads;
        let (mut seed, mut pad) = (0, 0);
        let mut masks = Vec::new();
        patches.for_each_band(|band| {
            for part in band.parts() {
                if is_seeded::<R>(part.area) {
                    for patch in part.patches() {
                        // A compiler that knew the mask to be all bits or none would branch on it.
                        let mask = black_box((bit(choice, patch) as u64).wrapping_neg());
                        for word in seed..seed + 2 {
                            seeds[word] ^= (seeds[word] ^ other_seeds[word]) & mask;
                        }
                        seed += 2;
                    }
                } else {
                    masks.clear();
                    part.spread(|patch| mask::<R>(choice, patch), &mut masks);
                    let own = pad..pad + masks.len();
                    let others = [&other_pads[own.clone()], &masks];
                    pad = own.end;
                    ring::update_with(&mut pads[own], others, |zero, [one, mask]| {
                        zero ^ ((zero ^ one) & mask)
                    });
                }
            }
        });
        (seeds, pads)
    }
}

/// One pad for each grouped element that has a patch.
fn expand<R: Ring>(
    patches: &Patches,
    expander: &mut Expander,
    seeds: &[u64],
    pads: Vec<R>,
) -> Vec<R> {
    if seeds.is_empty() && patches.is_plain() {
        return pads;
    }
    let mut out = vec![R::ZERO; patches.signed()];
    let (mut seeds, mut pads) = (seeds, &pads[..]);
    patches.for_each_band(|band| {
        for part in band.parts() {
            let rows = out[band.elements()].chunks_exact_mut(band.columns);
            let rows = rows.map(|row| &mut row[part.columns.clone()]);
            if is_seeded::<R>(part.area) {
                let (own, rest) = seeds.split_at(2 * part.patches().len());
                seeds = rest;
                let words = expander.expand::<R>(own, part.area);
                let stride = Expander::stride::<R>(part.area);
                for (row, out) in rows.enumerate() {
                    let words = words.chunks_exact(stride);
                    for (out, words) in out.chunks_exact_mut(part.width).zip(words) {
                        let words = &words[row * part.width..];
                        for (out, word) in out.iter_mut().zip(words) {
                            *out = word.canonical();
                        }
                    }
                }
            } else {
                for out in rows {
                    let (own, rest) = pads.split_at(out.len());
                    pads = rest;
                    out.copy_from_slice(own);
                }
            }
        }
    });
    out
}

fn bit(words: &[u64], index: usize) -> usize {
    (words[index / 64] >> (index % 64) & 1) as usize
}

/// All bits of a word, or none.
fn mask<R: Ring>(words: &[u64], index: usize) -> R {
    -R::from_u64(words[index / 64] >> (index % 64) & 1)
}

/// Calls `work` for consecutive grouped elements, few enough to stay in the first-level cache, with the mask of the
/// patch of each.
fn in_pieces<R: Ring>(
    patches: &Patches,
    bits: &[u64],
    mut work: impl FnMut(core::ops::Range<usize>, &[R]),
) {
    let (mut masks, mut start) = (Vec::with_capacity(2 * TOGETHER), 0);
    let mut add = |band: Band, last: bool| {
        band.spread(|patch| mask(bits, patch), &mut masks);
        if masks.len() >= TOGETHER || last {
            let end = start + masks.len();
            work(start..end, &masks);
            masks.clear();
            start = end;
        }
    };
    let signed = patches.signed();
    patches.for_each_band(|band| {
        for band in band.pieces(TOGETHER) {
            add(band, band.elements().end == signed);
        }
    });
}

/// One of the two oblivious transfers: the peer, the key that both pads come from, and the bits that choose.
struct Side<'a> {
    peer: Party,
    key: KeyOf,
    choice: &'a [u64],
}

/// The side of A or of B: A holds `(b_A, b_B)` and chooses by `b_A`, B holds `(b_B, b_C)` and chooses by `b_C`.
fn own(op: Op, bits: &BitShare) -> Side<'_> {
    let [a, b, _] = op.roles();
    if op.role() == A {
        Side {
            peer: b,
            key: op.key(A),
            choice: bits.first(),
        }
    } else {
        Side {
            peer: a,
            key: op.key(C),
            choice: bits.second(),
        }
    }
}

/// What C, which holds `(b_C, b_A)`, sends to B and to A.
fn dealt(op: Op, bits: &BitShare) -> [Side<'_>; 2] {
    let [a, b, _] = op.roles();
    [
        Side {
            peer: b,
            key: op.key(A),
            choice: bits.first(),
        },
        Side {
            peer: a,
            key: op.key(C),
            choice: bits.second(),
        },
    ]
}

/// The part of the bits that this party knows.
fn beta(bits: &BitShare) -> Vec<u64> {
    let mut beta = bits.first().to_vec();
    ring::xor_assign(&mut beta, bits.second());
    beta
}

/// Computes halves of `b_patch x` at A and B, as part of `op`, from halves of `x` at A and B. Bits are masks: no branch
/// and no address depends on one.
///
/// `part` is this party's half, grouped by patch (empty at C); elements after those of all patches stay as they are.
///
/// For `u` at A, with `beta = b_A + b_B` (known to A) and `gamma = b_C` (known to B and C): `b u = beta u + gamma t`,
/// `t = (1 - 2 beta) u`, and `gamma t` is an oblivious transfer with choice `gamma`, made cheap by one seed per patch.
/// `v` at B is treated likewise, with `beta' = b_B + b_C` and `gamma' = b_A`.
///
/// - **Holds**: before `u` at A, `v` at B, a replicated bit per patch; after, halves of `b (u + v)`.
/// - **Sends**: 1 round. C -> B: the seed `s_gamma`, C -> A: the seed `s'_gamma'` of every patch (or the pads
///   themselves where they are no longer than a seed). A -> B: `d = G(s_1) - G(s_0) - t`; B -> A:
///   `d' = G(s'_1) - G(s'_0) - t'`.
/// - **Randomness**: `s_0, s_1` from `K_A` (C, A), `s'_0, s'_1` from `K_C` (B, C), each expanded for one message by
///   [`Expander`].
/// - **Correctness**: B has `G(s_gamma) - gamma d = G(s_0) + gamma t` and A subtracts `G(s_0)`; likewise for `t'`.
/// - **Leaks**: nothing. B does not know `s_(1-gamma)`, under which `d` lies. It learns nothing else, since A's half
///   is masked before it is sent. The same holds for A. C receives nothing.
///
/// Specification: `docs/spec/gate.md`, "Bytes". Source: the three-party oblivious transfer of ABY3 (Mohassel and
/// Rindal, CCS 2018), as a correlated one.
pub(crate) fn conditional<R: Ring>(
    ctx: &mut Context,
    op: Op,
    bits: &BitShare,
    patches: &Patches,
    part: Vec<R>,
) -> Result<Vec<R>, ProtocolError> {
    if patches.is_empty() {
        return Ok(part);
    }
    if patches.are_elements() {
        return each(ctx, op, bits, patches, part);
    }
    if op.role() == C {
        for Side { peer, key, choice } in dealt(op, bits) {
            let (seeds, pads) = Pair::<R>::draw(ctx, op, key, patches)?.chosen(patches, choice);
            let mut payload = bytemuck::cast_slice::<u64, u8>(&seeds).to_vec();
            payload.extend_from_slice(bytemuck::cast_slice(&pads));
            ctx.send_bytes(op, peer, CHOSEN, &payload)?;
        }
        return Ok(part);
    }
    let Side { peer, key, choice } = own(op, bits);
    let beta = beta(bits);
    let Pair { seeds, pads } = Pair::<R>::draw(ctx, op, key, patches)?;
    let [pads_0, pads_1] = pads;
    let mut expander = ctx.expander();
    let pad = expand(patches, &mut expander, &seeds[0], pads_0);
    let mut difference = expand(patches, &mut expander, &seeds[1], pads_1);
    let mut out = part;
    in_pieces(patches, &beta, |range, beta| {
        let (x, pad) = (&mut out[range.clone()], &pad[range.clone()]);
        ring::update_with(
            &mut difference[range],
            [pad, x, beta],
            |d, [pad, x, beta]| d - pad - ((x ^ beta) - beta),
        );
        ring::update_with(x, [pad, beta], |x, [pad, beta]| (x & beta) - pad);
    });
    ctx.send(op, peer, DIFFERENCE, &difference)?;

    let size = patches.size::<R>();
    let payload = ctx.recv_bytes(op, op.roles()[C], CHOSEN, chosen_bytes::<R>(size))?;
    let (seeds, pads) = payload.split_at(size.seeds * SEED_BYTES);
    let seeds: Vec<u64> = bytemuck::pod_collect_to_vec(seeds);
    let mut pads: Vec<R> = bytemuck::pod_collect_to_vec(pads);
    pads.iter_mut().for_each(|x| *x = x.canonical());
    let chosen = expand(patches, &mut expander, &seeds, pads);
    ctx.probe.see_of(op, &chosen);
    ctx.recv_into(op, peer, DIFFERENCE, &mut difference)?;
    in_pieces(patches, choice, |range, choice| {
        let others = [&chosen[range.clone()], &difference[range.clone()], choice];
        ring::update_with(&mut out[range], others, |x, [pad, d, choice]| {
            x + pad - (d & choice)
        });
    });
    Ok(out)
}

/// Elements that are computed together, so that they stay in the first-level cache.
const TOGETHER: usize = 1024;

/// [`conditional`] for patches of one element each: the same messages, computed piece by piece.
fn each<R: Ring>(
    ctx: &mut Context,
    op: Op,
    bits: &BitShare,
    patches: &Patches,
    part: Vec<R>,
) -> Result<Vec<R>, ProtocolError> {
    let len = patches.signed();
    if op.role() == C {
        for Side { peer, key, choice } in dealt(op, bits) {
            let [mut pads, others] = Pair::<R>::draw(ctx, op, key, patches)?.pads;
            ring::update_with_bits(&mut pads, &others, [choice], |zero, one, [bit]| {
                zero ^ ((zero ^ one) & -bit)
            });
            ctx.send_bytes(op, peer, CHOSEN, bytemuck::cast_slice(&pads))?;
        }
        return Ok(part);
    }
    let Side { peer, key, choice } = own(op, bits);
    let beta = beta(bits);
    let [pads, mut difference] = Pair::<R>::draw(ctx, op, key, patches)?.pads;
    let mut out = part;
    let pieces = out[..len].chunks_mut(TOGETHER).zip(pads.chunks(TOGETHER));
    let pieces = pieces.zip(difference.chunks_mut(TOGETHER));
    for (((x, pad), d), beta) in pieces.zip(beta.chunks(TOGETHER / 64)) {
        ring::sub_assign(d, pad);
        ring::update_with_bits(d, x, [beta], |d, x, [beta]| d - ((x ^ -beta) + beta));
        ring::update_with_bits(x, pad, [beta], |x, pad, [beta]| (x & -beta) - pad);
    }
    ctx.send(op, peer, DIFFERENCE, &difference)?;

    ctx.recv_onto(op, op.roles()[C], CHOSEN, &mut out[..len])?;
    ctx.recv_into(op, peer, DIFFERENCE, &mut difference)?;
    ring::update_with_bits(&mut out[..len], &difference, [choice], |x, d, [bit]| {
        x - (d & -bit)
    });
    Ok(out)
}
