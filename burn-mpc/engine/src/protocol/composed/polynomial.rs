//! Polynomials with public coefficients.

use crate::protocol::basic::input::public;
use crate::protocol::composed::arithmetic::{code, constant_times, part, plus, product, truncated};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// `x, x^2, .., x^degree` at `work` fractional bits, power-major.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: `ceil(log2 degree)` batches of truncated products, in all `degree - 1` products for each element of
///   `x`.
/// - **Randomness**: that of the calls.
/// - **Correctness**: from the powers up to `x^m` come those up to `x^2m` as products with `x^m`; each product is
///   rounded once, so that `x^i` is off by less than `i max(1, |x|)^(i - 1)` units. `|x^i| 2^(2 work)` must stay below
///   `2^(k-2)`.
/// - **Leaks**: nothing; the degree is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(super) fn powers<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    degree: usize,
    work: u32,
) -> Result<Rss<R>, ProtocolError> {
    let len = x.len();
    let mut all = x.clone();
    let mut known = 1;
    while known < degree {
        let more = known.min(degree - known);
        let highest = part(&all, (known - 1) * len, len);
        let highest = highest.map_to(more * len, |component| component.repeat(more));
        let next = product(ctx, &highest, &part(&all, 0, more * len), work)?;
        all = Rss::concat(&[&all, &next]);
        known += more;
    }
    Ok(all)
}

/// `sum_i coefficients[i] x^i`; secrets and results are at `work` fractional bits.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: the powers in `ceil(log2 degree)` batches of truncated products, `degree - 1` for each element, and one
///   truncation.
/// - **Randomness**: that of the calls.
/// - **Correctness**: public multiples of the powers are added up before the last truncation. Error: one rounding, the
///   error of each power (`i max(1, |x|)^(i - 1)` units of `x^i`) times its coefficient, and the errors of the
///   coefficients, half a unit each. At `2 work` bits the sum, and every power, must stay below `2^(k-2)` in magnitude,
///   and below `2^(k-2) - 2^(work-1)` under the exact truncation.
/// - **Leaks**: nothing; coefficients are public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn polynomial<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    coefficients: &[f64],
    work: u32,
) -> Result<Rss<R>, ProtocolError> {
    let Some((&constant, rest)) = coefficients.split_first() else {
        return Ok(x.map_each(|component| vec![R::ZERO; component.len()]));
    };
    let len = x.len();
    if rest.is_empty() {
        if x.is_counted() {
            return Ok(x.clone());
        }
        let constant = code::<R>(constant, work);
        return Ok(public(ctx.party(), &vec![constant; len]));
    }
    let powers = powers(ctx, x, rest.len(), work)?;
    let term = |i: usize| constant_times(&part(&powers, i * len, len), rest[i], work);
    let mut sum = term(0);
    for i in 1..rest.len() {
        sum = sum.zip_each(&term(i), ring::add);
    }
    let sum = plus(ctx, &sum, code::<R>(constant, work).shl(work));
    truncated(ctx, &sum.to_additive(), work)
}
