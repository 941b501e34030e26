//! Reciprocal and square root of positive values by normalisation and Newton's iteration.
//!
//! Truncations are faithful, or exact where the session's are, never probabilistic: products come close to the
//! headroom, where that kind would fail often. Meant for vectors of parameters (`1 / sqrt(var + eps)`), evaluated once
//! per session.

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

/// Fixed-point sizes of the iteration: integers `X` in `[2^low, 2^high)` are normalised, and Newton
/// runs at `work` fractional bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalisation {
    /// Inputs below `2^low` give no meaningful result.
    pub low: u32,
    /// Inputs must be below `2^high`; even.
    pub high: u32,
    /// Fractional bits of the iteration.
    pub work: u32,
    /// Fractional bits at which an input must arrive; even.
    pub input_frac: u32,
    /// Steps of Newton's iteration for the reciprocal.
    pub steps: u32,
}

impl Normalisation {
    /// Sizes that fit the ring: results and all products stay below `2^(k-2)`.
    ///
    /// `k = 64`: values from `2^-18` to `2^16`, relative error about `2^-24`.
    /// `k = 32`: values from `2^-6` to `2^10`, relative error about `2^-11`.
    #[must_use]
    pub fn of<R: Ring>() -> Self {
        Self::for_bits(R::BITS)
    }

    /// Sizes for results and products below `2^(bits - 2)`, on whatever ring they are computed.
    #[must_use]
    pub fn for_bits(bits: u32) -> Self {
        if bits >= 64 {
            Self {
                low: 6,
                high: 40,
                work: 26,
                input_frac: 24,
                steps: 3,
            }
        } else {
            Self {
                low: 4,
                high: 20,
                work: 13,
                input_frac: 10,
                steps: 2,
            }
        }
    }
}

/// `[X >= 2^i]` for the thresholds `i`, threshold-major, as ring elements: one sign call, one B2A.
fn at_least<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    thresholds: &[u32],
) -> Result<Rss<R>, ProtocolError> {
    let index = ctx.party().index();
    let len = x.len() * thresholds.len();
    let repeated = x.map_to(len, |component| component.repeat(thresholds.len()));
    let shifted = if repeated.is_counted() {
        repeated
    } else {
        let level = |&i: &u32| vec![R::ONE.shl(i); x.len()];
        let levels: Vec<R> = thresholds.iter().flat_map(level).collect();
        repeated.zip_each(&public(ctx.party(), &levels), ring::sub)
    };
    let bits = msb(ctx, &shifted)?.not(index);
    b2a(ctx, &bits)
}

/// `sum_i bits_i (value_i - value_{i-1})`: the public table entry of the highest threshold reached.
fn look_up<R: Ring>(bits: &Rss<R>, len: usize, table: &[u64]) -> Rss<R> {
    bits.map_to(len, |component| {
        let mut out = vec![R::ZERO; len];
        let mut before = 0_u64;
        for (row, &value) in component.chunks_exact(len.max(1)).zip(table) {
            let step = R::from_u64(value.wrapping_sub(before));
            before = value;
            out.iter_mut()
                .zip(row)
                .for_each(|(x, &bit)| *x += step * bit);
        }
        out
    })
}

fn product<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    y: &Rss<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    truncated(ctx, &multiply(x, y), shift)
}

/// The session's truncation if its rounding is a function of the value, else the faithful one, which is never grossly
/// wrong.
fn truncated<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    match ctx.truncation() {
        Truncation::Exact => exact(ctx, z, shift),
        _ => faithful(ctx, z, shift),
    }
}

/// `constant - x` at `frac` fractional bits.
fn constant_minus<R: Ring>(ctx: &Context, constant: f64, frac: u32, x: &Rss<R>) -> Rss<R> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a constant below 4 at fewer than 32 bits"
    )]
    let code = R::from_i64((constant * f64::from(frac).exp2()).round() as i64);
    if x.is_counted() {
        return x.clone();
    }
    public(ctx.party(), &vec![code; x.len()]).zip_each(x, ring::sub)
}

