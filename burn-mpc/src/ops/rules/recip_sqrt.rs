//! Square root + reciprocal, as norms ask for them: one evaluation of `1 / sqrt(x)`, which costs less than the root alone.

use crate::ops::base::elementary;
use crate::ops::deferred::function::{Function, input_of};
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::SecretTensor;

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    let Request::Recip(tensor) = request else {
        return None;
    };
    let input = input_of(tensor, Function::Sqrt)?;
    Some(elementary::reciprocal_sqrt(&input))
}
