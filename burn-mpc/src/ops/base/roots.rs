//! Reciprocals and roots of positive values, without fusion.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::{bounds, force};
use crate::protocol::{self, Context, Evaluated, Normalisation, ProtocolError};
use crate::ring::Ring;
use crate::session::{MpcDevice, Session};
use crate::share::Rss;
use crate::tensor::{Bound, Kind, SecretTensor};

/// A function of normalised values.
type Normalised<R> =
    fn(&mut Context, &Rss<R>, Normalisation) -> Result<Evaluated<R>, ProtocolError>;

/// The sizes of normalisation for the session's ring, or for 64 bits without a session.
fn size_of(device: &MpcDevice) -> Normalisation {
    let bits = device.session().map_or(64, |s| s.scales().headroom_bits);
    Normalisation::for_bits(bits)
}

/// The values whose reciprocals and roots the session computes: at least the first, below the second.
pub fn range(session: &Session) -> [f64; 2] {
    let size = Normalisation::for_bits(session.scales().headroom_bits);
    let value = |bits: u32| (f64::from(bits) - f64::from(size.input_frac)).exp2();
    [value(size.low), value(size.high)]
}

/// The fractional bits with which [`bounds::check`] allows values of `high` bits, instead of the session's limit.
fn input_bits(session: &Session, size: Normalisation) -> u32 {
    size.input_frac + session.scales().limit().saturating_sub(size.high)
}

/// Brings an input, in its own cell, to the scale at which functions of it are evaluated: a later op may ask for a
/// coarser one.
///
/// # Errors
/// [`MpcError::Overflow`] for a declared limit beyond the range; failure of a link.
pub fn normalisable<R: Ring>(
    session: &Session,
    op: &str,
    tensor: &SecretTensor<R>,
) -> Result<Normalisation, MpcError> {
    let size = Normalisation::for_bits(session.scales().headroom_bits);
    bounds::check(session, op, tensor.bound(), input_bits(session, size))?;
    force::replicated_at_most(session, tensor, size.input_frac)?;
    Ok(size)
}

fn evaluated<R: Ring>(
    session: &Session,
    op: &str,
    tensor: &SecretTensor<R>,
    function: Normalised<R>,
) -> Result<Fixed<Form<R>>, MpcError> {
    let size = normalisable(session, op, tensor)?;
    let x = force::replicated_at(session, tensor, size.input_frac)?;
    let Evaluated { values, frac } = session.run(|ctx| function(ctx, &x, size))?;
    Ok(Fixed::new(Form::Additive(values), frac))
}

fn unary<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    bound: Bound,
    function: Normalised<R>,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        key: unary_key(op, &[], tensor),
        bound,
    }
    .run(|session| {
        let numbers = evaluated(session, op, tensor, function)?;
        let (device, kind) = (tensor.device(), Kind::Float);
        Ok(SecretTensor::of_numbers(device, shape, kind, numbers))
    })
}

/// `1 / x` for positive `x` (see [`Normalisation::of`] for the range); other results are meaningless.
pub fn reciprocal<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    let size = size_of(tensor.device());
    // The reciprocal of the smallest value in the range.
    let largest = f64::from(size.input_frac - size.low).exp2();
    let bound = tensor.bound().map(|_| largest);
    unary("recip", tensor, bound, protocol::reciprocal)
}

/// `1 / sqrt(x)` for positive `x`; other results are meaningless.
pub fn reciprocal_sqrt<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    let size = size_of(tensor.device());
    let largest = (f64::from(size.input_frac - size.low) / 2.0).exp2();
    let bound = tensor.bound().map(|_| largest);
    unary("rsqrt", tensor, bound, protocol::reciprocal_sqrt)
}

/// `sqrt(x)` for `x >= 0`, computed now; results for negative values are meaningless.
///
/// # Errors
/// [`MpcError::Overflow`] for a declared limit beyond the range; failure of a link.
pub fn sqrt<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<Fixed<Form<R>>, MpcError> {
    evaluated(session, "sqrt", tensor, protocol::sqrt)
}
