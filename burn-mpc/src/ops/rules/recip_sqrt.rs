//! Square root + reciprocal, as norms ask for them: one evaluation of `1 / sqrt(x)`, which costs less than the root alone.

use crate::ops::base::elementary;
use crate::ops::deferred::Root;
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::SecretTensor;

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    let Request::Recip(tensor) = request else {
        return None;
    };
    let root = tensor.waits_as::<Root<R>>()?;
    let input = root.input.clone().reshape(tensor.shape().to_vec());
    Some(elementary::reciprocal_sqrt(&input))
}
