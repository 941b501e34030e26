//! Maxima by matches in pairs.

use crate::protocol::bits::msb::msb;
use crate::protocol::composed::matches::Present;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::masked::relu_replicated;
use crate::protocol::gate::patches::Patches;
use crate::protocol::window::Window;
use crate::ring::{self, Ring};
use crate::share::{BitShare, Rss};

/// `[x > y]` for every element: `msb(y - x)`, so that equal values give 0.
///
/// This is one call of [`msb`]; holds, sends, randomness and leaks are the same. Correct while `|x - y| < 2^(k-1)`.
///
/// # Errors
/// Those of [`msb`].
pub fn greater<R: Ring>(
    ctx: &mut Context,
    x: &Rss<R>,
    y: &Rss<R>,
) -> Result<BitShare, ProtocolError> {
    msb(ctx, &y.zip_each(x, ring::sub))
}

/// Maximum over `planes` planes of `len` positions each, plane-major; entries that are not `present` take no part.
///
/// - **Holds**: before `Rss` of all entries; after `Rss` of the maxima.
/// - **Sends**: per level, one [`relu_replicated`](crate::protocol::relu_replicated()) on all matches of the level
///   together: `ceil(log2 planes)` levels.
/// - **Randomness**: that of the calls.
/// - **Correctness**: `max(a, b) = b + max(a - b, 0)`. The window must hold the differences.
/// - **Leaks**: nothing; `present` is public.
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn maximum<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    len: usize,
    mut values: Rss<R>,
    present: impl Into<Present>,
    window: Window,
) -> Result<Rss<R>, ProtocolError> {
    let present = present.into();
    if !ctx.computes() {
        return declared(ctx, planes, present, window);
    }
    debug_assert_eq!(planes * len, values.len());
    for level in present.levels(planes, len) {
        let matches = level.matches.len();
        let difference = values.map_to(matches, |component| level.difference(component));
        let gains = if matches > 0 {
            relu_replicated(ctx, &difference, &Patches::single(matches), window)?.values
        } else {
            difference
        };
        values = Rss::new(
            level.place(values.first(), gains.first()),
            level.place(values.second(), gains.second()),
        );
    }
    Ok(values)
}

/// Makes the calls of [`maximum`] for their cost alone, with as many matches at every level as it has.
fn declared<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    present: Present,
    window: Window,
) -> Result<Rss<R>, ProtocolError> {
    let len = present.positions(planes);
    for matches in present.matches(planes) {
        if matches > 0 {
            let difference = Rss::<R>::counted(matches);
            relu_replicated(ctx, &difference, &Patches::single(matches), window)?;
        }
    }
    Ok(Rss::counted(len))
}
