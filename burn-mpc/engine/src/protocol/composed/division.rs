//! Division of shared integers by shared integers: exact, by digits of an approximate reciprocal and a correction.

use crate::protocol::basic::product::multiply;
use crate::protocol::basic::reshare::reshare;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::compose::compose;
use crate::protocol::bits::decompose::decompose;
use crate::protocol::bits::highest::highest;
use crate::protocol::bits::msb::msb;
use crate::protocol::composed::arithmetic::{
    constant_minus, flag_reached, part, plus, signs, truncated,
};
use crate::protocol::composed::newton::to_reciprocal;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{Additive, BitShare, Rss};

/// Name of what is checked here: quotients and remainders of integers.
const DIVISION: &str = "division";

/// Sizes of a division, by the bits of the ring.
///
/// With a divisor `d` in `[2^e, 2^(e+1))`, a small one is multiplied by `2^(small - 1 - e)`; one of `2^small` or more is
/// first cut by `cut` bits. Either is then in `[2^(small-1), 2^small)`.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// Dividend and divisor are below `2^range` in magnitude.
    range: u32,
    /// Divisors below `2^small` are not cut.
    small: u32,
    /// Bits of a digit of the quotient.
    digit: u32,
    /// Fractional bits of a normalised remainder.
    frac: u32,
    /// Fractional bits of the reciprocal.
    work: u32,
    /// Steps of Newton's iteration.
    steps: u32,
}

impl Sizes {
    fn for_bits(bits: u32) -> Self {
        if bits >= 64 {
            Self {
                range: 61,
                small: 41,
                digit: 18,
                frac: 14,
                work: 26,
                steps: 3,
            }
        } else {
            Self {
                range: 29,
                small: 20,
                digit: 7,
                frac: 6,
                work: 13,
                steps: 2,
            }
        }
    }

    /// How far a large divisor is cut.
    fn cut(self) -> u32 {
        self.range - self.small
    }

    /// Divisors below two to this power may have a digit at this place. Then `2^(digit place) d` is so far below the
    /// range that a digit that is off by a few leaves nothing beyond it. For a larger divisor the next digit has all.
    fn reach(self, place: u32) -> u32 {
        self.small.min(self.range - 1 - self.digit * place)
    }

    /// Digits above the lowest one.
    fn upper_digits(self) -> u32 {
        (self.range - self.digit - 1).div_ceil(self.digit)
    }
}

/// A normalised divisor.
struct Divisor<R> {
    /// For each digit from the lowest on, the factor of a divisor, 0 for one that leaves no such digit or is large.
    small: Vec<Rss<R>>,
    /// The factor of a large divisor after its cut, 0 for a small one.
    large: Rss<R>,
    /// About `2^work / c`, `c` in `[1/2, 1)` the normalised divisor.
    inverse: Rss<R>,
}

/// Normalises `d > 0`, and takes the reciprocal. Zero, of which no bit is the highest, sets a flag.
fn normalised<R: Ring>(
    ctx: &mut Context,
    d: &Rss<R>,
    size: Sizes,
) -> Result<Divisor<R>, ProtocolError> {
    let bits = decompose(ctx, &[(d, size.range)])?;
    let highest = highest(ctx, &bits)?;
    let missing = if ctx.computes() {
        let found = (0..highest.planes.planes).map(|plane| highest.planes.bit(plane));
        let any = found.reduce(|any, bit| any.xor(&bit));
        any.map_or_else(|| BitShare::zeros(0), |any| any.not(ctx.party().index()))
    } else {
        BitShare::counted(d.len())
    };
    ctx.flag(DIVISION, &missing);
    let powers = |planes: core::ops::Range<u32>, top: u32| -> Vec<(usize, R)> {
        let power = |plane: u32| (plane as usize, R::ONE.shl(top - plane));
        planes.map(power).collect()
    };
    // From the highest digit down, each reaches further than the one above.
    let mut small: Vec<Rss<R>> = Vec::new();
    let mut from = 0;
    for place in (0..=size.upper_digits()).rev() {
        let to = size.reach(place);
        let more = compose(ctx, &highest, &powers(from..to, size.small - 1))?;
        small.push(match small.last() {
            Some(above) => above.zip_each(&more, ring::add),
            None => more,
        });
        from = to;
    }
    small.reverse();
    let large = compose(
        ctx,
        &highest,
        &powers(size.small..size.range, size.range - 1),
    )?;
    let cut = truncated(ctx, &d.to_additive(), size.cut())?;
    let c = multiply(d, &small[0]).zip_each(&multiply(&cut, &large), ring::add);
    let c = truncated(ctx, &c, size.small - size.work)?;
    let start = constant_minus(ctx, 2.9142, size.work, &c.map_each(|c| ring::shl(c, 1)));
    let inverse = to_reciprocal(ctx, &c, start, [size.steps, 0], size.work)?;
    Ok(Divisor {
        small,
        large,
        inverse,
    })
}

