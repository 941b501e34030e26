//! The check of a checked session: did every value that was truncated, compared or is to be opened fit the ring?

use crate::protocol::basic::reshare::reshare;
use crate::protocol::bits::msb::msb;
use crate::protocol::composed::arithmetic::plus;
use crate::protocol::context::Context;
use crate::protocol::context::checks::Checks;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::Additive;

/// Values that are checked at a time, for the sake of memory.
const MOST: usize = 1 << 20;

/// Checks all values that were truncated and compared since the last time, and those that are to be `opened`, and sets a
/// flag if one of them is not below `2^(k-2)` in magnitude. Nothing if the session is not checked.
///
/// - **Holds**: of each value one additive part.
/// - **Sends**: a resharing and a sign of each value, a million values at a time.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `x + 2^(k-2) - s`, as a ring word in `[-2^(k-1), 2^(k-1))`, is negative unless
///   `-2^(k-2) + s <= x < 2^(k-2) + s`, with `s = 2^(k-16)`. What a truncation or a product took beyond the ring is a
///   word like any other: if words that wrapped are uniform, one passes with a probability of 1/2.
/// - **Leaks**: nothing but the flag.
///
/// Specification: `docs/spec/input_and_reveal.md`, "Checked sessions".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn check_ranges<R: Ring>(
    ctx: &mut Context,
    opened: Option<&Additive<R>>,
) -> Result<(), ProtocolError> {
    if let Some(opened) = opened {
        ctx.watched_at("reveal", opened.len(), || opened.part().iter().copied());
    }
    // The protocols below are not checked themselves.
    let Some(checks) = ctx.pause_checks() else {
        return Ok(());
    };
    let result = check::<R>(ctx, &checks);
    ctx.resume_checks();
    result
}

/// How far a value may be above `2^(k-2)`: a value that was divided by its own exponent may be by `2^-15` of it, see
/// `normalised`.
fn slack<R: Ring>() -> R {
    R::ONE.shl(R::BITS.saturating_sub(16))
}

fn check<R: Ring>(ctx: &mut Context, checks: &Checks) -> Result<(), ProtocolError> {
    for start in (0..checks.len()).step_by(MOST) {
        let end = checks.len().min(start + MOST);
        let parts = if ctx.computes() {
            let words = &checks.words()[start..end];
            Additive::new(words.iter().map(|&word| R::from_u64(word)).collect())
        } else {
            Additive::counted(end - start)
        };
        let x = reshare(ctx, &parts)?;
        let raised = plus(ctx, &x, R::ONE.shl(R::BITS - 2) - slack::<R>());
        let outside = msb(ctx, &raised)?;
        ctx.flag_at(checks.places(), &outside);
    }
    Ok(())
}
