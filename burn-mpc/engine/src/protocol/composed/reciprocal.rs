//! Reciprocal, square root and reciprocal of the square root of positive values, by normalisation and Newton's
//! iteration.

use crate::protocol::basic::product::multiply;
use crate::protocol::composed::arithmetic::{constant_minus, constant_times, product, truncated};
use crate::protocol::composed::newton::{to_reciprocal, to_reciprocal_root};
use crate::protocol::composed::piecewise::{at_least, look_up};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};

/// The result of a function: additive elements that stand for `element / 2^frac`.
#[derive(Debug)]
pub struct Evaluated<R> {
    /// The elements, not yet reshared.
    pub values: Additive<R>,
    /// Fractional bits.
    pub frac: u32,
}

/// Fixed-point sizes of the iteration: integers `X` in `[2^low, 2^high)` are normalised, and Newton
/// runs at `work` fractional bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalisation {
    /// Inputs below `2^low` give no meaningful result.
    pub low: u32,
    /// Inputs must be below `2^high`; even.
    pub high: u32,
    /// Fractional bits of the iteration.
    pub work: u32,
    /// Fractional bits at which an input must arrive; even.
    pub input_frac: u32,
    /// Steps of Newton's iteration for the reciprocal.
    pub steps: u32,
}

impl Normalisation {
    /// Sizes that fit the ring: results and all products stay below `2^(k-2)`.
    ///
    /// `k = 64`: values from `2^-18` to `2^16`, relative error about `2^-24`.
    /// `k = 32`: values from `2^-6` to `2^10`, relative error about `2^-11`.
    #[must_use]
    pub fn of<R: Ring>() -> Self {
        Self::for_bits(R::BITS)
    }

    /// Sizes for results and products below `2^(bits - 2)`, on any ring.
    #[must_use]
    pub fn for_bits(bits: u32) -> Self {
        if bits >= 64 {
            Self {
                low: 6,
                high: 40,
                work: 26,
                input_frac: 24,
                steps: 3,
            }
        } else {
            Self {
                low: 4,
                high: 20,
                work: 13,
                input_frac: 10,
                steps: 2,
            }
        }
    }
}

impl Normalisation {
    /// Every `step`-th power of two from `2^low` to below `2^high`: the exponents, and the ring elements.
    fn thresholds<R: Ring>(self, step: usize) -> (Vec<u32>, Vec<R>) {
        let exponents: Vec<u32> = (self.low..self.high).step_by(step).collect();
        let codes = exponents.iter().map(|&i| R::ONE.shl(i)).collect();
        (exponents, codes)
    }
}

/// A table of powers of two.
fn powers_of_two<R: Ring>(exponents: impl Iterator<Item = u32>) -> Vec<R> {
    exponents.map(|i| R::ONE.shl(i)).collect()
}

/// `c = X 2^-(j+1)` in `[1/2, 1)` at the working scale.
pub(super) struct Normalised<R> {
    pub(super) c: Rss<R>,
    /// `2^(high - j - 1)`.
    factor: Rss<R>,
    /// `[X >= 2^j]` for every exponent `j` from `low` to below `high`.
    pub(super) bits: Rss<R>,
}

/// Finds the exponent of every value, and divides by it.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: one sign call and one B2A on `len (high - low)` thresholds, and a truncated product.
/// - **Randomness**: that of the calls.
/// - **Correctness**: values must be at least `2^low` and below `2^high`; smaller ones give zero.
/// - **Leaks**: nothing; the range is public.
pub(super) fn normalised<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
) -> Result<Normalised<R>, ProtocolError> {
    let (exponents, thresholds) = size.thresholds::<R>(1);
    let bits = at_least(ctx, x, &thresholds)?;
    let table = powers_of_two(exponents.iter().map(|&j| size.high - j - 1));
    let factor = look_up(&bits, x.len(), &table);
    let c = product(ctx, x, &factor, size.high - size.work)?;
    Ok(Normalised { c, factor, bits })
}

