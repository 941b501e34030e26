//! Signs and magnitudes of numbers.

use crate::fixed::Fixed;
use crate::ops::arith;
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::force;
use crate::protocol;
use crate::ring::{self, Ring};
use crate::tensor::SecretTensor;

/// -1, 0 or 1: `[x > 0] - [x < 0]` in one sign call.
pub fn sign<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let key = unary_key("sign", &[], &tensor);
    let shape = tensor.shape().to_vec();
    Call {
        op: "sign",
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key,
        bound: tensor.bound().map(|_| 1.0),
    }
    .run(|session| {
        let x = force::replicated(session, &tensor)?.share;
        let both = x.map_to(2 * x.len(), |x| [ring::neg(x), x.to_vec()].concat());
        let len = x.len();
        let bits = session.run(|ctx| {
            let signs = protocol::msb(ctx, &both)?;
            protocol::b2a::<R>(ctx, &signs)
        })?;
        let sign = bits.map_to(len, |b| ring::sub(&b[..len], &b[len..]));
        let (device, kind) = (tensor.device(), tensor.kind());
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            kind,
            Fixed::new(sign, 0),
        ))
    })
}

/// `|a|`: one sign call and one product.
pub fn abs<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let signs = sign(tensor.clone());
    arith::mul(tensor.into(), signs.into())
}
