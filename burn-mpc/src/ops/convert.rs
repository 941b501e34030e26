//! Converts tensors to another kind.

use crate::fixed::Fixed;
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::force;
use crate::ops::rules::{self, Request};
use crate::ring::Ring;
use crate::tensor::{Kind, SecretTensor};

/// 0 and 1 as integers: one B2A.
pub fn bool_into_int<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    lifted("bool_into_int", &tensor, Kind::Int)
}

/// 0 and 1 as floats of scale 0: one B2A.
pub fn bool_into_float<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    lifted("bool_into_float", &tensor, Kind::Float)
}

/// Integers as floats of scale 0: local.
pub fn int_into_float<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    lifted("int_into_float", &tensor, Kind::Float)
}

/// Converts an integer or truth-valued tensor to another kind with the same values. Local, or one B2A.
fn lifted<R: Ring>(op: &'static str, tensor: &SecretTensor<R>, kind: Kind) -> SecretTensor<R> {
    if let Some(fused) = rules::fuse(&Request::Lift(tensor, kind)) {
        return fused;
    }
    let key = unary_key(op, &[], tensor);
    let shape = tensor.shape().to_vec();
    Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind,
        key,
        bound: tensor.bound(),
    }
    .run(|session| {
        let form = force::numbers_at(session, tensor, 0)?;
        Ok(SecretTensor::of_numbers(
            tensor.device(),
            shape,
            kind,
            Fixed::new(form, 0),
        ))
    })
}
