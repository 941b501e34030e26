//! Products and constants at one working scale, for the evaluators of functions.
//!
//! Truncations are exact where the session's are, else faithful. They are never probabilistic: products come close to
//! the headroom, where a probabilistic truncation would fail often.

use crate::protocol::basic::input::public;
use crate::protocol::basic::product::multiply;
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

/// Concatenates shares.
pub(super) fn joined<R: Ring>(shares: &[&Rss<R>]) -> Rss<R> {
    let len = shares.iter().map(|share| share.len()).sum();
    if shares.iter().any(|share| share.is_counted()) {
        return Rss::counted(len);
    }
    let of = |component: fn(&Rss<R>) -> &[R]| -> Vec<R> {
        let parts = shares.iter().map(|share| component(share));
        parts.collect::<Vec<_>>().concat()
    };
    Rss::new(of(Rss::first), of(Rss::second))
}

/// `len` elements of a share from `start` on.
pub(super) fn part<R: Ring>(share: &Rss<R>, start: usize, len: usize) -> Rss<R> {
    share.map_to(len, |component| component[start..start + len].to_vec())
}