/// `floor(x / d)` and `x - d floor(x / d)` for `d > 0`; the remainder as parts that are not masked. `bits` are those of
/// the ring, or fewer for a calibration that plays a smaller one.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: three signs; the bits of `d`, a prefix of conjunctions, four words of bits, two truncations, a reciprocal; for each of
///   the four digits three truncations and a reshared product; three signs and `b2a` of them.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `|x|` and `d` must be below `2^(bits-3)`; a flag is set otherwise. From `r = x`, the digits `q_j` of about `18 j` bits
///   above the lowest one are subtracted: `r <- r - q_j 2^(18 j) d`. Each is off by less than 2.4, so the next one has
///   at most 1.3 bits more than its 18; the last is off by less than 1.8 (`docs/spec/integers.md` adds up the errors).
///   So `r` ends in `(-2d, 2d)`, and `[r >= -d] + [r >= 0] + [r >= d] - 2` is added to the quotient. With `d = 0` a flag is
///   set.
/// - **Leaks**: nothing; which digit is computed when is public.
///
/// Specification: `docs/spec/integers.md`, "Shared divisors".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn floor_division<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    d: &Rss<R>,
    bits: u32,
) -> Result<(Rss<R>, Additive<R>), ProtocolError> {
    let (size, len) = (Sizes::for_bits(bits), x.len());
    let beyond = |x: &Rss<R>| plus(ctx, x, -R::ONE.shl(size.range));
    let differences = [beyond(x), beyond(&x.map_each(ring::neg)), beyond(d)];
    flag_reached(ctx, DIVISION, &differences)?;
    let Divisor {
        small,
        large,
        inverse,
    } = normalised(ctx, d, size)?;
    let mut rest = x.clone();
    let mut quotient: Option<Rss<R>> = None;
    for place in (0..=size.upper_digits()).rev() {
        let (small, shift) = (&small[place as usize], size.digit * place);
        let scaled = if place > 0 {
            // A large divisor leaves so few bits of quotient that the last digit has them all.
            multiply(&truncated(ctx, &rest.to_additive(), shift)?, small)
        } else {
            let cut = truncated(ctx, &rest.to_additive(), size.cut())?;
            multiply(&rest, small).zip_each(&multiply(&cut, &large), ring::add)
        };
        let scaled = truncated(ctx, &scaled, size.small - size.frac)?;
        let digit = multiply(&scaled, &inverse);
        let digit = truncated(ctx, &digit, size.frac + size.work)?;
        let digit = digit.map_each(|digit| ring::shl(digit, shift));
        let taken = reshare(ctx, &multiply(&digit, d))?;
        rest = rest.zip_each(&taken, ring::sub);
        quotient = Some(match quotient {
            Some(quotient) => quotient.zip_each(&digit, ring::add),
            None => digit,
        });
    }
    let candidates = [
        rest.zip_each(d, ring::add),
        rest.clone(),
        rest.zip_each(d, ring::sub),
    ];
    let signs = msb(ctx, &Rss::concat(&candidates))?;
    let negative = b2a::<R>(ctx, &signs)?;
    // One less for each candidate below zero: all three give 1 more, so that none of four multiples is missed.
    let below = (0..3).map(|i| part(&negative, i * len, len));
    let below = below.reduce(|sum, bits| sum.zip_each(&bits, ring::add));
    let below = below.unwrap_or_else(|| negative.clone());
    let correction = plus(ctx, &below.map_each(ring::neg), R::ONE);
    let quotient = quotient.unwrap_or_else(|| rest.clone());
    let quotient = quotient.zip_each(&correction, ring::add);
    let taken = multiply(&correction, d);
    Ok((quotient, rest.to_additive().zip_each(&taken, ring::sub)))
}

