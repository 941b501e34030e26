//! Series in the square of a value.

use crate::protocol::basic::product::multiply;
use crate::protocol::composed::arithmetic::{plus, product, truncated};
use crate::protocol::composed::chebyshev::{Precision, chebyshev};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{Additive, Rss};

/// A Chebyshev series in `u = 2 t^2 - 1` of values `t` in `[-1, 1]` at `frac` fractional bits, at least those of the
/// polynomials. The result has those of the sum.
///
/// - **Holds**: before ring shares, after parts of a sum.
/// - **Sends**: a truncated product (the square), and a Chebyshev series.
/// - **Randomness**: that of the calls.
/// - **Correctness**: see `chebyshev/mod.rs`; the square is rounded once. `2 frac < k - 2`.
/// - **Leaks**: nothing; coefficients are public.
pub(super) fn even_series<R: Ring>(
    ctx: &mut Context,
    t: &Rss<R>,
    frac: u32,
    coefficients: &[f64],
    precision: Precision,
) -> Result<Additive<R>, ProtocolError> {
    let work = precision.work;
    let square = product(ctx, t, t, 2 * frac - work - 1)?;
    let u = plus(ctx, &square, -R::ONE.shl(work));
    chebyshev(ctx, &u, work, coefficients, precision)
}

/// `t` times [`even_series`], which is rounded to `quotient` bits before. The result has `frac + quotient` fractional
/// bits.
///
/// - **Holds**, **Randomness**, **Leaks**: as there.
/// - **Sends**: a truncation more.
/// - **Correctness**: as there, and half a unit of the quotient.
pub(super) fn odd_series<R: Ring>(
    ctx: &mut Context,
    t: &Rss<R>,
    frac: u32,
    coefficients: &[f64],
    precision: Precision,
    quotient: u32,
) -> Result<Additive<R>, ProtocolError> {
    let series = even_series(ctx, t, frac, coefficients, precision)?;
    let series = truncated(ctx, &series, precision.sum - quotient)?;
    Ok(multiply(t, &series))
}
