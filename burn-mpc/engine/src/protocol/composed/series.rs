//! Series in the square of a value.

use crate::protocol::basic::product::multiply;
use crate::protocol::composed::arithmetic::{plus, product, truncated};
use crate::protocol::composed::chebyshev::{SPARE, chebyshev};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{Additive, Rss};

/// A Chebyshev series in `u = 2 t^2 - 1` of values `t` in `[-1, 1]` at `frac >= work` fractional bits. The result has
/// `2 work - 2`.
///
/// - **Holds**: before ring shares, after parts of a sum.
/// - **Sends**: a truncated product (the square), and a Chebyshev series.
/// - **Randomness**: that of the calls.
/// - **Correctness**: see `chebyshev.rs`; the square is rounded once. `2 frac < k - 2`.
/// - **Leaks**: nothing; coefficients are public.
pub(super) fn even_series<R: Ring>(
    ctx: &mut Context,
    t: &Rss<R>,
    frac: u32,
    coefficients: &[f64],
    work: u32,
) -> Result<Additive<R>, ProtocolError> {
    let square = product(ctx, t, t, 2 * frac - work - 1)?;
    let u = plus(ctx, &square, -R::ONE.shl(work));
    chebyshev(ctx, &u, coefficients, work)
}

/// `t` times [`even_series`]. The result has `frac + work` fractional bits.
///
/// - **Holds**, **Randomness**, **Leaks**: as there.
/// - **Sends**: a truncation more.
/// - **Correctness**: the series is rounded to `work` bits before it is multiplied with `t`.
pub(super) fn odd_series<R: Ring>(
    ctx: &mut Context,
    t: &Rss<R>,
    frac: u32,
    coefficients: &[f64],
    work: u32,
) -> Result<Additive<R>, ProtocolError> {
    let series = even_series(ctx, t, frac, coefficients, work)?;
    let quotient = truncated(ctx, &series, work - SPARE)?;
    Ok(multiply(t, &quotient))
}