/// `x / d` rounded toward zero; parts of a product, not masked. `bits` as in [`floor_division`].
///
/// - **Holds**: before `Rss`, after `Additive`.
/// - **Sends**: both signs in one call, three products in one reshare, and [`floor_division`] of the magnitudes.
/// - **Randomness**: that of the calls.
/// - **Correctness**: that of [`floor_division`], whose range is that of the magnitudes.
/// - **Leaks**: nothing.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn quotient<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    d: &Rss<R>,
    bits: u32,
) -> Result<Additive<R>, ProtocolError> {
    let len = x.len();
    let both = Rss::concat(&[x, d]);
    let signs = signs(ctx, &both)?;
    let (of_x, of_d) = (part(&signs, 0, len), part(&signs, len, len));
    let products = multiply(
        &Rss::concat(&[x, d, &of_x]),
        &Rss::concat(&[&of_x, &of_d, &of_d]),
    );
    let products = reshare(ctx, &products)?;
    let [x, d, sign] = [0, 1, 2].map(|i| part(&products, i * len, len));
    let (quotient, _) = floor_division(ctx, &x, &d, bits)?;
    Ok(multiply(&quotient, &sign))
}

/// A division by the magnitude of a divisor.
struct ByMagnitude<R> {
    /// Of the divisor.
    sign: Rss<R>,
    quotient: Rss<R>,
    rest: Additive<R>,
}

/// The sign `s` of `d`, and [`floor_division`] of `s x` by `s d`.
fn by_magnitude<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    d: &Rss<R>,
    bits: u32,
) -> Result<ByMagnitude<R>, ProtocolError> {
    let len = x.len();
    let sign = signs(ctx, d)?;
    let products = multiply(&Rss::concat(&[x, d]), &Rss::concat(&[&sign, &sign]));
    let products = reshare(ctx, &products)?;
    let [x, d] = [0, 1].map(|i| part(&products, i * len, len));
    let (quotient, rest) = floor_division(ctx, &x, &d, bits)?;
    Ok(ByMagnitude {
        sign,
        quotient,
        rest,
    })
}

/// `floor(x / d)`. `bits` as in [`floor_division`].
///
/// - **Holds**: before and after `Rss`.
/// - **Sends**: the sign of `d`, two products in one reshare, and [`floor_division`].
/// - **Randomness**: that of the calls.
/// - **Correctness**: with the sign `s` of `d`, `x / d = (s x) / (s d)`.
/// - **Leaks**: nothing.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn floor_quotient<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    d: &Rss<R>,
    bits: u32,
) -> Result<Rss<R>, ProtocolError> {
    by_magnitude(ctx, x, d, bits).map(|division| division.quotient)
}

/// `x - d floor(x / d)`, which has the sign of `d`; parts of a product, not masked. `bits` as in [`floor_division`].
///
/// - **Holds**: before `Rss`, after `Additive`.
/// - **Sends**: the sign of `d`, two products in one reshare, [`floor_division`], and a reshare of its remainder.
/// - **Randomness**: that of the calls.
/// - **Correctness**: with the sign `s` of `d`, `s (s x mod s d)`.
/// - **Leaks**: nothing.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn remainder<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    d: &Rss<R>,
    bits: u32,
) -> Result<Additive<R>, ProtocolError> {
    let ByMagnitude { sign, rest, .. } = by_magnitude(ctx, x, d, bits)?;
    let rest = reshare(ctx, &rest)?;
    Ok(multiply(&rest, &sign))
}
