//! Clamp + max pool: a clamp is monotone, so the maximum goes first, and there are fewer values to compare with the
//! limits.

use crate::ops::base::max_pool::max_pool2d;
use crate::ops::base::shape::images;
use crate::ops::deferred::{Clamp, clamp, clamp_of};
use crate::ops::rules::product_relu;
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::SecretTensor;

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    let Request::MaxPool(tensor, windows) = request else {
        return None;
    };
    let (_, input) = images(tensor.shape())?;
    let output = windows.output(input)?;
    tensor
        .device()
        .checked_elements("max_pool2d", &output)
        .ok()?;
    if !windows.vacant(input).is_empty() {
        // The smallest number, which is the maximum of nothing, is not limited.
        return None;
    }
    let mut below = (*tensor).clone();
    let mut clamps = Vec::new();
    while let Some(clamp) = clamp_of(&below) {
        below = clamp.input.clone();
        clamps.push(clamp);
    }
    let last = clamps.pop()?;
    let pooled = limited(last, max_pool2d(&below, *windows));
    Some(
        clamps
            .into_iter()
            .rev()
            .fold(pooled, |x, clamp| limited(clamp, x)),
    )
}

/// The limits of `clamp` on another tensor.
fn limited<R: Ring>(clamp: Clamp<R>, input: SecretTensor<R>) -> SecretTensor<R> {
    let clamp = Clamp { input, ..clamp };
    let relu = product_relu::rule(&Request::Clamp(&clamp));
    relu.unwrap_or_else(|| clamp::defer(clamp, |clamp| clamp))
}
