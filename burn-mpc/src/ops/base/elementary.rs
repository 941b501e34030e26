//! Reciprocals, roots, exponentials and angles, without fusion. A value where one is not defined sets a flag: nothing is
//! revealed after it.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::{bounds, force};
use crate::protocol::{self, Context, Evaluated, Normalisation, ProtocolError};
use crate::ring::Ring;
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{Bound, Kind, SecretTensor};

/// A function of values at some fractional bits.
type Function<R> =
    fn(&mut Context, &Rss<R>, u32, Normalisation) -> Result<Evaluated<R>, ProtocolError>;

/// The sizes of normalisation for the session's ring.
pub fn size_of(session: &Session) -> Normalisation {
    Normalisation::whole(session.scales().headroom_bits)
}

/// The most fractional bits with which values come whose root is taken: two thirds of the ring, so that variances keep
/// theirs.
fn most_of_roots(size: Normalisation) -> u32 {
    2 * size.third()
}

/// The values of which the session computes roots, if they come with all their fractional bits: at least the first,
/// below the second.
pub fn range(session: &Session) -> [f64; 2] {
    let size = size_of(session);
    let value = |bits: u32| (f64::from(bits) - f64::from(most_of_roots(size))).exp2();
    [value(size.low), value(size.high)]
}

/// Brings an input, in its own cell, to the scale at which a function of it is evaluated: a later op may ask for a
/// coarser one. Returns the scale, an even number.
///
/// # Errors
/// [`MpcError::Overflow`] for a declared limit beyond the range; failure of a link.
fn normalisable<R: Ring>(
    session: &Session,
    op: &str,
    tensor: &SecretTensor<R>,
    most: u32,
) -> Result<u32, MpcError> {
    let frac = force::replicated_at_most(session, tensor, most)?.frac;
    let even = frac - frac % 2;
    bounds::check(session, op, tensor.bound(), even)?;
    Ok(even)
}

/// [`normalisable`] for [`sqrt`].
///
/// # Errors
/// Those of [`normalisable`].
pub fn of_root<R: Ring>(session: &Session, tensor: &SecretTensor<R>) -> Result<u32, MpcError> {
    normalisable(session, "sqrt", tensor, most_of_roots(size_of(session)))
}

fn evaluated<R: Ring>(
    session: &Session,
    op: &str,
    tensor: &SecretTensor<R>,
    most: u32,
    function: Function<R>,
) -> Result<Fixed<Form<R>>, MpcError> {
    let at = normalisable(session, op, tensor, most)?;
    let x = force::replicated_at(session, tensor, at)?;
    let size = size_of(session);
    let Evaluated { values, frac } = session.run(|ctx| function(ctx, &x, at, size))?;
    Ok(Fixed::new(Form::Additive(values), frac))
}

fn unary<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    most: fn(Normalisation) -> u32,
    function: Function<R>,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        key: unary_key(op, &[], tensor),
        // A small value may have a large reciprocal.
        bound: Bound::NONE,
    }
    .run(|session| {
        let most = most(size_of(session));
        let numbers = evaluated(session, op, tensor, most, function)?;
        let (device, kind) = (tensor.device(), Kind::Float);
        Ok(SecretTensor::of_numbers(device, shape, kind, numbers))
    })
}

/// `1 / x`. Zero sets a flag.
pub fn reciprocal<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    unary("recip", tensor, Normalisation::third, protocol::reciprocal)
}

/// `1 / sqrt(x)`. Zero and negative values set a flag.
pub fn reciprocal_sqrt<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    unary("rsqrt", tensor, most_of_roots, protocol::reciprocal_sqrt)
}

/// `ln(x)`. Zero and negative values set a flag.
pub fn ln<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    unary("ln", tensor, most_of_roots, protocol::ln)
}

/// `sin(x)`. Large values set a flag.
pub fn sin<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    unary("sin", tensor, Normalisation::third, protocol::sin)
}

/// `cos(x)`. Large values set a flag.
pub fn cos<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    unary("cos", tensor, Normalisation::third, protocol::cos)
}

/// `atan(x)` of values in `[-1, 1]`.
pub fn atan_of_unit<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    let most = |size: Normalisation| size.work;
    unary("atan", tensor, most, protocol::atan_of_unit)
}

/// `sqrt(x)`, computed now. Negative values set a flag.
///
/// # Errors
/// [`MpcError::Overflow`] for a declared limit beyond the range; failure of a link.
pub fn sqrt<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<Fixed<Form<R>>, MpcError> {
    let most = most_of_roots(size_of(session));
    evaluated(session, "sqrt", tensor, most, protocol::sqrt)
}

/// [`normalisable`] for [`exp`].
///
/// # Errors
/// Those of [`normalisable`].
pub fn of_exp<R: Ring>(session: &Session, tensor: &SecretTensor<R>) -> Result<u32, MpcError> {
    normalisable(session, "exp", tensor, size_of(session).third())
}

/// `e^x`, computed now. Values whose result the ring cannot hold set a flag.
///
/// # Errors
/// [`MpcError::Overflow`] for a declared limit beyond the range; failure of a link.
pub fn exp<R: Ring>(
    session: &Session,
    tensor: &SecretTensor<R>,
) -> Result<Fixed<Form<R>>, MpcError> {
    let most = size_of(session).third();
    evaluated(session, "exp", tensor, most, protocol::exp)
}
