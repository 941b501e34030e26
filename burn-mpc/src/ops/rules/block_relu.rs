//! Block-ReLU: makes one gate of the sums of patches, their comparison with zero, the conversion of its bits to
//! numbers, their spread to pixels and the product.
//!
//! Each op defers if the one before it did, so that the product sees the whole chain: which elements, which patches,
//! and that nothing in between has been read.

use crate::ops::base::call::Call;
use crate::ops::base::gate;
use crate::ops::base::places::Places;
use crate::ops::base::shape::result_shape;
use crate::ops::deferred::{Gate, Sign, Spread, Sum, gate as node};
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::{Bound, Kind, Operand, SecretTensor};

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    match request {
        Request::Lower(a, b) => signs(a, b),
        // Stays bits: a product with them may not need numbers.
        Request::Lift(bits, kind) => {
            bits.waits_as::<Sign<R>>()?;
            Some((*bits).clone().with_kind(*kind))
        }
        Request::Move(bits, source, shape) => spread(bits, source, shape),
        Request::Mul(Operand::Secret(x), Operand::Secret(y)) => gated(x, y).or_else(|| gated(y, x)),
        _ => None,
    }
}

/// `[0 < sums]`, deferred, if `sums` are deferred sums of elements alone.
fn signs<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> Option<SecretTensor<R>> {
    let (Operand::Public(zero), Operand::Secret(sums)) = (a, b) else {
        return None;
    };
    let session = sums.device().session()?;
    let sum = sums.waits_as::<Sum<R>>()?;
    let fits = sum.onto_nothing
        && sum.base.shape() == sums.shape()
        && zero.as_scalar() == Some(0.0)
        && result_shape(a.shape(), b.shape()) == sums.shape();
    if !fits || !gate::fuses(session) {
        return None;
    }
    let call = Call {
        op: "lower",
        device: sums.device(),
        shape: sums.shape().to_vec(),
        kind: Kind::Bool,
        key: None,
        bound: Bound::NONE,
    };
    Some(call.run(|session| {
        let sign = Sign {
            sums: sums.clone(),
            path: session.current_scope(),
        };
        let (device, shape) = (sums.device(), sums.shape().to_vec());
        Ok(SecretTensor::deferred(device, shape, Kind::Bool, sign))
    }))
}

/// The bit of each pixel's patch, deferred, if `bits` are deferred signs.
fn spread<R: Ring>(
    bits: &SecretTensor<R>,
    source: &Places,
    shape: &[usize],
) -> Option<SecretTensor<R>> {
    bits.waits_as::<Sign<R>>()?;
    if source.have_zeros() {
        return None;
    }
    let spread = Spread {
        bits: bits.clone(),
        source: source.clone(),
    };
    let (device, kind) = (bits.device(), bits.kind());
    Some(SecretTensor::deferred(device, shape.to_vec(), kind, spread))
}

/// `x bits`, deferred, if `bits` are deferred signs of patches of the elements of `x`.
fn gated<R: Ring>(x: &SecretTensor<R>, bits: &SecretTensor<R>) -> Option<SecretTensor<R>> {
    let spread = bits.waits_as::<Spread<R>>()?;
    let sign = spread.bits.waits_as::<Sign<R>>()?;
    let sum = sign.sums.waits_as::<Sum<R>>()?;
    if !sum.value.shares_cell(x) || x.shape() != bits.shape() || sum.target != spread.source {
        return None;
    }
    let patches = spread.source.patches(sign.sums.len())?;
    Some(node::defer(
        "mul",
        Gate {
            value: x.clone(),
            signs: spread.bits.clone(),
            patches,
            path: sign.path.clone(),
        },
        x.shape().to_vec(),
        x.kind(),
    ))
}
