//! Schedule R of a (Block-)ReLU: fewest rounds, on values that come out of a product.

use crate::Party;
use crate::protocol::basic::two_of_two::{masked, spread_receive, spread_send};
use crate::protocol::bits::b2a::lift;
use crate::protocol::bits::compare::{fits, split_messages, split_receive, split_send};
use crate::protocol::bits::dealt::{Messages, dealt_parts, exchanges};
use crate::protocol::bits::open_masked::{receive_parts, send_part};
use crate::protocol::bits::split_bits::{SplitBits, receive_opening, send_opening};
use crate::protocol::context::{A, B, C, Context, KeyOf, Op, Truncation};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::patches::Patches;
use crate::protocol::gate::size::GateSize;
use crate::protocol::gate::truncated::{facts, is_corrected, mergeable, watch};
use crate::protocol::truncate::faithful::{
    correct_at_a, correct_at_b, deal, dealt_at_b, open_at_a, open_at_b,
};
use crate::protocol::truncate::probabilistic::divide_half;
use crate::protocol::window::Window;
use crate::ring::{self, BitPlanes, Ring};
use crate::share::{Additive, BitShare, Rss, XorBits};
use crate::step::gate_rounds::{PART, RHO, SUMS, ZERO};
use crate::step::halves::GATHER;

/// How signs are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Leaf and tree: fewer bytes.
    Tree,
    /// In a small field: two rounds.
    Split,
}

/// The result of a gate under schedule R.
#[derive(Debug)]
pub struct RoundsGated<R> {
    /// `[sum of the patch > 0] x` at the lower scale.
    pub values: Rss<R>,
    /// `[sum of the patch > 0]` per patch.
    pub signs: BitShare,
}

/// Declared cost of [`gate_rounds`]: per element `3k + f + 2` bits, and `3k` more if it has a patch. Per patch `3k`,
/// the width of the sign, the sign without its last level, and 6 bits; for [`Comparison::Split`] the two-round sign and
/// 3 bits instead of the last two. Rounds: 8 for `k = 64`, 7 for 32; split: 4.
pub fn gate_rounds_cost<R: Ring>(
    size: GateSize,
    shift: u32,
    window: Window,
    mode: Truncation,
    comparison: Comparison,
    roles: [Party; 3],
) -> Cost {
    let (len, patches) = (size.elements, size.patches);
    let window = window.within::<R>();
    let width = window.width();
    let words = len * R::BYTES;
    let (mut first, mut second, mut third) = (vec![], vec![], vec![]);
    let mut dealt = 0;
    if is_corrected(shift, mode) {
        let bit = len.div_ceil(8);
        dealt = ring::low_bits_bytes(shift, len);
        first.extend([(C, B, words + dealt), (A, B, bit)]);
        second.push((B, A, bit));
        third.push((A, B, words));
    } else {
        first.extend([(C, B, words), (A, B, words)]);
    }
    second.push((B, A, words));
    let all = |steps: [Vec<(usize, usize, usize)>; 3]| {
        let round = |cost: Cost, messages: Vec<_>| cost.round(roles, &messages);
        let cost = steps.into_iter().fold(Cost::local(), round);
        cost.early_part(roles, C, B, dealt)
    };
    if patches == 0 {
        return all([first, second, third]);
    }
    let lifted = patches * R::BYTES;
    let converted = Cost::local()
        .round(roles, &[(A, B, lifted), (C, B, lifted)])
        .round(roles, &[(B, C, lifted)])
        .early();
    second.push((B, C, ring::low_bits_bytes(width, patches)));
    let bit = ring::plane_bytes(patches);
    let (dealt, tree, open) = match comparison {
        Comparison::Tree => {
            let messages = Messages::of_parts(patches, width);
            let [early, late] = messages.dealt(roles);
            let exchanged = messages.exchanged;
            // C has the sums a round later than B.
            second.extend(exchanged.first().map(|&bytes| (B, C, bytes)));
            third.extend(exchanged.first().map(|&bytes| (C, B, bytes)));
            let others = [(0, 1), (0, 2), (1, 2), (1, 0), (2, 0), (2, 1)];
            (
                early.beside(late),
                exchanges(Cost::local(), exchanged.get(1..).unwrap_or_default(), roles),
                Cost::local().round(Party::ALL, &others.map(|(from, to)| (from, to, bit))),
            )
        }
        Comparison::Split => {
            let [shares, from_b, from_c] = split_messages(patches, width);
            first.extend(shares);
            second.extend(from_b);
            third.extend(from_c);
            let open = [(A, B, bit), (A, C, bit), (B, A, bit)];
            (
                Cost::local(),
                Cost::local(),
                Cost::local().round(roles, &open),
            )
        }
    };
    let product = size.signed * R::BYTES;
    let reshare = [(0, 2, product), (1, 0, product), (2, 1, product)];
    all([first, second, third])
        .beside(converted)
        .beside(dealt)
        .then(tree)
        .then(Cost::local().round(Party::ALL, &reshare).beside(open))
}

