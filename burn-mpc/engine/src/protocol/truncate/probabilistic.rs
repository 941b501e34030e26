//! Truncation by a local shift of two halves: the fewest bits, and now and then a gross error.

use crate::Party;
use crate::protocol::basic::two_of_two::{gather, gather_cost, spread, spread_cost};
use crate::protocol::context::{A, B, Context, Op};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::protocol::truncate::shift::check;
use crate::ring::{self, Ring};
use crate::share::{Additive, Rss};

/// Declared cost of [`probabilistic`] of `len` elements: `3k` bits in 2 rounds.
pub fn cost<R: Ring>(len: usize, roles: [Party; 3]) -> Cost {
    gather_cost::<R>(len, roles).then(spread_cost::<R>(len, roles))
}

/// Truncates by a local shift of both halves.
///
/// - **Holds**: before `Additive`, after `Rss`.
/// - **Sends**: 2 rounds, `3k` bits: [`gather`], then spread.
/// - **Randomness**: that of its two halves.
/// - **Correctness**: A floors `u`, B ceils `v`: error in (-1, 1) ulp, mean 0, exact zeros stay
///   zero; off by `2^(k-shift)` with probability `|z| / 2^k` when `u` wraps.
/// - **Leaks**: nothing.
///
/// Specification: `docs/spec/truncation.md`, "Probabilistic". Source: ABY3's local truncation, with balanced rounding.
///
/// # Errors
/// Those of [`truncate`](crate::protocol::truncate()).
pub fn probabilistic<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    check::<R>(ctx, shift)?;
    let (op, shared) = gather(ctx, z)?;
    ctx.note("truncate-probabilistic", &[shift as usize]);
    ctx.declare(&spread_cost::<R>(z.len(), op.roles()));
    ctx.watched(op, z.len(), || z.part().iter().copied());
    if !ctx.computes() {
        return Ok(Rss::counted(z.len()));
    }
    ctx.probe.truncated(ctx.party(), op, z.part());
    let mut part = shared.into_part();
    divide_half(op, &mut part, shift);
    spread(ctx, op, part, z.len())
}

/// The local step of [`probabilistic`]: A floors, B ceils.
pub(crate) fn divide_half<R: Ring>(op: Op, part: &mut [R], shift: u32) {
    match op.role() {
        A => ring::map_assign(part, |u: R| u.sar(shift)),
        B => ring::map_assign(part, |v: R| -(-v).sar(shift)),
        _ => {}
    }
}

/// An upper bound of the probability that any of `count` values of at most `bits` bits
/// (`|z| < 2^bits`) is destroyed by [`probabilistic`]: `count 2^(bits-k)`, at most 1.
///
/// `u` is uniform in `[-2^(k-1), 2^(k-1))`, because its mask is, and `v` is the representative of `z - u`
/// in `(-2^(k-1), 2^(k-1)]` (ceiling takes `-2^(k-1)` for `2^(k-1)`). The shifted parts add up to the
/// quotient unless `z - u` lies outside that interval, which happens for exactly `|z|` of the `2^k`
/// values of `u`. The union bound over all values gives the figure; for `u` drawn per value the
/// expected number of destroyed values has the same bound.
#[must_use]
pub fn failure_probability<R: Ring>(count: u64, bits: u32) -> f64 {
    let count = count as f64;
    (count * (f64::from(bits) - f64::from(R::BITS)).exp2()).min(1.0)
}
