//! Products of shared bits and shared values: bit injection.

use crate::Party;
use crate::protocol::basic::words::signed;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::patches::Patches;
use crate::protocol::gate::size::GateSize;
use crate::ring::{self, Ring};
use crate::share::{BitShare, Rss};
use crate::step::inject::{BETA, OUTPUT_A, OUTPUT_B, PRODUCT};

/// Declared cost of [`inject`]: per patch `k` bits, per element that has a patch `3k`; 2 rounds. The messages of the
/// first round are A's, which waits for nothing: they may travel earlier if A knows its components earlier.
pub fn inject_cost<R: Ring>(size: GateSize, roles: [Party; 3]) -> Cost {
    if size.patches == 0 {
        return Cost::local();
    }
    let (bits, words) = (size.patches * R::BYTES, size.signed * R::BYTES);
    Cost::local()
        .round(roles, &[(A, B, bits), (A, B, words)])
        .round(roles, &[(B, C, words), (C, B, words)])
}

/// Multiplies the elements of every patch by the bit of the patch. Elements without a patch stay as they are.
///
/// With `beta = b_A xor b_B` and `lambda = x_A + x_B`, known to A, and `gamma = b_C` and `m = x_C`, known to B and C:
/// `b = gamma + s beta` over the ring, `s = 1 - 2 gamma`, so
/// `b x = gamma (m + lambda) + s (m beta + beta lambda)`.
///
/// - **Holds**: before a replicated bit per patch and `Rss`; after `Rss`, whose components A and B are drawn.
/// - **Sends**: round 1, A -> B: `p = beta - r` per patch and `q = beta lambda - r'` per element. Round 2, B -> C:
///   `gamma (m + x_B) + s (m p + q) - F(K_B)`; C -> B: `gamma x_A + s (m r + r') - F(K_A)`.
/// - **Randomness**: `r`, `r'` and the component A of the result from `K_A`, the component B of the result from `K_B`.
/// - **Correctness**: the two messages of round 2 add up to `b x` without the drawn components: they are component C.
/// - **Leaks**: nothing. B lacks `K_A`: `r` masks `p`, `r'` masks `q`, the component A of the result masks C's message.
///   C lacks `K_B`, of which the component B of the result masks B's message. A receives nothing.
///
/// Specification: `docs/spec/conversion.md`, "Injection". Source: bit injection on masked shares, as in ASTRA
/// (Chaudhari et al., CCSW 2019), Trident, and, on replicated shares as here, Trio and PIGEON (Harth-Kitzerow et al.).
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn inject<R: Ring>(
    ctx: &mut Context,
    bits: &BitShare,
    x: &Rss<R>,
    patches: &Patches,
) -> Result<Rss<R>, ProtocolError> {
    let cost = |roles| inject_cost::<R>(patches.size::<R>(), roles);
    let op = ctx.begin_costing("inject", &[x.len(), patches.len()], cost);
    if !ctx.computes() {
        return Ok(Rss::counted(x.len()));
    }
    inject_as(ctx, op, bits, x, patches)
}

/// The messages of [`inject`] as part of `op`. The caller declares the cost.
pub(crate) fn inject_as<R: Ring>(
    ctx: &mut Context,
    op: Op,
    bits: &BitShare,
    x: &Rss<R>,
    patches: &Patches,
) -> Result<Rss<R>, ProtocolError> {
    debug_assert!(bits.len() == patches.len() && x.len() == patches.elements());
    if patches.is_empty() {
        return Ok(x.clone());
    }
    let signed_ones = Signed::of(patches);
    let (first, second) = match op.role() {
        A => at_a(ctx, op, bits, x, &signed_ones)?,
        B => at_b(ctx, op, bits, x, &signed_ones)?,
        _ => at_c(ctx, op, bits, x, &signed_ones)?,
    };
    Ok(Rss::new(
        signed_ones.put(x.first(), first),
        signed_ones.put(x.second(), second),
    ))
}

/// Both components, of elements that have a patch.
type Pair<R> = (Vec<R>, Vec<R>);

fn at_a<R: Ring>(
    ctx: &mut Context,
    op: Op,
    bits: &BitShare,
    x: &Rss<R>,
    signed_ones: &Signed<'_>,
) -> Result<Pair<R>, ProtocolError> {
    let b = op.roles()[B];
    let mut beta = bits.first().to_vec();
    ring::xor_assign(&mut beta, bits.second());
    let mut p = ctx.draw::<R>(op, op.key(A), BETA, bits.len())?;
    ring::map_with_bits(&mut p, [&beta], |r, [beta]| beta - r);
    ctx.send(op, b, BETA, &p)?;

    let mut q = signed_ones.take(&x.own_sum());
    let beta = signed_ones.bits(beta);
    ring::map_with_bits(&mut q, [&beta], |lambda, [beta]| lambda & -beta);
    ctx.apply_drawn(op, op.key(A), PRODUCT, &mut q, ring::sub_assign)?;
    ctx.send(op, b, PRODUCT, &q)?;
    let first = ctx.draw::<R>(op, op.key(A), OUTPUT_A, q.len())?;
    Ok((first, ctx.draw::<R>(op, op.key(B), OUTPUT_B, q.len())?))
}

