//! Clamp + clamp: an upper limit joins a deferred lower one, so that ReLU6 written as two calls costs one sign call.

use crate::ops::deferred::{Clamp, clamp, clamp_of};
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::SecretTensor;

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    let Request::Clamp(outer) = request else {
        return None;
    };
    let (None, Some(limit)) = (outer.min, outer.max) else {
        return None;
    };
    let inner = clamp_of(&outer.input)?;
    let joins = inner.max.is_none() && inner.min.is_none_or(|low| low <= limit);
    let max = outer.max;
    joins.then(|| clamp::defer(Clamp { max, ..inner }, |clamp| clamp))
}
