//! Polynomials in the Chebyshev basis: on [-1, 1] their values and coefficients stay small, whatever the degree.

pub(super) mod form;

use crate::protocol::basic::product::multiply;
use crate::protocol::composed::arithmetic::{code, constant_times, part, plus, truncated};
use crate::protocol::composed::chebyshev::form::{Basis, Form};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};

/// Bits that coefficients have at least if they are not given more room by truncations.
const COEFFICIENT: u32 = 12;

/// Fractional bits with which a series is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    /// Of the polynomials, but the first.
    pub work: u32,
    /// Of the sum, whose magnitude must be below `2^(k - 2 - sum)`.
    pub sum: u32,
}

impl Precision {
    /// Polynomials at `work` bits, coefficients at two bits fewer: sums below 16 fit where `2 work <= k - 4`.
    pub(crate) fn fine(work: u32) -> Self {
        Self {
            work,
            sum: 2 * work - 2,
        }
    }

    /// Fewer truncations, if a ring of `bits` bits has room for polynomials and coefficients of about 20 bits: for
    /// functions that may be off by 4 units of 2^-16. Sums must be below `2^whole`, of at most 4 bits on short rings.
    pub(crate) fn coarse(bits: u32, whole: u32) -> Self {
        if bits >= 64 {
            let (work, sum) = (20, bits - 2 - whole);
            Self { work, sum }
        } else {
            Self::fine(14)
        }
    }
}

/// A polynomial of a value, and its fractional bits.
struct Known<R> {
    values: Rss<R>,
    frac: u32,
}

/// The sum of a form at `at` fractional bits. Factors of products are truncated if there is no room for coefficients.
fn sum_of<R: Ring>(
    ctx: &mut Context,
    form: &Form,
    known: &[Known<R>],
    (at, factors): (u32, bool),
) -> Result<Additive<R>, ProtocolError> {
    let len = known[0].values.len();
    let times = |place: usize, c: f64, at: u32| {
        let Known { values, frac } = &known[place];
        constant_times(values, c, at - frac)
    };
    let add = |sum: Option<Rss<R>>, term: Rss<R>| match sum {
        Some(sum) => Some(sum.update(&term, ring::add_assign)),
        None => Some(term),
    };
    let linear = form.linear.iter().enumerate().filter(|(_, c)| **c != 0.0);
    let linear = linear.fold(None, |sum, (place, &c)| add(sum, times(place, c, at)));
    let linear = linear.unwrap_or_else(|| known[0].values.map_each(|x| vec![R::ZERO; x.len()]));
    let mut sum = plus(ctx, &linear, code(form.constant, at)).to_additive();

    let seconds = form.second_factors();
    let firsts = seconds.iter().map(|&second| {
        let at = if factors { at } else { at - known[second].frac };
        let of_second = form.products.iter().filter(|&&(_, j, _)| j == second);
        of_second.fold(None, |sum, &(i, _, a)| add(sum, times(i, a, at)))
    });
    let mut firsts: Vec<Rss<R>> = firsts.flatten().collect();
    if factors && !firsts.is_empty() {
        // All second factors have the same bits, unless there is but one.
        let all = Rss::concat(&firsts).to_additive();
        let all = truncated(ctx, &all, known[seconds[0]].frac)?;
        firsts = (0..firsts.len())
            .map(|i| part(&all, i * len, len))
            .collect();
    }
    for (first, second) in firsts.iter().zip(seconds) {
        sum = sum.update(&multiply(first, &known[second].values), ring::add_assign);
    }
    Ok(sum)
}

/// `sum_i coefficients[i] T_i(t)` of values in `[-1, 1]` at `frac` fractional bits, at least those of the polynomials
/// unless factors are truncated; the result has those of the sum.
///
/// - **Holds**: before ring shares, after parts of a sum.
/// - **Sends**: a few batches of truncated sums of products, see `form.rs`: 3 polynomials in 3 batches for degree 10,
///   where all polynomials would be 9 in 4. Without room for coefficients of 12 bits also a truncation of each factor
///   that polynomials are multiplied with.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `2 T_i T_j = T_(i+j) + T_(j-i)`, so that a series is a quadratic form in a few polynomials, and so is
///   each of these in those before it. Only the sum of a form must fit the ring. Errors: if `T_n` is off by at most
///   `e_n` units, a form is off by `|linear_i| e_i` and `|a_ij| (e_i + e_j)` for each term; a polynomial, which is
///   truncated, by a unit more. A coefficient of a product is rounded, which costs half a unit of the polynomial of the
///   highest degree, at half the coefficient's unit; what it misses in the lower degree is made up for.
/// - **Leaks**: nothing; coefficients are public.
///
/// Specification: `docs/spec/functions.md`, "Chebyshev series".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
///
/// # Panics
/// If the degree is above 22.
pub(super) fn chebyshev<R: Ring>(
    ctx: &mut Context,
    t: &Rss<R>,
    frac: u32,
    coefficients: &[f64],
    precision: Precision,
) -> Result<Additive<R>, ProtocolError> {
    let (Precision { work, sum }, len) = (precision, t.len());
    let degree = coefficients.len().saturating_sub(1);
    let factors = sum < 2 * work + COEFFICIENT;
    #[expect(
        clippy::expect_used,
        reason = "degrees are those of constants; tests evaluate every one of them"
    )]
    let basis = Basis::reaching(degree, factors).expect("a degree of at most 22");
    let first = Known {
        values: t.clone(),
        frac,
    };
    let mut known = vec![first];
    for batch in &basis.batches {
        let pairs = batch.iter().flat_map(|form| &form.products);
        let at = pairs.map(|&(i, j, _)| known[i].frac + known[j].frac).max();
        let at = at.unwrap_or(frac);
        let mut sums = Vec::with_capacity(batch.len());
        for form in batch {
            sums.push(sum_of(ctx, form, &known, (at, false))?);
        }
        let all = truncated(ctx, &Additive::concat(&sums), at - work)?;
        known.extend((0..batch.len()).map(|i| Known {
            values: part(&all, i * len, len),
            frac: work,
        }));
    }
    let rounded = |[i, j]: [usize; 2], a: f64| {
        let second = if factors { 0 } else { known[j].frac };
        let unit = f64::from(sum - known[i].frac - second).exp2();
        (a * unit).round() / unit
    };
    #[expect(
        clippy::expect_used,
        reason = "the basis was chosen because it reaches the degree"
    )]
    let form = Form::of(coefficients, basis.set, factors, rounded).expect("a form of this degree");
    sum_of(ctx, &form, &known, (sum, factors))
}