/// Truncates, finds the sign of every patch and multiplies, like [`gate`](crate::protocol::gate()), in the fewest
/// rounds. The result is replicated.
///
/// While the values are truncated and replicated (`z'`, 3 rounds), every patch gets a random bit `rho`, shared over
/// bits and over the ring, and its sign `b` is computed without its last step. Then, in one round, `rho z'` is reshared
/// and `c = b xor rho` is opened; `b z' = c z' + (1 - 2 c) rho z'` is local.
///
/// - **Holds**: before `Additive`; after `Rss` at scale `2^(f - shift)`, and a replicated bit per patch.
/// - **Sends**: the messages of the truncation (gather, correction, spread), of
///   [`random_bits`](crate::protocol::random_bits()) and of the sign, with the sums of `v` forwarded by B to C as in
///   [`gate`](crate::protocol::gate()). Last, `P_i -> P_{i-1}`: `(rho z')_i + zeta_i`, and the messages of
///   [`open_masked`](crate::protocol::open_masked()) or [`open_split`](crate::protocol::open_split()).
/// - **Randomness**: that of the parts, each under its own addresses.
/// - **Correctness**: `b = c xor rho`, so that `b = c + rho - 2 c rho`. The window must hold the sums, and
///   `|z| < 2^(k-2)`.
/// - **Leaks**: `c`, which is uniform: `rho` masks nothing else, since `rho z'` is reshared under a zero share.
///
/// Specification: `docs/spec/gate.md`, "Rounds".
///
/// # Errors
/// [`ProtocolError::Shift`]; [`ProtocolError::Unmerged`] under [`Truncation::Exact`]; failure of a link or of the
/// randomness discipline.
pub fn gate_rounds<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    patches: &Patches,
    shift: u32,
    window: Window,
    comparison: Comparison,
) -> Result<RoundsGated<R>, ProtocolError> {
    let len = z.len();
    let window = window.within::<R>();
    let mode = mergeable(ctx, "gate-rounds", shift)?;
    let facts = facts(len, patches, shift, window);
    let facts = [&facts[..], &[comparison as usize]].concat();
    let size = patches.size::<R>();
    let cost = |roles| gate_rounds_cost::<R>(size, shift, window, mode, comparison, roles);
    let ops: [Op; 5] = ctx.begin_group("gate-rounds", &facts, cost);
    let [trunc, bits, ..] = ops;
    ctx.declare(&cost(trunc.roles()));
    if comparison == Comparison::Split {
        fits(bits, size.patches)?;
    }
    watch(ctx, trunc, z, patches, shift, window)?;
    if !ctx.computes() {
        return Ok(RoundsGated {
            values: Rss::counted(len),
            signs: BitShare::counted(patches.len()),
        });
    }
    let call = Call {
        ops,
        patches,
        shift,
        window,
        comparison,
        faithful: is_corrected(shift, mode),
    };
    let part = masked(ctx, trunc, z)?;
    let words = patches.len().div_ceil(64);
    let rho = if patches.is_empty() {
        BitShare::zeros(0)
    } else {
        let (own, next) = (KeyOf(ctx.party()), KeyOf(ctx.party().next()));
        let first = ctx.draw_words(bits, own, RHO, words)?;
        BitShare::new(
            patches.len(),
            first,
            ctx.draw_words(bits, next, RHO, words)?,
        )
    };
    let meanwhile = match trunc.role() {
        A => call.at_a(ctx, part, &rho)?,
        B => call.at_b(ctx, part, &rho)?,
        _ => call.at_c(ctx, &part, &rho)?,
    };
    call.finish(ctx, meanwhile, rho)
}

