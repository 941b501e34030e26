//! Product + ReLU: the ReLU of a product is a gate of single elements, which reshares, compares and multiplies at once.

use crate::ops::base::gate;
use crate::ops::deferred::{Clamp, Relu, clamp};
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::SecretTensor;

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    match request {
        Request::Clamp(clamp) if applies(clamp) => Some(clamp::defer((*clamp).clone(), Relu)),
        _ => None,
    }
}

/// Whether the limits are a ReLU's and the session has gates. Whether the input is a product shows when it is computed.
fn applies<R: Ring>(clamp: &Clamp<R>) -> bool {
    let session = clamp.input.device().session();
    clamp.is_relu() && session.is_some_and(|session| gate::fuses(session))
}
