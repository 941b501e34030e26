//! The shifts that a ring supports.

use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;

/// Refuses a shift that the ring does not support.
pub(crate) fn check<R: Ring>(ctx: &Context, shift: u32) -> Result<(), ProtocolError> {
    if (1..=R::BITS - 2).contains(&shift) {
        return Ok(());
    }
    Err(ProtocolError::Shift {
        party: ctx.party(),
        shift,
        bits: R::BITS,
    })
}
