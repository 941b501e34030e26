//! Products and constants at one working scale, for the evaluators of functions.
//!
//! Truncations are exact where the session's are, else faithful. They are never probabilistic: products come close to
//! the headroom, where a probabilistic truncation would fail often.

use crate::protocol::basic::input::public;
use crate::protocol::basic::product::multiply;
use crate::protocol::bits::b2a::b2a;
use crate::protocol::bits::msb::msb;
use crate::protocol::context::{Context, Truncation};
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::exact::exact;
use crate::protocol::truncate::faithful::faithful;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};

/// `x y / 2^shift`: one truncation.
pub(super) fn product<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    y: &Rss<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    truncated(ctx, &multiply(x, y), shift)
}

/// Truncates exactly, so that the rounding is a function of the value, if the session does; else faithfully, which is
/// never grossly wrong.
pub(super) fn truncated<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    match ctx.truncation() {
        Truncation::Exact => exact(ctx, z, shift),
        _ => faithful(ctx, z, shift),
    }
}

/// A public number at `frac` fractional bits, rounded to the nearest.
#[expect(
    clippy::cast_possible_truncation,
    reason = "coefficients at a working scale fit 63 bits, or the result would not"
)]
pub(super) fn code<R: Ring>(constant: f64, frac: u32) -> R {
    // Exact on every machine.
    let scale = f64::from_bits(u64::from(1023 + frac) << 52);
    R::from_i64((constant * scale).round() as i64)
}

/// `constant - x` at `frac` fractional bits. Local.
pub(super) fn constant_minus<R: Ring>(
    ctx: &Context,
    constant: f64,
    frac: u32,
    x: &Rss<R>,
) -> Rss<R> {
    if x.is_counted() {
        return x.clone();
    }
    public(ctx.party(), &vec![code(constant, frac); x.len()]).zip_each(x, ring::sub)
}

/// `x + constant`, for a ring element. Local.
pub(super) fn plus<R: Ring>(ctx: &Context, x: &Rss<R>, constant: R) -> Rss<R> {
    if x.is_counted() {
        return x.clone();
    }
    x.zip_each(&public(ctx.party(), &vec![constant; x.len()]), ring::add)
}

/// `constant x` with the constant at `frac` fractional bits; the scales add up. Local.
pub(super) fn constant_times<R: Ring>(x: &Rss<R>, constant: f64, frac: u32) -> Rss<R> {
    x.map_each(|component| ring::scale(component, code(constant, frac)))
}

/// `len` elements of a share from `start` on.
pub(super) fn part<R: Ring>(share: &Rss<R>, start: usize, len: usize) -> Rss<R> {
    share.map_to(len, |component| component[start..start + len].to_vec())
}

/// 1, or -1 for negative elements: a sign and its B2A.
pub(super) fn signs<R: Ring>(ctx: &mut Context, x: &Rss<R>) -> Result<Rss<R>, ProtocolError> {
    let negative = msb(ctx, x)?;
    let negative = b2a::<R>(ctx, &negative)?;
    let minus_two = negative.map_each(|bit| ring::neg(&ring::shl(bit, 1)));
    Ok(plus(ctx, &minus_two, R::ONE))
}

/// `2^(exponent bit)` of a bit that is a ring element: `1 + bit (2^exponent - 1)`. Local.
pub(super) fn power_by_bit<R: Ring>(ctx: &Context, bit: &Rss<R>, exponent: u32) -> Rss<R> {
    let rise = R::ONE.shl(exponent) - R::ONE;
    plus(ctx, &bit.map_each(|bit| ring::scale(bit, rise)), R::ONE)
}

/// Sets a flag of `function` where a difference is not negative: one sign call.
pub(super) fn flag_reached<R: Ring>(
    ctx: &mut Context,
    function: &'static str,
    differences: &[Rss<R>],
) -> Result<(), ProtocolError> {
    let below = msb(ctx, &Rss::concat(differences))?;
    ctx.flag(function, &below.not(ctx.party().index()));
    Ok(())
}
