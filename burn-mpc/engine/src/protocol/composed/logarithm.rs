//! The natural logarithm, by normalisation and a series.

use crate::protocol::composed::arithmetic::{code, plus};
use crate::protocol::composed::chebyshev::{Precision, chebyshev};
use crate::protocol::composed::exponent::{
    Domain, Evaluated, Normalisation, Normalised, normalised,
};
use crate::protocol::composed::smooth::{LN_32, LN_64};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// `ln(x)` of `x` at `frac` fractional bits. Zero and negative values set a flag.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: what finding the exponent sends, and a Chebyshev series.
/// - **Randomness**: that of the calls.
/// - **Correctness**: see `logarithm`.
/// - **Leaks**: nothing but flags; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn ln<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let found = normalised(ctx, x, size, 1, ("ln", Domain::Positive))?;
    logarithm(ctx, &found, frac)
}

/// The logarithm of values at `frac` fractional bits whose exponents were found one by one.
///
/// - **Holds**: before ring shares, after parts of a sum.
/// - **Sends**: a Chebyshev series.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `X = c 2^e` with `c` in `[1/2, 1)`, and `ln x = ln c + (e - frac) ln 2`; `u = 4 c - 3`. The result
///   has `2 work - 2` fractional bits and must be below `2^(k - 2 work)`.
/// - **Leaks**: nothing; the range is public.
pub(super) fn logarithm<R: Ring>(
    ctx: &mut Context,
    found: &Normalised<R>,
    frac: u32,
) -> Result<Evaluated<R>, ProtocolError> {
    let size = found.size();
    let precision = Precision::fine(size.work);
    let at = precision.sum;
    let fourfold = found.c.map_each(|c| ring::shl(c, 2));
    let u = plus(ctx, &fourfold, -R::from_u64(3).shl(size.work));
    let coefficients = if size.bits >= 64 { LN_64 } else { LN_32 };
    let of_c = chebyshev(ctx, &u, size.work, coefficients, precision)?;
    let times = |exponent: f64| code::<R>(exponent * core::f64::consts::LN_2, at);
    let top = f64::from(size.high) - f64::from(frac);
    let of_exponent = found.sum(ctx, |group| times(top - group), |exponent| times(-exponent));
    Ok(Evaluated {
        values: of_c.zip_each(&of_exponent.to_additive(), ring::add),
        frac: at,
    })
}
