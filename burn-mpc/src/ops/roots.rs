//! Reciprocal and square root of secrets.

use crate::ops::guard::{Call, unary_key};
use crate::ops::resolve::rss_at;
use crate::ops::{activation, arith, bounds};
use crate::protocol::{self, Normalisation};
use crate::ring::Ring;
use crate::session::Session;
use crate::tensor::{Form, Kind, SecretTensor};

/// Fractional bits of a value of which `high` bits are looked at, as [`bounds::check`] counts.
fn input_bits(session: &Session, size: Normalisation) -> u32 {
    size.input_frac + session.scales().limit().saturating_sub(size.high)
}

/// `1 / x` for positive `x` (see [`Normalisation::of`] for the range); anything else gives no meaning.
fn positive_recip<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let key = unary_key("recip", &[], tensor);
    Call {
        op: "recip",
        device: tensor.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        key,
        // Of the smallest value that has one.
        bound: tensor.bound().map(|_| {
            let bits = tensor
                .device()
                .session()
                .map_or(64, |s| s.scales().headroom_bits);
            let size = Normalisation::for_bits(bits);
            f64::from(size.input_frac - size.low).exp2()
        }),
    }
    .run(|session| {
        let size = Normalisation::for_bits(session.scales().headroom_bits);
        bounds::check(session, "recip", tensor.bound(), input_bits(session, size))?;
        let x = rss_at(session, tensor, size.input_frac)?;
        let (result, frac) = session.run(|ctx| protocol::reciprocal(ctx, &x, size))?;
        Ok(SecretTensor::of_form(
            tensor.device(),
            shape,
            Kind::Float,
            Form::Additive(result),
            frac,
        ))
    })
}

/// `1 / x` for `x` of either sign: one more sign call than for positive values, which a square root is
/// known to be.
pub fn recip<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let sign = activation::sign(tensor.clone());
    let magnitude = arith::mul(tensor.into(), sign.clone().into());
    arith::mul(positive_recip(&magnitude).into(), sign.into())
}

/// `sqrt(x)` for `x >= 0`; negative values give no meaning.
pub fn sqrt<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let key = unary_key("sqrt", &[], &tensor);
    Call {
        op: "sqrt",
        device: tensor.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        key,
        bound: tensor.bound().map(f64::sqrt),
    }
    .run(|session| {
        let size = Normalisation::for_bits(session.scales().headroom_bits);
        bounds::check(session, "sqrt", tensor.bound(), input_bits(session, size))?;
        let x = rss_at(session, &tensor, size.input_frac)?;
        let (result, frac) = session.run(|ctx| protocol::sqrt(ctx, &x, size))?;
        Ok(SecretTensor::of_form(
            tensor.device(),
            shape,
            Kind::Float,
            Form::Additive(result),
            frac,
        ))
    })
}
