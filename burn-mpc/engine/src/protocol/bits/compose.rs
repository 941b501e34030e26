//! Weighted sums of bits as ring elements.

use crate::Party;
use crate::prg::PrgError;
use crate::protocol::basic::words::{low_mask, signed};
use crate::protocol::bits::prefix::WordBits;
use crate::protocol::context::{A, B, C, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::Rss;
use crate::step::Step;
use crate::step::compose::{BETA, MESSAGE, OUTPUT_A, OUTPUT_B, PRODUCT};

/// How many low bits of a multiple of `weight` are not always zero once they are multiplied with it.
fn significant<R: Ring>(weight: R) -> u32 {
    R::BITS - weight.to_u64().trailing_zeros().min(R::BITS - 1)
}

/// Declared cost of [`compose`] of `len` elements: per element `k - t` bits for each weight that is an odd multiple of
/// `2^t`, and `2k` bits; 2 rounds. A whole word takes `k (k + 5) / 2` bits: 2208 for `k` = 64, 592 for 32.
pub(crate) fn compose_cost<R: Ring>(
    len: usize,
    weights: impl Iterator<Item = R>,
    roles: [Party; 3],
) -> Cost {
    let dealt = weights.map(|weight| ring::low_bits_bytes(significant(weight), len));
    let word = len * R::BYTES;
    Cost::local()
        .round(roles, &[(A, B, dealt.sum())])
        .round(roles, &[(B, C, word), (C, B, word)])
}

/// `sum_j w_j b_j` for public weights `w_j` of the planes that `terms` names.
///
/// A knows `beta_j = b_A xor b_B`, B and C know `gamma_j = b_C`, so that `b_j = gamma_j + beta_j (1 - 2 gamma_j)`. A
/// shares every `beta_j` with B and C, who multiply alone.
///
/// - **Holds**: before replicated bits, after `Rss`.
/// - **Sends**: round 1, A -> B: `beta_j - x_j`, `x_j = F(K_A)`, of which only the bits count that `w_j` leaves. A waits
///   for nothing. Round 2, B <-> C: their sums `s_B - F(K_B)` and `s_C - F(K_A)`.
/// - **Randomness**: a draw from `K_A` for each plane; one more from `K_A` and one from `K_B`.
/// - **Correctness**: `s_B + s_C = sum_j w_j (gamma_j + (1 - 2 gamma_j) beta_j)`. Bits of the shares of `beta_j` above
///   those sent differ by multiples of `2^(k - t)`, where `2^t` divides `w_j`.
/// - **Leaks**: nothing: B lacks `K_A`, C lacks `K_B`; each pad serves one message.
///
/// Specification: `docs/spec/integers.md`, "Words of bits".
///
/// # Errors
/// Failure of a link or of the randomness discipline; more terms than a word has bits.
pub(crate) fn compose<R: Ring>(
    ctx: &mut Context,
    bits: &WordBits,
    terms: &[(usize, R)],
) -> Result<Rss<R>, ProtocolError> {
    let (planes, len) = (&bits.planes, bits.planes.len);
    if terms.is_empty() {
        return Ok(if ctx.computes() {
            Rss::zeros(len)
        } else {
            Rss::counted(len)
        });
    }
    let op = ctx.begin_as("compose", &[terms.len(), len], bits.rotation);
    let weights = terms.iter().map(|&(_, weight)| weight);
    ctx.declare(&compose_cost(len, weights, op.roles()));
    if !ctx.computes() {
        return Ok(Rss::counted(len));
    }
    let [a, b, c] = op.roles();
    match op.role() {
        A => {
            let mut message = Vec::new();
            for (term, &(plane, weight)) in terms.iter().enumerate() {
                let x = ctx.draw::<R>(op, op.key(A), step(op, term)?, len)?;
                let share = planes.bit(plane);
                let mut beta = share.first().to_vec();
                ring::xor_assign(&mut beta, share.second());
                let mask = low_mask::<R>(significant(weight));
                let mut rest = x.clone();
                ring::update_with_bits(&mut rest, &x, [&beta], |_, x, [beta]| (beta - x) & mask);
                ctx.probe.see(&rest);
                message.extend(ring::pack_low_bits(&rest, significant(weight)));
            }
            ctx.send_bytes(op, b, MESSAGE, &message)?;
            let first = ctx.draw::<R>(op, op.key(A), OUTPUT_A, len)?;
            let second = ctx.draw::<R>(op, op.key(B), OUTPUT_B, len)?;
            Ok(Rss::new(first, second))
        }
        B => {
            let bytes = |weight| ring::low_bits_bytes(significant::<R>(weight), len);
            let all = terms.iter().map(|&(_, weight)| bytes(weight)).sum();
            let message = ctx.recv_bytes(op, a, MESSAGE, all)?;
            let mut left = message.as_slice();
            let mut own = vec![R::ZERO; len];
            for &(plane, weight) in terms {
                let (now, later) = left.split_at(bytes(weight));
                left = later;
                let share = ring::unpack_low_bits::<R>(now, significant(weight), len);
                ctx.probe.see(&share);
                let gamma = planes.bit(plane);
                ring::update_with_bits(
                    &mut own,
                    &share,
                    [gamma.second()],
                    |own, share, [gamma]| own + weight * (gamma + signed(gamma, share)),
                );
            }
            let first = ctx.draw::<R>(op, op.key(B), OUTPUT_B, len)?;
            ring::sub_assign(&mut own, &first);
            ctx.send(op, c, PRODUCT, &own)?;
            ctx.recv_onto(op, c, PRODUCT, &mut own)?;
            Ok(Rss::new(first, own))
        }
        _ => {
            let mut own = vec![R::ZERO; len];
            for (term, &(plane, weight)) in terms.iter().enumerate() {
                let x = ctx.draw::<R>(op, op.key(A), step(op, term)?, len)?;
                let gamma = planes.bit(plane);
                ring::update_with_bits(&mut own, &x, [gamma.first()], |own, x, [gamma]| {
                    own + weight * signed(gamma, x)
                });
            }
            let second = ctx.draw::<R>(op, op.key(A), OUTPUT_A, len)?;
            ring::sub_assign(&mut own, &second);
            ctx.send(op, b, PRODUCT, &own)?;
            ctx.recv_onto(op, b, PRODUCT, &mut own)?;
            Ok(Rss::new(own, second))
        }
    }
}

/// The draw of term `term`.
fn step(op: Op, term: usize) -> Result<Step, PrgError> {
    BETA.at(term).ok_or(PrgError::TooLong {
        op: op.id(),
        label: BETA.label(),
        words: term,
    })
}
