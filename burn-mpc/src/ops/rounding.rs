//! Rounding to whole numbers.

use crate::error::MpcError;
use crate::fixed::Fixed;
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::force;
use crate::ops::divide::{Quotient, Toward};
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{Kind, SecretTensor};

/// The largest whole number not above each element: one truncation and one narrow sign.
pub fn floor<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    rounded("floor", &tensor, Kind::Float, Some(Toward::Below), below)
}

/// The smallest whole number not below each element: one truncation and one narrow sign.
pub fn ceil<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let toward = Some(Toward::Above);
    rounded("ceil", &tensor, Kind::Float, toward, |session, x| {
        let negative = Fixed::new(x.share.map_each(ring::neg), x.frac);
        Ok(below(session, &negative)?.map_each(ring::neg))
    })
}

/// The nearest whole number to each element; of two equally near, the even one: one truncation, two narrow signs and a
/// conjunction.
pub fn round<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    rounded("float_round", &tensor, Kind::Float, None, |session, x| {
        session.run(|ctx| protocol::round_half_even(ctx, &x.share, x.frac))
    })
}

/// The whole part of each element, which rounds toward zero: one full sign, one truncation and one narrow sign.
pub fn trunc<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let toward = Some(Toward::Zero);
    rounded("trunc", &tensor, Kind::Float, toward, toward_zero)
}

/// The whole part of each element, as integers.
pub fn float_into_int<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let toward = Some(Toward::Zero);
    rounded("float_into_int", &tensor, Kind::Int, toward, toward_zero)
}

/// The nearest whole number, halves away from zero: one full sign, one truncation and one narrow sign.
pub fn round_away<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    rounded("round_away", &tensor, Kind::Float, None, |session, x| {
        // The floor of `x + 1/2`, for negative values of one unit less.
        let half = R::ONE.shl(x.frac - 1);
        let raised = session.run(|ctx| {
            let negative = protocol::msb(ctx, &x.share)?;
            let negative = protocol::b2a::<R>(ctx, &negative)?;
            let halves = protocol::public(ctx.party(), &vec![half; x.share.len()]);
            let raised = x.share.zip_each(&halves, ring::add);
            Ok::<_, protocol::ProtocolError>(raised.zip_each(&negative, ring::sub))
        })?;
        below(session, &Fixed::new(raised, x.frac))
    })
}

/// Runs `round` on the elements of a tensor that has a fraction; whole numbers stay as they are. A quotient is rounded
/// from its operands, if there is a way in that direction: it is exact then.
fn rounded<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    kind: Kind,
    toward: Option<Toward>,
    round: impl FnOnce(&Session, &Fixed<Rss<R>>) -> Result<Rss<R>, MpcError>,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind,
        key: unary_key(op, &[], tensor),
        bound: tensor.bound().map(f64::ceil),
    }
    .run(|session| {
        let device = tensor.device();
        if let Some(quotient) = tensor.aside::<Quotient<R>>()
            && let Some(toward) = toward
            && let Some(whole) = quotient.rounded(session, &shape, toward)?
        {
            let whole = Fixed::new(whole, 0);
            return Ok(SecretTensor::of_numbers(device, shape, kind, whole));
        }
        let x = force::replicated(session, tensor)?;
        let whole = match x.frac {
            0 => x.share,
            _ => round(session, &x)?,
        };
        let whole = Fixed::new(whole, 0);
        Ok(SecretTensor::of_numbers(device, shape, kind, whole))
    })
}

/// `floor(x / 2^frac)`. Truncation errs by less than one unit, so its result `t` is the floor or the ceiling of the
/// quotient: `t - [x < t 2^frac]`. The difference lies strictly between `-2^frac` and `2^frac`, and its sign is taken
/// from `frac + 1` bits.
fn below<R: Ring>(session: &Session, x: &Fixed<Rss<R>>) -> Result<Rss<R>, MpcError> {
    let (x, frac) = (&x.share, x.frac);
    session.run(|ctx| {
        let whole = protocol::truncate(ctx, &x.to_additive(), frac)?;
        let rest = x.zip_each(&whole, |x, t| ring::sub(x, &ring::shl(t, frac)));
        let above = protocol::msb_in(ctx, &rest, 0..frac + 1)?;
        let above = protocol::b2a::<R>(ctx, &above)?;
        Ok::<_, protocol::ProtocolError>(whole.zip_each(&above, ring::sub))
    })
}

/// The quotient by `2^frac` rounded toward zero: the floor, or for negative values the ceiling, which is the floor of
/// `x + 2^frac - 1`.
fn toward_zero<R: Ring>(session: &Session, x: &Fixed<Rss<R>>) -> Result<Rss<R>, MpcError> {
    let (x, frac) = (&x.share, x.frac);
    let raised = session.run(|ctx| {
        let negative = protocol::msb(ctx, x)?;
        let negative = protocol::b2a::<R>(ctx, &negative)?;
        Ok::<_, protocol::ProtocolError>(x.zip_each(&negative, |x, negative| {
            ring::sub(&ring::add(x, &ring::shl(negative, frac)), negative)
        }))
    })?;
    below(session, &Fixed::new(raised, frac))
}