fn at_b<R: Ring>(
    ctx: &mut Context,
    op: Op,
    bits: &BitShare,
    x: &Rss<R>,
    signed_ones: &Signed<'_>,
) -> Result<Pair<R>, ProtocolError> {
    let [a, _, c] = op.roles();
    let p = ctx.recv::<R>(op, a, BETA, bits.len())?;
    let mut part = signed_ones.values(p);
    let m = signed_ones.take(x.second());
    ring::update(&mut part, &m, |p, m| p * m);
    ctx.recv_onto(op, a, PRODUCT, &mut part)?;
    let mut known = signed_ones.take(x.first());
    ring::add_assign(&mut known, &m);
    let gamma = signed_ones.bits(bits.second().to_vec());
    ring::update_with_bits(&mut part, &known, [&gamma], |part, known, [gamma]| {
        signed(gamma, part) + (known & -gamma)
    });
    let first = ctx.draw_off(op, op.key(B), OUTPUT_B, &mut part)?;
    ctx.send(op, c, OUTPUT_B, &part)?;
    ctx.recv_onto(op, c, OUTPUT_A, &mut part)?;
    Ok((first, part))
}

fn at_c<R: Ring>(
    ctx: &mut Context,
    op: Op,
    bits: &BitShare,
    x: &Rss<R>,
    signed_ones: &Signed<'_>,
) -> Result<Pair<R>, ProtocolError> {
    let b = op.roles()[B];
    let r = ctx.draw::<R>(op, op.key(A), BETA, bits.len())?;
    let mut part = signed_ones.values(r);
    ring::update(&mut part, &signed_ones.take(x.first()), |r, m| r * m);
    ctx.apply_drawn(op, op.key(A), PRODUCT, &mut part, ring::add_assign)?;
    let known = signed_ones.take(x.second());
    let gamma = signed_ones.bits(bits.first().to_vec());
    ring::update_with_bits(&mut part, &known, [&gamma], |part, known, [gamma]| {
        signed(gamma, part) + (known & -gamma)
    });
    let second = ctx.draw_off(op, op.key(A), OUTPUT_A, &mut part)?;
    ctx.send(op, b, OUTPUT_A, &part)?;
    ctx.recv_onto(op, b, OUTPUT_B, &mut part)?;
    Ok((part, second))
}

/// The elements that have a patch, in the order of elements.
struct Signed<'a> {
    patches: &'a Patches,
    which: Which,
}

enum Which {
    /// Every element is a patch.
    Each,
    /// Runs of elements: their order is that of groups.
    Runs,
    /// The marked elements.
    Marked(Vec<bool>),
}

impl<'a> Signed<'a> {
    fn of(patches: &'a Patches) -> Self {
        let which = if patches.is_single() {
            Which::Each
        } else if patches.has_lists() {
            Which::Marked(patches.per_element(&vec![true; patches.len()], false))
        } else {
            Which::Runs
        };
        Self { patches, which }
    }

    /// What the elements have from their patches.
    fn values<T: Copy + Default>(&self, of_patch: Vec<T>) -> Vec<T> {
        match &self.which {
            Which::Each => of_patch,
            Which::Runs => self.patches.spread(&of_patch),
            Which::Marked(_) => self.take(&self.patches.per_element(&of_patch, T::default())),
        }
    }

    /// [`Self::values`] of packed bits.
    fn bits(&self, of_patch: Vec<u64>) -> Vec<u64> {
        if matches!(self.which, Which::Each) {
            return of_patch;
        }
        let bit = |patch: usize| of_patch[patch / 64] >> (patch % 64) & 1 == 1;
        ring::pack_bools(&self.values((0..self.patches.len()).map(bit).collect()))
    }

    /// The entries of these elements.
    fn take<T: Copy>(&self, all: &[T]) -> Vec<T> {
        match &self.which {
            Which::Each => all.to_vec(),
            Which::Runs => {
                let mut grouped = self.patches.grouped(all.to_vec());
                grouped.truncate(self.patches.signed());
                grouped
            }
            Which::Marked(which) => {
                let pairs = all.iter().zip(which);
                pairs.filter_map(|(&x, &has)| has.then_some(x)).collect()
            }
        }
    }

    /// `all`, with these elements replaced.
    fn put<T: Copy>(&self, all: &[T], mut own: Vec<T>) -> Vec<T> {
        match &self.which {
            Which::Each => own,
            Which::Runs => {
                own.extend_from_slice(&self.patches.grouped(all.to_vec())[own.len()..]);
                self.patches.ungrouped(own)
            }
            Which::Marked(which) => {
                let mut own = own.into_iter();
                let pairs = all.iter().zip(which);
                pairs
                    .map(|(&x, &has)| if has { own.next().unwrap_or(x) } else { x })
                    .collect()
            }
        }
    }
}
