//! Division by public numbers, rounded down: exact for every element of the ring.

use crate::Party;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::dealt::{dealt_sign, dealt_sign_cost};
use crate::protocol::bits::planes::bit_and;
use crate::protocol::context::{A, B, Context};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, BitPlanes, Ring};
use crate::share::{Additive, BitShare, Rss};

/// The largest divisor that [`divide`] takes; twice that if all divisors are powers of two.
#[must_use]
pub fn most_divisor<R: Ring>() -> u64 {
    1 << (R::BITS - 2)
}

/// What is public about a divisor `d`.
#[derive(Clone, Copy)]
struct Divisor {
    d: i128,
    /// `2^k = d whole + rest`.
    whole: i128,
    rest: i128,
    /// `2^(k-1) = d half_whole + half_rest`.
    half_whole: i128,
    half_rest: i128,
}

impl Divisor {
    fn of<R: Ring>(d: u64) -> Self {
        let (d, all) = (i128::from(d), 1_i128 << R::BITS);
        Self {
            d,
            whole: all / d,
            rest: all % d,
            half_whole: all / 2 / d,
            half_rest: all / 2 % d,
        }
    }
}

/// Bits on which sums of two remainders are compared with the thresholds.
fn width(divisors: &[u64], powers: bool) -> u32 {
    let largest = divisors.iter().copied().max().unwrap_or(1);
    let bits = u64::BITS - (largest - 1).leading_zeros();
    // The difference to the only threshold, `d`, is in `[-d, d)`; else differences are in `(-2d, 2d)`.
    (bits + if powers { 1 } else { 2 }).max(2)
}

/// How many thresholds each sum is compared with.
fn thresholds(powers: bool) -> usize {
    if powers { 1 } else { 3 }
}

fn cost<R: Ring>(len: usize, width: u32, powers: bool, roles: [Party; 3]) -> Cost {
    let carry = dealt_sign_cost(len, R::BITS + 1, roles);
    carry.then(dealt_sign_cost(thresholds(powers) * len, width, roles))
}

