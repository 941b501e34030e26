//! Square root and reciprocal of the square root, by normalisation and Newton's iteration.

use crate::protocol::basic::product::multiply;
use crate::protocol::composed::arithmetic::{constant_minus, constant_times, product, truncated};
use crate::protocol::composed::exponent::{Domain, Evaluated, Normalisation, normalised};
use crate::protocol::composed::newton::to_reciprocal_root;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::Rss;

/// `1 / sqrt(c)` of values in `[1/4, 1)` at the working scale.
fn inverse_root<R: Ring>(
    ctx: &mut Context,
    c: &Rss<R>,
    work: u32,
) -> Result<Rss<R>, ProtocolError> {
    let slope = constant_times(c, 1.21, work);
    let scaled = truncated(ctx, &slope.to_additive(), work)?;
    let w = constant_minus(ctx, 2.13, work, &scaled);
    to_reciprocal_root(ctx, c, w, 3, work)
}

/// `sqrt(x)` of `x` at `frac` fractional bits, an even number. Negative values set a flag.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: what finding every second exponent sends, then 10 truncated products, one truncated public multiple,
///   and a product if there is more than one group of exponents.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `c = X 2^-2m` in `[1/4, 1)`; `w = 2.13 - 1.21 c`, `w <- w (3 - c w^2) / 2` three
///   times (relative error 8.8e-2, 1.2e-2, 2.1e-4, 6.7e-8) tends to `1/sqrt(c)`;
///   `sqrt(x) = c w 2^(m - frac/2)`. Zero gives zero.
/// - **Leaks**: nothing but flags; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn sqrt<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let found = normalised(ctx, x, size, 2, ("sqrt", Domain::NotNegative))?;
    let w = inverse_root(ctx, &found.c, size.work)?;
    let root = product(ctx, &found.c, &w, size.work)?;
    let lowest = found.lowest();
    let up = found.power(ctx, |e| Some((lowest - e) / 2))?;
    // sqrt(X) = sqrt(c) 2^((high - e) / 2), and the power is 2^((lowest - e) / 2).
    Ok(Evaluated {
        values: multiply(&root, &up),
        frac: size.work + frac / 2 + lowest / 2 - size.high / 2,
    })
}

/// `1 / sqrt(x)` of `x` at `frac` fractional bits, an even number. Costs less than [`sqrt`] alone, and less than half of
/// [`sqrt`] and [`reciprocal`](crate::protocol::reciprocal) together. Zero and negative values set a flag.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: what [`sqrt`] sends, without one truncated product.
/// - **Randomness**: that of the calls.
/// - **Correctness**: with `w` of [`sqrt`], `1 / sqrt(x) = w 2^(frac/2 - m)`.
/// - **Leaks**: nothing but flags; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn reciprocal_sqrt<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let found = normalised(ctx, x, size, 2, ("rsqrt", Domain::Positive))?;
    let w = inverse_root(ctx, &found.c, size.work)?;
    let down = found.power(ctx, |e| Some(e / 2))?;
    Ok(Evaluated {
        values: multiply(&w, &down),
        frac: size.work + size.high / 2 - frac / 2,
    })
}
