//! The exponential of any value whose exponential the ring can hold.

use crate::protocol::basic::input::public;
use crate::protocol::basic::product::multiply;
use crate::protocol::basic::reshare::reshare;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::decompose::decompose;
use crate::protocol::composed::arithmetic::{
    code, flag_reached, part, plus, power_by_bit, truncated,
};
use crate::protocol::composed::chebyshev::{Precision, chebyshev};
use crate::protocol::composed::exponent::{Evaluated, Normalisation};
use crate::protocol::composed::smooth::{EXP2_32, EXP2_64};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::masked::relu_replicated;
use crate::protocol::gate::patches::Patches;
use crate::protocol::window::Window;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// What depends on the ring.
struct Sizes {
    /// Bits of the whole part of an exponent of 2; the lowest `fine` make a power below `2^(2^fine)`.
    whole: u32,
    fine: u32,
    /// Exponents of 2 that are computed: from `-low` to below `high`.
    low: u32,
    high: u32,
    /// Fractional bits of `log2(e)`.
    constant: u32,
    /// Fractional bits of the mantissa, and of the result.
    work: u32,
    result: u32,
    coefficients: &'static [f64],
}

const ON_64: Sizes = Sizes {
    whole: 6,
    fine: 3,
    low: 24,
    high: 39,
    constant: 34,
    work: 26,
    result: 20,
    coefficients: EXP2_64,
};

const ON_32: Sizes = Sizes {
    whole: 5,
    fine: 2,
    low: 12,
    high: 17,
    constant: 14,
    work: 13,
    result: 10,
    coefficients: EXP2_32,
};

/// `e^x` of `x` at `frac` fractional bits, at most a third of the ring. Values from `39 ln 2 = 27.0` on (`17 ln 2 = 11.7`
/// for `k = 32`) set a flag; below `-24 ln 2 = -16.6` (`-12 ln 2 = -8.3`) the result is 0, up to a unit.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: a ReLU of replicated values, a sign, a truncation, the bits of a word and B2A of six (five) of them, a
///   Chebyshev series and a truncation, seven products, one of them truncated.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `y = max(x + low ln 2, 0) log2(e) = n + r` with a whole `n` and `r` in `[0, 1)`, and
///   `e^x = 2^r 2^(n - low)`. The bits of `n` are bits of `y`. The series is of `2^r`. A power is the product of
///   `1 + b (2^(2^i) - 1)` over the bits `b` of its exponent; the lowest bits make the fine power, the others the coarse
///   one, in two ranges, so that nothing leaves the ring. `2^-low` is taken off at the end, so that far below nothing is
///   left to round. Relative error: of the series, of the roundings at `work` bits,
///   and of `log2(e)`, times the exponent; absolute: a unit of the result.
/// - **Leaks**: nothing but flags; all sizes are public.
///
/// Specification: `docs/spec/functions.md`, "Exponential".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn exp<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    frac: u32,
    size: Normalisation,
) -> Result<Evaluated<R>, ProtocolError> {
    let s = if size.bits >= 64 { ON_64 } else { ON_32 };
    let len = x.len();
    let at = |exponent: u32| code::<R>(f64::from(exponent) * core::f64::consts::LN_2, frac);
    let raised = plus(ctx, x, at(s.low));
    let z = relu_replicated(ctx, &raised, &Patches::single(len), Window::full::<R>())?.values;
    let beyond = plus(ctx, &z, -at(s.low + s.high));
    flag_reached(ctx, "exp", &[beyond])?;

    let factor = code::<R>(core::f64::consts::LOG2_E, s.constant);
    let scaled = z.map_each(|z| ring::scale(z, factor)).to_additive();
    let y = truncated(ctx, &scaled, frac + s.constant - s.work)?;
    let places = s.work as usize..(s.work + s.whole) as usize;
    let bits = decompose(ctx, &[(&y, s.work + s.whole)])?.bits(places);
    let bits = b2a::<R>(ctx, &bits)?;
    let bit = |i: u32| part(&bits, i as usize * len, len);

    let mut rest = y;
    for i in 0..s.whole {
        rest = rest.zip_each(&bit(i).map_each(|b| ring::shl(b, s.work + i)), ring::sub);
    }
    let u = plus(
        ctx,
        &rest.map_each(|r| ring::shl(r, 1)),
        -R::ONE.shl(s.work),
    );
    let precision = Precision::fine(s.work);
    let series = chebyshev(ctx, &u, s.work, s.coefficients, precision)?;
    let mantissa = truncated(ctx, &series, precision.sum - s.work)?;

    let group = 1_u32 << s.fine;
    let power = |ctx: &Context, i: u32, exponent: u32| power_by_bit(ctx, &bit(i), exponent);
    let fine = [power(ctx, 0, 1), power(ctx, 1, 2)];
    let coarse = [power(ctx, s.fine, group), power(ctx, s.fine + 1, 2 * group)];
    let first = products(ctx, [&fine[0], &coarse[0]], [&fine[1], &coarse[1]])?;
    let [low_power, coarse] = [part(&first, 0, len), part(&first, len, len)];
    let top = bit(s.whole - 1);
    let (fine, upper) = if s.fine == 3 {
        let second = products(ctx, [&low_power, &coarse], [&power(ctx, 2, 4), &top])?;
        (part(&second, 0, len), part(&second, len, len))
    } else {
        (low_power, reshare(ctx, &multiply(&coarse, &top))?)
    };
    let value = reshare(ctx, &multiply(&mantissa, &fine))?;
    let cut = s.work - s.result;
    let lower = coarse.zip_each(&upper, ring::sub);
    let mut small = multiply(&value, &lower);
    if !small.is_counted() {
        // What is left of the smallest power.
        let floor = public(ctx.party(), &vec![R::ONE.shl(s.work); len]);
        small = small.zip_each(&floor.to_additive(), ring::sub);
    }
    let small = truncated(ctx, &small, s.low + cut)?;
    let large = multiply(&value, &upper.map_each(|p| ring::shl(p, group - cut)));
    Ok(Evaluated {
        values: large.zip_each(&small.to_additive(), ring::add),
        frac: s.result,
    })
}

/// Two products at once.
fn products<R: Ring>(
    ctx: &mut Context,
    x: [&Rss<R>; 2],
    y: [&Rss<R>; 2],
) -> Result<Rss<R>, ProtocolError> {
    reshare(ctx, &multiply(&Rss::concat(&x), &Rss::concat(&y)))
}
