//! Newton's iteration for the reciprocal and for the reciprocal of a square root.

use crate::protocol::composed::arithmetic::{constant_minus, product};
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::Rss;

/// `w (2 - c w)`, `steps` times, at `work` fractional bits: tends to `1 / c`, and squares the relative error. The result
/// lacks the lowest `dropped` bits.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: two truncated products a step, one after the other.
/// - **Randomness**: that of the calls.
/// - **Correctness**: for `|1 - c w| = e` a step leaves `e^2`, and two roundings. `c w` must be below 2.
/// - **Leaks**: nothing; the number of steps is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(super) fn to_reciprocal<R: Ring>(
    ctx: &mut Context,
    c: &Rss<R>,
    mut w: Rss<R>,
    [steps, dropped]: [u32; 2],
    work: u32,
) -> Result<Rss<R>, ProtocolError> {
    for last in (0..steps).rev().map(|left| left == 0) {
        let cw = product(ctx, c, &w, work)?;
        let step = constant_minus(ctx, 2.0, work, &cw);
        w = product(ctx, &w, &step, work + if last { dropped } else { 0 })?;
    }
    Ok(w)
}

/// `w (3 - c w^2) / 2`, `steps` times, at `work` fractional bits: tends to `1 / sqrt(c)`.
///
/// - **Holds**: before and after ring shares.
/// - **Sends**: three truncated products a step, one after the other; the last one halves as well.
/// - **Randomness**: that of the calls.
/// - **Correctness**: for a relative error `e` a step leaves `3 e^2 / 2 + e^3 / 2`, and roundings.
/// - **Leaks**: nothing; the number of steps is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub(super) fn to_reciprocal_root<R: Ring>(
    ctx: &mut Context,
    c: &Rss<R>,
    mut w: Rss<R>,
    steps: u32,
    work: u32,
) -> Result<Rss<R>, ProtocolError> {
    for _ in 0..steps {
        let square = product(ctx, &w, &w, work)?;
        let cw = product(ctx, c, &square, work)?;
        let step = constant_minus(ctx, 3.0, work, &cw);
        w = product(ctx, &w, &step, work + 1)?;
    }
    Ok(w)
}
