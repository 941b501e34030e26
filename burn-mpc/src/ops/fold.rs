//! Affine maps that follow a linear layer, folded into its weight and bias (decision D5).

use crate::ops::arith;
use crate::ops::linear::pending;
use crate::ring::Ring;
use crate::tensor::{LinearMap, Operand, PendingLinear, PublicTensor, SecretTensor, State};

/// An affine map that may follow a linear layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affine {
    Add,
    Sub,
    Mul,
}

/// Folds `map(tensor, constant)` into a linear layer that is still pending; `None` where that is not
/// possible and the op must be computed as it stands.
pub(super) fn fold<R: Ring>(
    tensor: &Operand<R>,
    constant: &Operand<R>,
    map: Affine,
) -> Option<SecretTensor<R>> {
    let Operand::Secret(tensor) = tensor else {
        return None;
    };
    let State::Pending(layer) = tensor.state() else {
        return None;
    };
    constant.key()?;
    if map == Affine::Mul && constant.len() == 1 && matches!(constant, Operand::Public(_)) {
        // One public factor costs nothing afterwards, and a small one would eat the weight's precision.
        return None;
    }
    // Public by public folds for nothing; otherwise the folded weight must be worth remembering.
    let both_public = matches!(
        (&layer.weight, constant),
        (Operand::Public(_), Operand::Public(_))
    );
    if !(both_public || layer.has_constant_weight()) || tensor.shape() != layer.shape {
        return None;
    }
    let vector = per_channel(&layer, constant)?;
    if let Some(session) = tensor.device().session() {
        session.note("fold", &[map as usize]);
    }
    let mut layer = PendingLinear::clone(&layer);
    layer.shift = match (map, layer.shift.take()) {
        (Affine::Add, None) => Some(vector.clone()),
        (Affine::Add, Some(shift)) => Some(arith::add(shift, vector.clone()).into()),
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
    Some(pending(tensor.device(), layer).with_kind(tensor.kind()))
}

/// The constant as a vector `[C]` (or one element), if it is the same at every position of a channel.
fn per_channel<R: Ring>(layer: &PendingLinear<R>, constant: &Operand<R>) -> Option<Operand<R>> {
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
        Operand::Secret(tensor) => arith::neg(tensor.clone()).into(),
    }
}

fn difference<R: Ring>(a: Operand<R>, b: &Operand<R>) -> Operand<R> {
    match (&a, b) {
        (Operand::Public(x), Operand::Public(y)) => public_map(x, y, |x, y| x - y),
        _ => arith::sub(a, b.clone()).into(),
    }
}

fn times<R: Ring>(a: Operand<R>, b: &Operand<R>) -> Operand<R> {
    match (&a, b) {
        (Operand::Public(x), Operand::Public(y)) => public_map(x, y, |x, y| x * y),
        _ => arith::mul(a, b.clone()).into(),
    }
}

/// `weight * scale`, broadcast along the output channel of the weight.
pub(super) fn folded_weight<R: Ring>(layer: &PendingLinear<R>) -> Operand<R> {
    let Some(scale) = &layer.scale else {
        return layer.weight.clone();
    };
    let rank = layer.weight.shape().len();
    let axis = match layer.map {
        LinearMap::Conv(_) => 0,
        LinearMap::Matmul(_) => rank - 1,
    };
    let mut shape = vec![1; rank];
    shape[axis] = scale.len();
    let scale = scale.clone().reshape(shape);
    match (&layer.weight, &scale) {
        (Operand::Public(weight), Operand::Public(factor)) => {
            let (_, source) = super::movement::expand_source(&factor.shape, &weight.shape);
            let values = weight
                .values
                .iter()
                .zip(source)
                .map(|(w, i)| w * factor.values[i])
                .collect();
            Operand::Public(PublicTensor {
                shape: weight.shape.clone(),
                values,
            })
        }
        _ => arith::mul(layer.weight.clone(), scale).into(),
    }
}
