//! Reciprocal and quotient, by normalisation and Newton's iteration.

use crate::protocol::basic::product::multiply;
use crate::protocol::basic::reshare::reshare;
use crate::protocol::composed::arithmetic::{constant_minus, flag_reached, product, signs};
use crate::protocol::composed::exponent::{Domain, Evaluated, Normalisation, normalised};
use crate::protocol::composed::newton::to_reciprocal;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::Rss;

impl Normalisation {
    /// Steps of Newton's iteration for the reciprocal.
    fn steps(self) -> u32 {
        if self.work > 16 { 3 } else { 2 }
    }

    /// A third of the bits: those of an inverse that is multiplied with any power in the range.
    #[must_use]
    pub fn third(self) -> u32 {
        self.high / 3
    }

    /// Whether a reciprocal at `work` fractional bits times any power in the range fits the ring.
    fn is_short(self) -> bool {
        self.work + self.high - self.low <= self.bits - 2
    }
}

/// `1 / c` of normalised values, without the lowest `dropped` of the working bits.
fn inverse<R: Ring>(
    ctx: &mut Context,
    c: &Rss<R>,
    size: Normalisation,
    dropped: u32,
) -> Result<Rss<R>, ProtocolError> {
    let w = constant_minus(ctx, 2.9142, size.work, &c.map_each(|v| ring::shl(v, 1)));
    to_reciprocal(ctx, c, w, [size.steps(), dropped], size.work)
}

/// `1 / x` of `x` of either sign at `frac` fractional bits. Zero sets a flag.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: a sign and its B2A, a product for the magnitude and one for the sign of the result, and what
///   `positive_reciprocal` sends.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `1 / x = s / |x|` with the sign `s`.
/// - **Leaks**: nothing but flags; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn reciprocal<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let [sign, magnitude] = sign_and_magnitude(ctx, x)?;
    let (w, factor, frac) = inverted(ctx, &magnitude, frac, size, Domain::Magnitude)?;
    let w = reshare(ctx, &multiply(&w, &sign))?;
    let values = multiply(&w, &factor);
    Ok(Evaluated { values, frac })
}

/// 1 or -1, and the magnitude: a sign, a B2A and a product.
fn sign_and_magnitude<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
) -> Result<[Rss<R>; 2], ProtocolError> {
    let sign = signs(ctx, x)?;
    let magnitude = reshare(ctx, &multiply(x, &sign))?;
    Ok([sign, magnitude])
}

/// `1 / x` of positive `x` at `frac` fractional bits.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: what finding the exponent sends, then 7 truncated products (5 for `k = 32`), and a product if there is
///   more than one group of exponents.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `c = X 2^-(j+1)` in `[1/2, 1)`; `w = 2.9142 - 2c`, `w <- w (2 - c w)` three times,
///   twice for `k = 32` (relative error 8.6e-2, 7.4e-3, 5.4e-5, 2.9e-9); `1/x = w 2^(frac-j-1)`. Over a long range `w`
///   is rounded to 20 bits (10 for `k = 32`), and results come at `high - 2 - frac` fractional bits. Those of
///   `X >= 2^40` (`2^18`) are 0: in magnitude they are below `2^(frac - 40)` (`2^(frac - 18)`).
/// - **Leaks**: nothing but flags; the range is public.
pub(super) fn positive_reciprocal<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
    domain: Domain,
) -> Result<Evaluated<R>, ProtocolError> {
    let (w, factor, frac) = inverted(ctx, x, frac, size, domain)?;
    let values = multiply(&w, &factor);
    Ok(Evaluated { values, frac })
}

/// Two factors of `1 / x`, and the fractional bits of their product.
fn inverted<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
    domain: Domain,
) -> Result<(Rss<R>, Rss<R>, u32), ProtocolError> {
    let found = normalised(ctx, x, size, 1, ("reciprocal", domain))?;
    let ([kept, cut], frac) = if size.is_short() {
        ([size.work, 0], size.work + size.high - frac)
    } else {
        let third = size.third();
        ([third, third + 2], size.high - 2 - frac)
    };
    let w = inverse(ctx, &found.c, size, size.work - kept)?;
    let factor = found.power(ctx, |e| e.checked_sub(cut))?;
    Ok((w, factor, frac))
}

/// What values are divided by.
#[derive(Clone, Debug)]
pub struct Divisor<R> {
    /// A power of two that brings a dividend to the size of its quotient.
    pub factor: Rss<R>,
    /// The reciprocal of the rest, with the sign.
    pub inverse: Rss<R>,
    /// Dividends must be below this power of two in magnitude.
    pub limit: Rss<R>,
}

/// Prepares division by values of either sign at `frac` fractional bits. Zero sets a flag.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: what [`reciprocal`] sends, and a product more.
/// - **Randomness**: that of the calls.
/// - **Correctness**: see [`quotient`].
/// - **Leaks**: nothing but flags; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn divisor<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
) -> Result<Divisor<R>, ProtocolError> {
    let [sign, magnitude] = sign_and_magnitude(ctx, x)?;
    let found = normalised(ctx, &magnitude, size, 1, ("div", Domain::Magnitude))?;
    let third = size.third();
    let w = inverse(ctx, &found.c, size, size.work - third)?;
    Ok(Divisor {
        inverse: reshare(ctx, &multiply(&w, &sign))?,
        factor: found.power(ctx, |e| e.checked_sub(third))?,
        limit: found.power(ctx, |e| Some(size.high - e.checked_sub(third)?))?,
    })
}

/// Dividends over divisors, both at the same fractional bits. A quotient that is too large sets a flag.
///
/// - **Holds**: before ring shares, after parts of a product.
/// - **Sends**: two signs, and a truncated product.
/// - **Randomness**: that of the calls.
/// - **Correctness**: let `t` be a third of `high`: 20, or 10 for `k = 32`. `Y = c 2^(high - e)` with `c` in `[1/2, 1)`
///   and `1 / c` at `t` bits. The dividend times `2^(e - t)` is `q c 2^(high - t)` for the quotient `q`, and fits while
///   the dividend is below `2^(high - e + t)`, which is checked; without its lowest `t + 2` bits it is multiplied with
///   `1 / c`. The quotient is right up to `2^-t` of it and a unit of `2^(2t + 2 - high)`, if it is below
///   `2^t` in magnitude. One of `2^(t + 1)` or more sets a flag, and any if the divisor is `2^(high - t)` or more.
/// - **Leaks**: nothing but flags; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn quotient<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    divisor: &Divisor<R>,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let beyond = |x: &Rss<R>| x.zip_each(&divisor.limit, ring::sub);
    flag_reached(ctx, "div", &[beyond(x), beyond(&x.map_each(ring::neg))])?;
    let cut = size.third() + 2;
    let scaled = product(ctx, x, &divisor.factor, cut)?;
    Ok(Evaluated {
        values: multiply(&scaled, &divisor.inverse),
        frac: size.high - cut,
    })
}
