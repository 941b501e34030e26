//! Rounding to whole numbers, halves to even ones.

use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::msb::msb_in;
use crate::protocol::bits::planes::bit_and;
use crate::protocol::composed::arithmetic::plus;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::truncate;
use crate::ring::{self, Ring};
use crate::share::{BitShare, Rss};

/// The lowest bit of every element: the xor of the lowest bits of the components. Local.
fn lowest<R: Ring>(x: &Rss<R>) -> BitShare {
    if x.is_counted() {
        return BitShare::counted(x.len());
    }
    let lowest = |component: &[R]| ring::to_planes(component, 0, 1).into_words();
    BitShare::new(x.len(), lowest(x.first()), lowest(x.second()))
}

/// The whole number nearest to `x / 2^frac`; of two equally near, the even one. `frac` is at least 1.
///
/// - **Holds**: before and after `Rss`.
/// - **Sends**: a truncation in the session's mode, two signs on `frac + 1` bits in one call, a conjunction, and `b2a`
///   of one bit.
/// - **Randomness**: that of the calls.
/// - **Correctness**: let `h = x + 2^(frac-1)`. Truncation gives the floor of `h / 2^frac` or one more, `t`. The rest
///   `h - t 2^frac` is in `(-2^frac, 2^frac)`: `t` is one too high if it is negative, and a half was rounded up if it
///   is zero. Then the result is `t`, or `t - 1` if `t` is odd. The cases exclude each other. `h` must be in the range
///   of the truncation.
/// - **Leaks**: nothing.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn round_half_even<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
) -> Result<Rss<R>, ProtocolError> {
    let len = x.len();
    let raised = plus(ctx, x, R::ONE.shl(frac - 1));
    let whole = truncate(ctx, &raised.to_additive(), frac)?;
    let rest = raised.zip_each(&whole, |x, t| ring::sub(x, &ring::shl(t, frac)));
    let less = plus(ctx, &rest, -R::ONE);
    let signs = msb_in(ctx, &Rss::concat(&[&rest, &less]), 0..frac + 1)?;
    let [above, not_above_zero] = [0, len].map(|from| signs.range(from..from + len));
    let half = bit_and(ctx, &above.xor(&not_above_zero), &lowest(&whole))?;
    let down = b2a::<R>(ctx, &above.xor(&half))?;
    Ok(whole.zip_each(&down, ring::sub))
}
