//! Softmax and its logarithm: one maximum, one exponential for each element, one reciprocal or logarithm for each row.

use crate::protocol::basic::input::public;
use crate::protocol::basic::product::multiply;
use crate::protocol::composed::arithmetic::{code, plus, product, truncated};
use crate::protocol::composed::chebyshev::{Precision, chebyshev};
use crate::protocol::composed::exponent::{Domain, Normalisation, normalised};
use crate::protocol::composed::logarithm::logarithm;
use crate::protocol::composed::matches::Present;
use crate::protocol::composed::maximum::maximum;
use crate::protocol::composed::piecewise::sum_of_rows;
use crate::protocol::composed::reciprocal::positive_reciprocal;
use crate::protocol::composed::smooth::{EXP_32, EXP_64, Exponential, working_bits};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::masked::relu_replicated;
use crate::protocol::gate::patches::Patches;
use crate::protocol::window::Window;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// The exponential on a ring of `bits` bits.
fn exponential(bits: u32) -> &'static Exponential {
    if bits >= 64 { &EXP_64 } else { &EXP_32 }
}

/// The most fractional bits with which values may come.
#[must_use]
pub fn softmax_most_frac(bits: u32) -> u32 {
    working_bits(bits) - exponential(bits).shift
}

/// The most elements of a row on a ring of `bits` bits: their sum must be normalised.
#[must_use]
pub fn softmax_most_planes(bits: u32) -> usize {
    1 << (bits - 4 - working_bits(bits)).min(30)
}

fn assert_fits<R: Ring>(planes: usize, frac: u32, bits: u32) {
    assert!(
        bits <= R::BITS,
        "a ring of {bits} bits is played on this one"
    );
    let most = softmax_most_planes(bits);
    assert!((1..=most).contains(&planes), "1 to {most} planes");
    let most = softmax_most_frac(bits);
    assert!(frac <= most, "at most {most} fractional bits");
}

/// Sizes with which a sum of exponentials of up to 1 is normalised; one of them is 1, up to rounding.
fn size_of_sum(planes: usize, bits: u32) -> Normalisation {
    let work = working_bits(bits);
    Normalisation {
        low: work - 1,
        high: work + planes.next_power_of_two().ilog2() + 1,
        work,
        bits,
    }
}

/// What both functions compute first.
struct Shifted<R> {
    /// The elements minus the maximum of their row.
    x: Rss<R>,
    /// Their exponentials, at the working scale.
    exponentials: Rss<R>,
    /// The sum of each row, at the working scale.
    sums: Rss<R>,
}

fn repeated<R: Ring>(row: &Rss<R>, planes: usize) -> Rss<R> {
    row.map_to(planes * row.len(), |row| row.repeat(planes))
}

fn shifted<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    x: &Rss<R>,
    frac: u32,
    bits: u32,
) -> Result<Shifted<R>, ProtocolError> {
    let len = x.len() / planes;
    let present = Present::all(planes, len);
    let maxima = maximum(ctx, planes, len, x.clone(), present, Window::full::<R>())?;
    let x = x.zip_each(&repeated(&maxima, planes), ring::sub);
    let exponentials = exponential_of(ctx, &x, frac, bits)?;
    let sums = exponentials.map_to(len, |rows| sum_of_rows(rows, len));
    Ok(Shifted {
        x,
        exponentials,
        sums,
    })
}

