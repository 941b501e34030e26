//! Polynomials in the Chebyshev basis: on [-1, 1] their values and coefficients stay small, whatever the degree.

use crate::protocol::basic::input::public;
use crate::protocol::composed::arithmetic::{code, constant_times, part, plus, product};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};

/// Bits that coefficients have less than values, so that sums below 8 fit twice the scale.
pub(super) const SPARE: u32 = 2;

/// `T_1, .., T_degree` of values in `[-1, 1]`, all at `work` fractional bits, degree-major.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: `ceil(log2 degree)` batches of truncated products, in all `degree - 1` for each element.
/// - **Randomness**: that of the calls.
/// - **Correctness**: from `T_1, .., T_m` come `T_(m+i) = 2 T_m T_i - T_(m-i)` for `i` up to `m`; the factor 2 is a bit
///   less of truncation. `work <= (k - 3) / 2`, since `|2 T_m T_i| <= 2`. If `T_n` is off by at most `e_n` units,
///   `e_(m+i) <= 2 (e_m + e_i) + e_(m-i) + 2`.
/// - **Leaks**: nothing; the degree is public.
fn basis<R: Ring>(
    ctx: &mut Context,
    t: &Rss<R>,
    degree: usize,
    work: u32,
) -> Result<Rss<R>, ProtocolError> {
    let len = t.len();
    let mut all = t.clone();
    let mut known = 1;
    while known < degree {
        let more = known.min(degree - known);
        let highest = part(&all, (known - 1) * len, len);
        let highest = highest.map_to(more * len, |component| component.repeat(more));
        let products = product(ctx, &highest, &part(&all, 0, more * len), work - 1)?;
        // T_(m-1), T_(m-2), .., of which T_0 is the constant 1.
        let lower = all.map_to(more * len, |component| {
            let of = |degree: usize| match degree.checked_sub(1) {
                Some(row) => component[row * len..][..len].to_vec(),
                None => vec![R::ZERO; len],
            };
            (1..=more).flat_map(|i| of(known - i)).collect()
        });
        let mut next = products.zip_each(&lower, ring::sub);
        if more == known && !next.is_counted() {
            let mut ones = vec![R::ZERO; more * len];
            ones[(more - 1) * len..].fill(R::ONE.shl(work));
            next = next.zip_each(&public(ctx.party(), &ones), ring::sub);
        }
        all = Rss::concat(&[&all, &next]);
        known += more;
    }
    Ok(all)
}

/// `sum_i coefficients[i] T_i(t)` of values in `[-1, 1]` at `work` fractional bits; the result has `2 work - 2`.
///
/// - **Holds**: before ring shares, after parts of a sum.
/// - **Sends**: `ceil(log2 degree)` batches of truncated products, in all `degree - 1` for each element.
/// - **Randomness**: that of the calls.
/// - **Correctness**: public multiples of the polynomials are added up. Error: that of each polynomial times its
///   coefficient, and half a unit of each coefficient. The sum must be below `2^(k - 2 work)` in magnitude.
/// - **Leaks**: nothing; coefficients are public.
///
/// Specification: `docs/spec/functions.md`, "Chebyshev series".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(super) fn chebyshev<R: Ring>(
    ctx: &mut Context,
    t: &Rss<R>,
    coefficients: &[f64],
    work: u32,
) -> Result<Additive<R>, ProtocolError> {
    let len = t.len();
    let Some((&constant, rest)) = coefficients.split_first() else {
        return Ok(t.map_each(|t| vec![R::ZERO; t.len()]).to_additive());
    };
    let basis = basis(ctx, t, rest.len().max(1), work)?;
    let term = |i: usize| {
        let c = rest.get(i).copied().unwrap_or(0.0);
        constant_times(&part(&basis, i * len, len), c, work - SPARE)
    };
    let mut sum = term(0);
    for i in 1..rest.len() {
        sum = sum.zip_each(&term(i), ring::add);
    }
    Ok(plus(ctx, &sum, code(constant, 2 * work - SPARE)).to_additive())
}