/// `1 / x` for `x` at [`Normalisation::input_frac`] fractional bits.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: one sign call and one B2A on `len (high - low)` thresholds, then 7 truncated products
///   (5 for `k = 32`).
/// - **Randomness**: that of the calls.
/// - **Correctness**: `c = X 2^-(j+1)` in `[1/2, 1)`; `w = 2.9142 - 2c`, `w <- w (2 - c w)` three times,
///   twice for `k = 32` (relative error 8.6e-2, 7.4e-3, 5.4e-5, 2.9e-9); `1/x = w 2^(f-j-1)`. Zero gives zero.
/// - **Leaks**: nothing; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn reciprocal<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let Normalised { c, factor, .. } = normalised(ctx, x, size)?;
    let w = constant_minus(ctx, 2.9142, size.work, &c.map_each(|v| ring::shl(v, 1)));
    let w = to_reciprocal(ctx, &c, w, size.steps, size.work)?;
    Ok(Evaluated {
        values: multiply(&w, &factor),
        frac: size.work + size.high - size.input_frac,
    })
}

/// `c = X 2^-2m` in `[1/4, 1)` and `1 / sqrt(c)` at the working scale, and tables of powers of two by `m`.
struct Root<R> {
    c: Rss<R>,
    w: Rss<R>,
    bits: Rss<R>,
    /// `m` of each threshold.
    halves: Vec<u32>,
}

fn normalised_root<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
) -> Result<Root<R>, ProtocolError> {
    let (exponents, thresholds) = size.thresholds::<R>(2);
    let bits = at_least(ctx, x, &thresholds)?;
    let halves: Vec<u32> = exponents.iter().map(|i| i / 2 + 1).collect();
    let down = powers_of_two(halves.iter().map(|m| size.high - 2 * m));
    let c = product(
        ctx,
        x,
        &look_up(&bits, x.len(), &down),
        size.high - size.work,
    )?;
    let slope = constant_times(&c, 1.21, size.work);
    let scaled = truncated(ctx, &slope.to_additive(), size.work)?;
    let w = constant_minus(ctx, 2.13, size.work, &scaled);
    let w = to_reciprocal_root(ctx, &c, w, 3, size.work)?;
    Ok(Root { c, w, bits, halves })
}

/// `sqrt(x)` for `x` at [`Normalisation::input_frac`] fractional bits.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: one sign call and one B2A on `len (high - low) / 2` thresholds, then 11 truncated
///   products and one truncated public multiple.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `c = X 2^-2m` in `[1/4, 1)`; `w = 2.13 - 1.21 c`, `w <- w (3 - c w^2) / 2` three
///   times (relative error 8.8e-2, 1.2e-2, 2.1e-4, 6.7e-8) tends to `1/sqrt(c)`;
///   `sqrt(x) = c w 2^(m - f/2)`. Zero gives zero.
/// - **Leaks**: nothing; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn sqrt<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let Root { c, w, bits, halves } = normalised_root(ctx, x, size)?;
    let up = powers_of_two(halves.into_iter());
    let root = product(ctx, &c, &w, size.work)?;
    Ok(Evaluated {
        values: multiply(&root, &look_up(&bits, x.len(), &up)),
        frac: size.work + size.input_frac / 2,
    })
}

/// `1 / sqrt(x)` for `x` at [`Normalisation::input_frac`] fractional bits. Costs less than [`sqrt`] alone, and less than half of [`sqrt`] and [`reciprocal`] together.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: what [`sqrt`] sends, without one truncated product.
/// - **Randomness**: that of the calls.
/// - **Correctness**: with `w` of [`sqrt`], `1 / sqrt(x) = w 2^(f/2 - m)`. Zero gives zero.
/// - **Leaks**: nothing; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn reciprocal_sqrt<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let Root {
        w, bits, halves, ..
    } = normalised_root(ctx, x, size)?;
    let down = powers_of_two(halves.into_iter().map(|m| size.high / 2 - m));
    Ok(Evaluated {
        values: multiply(&w, &look_up(&bits, x.len(), &down)),
        frac: size.work + size.high / 2 - size.input_frac / 2,
    })
}
