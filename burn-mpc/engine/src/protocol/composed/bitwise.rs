//! Bit operations on shared words, and shifts by shared amounts.

use crate::protocol::basic::product::multiply;
use crate::protocol::basic::reshare::reshare;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::compose::compose;
use crate::protocol::bits::decompose::decompose;
use crate::protocol::bits::prefix::{Pairs, WordBits, and_planes};
use crate::protocol::composed::arithmetic::{part, power_by_bit};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};

/// Low bits of an amount that count: amounts are taken modulo 64, whatever the ring.
const AMOUNT_BITS: u32 = 6;

/// The bits of an amount that the ring's words have.
fn amount_bits<R: Ring>() -> u32 {
    AMOUNT_BITS.min(R::BITS)
}

/// Powers of two for the planes `0..planes`.
fn weights<R: Ring>(planes: usize) -> Vec<(usize, R)> {
    (0..planes).map(|j| (j, R::ONE.shl(j as u32))).collect()
}

/// `x & y`, bit by bit.
///
/// - **Holds**: before and after `Rss`.
/// - **Sends**: the bits of both words, in one call; a conjunction for each bit; the bits as a word.
/// - **Randomness**: that of the calls.
/// - **Correctness**: right for every element of the ring. `x | y = x + y - (x & y)`, `x ^ y = x + y - 2 (x & y)`.
/// - **Leaks**: nothing.
///
/// Specification: `docs/spec/integers.md`, "Bit operations".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn bitwise_and<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    y: &Rss<R>,
) -> Result<Rss<R>, ProtocolError> {
    let bits = R::BITS as usize;
    let both = decompose(ctx, &[(x, R::BITS), (y, R::BITS)])?;
    let pairs = Pairs {
        high: (0..bits).collect(),
        low: (bits..2 * bits).collect(),
    };
    let rotation = both.rotation;
    let planes = and_planes(ctx, rotation, [&both.planes, &both.planes], &pairs)?;
    compose(ctx, &WordBits { planes, rotation }, &weights::<R>(bits))
}

/// `x & mask`, with one public mask for each element.
///
/// - **Holds**: before and after `Rss`.
/// - **Sends**: the bits of `x` up to the highest that a mask has; those that a mask has as a word. If that is cheaper,
///   what the masks lack is computed instead, and subtracted from `x`.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `x & m = x - (x & !m)`; right for every element of the ring.
/// - **Leaks**: nothing; masks are public.
///
/// Specification: `docs/spec/integers.md`, "Bit operations".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn bitwise_and_public<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    masks: &[R],
) -> Result<Rss<R>, ProtocolError> {
    debug_assert_eq!(masks.len(), x.len());
    let ones = R::ZERO - R::ONE;
    let lacking: Vec<R> = masks.iter().map(|&mask| ones - mask).collect();
    if price(&lacking) < price(masks) {
        let lost = cut(ctx, x, &lacking)?;
        return Ok(x.zip_each(&lost, ring::sub));
    }
    cut(ctx, x, masks)
}

/// The bits that at least one mask has.
fn union<R: Ring>(masks: &[R]) -> u64 {
    masks.iter().fold(0, |all, mask| all | mask.to_u64())
}

/// About how many bits [`cut`] sends for each element.
fn price<R: Ring>(masks: &[R]) -> u32 {
    let union = union(masks);
    let width = u64::BITS - union.leading_zeros();
    let levels = width.next_power_of_two().ilog2();
    let words = (0..width)
        .filter(|j| union >> j & 1 == 1)
        .map(|j| R::BITS - j);
    3 * width * (1 + levels) + words.sum::<u32>()
}

fn cut<R: Ring>(ctx: &mut Context, x: &Rss<R>, masks: &[R]) -> Result<Rss<R>, ProtocolError> {
    let union = union(masks);
    let width = u64::BITS - union.leading_zeros();
    if width == 0 {
        return Ok(x.map_each(|x| vec![R::ZERO; x.len()]));
    }
    let WordBits { planes, rotation } = decompose(ctx, &[(x, width)])?;
    let planes = planes.masked(ring::to_planes(masks, 0, width).words());
    let of_masks: Vec<(usize, R)> = weights(width as usize)
        .into_iter()
        .filter(|&(j, _)| union >> j & 1 == 1)
        .collect();
    compose(ctx, &WordBits { planes, rotation }, &of_masks)
}

/// `x` shifted right by the shared amounts `s` modulo 64, the sign moving in: `floor(x / 2^s)`.
///
/// - **Holds**: before and after `Rss`.
/// - **Sends**: the bits of `x` and the six lowest of `s`, in one call; for each of the six a conjunction for every bit
///   but the highest; the bits as a word.
/// - **Randomness**: that of the calls.
/// - **Correctness**: a barrel shifter: if bit `i` of `s` is set, bit `j` becomes bit `j + 2^i`, or the highest. Right
///   for every element of the ring.
/// - **Leaks**: nothing.
///
/// Specification: `docs/spec/integers.md`, "Shifts".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn shift_right<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    s: &Rss<R>,
) -> Result<Rss<R>, ProtocolError> {
    let (bits, amounts) = (R::BITS as usize, amount_bits::<R>());
    let both = decompose(ctx, &[(x, R::BITS), (s, amounts)])?;
    let rotation = both.rotation;
    let mut word = both.planes.select(&(0..bits).collect::<Vec<_>>());
    for i in 0..amounts as usize {
        // The highest bit stays.
        let mut change = word.select(&(0..bits - 1).collect::<Vec<_>>());
        for j in 0..bits - 1 {
            change.update(j, &word, (j + (1 << i)).min(bits - 1), ring::xor_assign);
        }
        let pairs = Pairs {
            high: (0..bits - 1).collect(),
            low: vec![bits + i; bits - 1],
        };
        let change = and_planes(ctx, rotation, [&change, &both.planes], &pairs)?;
        for j in 0..bits - 1 {
            word.update(j, &change, j, ring::xor_assign);
        }
    }
    let word = WordBits {
        planes: word,
        rotation,
    };
    compose(ctx, &word, &weights::<R>(bits))
}

/// `x 2^s` modulo `2^k` for the shared amounts `s` modulo 64.
///
/// - **Holds**: before `Rss`; after, parts of a product, not masked.
/// - **Sends**: the six lowest bits of `s`, `b2a` of them, and six products in three levels, the last not reshared.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `2^s` is the product of `1 + s_i (2^(2^i) - 1)`; right for every element of the ring.
/// - **Leaks**: nothing.
///
/// Specification: `docs/spec/integers.md`, "Shifts".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn shift_left<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    s: &Rss<R>,
) -> Result<Additive<R>, ProtocolError> {
    let (len, amounts) = (x.len(), amount_bits::<R>());
    let bits = decompose(ctx, &[(s, amounts)])?;
    let bits = b2a::<R>(ctx, &bits.bits(0..amounts as usize))?;
    let mut factors = vec![x.clone()];
    for i in 0..amounts as usize {
        factors.push(power_by_bit(ctx, &part(&bits, i * len, len), 1 << i));
    }
    while factors.len() > 2 {
        let half = factors.len() / 2;
        let rest = factors.split_off(2 * half);
        let (low, high) = factors.split_at(half);
        let products = reshare(ctx, &multiply(&Rss::concat(low), &Rss::concat(high)))?;
        factors = (0..half).map(|i| part(&products, i * len, len)).collect();
        factors.extend(rest);
    }
    Ok(multiply(&factors[0], &factors[1]))
}
