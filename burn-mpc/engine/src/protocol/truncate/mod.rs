//! Division by a power of two, merged with the resharing of a product.

pub(crate) mod divide;
pub(crate) mod exact;
pub(crate) mod faithful;
pub(crate) mod halves;
pub(crate) mod own_low;
pub(crate) mod probabilistic;
pub(crate) mod rounding;
pub(crate) mod shift;
pub(crate) mod star;

use crate::Party;
use crate::protocol::context::{Context, Truncation};
use crate::protocol::cost::Cost;
use crate::protocol::error::ProtocolError;
use crate::ring::Ring;
use crate::share::{Additive, Rss};

/// Declared cost of [`truncate`] of `len` elements by `shift` bits under `mode`.
///
/// Faithful: `3k + f + 2` bits in 3 rounds; probabilistic: `3k` bits in 2 rounds;
/// star: `3k + 2f + 2` bits in 2 rounds; exact: `4k + 2f + 4` bits and a carry of `f` bits, in 8 rounds for `f = 20`.
pub fn cost<R: Ring>(len: usize, shift: u32, mode: Truncation, roles: [Party; 3]) -> Cost {
    match mode {
        Truncation::Faithful => faithful::cost::<R>(len, shift, roles),
        Truncation::Probabilistic => probabilistic::cost::<R>(len, roles),
        Truncation::Star => star::cost::<R>(len, shift, roles),
        Truncation::Exact => exact::cost::<R>(len, shift, roles),
    }
}

/// `Additive` at scale `2^(f + shift)` to `Rss` at scale `2^f`, in the session's mode.
///
/// # Errors
/// [`ProtocolError::Shift`] unless `1 <= shift <= k - 2`; failure of a link or of the randomness
/// discipline.
pub fn truncate<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    truncate_as(ctx, z, shift, ctx.truncation())
}

/// Truncates in a given mode, which all parties choose alike.
///
/// # Errors
/// Those of [`truncate`].
pub fn truncate_as<R: Ring>(
    ctx: &mut Context,
    z: &Additive<R>,
    shift: u32,
    mode: Truncation,
) -> Result<Rss<R>, ProtocolError> {
    match mode {
        Truncation::Faithful => faithful::faithful(ctx, z, shift),
        Truncation::Probabilistic => probabilistic::probabilistic(ctx, z, shift),
        Truncation::Star => star::star(ctx, z, shift),
        Truncation::Exact => exact::exact(ctx, z, shift),
    }
}
