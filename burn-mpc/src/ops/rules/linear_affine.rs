//! Linear + affine: maps per channel that follow a linear layer fold into its weight and bias. Batch normalisation then
//! costs nothing.

use crate::ops::base::call::note_operands;
use crate::ops::base::{arith, bounds};
use crate::ops::deferred::{Linear, linear};
use crate::ops::rules::request::Request;
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

/// An affine map that may follow a linear layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affine {
    Add,
    Sub,
    Mul,
}

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    match request {
        Request::Add(a, b) => fold(a, b, Affine::Add).or_else(|| fold(b, a, Affine::Add)),
        Request::Sub(a, b) => fold(a, b, Affine::Sub),
        Request::Mul(a, b) => fold(a, b, Affine::Mul).or_else(|| fold(b, a, Affine::Mul)),
        _ => None,
    }
}

/// Folds `map(tensor, constant)` into a linear layer that is still deferred; `None` where that is not possible and the
/// op must be computed alone.
fn fold<R: Ring>(
    tensor: &Operand<R>,
    constant: &Operand<R>,
    map: Affine,
) -> Option<SecretTensor<R>> {
    let Operand::Secret(tensor) = tensor else {
        return None;
    };
    let layer = tensor.waits_as::<Linear<R>>()?;
    constant.key()?;
    if map == Affine::Mul && constant.len() == 1 && matches!(constant, Operand::Public(_)) {
        // A single public factor costs nothing after the layer, and a small one would cost the weight precision.
        return None;
    }
    // Public by public folds at no cost; otherwise the weight must be a constant, so that its folded form can be
    // remembered.
    let both_public = matches!(
        (&layer.weight, constant),
        (Operand::Public(_), Operand::Public(_))
    );
    if !(both_public || layer.has_constant_weight()) || tensor.shape() != layer.shape {
        return None;
    }
    let vector = per_channel(&layer, constant)?;
    let limit = match map {
        Affine::Add | Affine::Sub => arith::add_limits,
        Affine::Mul => arith::multiply_limits,
    };
    let bound = bounds::of_two(&Operand::Secret(tensor.clone()), constant, limit);
    if let Some(session) = tensor.device().session() {
        session.note("fold", &[map as usize]);
        note_operands(session, &[constant]);
        let finest = match tensor.kind() {
            Kind::Float => session.scales().sum(),
            Kind::Int | Kind::Bool => 0,
        };
        if let Err(error) = bounds::check(session, "fold", bound, finest) {
            session.fail(&error);
            let (device, shape) = (tensor.device(), tensor.shape().to_vec());
            return Some(SecretTensor::poisoned(device, shape, tensor.kind()));
        }
    }
    let mut layer = Linear::clone(&layer);
    layer.shift = match (map, layer.shift.take()) {
        (Affine::Add, None) => Some(vector.clone()),
        (Affine::Add, Some(shift)) => Some(arith::add(&shift, &vector).into()),
        (Affine::Sub, None) => Some(negated(&vector)),
        (Affine::Sub, Some(shift)) => Some(difference(shift, &vector)),
        (Affine::Mul, None) => None,
        (Affine::Mul, Some(shift)) => Some(times(shift, &vector)),
    };
    if map == Affine::Mul {
        layer.scale = Some(match layer.scale.take() {
            None => vector,
            Some(scale) => times(scale, &vector),
        });
    }
    let folded = linear::defer(tensor.device(), layer);
    Some(folded.with_kind(tensor.kind()).with_bound(bound))
}

/// The constant as a vector `[C]` (or one element), if it is the same at every position of a channel.
fn per_channel<R: Ring>(layer: &Linear<R>, constant: &Operand<R>) -> Option<Operand<R>> {
    if constant.len() == 1 {
        return Some(constant.clone().reshape(vec![1]));
    }
    let from_end = layer.shape.len() - layer.channel_axis;
    let shape = constant.shape();
    let axis = shape.len().checked_sub(from_end)?;
    let only_channels = shape.iter().enumerate().all(|(i, &d)| d == 1 || i == axis);
    (only_channels && shape[axis] == layer.channels())
        .then(|| constant.clone().reshape(vec![layer.channels()]))
}

fn public_map<R: Ring>(
    a: &PublicTensor,
    b: &PublicTensor,
    map: impl Fn(f64, f64) -> f64,
) -> Operand<R> {
    let len = a.values.len().max(b.values.len());
    let at = |tensor: &PublicTensor, i: usize| {
        tensor.values[if tensor.values.len() == 1 { 0 } else { i }]
    };
    Operand::Public(PublicTensor {
        shape: vec![len],
        values: (0..len).map(|i| map(at(a, i), at(b, i))).collect(),
    })
}

fn negated<R: Ring>(vector: &Operand<R>) -> Operand<R> {
    match vector {
        Operand::Public(tensor) => public_map(tensor, tensor, |v, _| -v),
        Operand::Secret(tensor) => arith::neg(tensor).into(),
    }
}

fn difference<R: Ring>(a: Operand<R>, b: &Operand<R>) -> Operand<R> {
    match (&a, b) {
        (Operand::Public(x), Operand::Public(y)) => public_map(x, y, |x, y| x - y),
        _ => arith::sub(&a, b).into(),
    }
}

fn times<R: Ring>(a: Operand<R>, b: &Operand<R>) -> Operand<R> {
    match (&a, b) {
        (Operand::Public(x), Operand::Public(y)) => public_map(x, y, |x, y| x * y),
        _ => arith::mul(&a, b).into(),
    }
}
