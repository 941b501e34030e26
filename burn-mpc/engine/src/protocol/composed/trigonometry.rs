//! Sine and cosine, and the arc tangent of the unit interval.

use crate::protocol::composed::arithmetic::{code, flag_reached, plus, truncated};
use crate::protocol::composed::chebyshev::Precision;
use crate::protocol::composed::exponent::{Evaluated, Normalisation};
use crate::protocol::composed::series::{even_series, odd_series};
use crate::protocol::composed::smooth::{ATAN_32, ATAN_64, COS_32, COS_64, SIN_32, SIN_64};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::exact::exact;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// Angles must be below two to the first in magnitude; turns are computed with the second, bits of `1 / 2 pi`.
fn sizes(bits: u32) -> [u32; 2] {
    if bits >= 64 { [10, 32] } else { [4, 16] }
}

/// `2 t` for the turns `t` in `[-1/2, 1/2]` that `x` is beyond a whole number of turns, at the working scale.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: two signs, a truncation, and an exact truncation, which is the nearest whole number.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `x / 2 pi` is off by a rounding and by `|x|` times half a unit of the constant.
/// - **Leaks**: nothing but flags; all sizes are public.
fn half_turns<R: Ring>(
    ctx: &mut Context,
    function: &'static str,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Rss<R>, ProtocolError> {
    let ([largest, constant], work) = (sizes(size.bits), size.work);
    let beyond = |x: &Rss<R>| plus(ctx, x, -R::ONE.shl(largest + frac));
    let differences = [beyond(x), beyond(&x.map_each(ring::neg))];
    flag_reached(ctx, function, &differences)?;
    let factor = code::<R>(0.5 * core::f64::consts::FRAC_1_PI, constant);
    let scaled = x.map_each(|x| ring::scale(x, factor)).to_additive();
    let turns = truncated(ctx, &scaled, frac + constant - work)?;
    let whole = exact(ctx, &turns.to_additive(), work)?;
    let rest = turns.zip_each(&whole.map_each(|n| ring::shl(n, work)), ring::sub);
    Ok(rest.map_each(|t| ring::shl(t, 1)))
}

/// `sin(x)` of `x` at `frac` fractional bits, at most a third of the ring. Magnitudes from 1024 on (16 for `k = 32`) set a
/// flag.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: two signs, a truncation, an exact truncation, and an odd series.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `sin(x) = sin(pi t)` for the half turns `t` in `[-1, 1]`, an odd series in `t`. Error: `2 pi` times
///   that of the turns, and that of the series.
/// - **Leaks**: nothing but flags.
///
/// Specification: `docs/spec/functions.md`, "Sine and cosine".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn sin<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let t = half_turns(ctx, "sin", x, frac, size)?;
    let coefficients = if size.bits >= 64 { SIN_64 } else { SIN_32 };
    let precision = Precision::fine(size.work);
    Ok(Evaluated {
        values: odd_series(ctx, &t, size.work, coefficients, precision, size.work)?,
        frac: 2 * size.work,
    })
}

/// `cos(x)`, as [`sin`]; the series is even, and costs a truncation less.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn cos<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let t = half_turns(ctx, "cos", x, frac, size)?;
    let coefficients = if size.bits >= 64 { COS_64 } else { COS_32 };
    let precision = Precision::fine(size.work);
    Ok(Evaluated {
        values: even_series(ctx, &t, size.work, coefficients, precision)?,
        frac: precision.sum,
    })
}

/// `atan(t)` of `t` in `[-1, 1]` at `frac` fractional bits, at most those of the working scale.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: an odd series.
/// - **Randomness**: that of the calls.
/// - **Correctness**: that of the series. `t` may be outside by a few units.
/// - **Leaks**: nothing; coefficients are public.
///
/// Specification: `docs/spec/functions.md`, "Arc tangent".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn atan_of_unit<R: Ring>(
    ctx: &mut Context,
    t: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let t = t.map_each(|t| ring::shl(t, size.work - frac));
    let coefficients = if size.bits >= 64 { ATAN_64 } else { ATAN_32 };
    let precision = Precision::fine(size.work);
    Ok(Evaluated {
        values: odd_series(ctx, &t, size.work, coefficients, precision, size.work)?,
        frac: 2 * size.work,
    })
}
