//! Checks of values that an op has computed against its own domain.

use crate::protocol::bits::msb::msb;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::Rss;

/// Sets a flag of `function` where a value is negative.
///
/// - **Holds**: before ring shares; after nothing.
/// - **Sends**: one sign call.
/// - **Randomness**: that of the call.
/// - **Correctness**: that of the sign.
/// - **Leaks**: nothing but the flag.
///
/// Specification: `docs/spec/input_and_reveal.md`, "Flags".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn flag_negative<R: Ring>(
    ctx: &mut Context,
    function: &'static str,
    x: &Rss<R>,
) -> Result<(), ProtocolError> {
    let negative = msb(ctx, x)?;
    ctx.flag(function, &negative);
    Ok(())
}