/// `1 / x` for `x` at [`Normalisation::input_frac`] fractional bits; returns the result and its
/// fractional bits.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: one sign call and one B2A on `len (high - low)` thresholds, then 7 truncated products
///   (5 for `k = 32`).
/// - **Randomness**: that of the calls.
/// - **Correctness**: `c = X 2^-(j+1)` in `[1/2, 1)`; `w = 2.9142 - 2c`, `w <- w (2 - c w)` three times,
///   twice for `k = 32` (relative error 8.6e-2, 7.4e-3, 5.4e-5, 2.9e-9); `1/x = w 2^(f-j-1)`. Zero gives zero.
/// - **Leaks**: nothing; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn reciprocal<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
) -> Result<(Additive<R>, u32), ProtocolError> {
    let thresholds: Vec<u32> = (size.low..size.high).collect();
    let bits = at_least(ctx, x, &thresholds)?;
    let table: Vec<u64> = thresholds
        .iter()
        .map(|&j| 1 << (size.high - j - 1))
        .collect();
    let factor = look_up(&bits, x.len(), &table);
    let c = product(ctx, x, &factor, size.high - size.work)?;
    let mut w = constant_minus(ctx, 2.9142, size.work, &c.map_each(|v| ring::shl(v, 1)));
    for _ in 0..size.steps {
        let cw = product(ctx, &c, &w, size.work)?;
        let step = constant_minus(ctx, 2.0, size.work, &cw);
        w = product(ctx, &w, &step, size.work)?;
    }
    Ok((
        multiply(&w, &factor),
        size.work + size.high - size.input_frac,
    ))
}

/// `sqrt(x)` for `x` at [`Normalisation::input_frac`] fractional bits; returns the result and its
/// fractional bits.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: one sign call and one B2A on `len (high - low) / 2` thresholds, then 11 truncated
///   products and one truncated public multiple.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `c = X 2^-2m` in `[1/4, 1)`; `w = 2.13 - 1.21 c`, `w <- w (3 - c w^2) / 2` three
///   times (relative error 8.8e-2, 1.2e-2, 2.1e-4, 6.7e-8) tends to `1/sqrt(c)`;
///   `sqrt(x) = c w 2^(m - f/2)`. Zero gives zero.
/// - **Leaks**: nothing; the range is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn sqrt<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    size: Normalisation,
) -> Result<(Additive<R>, u32), ProtocolError> {
    let thresholds: Vec<u32> = (size.low..size.high).step_by(2).collect();
    let bits = at_least(ctx, x, &thresholds)?;
    let halves = |i: u32| i / 2 + 1;
    let down: Vec<u64> = thresholds
        .iter()
        .map(|&i| 1 << (size.high - 2 * halves(i)))
        .collect();
    let up: Vec<u64> = thresholds.iter().map(|&i| 1 << halves(i)).collect();
    let c = product(
        ctx,
        x,
        &look_up(&bits, x.len(), &down),
        size.high - size.work,
    )?;
    let slope = constant_times(&c, 1.21, size.work);
    let scaled = truncated(ctx, &slope.to_additive(), size.work)?;
    let mut w = constant_minus(ctx, 2.13, size.work, &scaled);
    for _ in 0..3 {
        let square = product(ctx, &w, &w, size.work)?;
        let cw = product(ctx, &c, &square, size.work)?;
        let step = constant_minus(ctx, 3.0, size.work, &cw);
        w = product(ctx, &w, &step, size.work + 1)?;
    }
    let root = product(ctx, &c, &w, size.work)?;
    Ok((
        multiply(&root, &look_up(&bits, x.len(), &up)),
        size.work + size.input_frac / 2,
    ))
}

/// `constant x` with the constant at `frac` fractional bits; the scales add up.
fn constant_times<R: Ring>(x: &Rss<R>, constant: f64, frac: u32) -> Rss<R> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a constant below 4 at fewer than 32 bits"
    )]
    let code = R::from_i64((constant * f64::from(frac).exp2()).round() as i64);
    x.map_each(|component| ring::scale(component, code))
}
