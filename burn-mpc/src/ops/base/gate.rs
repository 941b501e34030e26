//! The gate: signs of patches and the products with them in one protocol call.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::protocol::{self, Gated, LanesGated, Patches, RoundsGated, Truncation};
use crate::ring::Ring;
use crate::session::{Schedule, Session, Way};
use crate::share::{Additive, BitShare};

/// Whether the session computes gates in one call. No gate truncates exactly.
pub fn fuses(session: &Session) -> bool {
    session.schedule() != Schedule::Classic && session.config().truncation != Truncation::Exact
}

/// One call of the session's schedule on products: the values at the session's scale, and the signs of the patches.
///
/// # Errors
/// Failure of a link.
pub fn run<R: Ring>(
    session: &Session,
    product: Fixed<&Additive<R>>,
    patches: &Patches,
) -> Result<(Fixed<Form<R>>, BitShare), MpcError> {
    let Fixed { share: z, frac } = product;
    let shift = frac.saturating_sub(session.scales().value);
    let window = session.window::<R>();
    let mode = session.config().truncation;
    let way = session
        .schedule()
        .way::<R>(patches.size::<R>(), shift, window, mode);
    let lanes = session.schedule().takes_lanes();
    let (form, signs) = match way {
        Way::Rounds(comparison) => {
            let gate = if lanes {
                protocol::gate_rounds_in_lanes
            } else {
                protocol::gate_rounds
            };
            let RoundsGated { values, signs } =
                session.run(|ctx| gate(ctx, z, patches, shift, window, comparison))?;
            (Form::Rss(values), signs)
        }
        Way::Masked => {
            let gate = if lanes {
                protocol::gate_masked_in_lanes
            } else {
                protocol::gate_masked
            };
            let RoundsGated { values, signs } =
                session.run(|ctx| gate(ctx, z, patches, shift, window))?;
            (Form::Rss(values), signs)
        }
        Way::Bytes | Way::Classic if !lanes => {
            let Gated { values, signs } =
                session.run(|ctx| protocol::gate(ctx, z, patches, shift, window))?;
            (Form::TwoOfTwo(values), signs)
        }
        Way::Bytes | Way::Classic => {
            let LanesGated { mut values, signs } =
                session.run(|ctx| protocol::gate_in_lanes(ctx, z, patches, shift, window))?;
            let form = match values.len() {
                1 => Form::TwoOfTwo(values.remove(0)),
                _ => Form::Lanes(values.into()),
            };
            (form, signs)
        }
    };
    Ok((Fixed::new(form, frac - shift), signs))
}
