//! What the gates that truncate do before their first message.

use crate::protocol::context::{Context, Op, Truncation};
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::patches::Patches;
use crate::protocol::truncate::shift::check;
use crate::protocol::window::Window;
use crate::ring::Ring;
use crate::share::Additive;

/// The session's truncation, if a gate has a merged form of it.
pub(super) fn mergeable(
    ctx: &Context,
    op: &'static str,
    shift: u32,
) -> Result<Truncation, ProtocolError> {
    match ctx.truncation() {
        Truncation::Exact if shift > 0 => Err(ProtocolError::Unmerged {
            party: ctx.party(),
            op,
        }),
        mode => Ok(mode),
    }
}

/// Whether the parties correct what a truncation by `shift` bits loses.
pub(super) fn is_corrected(shift: u32, mode: Truncation) -> bool {
    shift > 0 && mode != Truncation::Probabilistic
}

/// The public facts of a gate on `len` elements.
pub(super) fn facts(len: usize, patches: &Patches, shift: u32, window: Window) -> [usize; 5] {
    [
        len,
        patches.len(),
        shift as usize,
        window.low as usize,
        window.high as usize,
    ]
}

/// Checks the shift, and notes what call `op` truncates and compares, for a checked session and for the range board.
pub(super) fn watch<R: Ring>(
    ctx: &mut Context,
    op: Op,
    z: &Additive<R>,
    patches: &Patches,
    shift: u32,
    window: Window,
) -> Result<(), ProtocolError> {
    if shift > 0 {
        check::<R>(ctx, shift)?;
    }
    ctx.watched(op, patches.len(), || patches.sums(z.part()));
    // A patch of one pixel is its own sum.
    if patches.len() < z.len() {
        ctx.watched(op, z.len(), || z.part().iter().copied());
    }
    if ctx.computes() {
        ctx.probe.truncated(ctx.party(), op, z.part());
        ctx.probe
            .signed(ctx.party(), op, window, || patches.sums(z.part()));
    }
    Ok(())
}