/// `e^x` of values that are not positive, at the working scale; 0, up to a unit, where `x <= -2^shift`.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: a ReLU of replicated values, the Chebyshev series, a truncation, and a truncated square for each
///   squaring.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `t = max(x + 2^shift, 0) / 2^shift` is in `[0, 1]`; the series is of `e^(x / 2^squarings)`. A
///   squaring doubles the error at most, since values are at most 1, and rounds once. The value at `-2^shift` is
///   subtracted before the last truncation, so that any number of far elements adds up to nothing.
/// - **Leaks**: nothing; coefficients are public.
fn exponential_of<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    bits: u32,
) -> Result<Rss<R>, ProtocolError> {
    let &Exponential {
        shift,
        squarings,
        floor,
        coefficients,
    } = exponential(bits);
    let (work, len) = (working_bits(bits), x.len());
    let raised = plus(ctx, x, R::ONE.shl(frac + shift));
    let kept = relu_replicated(ctx, &raised, &Patches::single(len), Window::full::<R>())?.values;
    // Their powers are at most 1.
    let precision = Precision::coarse(bits, 2);
    let fine = (frac + shift - 1).max(precision.work);
    let doubled = kept.map_each(|x| ring::shl(x, fine + 1 - frac - shift));
    let u = plus(ctx, &doubled, -R::ONE.shl(fine));
    let series = chebyshev(ctx, &u, fine, coefficients, precision)?;
    let mut power = truncated(ctx, &series, precision.sum - work)?;
    for _ in 1..squarings {
        power = product(ctx, &power, &power, work)?;
    }
    let mut last = multiply(&power, &power);
    if !last.is_counted() {
        let floor = vec![code::<R>(floor, 2 * work); len];
        last = last.zip_each(&public(ctx.party(), &floor).to_additive(), ring::sub);
    }
    truncated(ctx, &last, work)
}

/// `e^x_i / sum_j e^x_j` over `planes` planes of equal length, plane-major, for a ring of `bits` bits: those of `R`, or
/// fewer in a calibration. Values have `frac` fractional bits, at most [`softmax_most_frac`]; there are at most
/// [`softmax_most_planes`].
///
/// - **Holds**: before and after ring shares; the result has `frac` fractional bits.
/// - **Sends**: the [`maximum`] of each row; for every element a ReLU of replicated values, the Chebyshev series of the
///   exponential and its squarings, and a truncated product; for every row a reciprocal and a truncation.
/// - **Randomness**: that of the calls.
/// - **Correctness**: subtracting the maximum changes nothing, and makes every exponent at most 0 and one of them 0. So
///   the sum is between 1 and `planes`, up to rounding. Exponents are off by `e^(-2^shift)` at most, and below `-2^shift`
///   their power counts as 0.
/// - **Leaks**: nothing.
///
/// Specification: `docs/spec/functions.md`, "Softmax".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
///
/// # Panics
/// If there is no plane, or there are too many or too many fractional bits, or `bits` are more than the ring has.
pub fn softmax<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    x: &Rss<R>,
    frac: u32,
    bits: u32,
) -> Result<Rss<R>, ProtocolError> {
    assert_fits::<R>(planes, frac, bits);
    let Shifted {
        exponentials, sums, ..
    } = shifted(ctx, planes, x, frac, bits)?;
    let work = working_bits(bits);
    let size = size_of_sum(planes, bits);
    let inverse = positive_reciprocal(ctx, &sums, work, size, Domain::Sure)?;
    let inverse = truncated(ctx, &inverse.values, inverse.frac - work)?;
    let quotients = multiply(&exponentials, &repeated(&inverse, planes));
    truncated(ctx, &quotients, 2 * work - frac)
}

/// `x_i - ln(sum_j e^x_j)` over `planes` planes, as [`softmax`].
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: what [`softmax`] sends, but for every row, instead of the reciprocal, one sign call and one B2A on the
///   possible exponents of the sum, a truncated product, the Chebyshev series of the logarithm and a truncation.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `S = c 2^j` with `c` in `[1/2, 1)`, and `ln S = ln c + j ln 2`; `u = 4 c - 3`.
/// - **Leaks**: nothing.
///
/// Specification: `docs/spec/functions.md`, "Softmax".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
///
/// # Panics
/// As [`softmax`].
pub fn log_softmax<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    x: &Rss<R>,
    frac: u32,
    bits: u32,
) -> Result<Rss<R>, ProtocolError> {
    assert_fits::<R>(planes, frac, bits);
    let Shifted { x, sums, .. } = shifted(ctx, planes, x, frac, bits)?;
    let (work, size) = (working_bits(bits), size_of_sum(planes, bits));
    let found = normalised(ctx, &sums, size, 1, ("log_softmax", Domain::Sure))?;
    let logarithms = logarithm(ctx, &found, work)?;
    let logarithm = truncated(ctx, &logarithms.values, logarithms.frac - frac)?;
    Ok(x.zip_each(&repeated(&logarithm, planes), ring::sub))
}