/// The public facts of one call.
struct Call<'a> {
    /// The calls of the truncation, the random bits, the sign, the product and the opening.
    ops: [Op; 5],
    patches: &'a Patches,
    shift: u32,
    window: Window,
    comparison: Comparison,
    faithful: bool,
}

/// What a party holds before the last round.
struct Meanwhile<R> {
    values: Rss<R>,
    rho: Rss<R>,
    sign: Sign,
}

/// The sign before it is opened.
enum Sign {
    Parts(XorBits),
    Split(SplitBits),
}

impl Call<'_> {
    /// `-sum` of every patch.
    fn sums<R: Ring>(&self, part: &[R]) -> Vec<R> {
        ring::neg(&self.patches.sums(part))
    }

    fn planes<R: Ring>(&self, sums: &[R]) -> BitPlanes {
        ring::to_planes(sums, self.window.low, self.window.width())
    }

    fn lift<R: Ring>(&self, ctx: &mut Context, known: &[u64]) -> Result<Rss<R>, ProtocolError> {
        if self.patches.is_empty() {
            return Ok(Rss::counted(0));
        }
        lift(ctx, self.ops[1], known, self.patches.len())
    }

    fn at_a<R: Ring>(
        &self,
        ctx: &mut Context,
        mut part: Vec<R>,
        rho: &BitShare,
    ) -> Result<Meanwhile<R>, ProtocolError> {
        let [trunc, _, sign, ..] = self.ops;
        let len = part.len();
        let sums = self.sums(&part);
        let mut known = rho.first().to_vec();
        ring::xor_assign(&mut known, rho.second());
        let open = if self.faithful {
            Some(open_at_a(
                ctx,
                trunc,
                core::mem::take(&mut part),
                self.shift,
            )?)
        } else {
            divide_half(trunc, &mut part, self.shift);
            None
        };
        let lifted = self.lift(ctx, &known)?;
        let parts = match self.comparison {
            _ if self.patches.is_empty() => None,
            Comparison::Tree => Some(dealt_parts(ctx, sign, &self.planes(&sums))?),
            Comparison::Split => {
                split_send(ctx, sign, &sums, &self.window.range())?;
                None
            }
        };
        if let Some(open) = open {
            part = correct_at_a(ctx, trunc, open, self.shift)?;
        }
        let sent = spread_send(ctx, trunc, part, len)?;
        let values = spread_receive(ctx, trunc, sent)?;
        let sign = match parts {
            Some(parts) => Sign::Parts(parts),
            None => self.split(ctx, &sums)?,
        };
        Ok(Meanwhile {
            values,
            rho: lifted,
            sign,
        })
    }

    fn at_b<R: Ring>(
        &self,
        ctx: &mut Context,
        mut v: Vec<R>,
        rho: &BitShare,
    ) -> Result<Meanwhile<R>, ProtocolError> {
        let [trunc, _, sign, ..] = self.ops;
        let len = v.len();
        let c = trunc.roles()[C];
        let open = if self.faithful {
            let c1 = dealt_at_b(ctx, trunc, &mut v, self.shift)?;
            Some((open_at_b(ctx, trunc, &v)?, c1))
        } else {
            ctx.recv_onto(trunc, c, GATHER, &mut v)?;
            None
        };
        let sums = self.sums(&v);
        if let Some((open, c1)) = open {
            v = correct_at_b(ctx, trunc, open, c1, self.shift)?;
        } else {
            divide_half(trunc, &mut v, self.shift);
        }
        let lifted = self.lift(ctx, rho.second())?;
        if !self.patches.is_empty() {
            let low: Vec<R> = sums.iter().map(|x| x.shr(self.window.low)).collect();
            ctx.send_low(sign, c, SUMS, &low, self.window.width())?;
        }
        let sent = spread_send(ctx, trunc, v, len)?;
        // The tree reads all that A has dealt, which comes before A's half of the spread.
        let sign = match self.comparison {
            _ if self.patches.is_empty() => Sign::Parts(XorBits::zeros(0)),
            Comparison::Tree => Sign::Parts(dealt_parts(ctx, sign, &self.planes(&sums))?),
            Comparison::Split => self.split(ctx, &sums)?,
        };
        let values = spread_receive(ctx, trunc, sent)?;
        Ok(Meanwhile {
            values,
            rho: lifted,
            sign,
        })
    }

    fn at_c<R: Ring>(
        &self,
        ctx: &mut Context,
        part: &[R],
        rho: &BitShare,
    ) -> Result<Meanwhile<R>, ProtocolError> {
        let [trunc, _, sign, ..] = self.ops;
        let b = trunc.roles()[B];
        if self.faithful {
            deal(ctx, trunc, part, self.shift)?;
        } else {
            ctx.send(trunc, b, GATHER, part)?;
        }
        let sent = spread_send(ctx, trunc, Vec::new(), part.len())?;
        let values = spread_receive(ctx, trunc, sent)?;
        let lifted = self.lift(ctx, rho.first())?;
        let (low, width) = (self.window.low, self.window.width());
        let sign = if self.patches.is_empty() {
            Sign::Parts(XorBits::zeros(0))
        } else {
            let sums = ctx.recv_low::<R>(sign, b, SUMS, self.patches.len(), width)?;
            match self.comparison {
                Comparison::Tree => {
                    Sign::Parts(dealt_parts(ctx, sign, &ring::to_planes(&sums, 0, width))?)
                }
                Comparison::Split => self.split(ctx, &ring::shl(&sums, low))?,
            }
        };
        Ok(Meanwhile {
            values,
            rho: lifted,
            sign,
        })
    }

    fn split<R: Ring>(&self, ctx: &mut Context, sums: &[R]) -> Result<Sign, ProtocolError> {
        if self.patches.is_empty() {
            return Ok(Sign::Parts(XorBits::zeros(0)));
        }
        let bits = split_receive(ctx, self.ops[2], sums, &self.window.range())?;
        Ok(Sign::Split(bits))
    }

    /// The last round, and the local work after it.
    fn finish<R: Ring>(
        &self,
        ctx: &mut Context,
        meanwhile: Meanwhile<R>,
        rho: BitShare,
    ) -> Result<RoundsGated<R>, ProtocolError> {
        let Meanwhile {
            values,
            rho: lifted,
            sign,
        } = meanwhile;
        if self.patches.is_empty() {
            return Ok(RoundsGated { values, signs: rho });
        }
        let [.., product, open] = self.ops;
        let first = self.patches.grouped(values.first().to_vec());
        let second = self.patches.grouped(values.second().to_vec());
        let signed = self.patches.signed();
        let mut own = ctx.zero_share::<R>(product, ZERO, signed)?;
        let rho_first = self.patches.spread(lifted.first());
        let rho_second = self.patches.spread(lifted.second());
        let factors = [&rho_first[..], &rho_second, &first, &second];
        ring::update_with(&mut own, factors, |own, [r, s, x, y]| {
            own + r * (x + y) + s * x
        });
        let (next, prev) = (ctx.party().next(), ctx.party().prev());
        ctx.send(product, prev, PART, &own)?;
        let mut opened = match &sign {
            Sign::Parts(parts) => send_part(ctx, open, parts, &rho)?,
            Sign::Split(bits) => send_opening(ctx, open, bits, &rho)?,
        };
        let other = ctx.recv::<R>(product, next, PART, signed)?;
        let patches = self.patches.len();
        match sign {
            Sign::Parts(_) => receive_parts(ctx, open, &mut opened, patches)?,
            Sign::Split(_) => receive_opening(ctx, open, &mut opened, patches)?,
        }

        let index = ctx.party().index();
        let signs = rho.xor_public(&opened, index);
        let bits = (0..patches).map(|patch| -R::from_u64(opened[patch / 64] >> (patch % 64) & 1));
        let flips = self.patches.spread(&bits.collect::<Vec<R>>());
        let combine = |mut values: Vec<R>, masked: &[R]| {
            // `c ? x - m : m`, where `c` is public.
            ring::update_with(&mut values[..signed], [masked, &flips], |x, [m, c]| {
                (x & c) + ((m ^ c) - c)
            });
            self.patches.ungrouped(values)
        };
        Ok(RoundsGated {
            values: Rss::new(combine(first, &own), combine(second, &other)),
            signs,
        })
    }
}
