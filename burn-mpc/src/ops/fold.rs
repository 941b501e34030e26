//! Affine maps that follow a linear layer, folded into its weight and bias: batch normalisation then costs nothing.

use crate::error::MpcError;
use crate::ops::arith;
use crate::ops::bounds;
use crate::ops::guard::{constant_key, note_operands};
use crate::ops::linear::pending;
use crate::ops::resolve::{form, rss_at_most};
use crate::protocol;
use crate::ring::Ring;
use crate::session::{Key, MpcDevice, Session};
use crate::share::Rss;
use crate::tensor::{
    Form, Kind, LinearMap, Operand, PendingLinear, PublicTensor, SecretTensor, State, elements,
};

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
    let limit = match map {
        Affine::Add | Affine::Sub => arith::add_limits,
        Affine::Mul => arith::multiply_limits,
    };
    let bound = bounds::of_two(&Operand::Secret(tensor.clone()), constant, limit);
    if let Some(session) = tensor.device().session() {
        session.note("fold", &[map as usize]);
        note_operands(session, &[constant]);
        if let Err(error) = bounds::check(session, "fold", bound, session.scales().sum()) {
            session.fail(&error);
            let (device, shape) = (tensor.device(), tensor.shape().to_vec());
            return Some(SecretTensor::poisoned(device, shape, tensor.kind()));
        }
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
    let folded = pending(tensor.device(), layer);
    Some(folded.with_kind(tensor.kind()).with_bound(bound))
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

/// A constant secret weight times its constant scale. Only the result in the form that products take is
/// remembered; the product itself is local and made again when another precision is asked for.
pub(super) struct FoldedWeight<'a, R: Ring> {
    weight: &'a SecretTensor<R>,
    scale: Operand<R>,
    key: Key,
    /// Fractional bits of the product.
    pub(super) frac: u32,
}

impl<'a, R: Ring> FoldedWeight<'a, R> {
    /// The folded weight of `layer`, if both factors are constants and the weight is secret.
    pub(super) fn of(
        session: &Session,
        layer: &'a PendingLinear<R>,
    ) -> Result<Option<Self>, MpcError> {
        let (Operand::Secret(weight), Some(scale)) = (&layer.weight, scale_of_weight(layer)) else {
            return Ok(None);
        };
        let Some(key) = constant_key("folded", &[], &[&layer.weight, &scale]) else {
            return Ok(None);
        };
        session.note_bytes("folded", key.bytes());
        let mut folded = Self {
            weight,
            scale,
            key,
            frac: 0,
        };
        let name = key.derive(&[b"frac"]);
        folded.frac = session.remember(name, || match &folded.scale {
            Operand::Secret(scale) => {
                let (fx, fy) = folded.scales(session, scale)?;
                Ok(fx + fy)
            }
            Operand::Public(_) => Ok(folded.product(session)?.1),
        })?;
        Ok(Some(folded))
    }

    /// The scales of both factors.
    fn scales(&self, session: &Session, scale: &SecretTensor<R>) -> Result<(u32, u32), MpcError> {
        let (fx, fy) = (form(session, self.weight)?.1, form(session, scale)?.1);
        Ok(arith::factor_scales(session, (fx, true), (fy, true)))
    }

    fn product(&self, session: &Session) -> Result<(Form<R>, u32), MpcError> {
        session.layer("mul", None, session.execution(true), || match &self.scale {
            Operand::Secret(scale) => {
                let (fx, fy) = self.scales(session, scale)?;
                let (x, fx) = rss_at_most(session, self.weight, fx)?;
                let (y, fy) = rss_at_most(session, scale, fy)?;
                let axis = scale.shape().iter().position(|&d| d == y.len());
                let above = axis.map_or(0, |axis| axis + 1);
                let inner = elements(&self.weight.shape()[above..]);
                let z = protocol::multiply_channels(&x, &y, inner);
                Ok((Form::Additive(z), fx + fy))
            }
            Operand::Public(scale) => {
                arith::public_product(session, self.weight, scale, self.weight.shape(), 0)
            }
        })
    }

    /// A replicated share of at most `limit` fractional bits.
    pub(super) fn share(&self, session: &Session, limit: u32) -> Result<(Rss<R>, u32), MpcError> {
        let name = self.key.derive(&[b"share", &limit.to_le_bytes()]);
        let folded = session.remember(name, || {
            let (form, frac) = self.product(session)?;
            let offline = MpcDevice::offline();
            let shape = self.weight.shape().to_vec();
            let product = SecretTensor::of_form(&offline, shape, Kind::Float, form, frac);
            rss_at_most(session, &product.with_key(Some(self.key)), limit)
        })?;
        // What the budget does not hold has to be made again from the weight.
        if session.forgets_folded() && session.remembers(&name) {
            self.weight.settle(State::Forgotten);
        }
        Ok(folded)
    }
}

/// The scale of a layer in the weight's rank, along its output channel.
fn scale_of_weight<R: Ring>(layer: &PendingLinear<R>) -> Option<Operand<R>> {
    let scale = layer.scale.as_ref()?;
    let rank = layer.weight.shape().len();
    let axis = match layer.map {
        LinearMap::Conv(_) => 0,
        LinearMap::Matmul(_) => rank - 1,
    };
    let mut shape = vec![1; rank];
    shape[axis] = scale.len();
    Some(scale.clone().reshape(shape))
}

/// `weight * scale`, broadcast along the output channel of the weight.
pub(super) fn folded_weight<R: Ring>(layer: &PendingLinear<R>) -> Operand<R> {
    let Some(scale) = scale_of_weight(layer) else {
        return layer.weight.clone();
    };
    match (&layer.weight, &scale) {
        (Operand::Public(weight), Operand::Public(factor)) => {
            let source = super::movement::expand_source(&factor.shape, &weight.shape).list();
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