/// `floor(x / d)` for public `d > 0`, one for all elements or one for each.
///
/// Write `x + 2^(k-1) = u + v - c 2^k` over the integers, `u` at A, `v` at B and C, both in `[0, 2^k)`; `c` is a carry.
/// With `2^k = N d + n` and `2^(k-1) = M d + m`, A divides `u - m` and B divides `v`, with remainders `a` and `b`. So
///
/// `floor(x / d) = floor((u - m) / d) + floor(v / d) - M - c N + e`, `e = floor((a + b - c n) / d)`,
///
/// where `e` is `[a + b >= d]` without the carry and `[a + b >= d + n] - [a + b < n]` with it.
///
/// - **Holds**: before `Rss`, after `Additive`, not masked: a part is sent under a zero share only, as `reshare` does.
/// - **Sends**: two calls of the carry tree: the carry of `k` bits, and the three comparisons of `a + b` on
///   `log2 d + 2` bits; a conjunction of two bits; `b2a` of `c` and of both summands of `e`. If all divisors are powers
///   of two, `n = 0`: one comparison on `log2 d + 1` bits, and `b2a` of two bits.
/// - **Randomness**: that of the calls.
/// - **Correctness**: above; right for every `x` of the ring. Tests compare all elements of small rings.
/// - **Leaks**: nothing: parts of the result are local functions of what a party holds.
///
/// Specification: `docs/spec/integers.md`, "Public divisors". Source: local division of the parts as in SIRNN (Rathee
/// et al., S&P 2021).
///
/// # Errors
/// [`ProtocolError::Divisor`] for a divisor that is not in `1..=2^(k-2)`, or in `1..=2^(k-1)` if all are powers of two;
/// failure of a link or of the randomness discipline.
pub fn divide<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    divisors: &[u64],
) -> Result<Additive<R>, ProtocolError> {
    let len = x.len();
    debug_assert!(divisors.len() == 1 || divisors.len() == len);
    let powers = divisors.iter().all(|d| d.is_power_of_two());
    let most = if powers {
        2 * most_divisor::<R>()
    } else {
        most_divisor::<R>()
    };
    if let Some(&divisor) = divisors.iter().find(|d| !(1..=most).contains(d)) {
        return Err(ProtocolError::Divisor {
            party: ctx.party(),
            divisor,
            bits: R::BITS,
        });
    }
    let width = width(divisors, powers);
    let cost = |roles| cost::<R>(len, width, powers, roles);
    let facts = [len, width as usize, usize::from(powers)];
    let [carry, compare] = ctx.begin_group("divide", &facts, cost);
    ctx.declare(&cost(carry.roles()));
    let (carry, signs, mut own) = if ctx.computes() {
        let each = |i: usize| Divisor::of::<R>(divisors[if divisors.len() == 1 { 0 } else { i }]);
        let is_a = carry.role() == A;
        // The addends of the carry, the quotient of this party's own part, and its remainder.
        let addend: Vec<R> = match carry.role() {
            A => ring::add_scalar(&x.own_sum(), R::ONE.shl(R::BITS - 1)),
            B => x.second().to_vec(),
            _ => x.first().to_vec(),
        };
        let mut whole = Vec::with_capacity(len);
        let mut rests = Vec::with_capacity(len);
        for (i, &word) in addend.iter().enumerate() {
            let Divisor { d, half_rest, .. } = each(i);
            let part = i128::from(word.to_u64()) - if is_a { half_rest } else { 0 };
            whole.push(part.div_euclid(d));
            rests.push(part.rem_euclid(d));
        }
        let mut planes = ring::to_planes(&addend, 0, R::BITS).into_words();
        planes.resize(planes.len() + len.div_ceil(64), 0);
        let planes = BitPlanes::from_words(R::BITS as usize + 1, len, planes);
        let carry_bit = dealt_sign(ctx, carry, &planes)?;
        let mut compared = Vec::with_capacity(thresholds(powers) * len);
        for threshold in 0..thresholds(powers) {
            for (i, &rest) in rests.iter().enumerate() {
                let of = each(i);
                let at = [of.d, of.rest, of.d + of.rest][threshold];
                compared.push(word::<R>(rest - if is_a { at } else { 0 }));
            }
        }
        let signs = dealt_sign(ctx, compare, &ring::to_planes(&compared, 0, width))?;
        let own: Vec<R> = (0..len)
            .map(|i| match carry.role() {
                A => word(whole[i] - each(i).half_whole),
                B => word(whole[i]),
                _ => R::ZERO,
            })
            .collect();
        (carry_bit, signs, own)
    } else {
        let signs = BitShare::counted(thresholds(powers) * len);
        (BitShare::counted(len), signs, Vec::new())
    };
    let reached = signs.not(ctx.party().index());
    let part = |bits: &BitShare, at: usize| bits.range(at * len..(at + 1) * len);
    let mut lifted = vec![carry.clone(), part(&reached, 0)];
    if !powers {
        // With the carry another threshold counts, and one may miss the lower one.
        let higher = part(&reached, 0).xor(&part(&reached, 2));
        let both = BitShare::concat(&[carry.clone(), carry]);
        let chosen = bit_and(ctx, &both, &BitShare::concat(&[higher, part(&signs, 1)]))?;
        lifted[1] = part(&reached, 0).xor(&part(&chosen, 0));
        lifted.push(part(&chosen, 1));
    }
    let lifted = b2a::<R>(ctx, &BitShare::concat(&lifted))?;
    if lifted.is_counted() {
        return Ok(Additive::counted(len));
    }
    let bits = lifted.first();
    for (i, own) in own.iter_mut().enumerate() {
        let of = Divisor::of::<R>(divisors[if divisors.len() == 1 { 0 } else { i }]);
        *own = *own + bits[len + i] - word::<R>(of.whole) * bits[i];
        if !powers {
            *own -= bits[2 * len + i];
        }
    }
    Ok(Additive::new(own))
}

/// `value mod 2^k`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "two's complement is the encoding"
)]
fn word<R: Ring>(value: i128) -> R {
    R::from_u64(value as u64)
}
