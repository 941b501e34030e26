//! Evaluates a smooth function, over the whole range of the ring.

use crate::protocol::basic::input::public;
use crate::protocol::composed::arithmetic::{code, part, plus, truncated};
use crate::protocol::composed::chebyshev::Precision;
use crate::protocol::composed::series::{even_series, odd_series};
use crate::protocol::composed::smooth::shape::{Polynomial, Smooth, working_bits};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::masked::relu_replicated;
use crate::protocol::gate::patches::Patches;
use crate::protocol::window::Window;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// Every function is below two to this between its bounds, and so is every quotient by the value over its bound.
const WHOLE: u32 = 4;

/// A value cut at `-b` and `b`, and how far it lies beyond.
struct Limited<R> {
    inner: Rss<R>,
    /// `max(x - b, 0)`.
    above: Rss<R>,
    /// `min(x + b, 0)`.
    below: Rss<R>,
}

fn limited<R: Ring>(ctx: &mut Context, x: &Rss<R>, bound: R) -> Result<Limited<R>, ProtocolError> {
    let len = x.len();
    let (raised, lowered) = (plus(ctx, x, bound), plus(ctx, x, -bound));
    let both = Rss::concat(&[&raised, &lowered]);
    let single = Patches::single(2 * len);
    let kept = relu_replicated(ctx, &both, &single, Window::full::<R>())?.values;
    let (from_below, above) = (part(&kept, 0, len), part(&kept, len, len));
    Ok(Limited {
        inner: plus(ctx, &from_below.zip_each(&above, ring::sub), -bound),
        below: raised.zip_each(&from_below, ring::sub),
        above,
    })
}

/// A smooth function of every element, for a ring of `bits` bits: those of `R`, or fewer in a calibration. Values and
/// results have `frac` fractional bits, at most [`Smooth::most_frac`].
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: one ReLU of replicated values on `2 len` elements, a truncated product (the square), the Chebyshev
///   series, one truncated product more for an odd function, and a truncation.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `x = below + inner + above` with `-b <= inner <= b`; `t = inner / b`, and `r(inner)` is a series
///   in `u = 2 t^2 - 1`, times `t` if `r` is odd. The tails are lines. Any `x` with `|x| + b < 2^(k-1)` has a right
///   result. Errors: of the series and the tails, as `scripts/smooth.py --errors` prints them; of the rounding of the
///   polynomials (see `chebyshev.rs`); and one unit of the result.
/// - **Leaks**: nothing; bound, slopes and coefficients are public.
///
/// Specification: `docs/spec/functions.md`, "Smooth functions".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
///
/// # Panics
/// If there are too many fractional bits, or `bits` are more than the ring has.
pub fn smooth<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    function: &Smooth,
    bits: u32,
) -> Result<Rss<R>, ProtocolError> {
    assert!(
        bits <= R::BITS,
        "a ring of {bits} bits is played on this one"
    );
    let most = function.most_frac(bits);
    assert!(frac <= most, "at most {most} fractional bits");
    let series = function.on(bits);
    let work = working_bits(bits);
    let bound = code::<R>(series.bound(), frac);
    let Limited {
        inner,
        above,
        below,
    } = limited(ctx, x, bound)?;
    let &Polynomial {
        multiplier,
        shift,
        coefficients,
    } = series;
    let fine = (frac + shift).max(work);
    let factor = R::from_i64(multiplier).shl(fine - frac - shift);
    let t = inner.map_each(|x| ring::scale(x, factor));
    let precision = Precision::coarse(bits, WHOLE);
    let (mut sum, at) = if function.odd {
        let sum = odd_series(ctx, &t, fine, coefficients, precision, work)?;
        (sum, fine + work)
    } else {
        let sum = even_series(ctx, &t, fine, coefficients, precision)?;
        (sum, precision.sum)
    };
    if function.half {
        let half = inner.map_each(|x| ring::shl(x, at - frac - 1));
        sum = sum.zip_each(&half.to_additive(), ring::add);
    }
    if function.constant != 0.0 && !sum.is_counted() {
        let constant = code::<R>(function.constant, at);
        let constant = public(ctx.party(), &vec![constant; x.len()]);
        sum = sum.zip_each(&constant.to_additive(), ring::add);
    }
    let mut result = truncated(ctx, &sum, at - frac)?;
    for (slope, tail) in function.slopes.into_iter().zip([below, above]) {
        if slope == 1 {
            result = result.zip_each(&tail, ring::add);
        }
    }
    Ok(result)
}
