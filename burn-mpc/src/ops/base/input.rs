//! An owner's values on their way into the session.

use crate::Party;
use crate::error::MpcError;
use crate::ops::base::values::Values;
use crate::protocol;
use crate::ring::{EncodeError, Ring};
use crate::session::{Session, shown};
use crate::share::Rss;
use crate::tensor::Bound;

/// How values are shared.
pub struct Sharing {
    /// Fractional bits.
    pub frac: u32,
    /// Whether they are a parameter, the same in every inference.
    pub constant: bool,
    /// Their codes must stay below two to this power.
    pub limit_bits: u32,
    /// Their declared limit.
    pub bound: Bound,
}

/// The names and dimensions of values, and who holds them.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    pub owner: Party,
    pub name: &'a str,
    pub shape: &'a [usize],
}

/// Shares values that their owner holds (`values` is ignored elsewhere, and read by the owner alone). They are dropped
/// once they are encoded.
///
/// # Errors
/// [`MpcError::Range`] at the owner if a value does not fit; missing values; failure of a link.
pub fn input<R: Ring, V>(
    session: &Session,
    origin: Origin<'_>,
    values: Option<V>,
    read: impl FnOnce(&V) -> Values<'_>,
    sharing: &Sharing,
) -> Result<Rss<R>, MpcError> {
    let Origin { owner, name, shape } = origin;
    let execution = session.execution(sharing.constant);
    let words = values
        .filter(|_| session.party() == owner && execution.computes())
        .map(|values| encoded::<R>(session, name, read(&values), sharing))
        .transpose()?;
    session.note(name, shape);
    session.note("fractional bits", &[sharing.frac as usize]);
    let len = crate::tensor::elements(shape);
    session.layer("share", Some(name), execution, || {
        session.run(|ctx| protocol::input(ctx, owner, name, len, words))
    })
}

/// Encodes values; fails the session if one does not fit.
///
/// # Errors
/// [`MpcError::Range`].
pub fn encoded<R: Ring>(
    session: &Session,
    name: &str,
    values: Values<'_>,
    sharing: &Sharing,
) -> Result<Vec<R>, MpcError> {
    encode_within::<R>(values, sharing).map_err(|reason| {
        session.fail(&MpcError::Range {
            party: session.party(),
            name: shown(name).into_owned(),
            reason,
        })
    })
}

/// Encodes values. The error says which element breaks which limit, never the value.
fn encode_within<R: Ring>(values: Values<'_>, sharing: &Sharing) -> Result<Vec<R>, String> {
    if let Some(limit) = sharing.bound.limit()
        && let Some(index) = values.first_beyond(limit)
    {
        return Err(format!(
            "element {index} exceeds the declared limit {limit}"
        ));
    }
    let codes = values.encode::<R>(sharing.frac, sharing.limit_bits);
    codes.map_err(|error| match error {
        EncodeError::OutOfRange { .. } if sharing.bound == Bound::NONE && !sharing.constant => format!(
            "{error}: larger values could not be multiplied with each other; scale them down, or share them with \
             their public limit (`share_within`)"
        ),
        other => other.to_string(),
    })
}
