//! A convolution or matrix product that waits for the affine maps that follow it.

use std::sync::Arc;

use crate::Party;
use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant, scale};
use crate::ops::base::{force, operand};
use crate::ops::deferred::folded::{FoldedWeight, folded_weight};
use crate::protocol::{self, MatmulShape};
use crate::ring::{self, ConvGeometry, Ring};
use crate::session::{Execution, MpcDevice, Session};
use crate::share::{Additive, Rss};
use crate::tensor::{Deferred, Forced, Kind, Need, Operand, SecretTensor, elements};

/// The bilinear map of a layer.
#[derive(Clone, Debug)]
pub enum LinearMap {
    /// `[N, I, H, W] x [O, I / groups, h, w] -> [N, O, H', W']`.
    Conv(ConvGeometry),
    /// `[batch, m, k] x [k, n]` or `[batch, k, n]`.
    Matmul(MatmulShape),
}

/// `scale[c] * map(input, weight) + shift[c]`, not yet computed. `scale` and `shift` have one element
/// per output channel (or one in all), so they fold into the weight and the bias.
#[derive(Clone, Debug)]
pub struct Linear<R: Ring> {
    /// The map.
    pub map: LinearMap,
    /// Dimensions of the result.
    pub shape: Vec<usize>,
    /// Which dimension of the result is the channel.
    pub channel_axis: usize,
    /// Input of the layer.
    pub input: Operand<R>,
    /// Weight of the layer.
    pub weight: Operand<R>,
    /// Per-channel factor.
    pub scale: Option<Operand<R>>,
    /// Per-channel term.
    pub shift: Option<Operand<R>>,
    /// Path of the weight, as recorded when it was shared.
    pub path: Option<Arc<str>>,
}

impl<R: Ring> Linear<R> {
    /// Number of output channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.shape[self.channel_axis]
    }

    /// Whether the weight is the same in every inference, so that folding pays.
    #[must_use]
    pub fn has_constant_weight(&self) -> bool {
        self.weight.key().is_some()
    }

    /// The scale in the weight's rank, along its output channel.
    fn scale_of_weight(&self) -> Option<Operand<R>> {
        let scale = self.scale.as_ref()?;
        let rank = self.weight.shape().len();
        let axis = match self.map {
            LinearMap::Conv(_) => 0,
            LinearMap::Matmul(_) => rank - 1,
        };
        let mut shape = vec![1; rank];
        shape[axis] = scale.len();
        Some(scale.clone().reshape(shape))
    }
}

impl<R: Ring> Deferred<R> for Linear<R> {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        let Self {
            input,
            weight,
            scale,
            shift,
            ..
        } = self;
        let operands = [Some(input), Some(weight), scale.as_ref(), shift.as_ref()];
        operands
            .into_iter()
            .flatten()
            .filter_map(Operand::secret)
            .cloned()
            .collect()
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        let Some(layer) = Arc::into_inner(self) else {
            return Vec::new();
        };
        let operands = [
            Some(layer.input),
            Some(layer.weight),
            layer.scale,
            layer.shift,
        ];
        operands
            .into_iter()
            .flatten()
            .filter_map(Operand::into_secret)
            .collect()
    }

    fn force(
        &self,
        session: &Session,
        execution: Execution,
        _: Need,
    ) -> Result<Forced<R>, MpcError> {
        evaluate(session, self, execution).map(Forced::Numbers)
    }
}

/// Defers `layer`.
pub fn defer<R: Ring>(device: &MpcDevice, layer: Linear<R>) -> SecretTensor<R> {
    let shape = layer.shape.clone();
    SecretTensor::deferred(device, shape, Kind::Float, layer)
}

/// Computes a layer: folds the scale into the weight (and remembers the result, since both are constants), multiplies,
/// adds the shift. Local except for resharing and truncating the input.
fn evaluate<R: Ring>(
    session: &Session,
    layer: &Linear<R>,
    execution: Execution,
) -> Result<Fixed<Form<R>>, MpcError> {
    let op = match layer.map {
        LinearMap::Conv(_) => "conv2d",
        LinearMap::Matmul(_) => "matmul",
    };
    session.layer(op, layer.path.as_deref(), execution, || {
        let product = apply(session, layer, execution)?;
        let Some(shift) = &layer.shift else {
            return Ok(product);
        };
        let fine = scale_with_bias(session, product.frac, shift)?;
        let shift = operand::term(session, shift, fine)?;
        let product = product.refined(fine);
        Ok(product.map(|product| add_per_channel(layer, product, &shift)))
    })
}

/// The scale at which a bias is added: that of the product, but a product of integers takes the scale of its bias.
fn scale_with_bias<R: Ring>(
    session: &Session,
    product: u32,
    shift: &Operand<R>,
) -> Result<u32, MpcError> {
    let have = match shift {
        Operand::Public(tensor) => scale::of_public(session, &tensor.values),
        Operand::Secret(tensor) => force::frac(session, tensor)?,
    };
    Ok(product.max(have.min(session.scales().value)))
}

fn apply<R: Ring>(
    session: &Session,
    layer: &Linear<R>,
    execution: Execution,
) -> Result<Fixed<Form<R>>, MpcError> {
    let scales = session.scales();
    let own = layer
        .path
        .as_deref()
        .and_then(|path| session.weight_scale(path));
    let factors = |fx: u32, fw: u32| match own {
        Some(own) => (fx.min(scales.value), fw.min(own)),
        // A weight that was folded at a finer scale is truncated to the session's, and the result is remembered.
        None => scale::of_factors(session, (fx, false), (fw.min(scales.value), false)),
    };
    let produced = |fw: u32, weight: &Additive<R>| {
        if let (Some(path), true) = (&layer.path, execution.computes()) {
            session.produced(path, fw, || weight.part().to_vec());
        }
    };
    let secret_product = |x: Fixed<Rss<R>>, w: Fixed<Rss<R>>| {
        let z = product(session.party(), &layer.map, &x.share, &w.share, execution);
        Fixed::new(Form::Additive(z), x.frac + w.frac)
    };
    let scale = layer.scale_of_weight();
    if let (Operand::Secret(x), Some(weight)) = (
        &layer.input,
        FoldedWeight::of(session, &layer.weight, scale.as_ref())?,
    ) {
        let (fx, fw) = factors(force::numbers(session, x)?.frac, weight.frac);
        let x = force::replicated_at_most(session, x, fx)?;
        let w = weight.share(session, fw)?;
        produced(w.frac, &w.share.to_additive());
        return Ok(secret_product(x, w));
    }
    let weight = match &scale {
        None => layer.weight.clone(),
        Some(scale) => folded_weight(&layer.weight, scale),
    };
    match (&layer.input, &weight) {
        (Operand::Secret(x), Operand::Secret(w)) => {
            let (fx, fw) = (force::numbers(session, x)?.frac, force::frac(session, w)?);
            let (fx, fw) = factors(fx, fw);
            let x = force::replicated_at_most(session, x, fx)?;
            let w = force::replicated_at_most(session, w, fw)?;
            produced(w.frac, &w.share.to_additive());
            Ok(secret_product(x, w))
        }
        (Operand::Secret(x), Operand::Public(w)) => {
            let most = scale::most_of_public_factor(session);
            let w = constant::encode_factors::<R>(session, &w.values, scales.value, most)?;
            let room = scales.headroom.saturating_sub(w.frac);
            let x = force::numbers_at_most(session, x, room)?;
            let z = x.share.map_to(output_len(&layer.map), |x| {
                clear_product(&layer.map, x, &w.share, execution)
            });
            Ok(Fixed::new(z, x.frac + w.frac))
        }
        (Operand::Public(x), Operand::Secret(w)) => {
            let most = scale::most_of_public_factor(session);
            let x = constant::encode_factors::<R>(session, &x.values, scales.value, most)?;
            let room = scales.sum().saturating_sub(x.frac);
            let w = force::numbers_at_most(session, w, room)?;
            produced(w.frac, &w.share.to_additive());
            let z = w.share.map_to(output_len(&layer.map), |w| {
                clear_product(&layer.map, &x.share, w, execution)
            });
            Ok(Fixed::new(z, x.frac + w.frac))
        }
        (Operand::Public(_), Operand::Public(_)) => Err(MpcError::Internal {
            what: "a product of public operands came to secret ones",
        }),
    }
}

fn product<R: Ring>(
    party: Party,
    map: &LinearMap,
    x: &Rss<R>,
    w: &Rss<R>,
    execution: Execution,
) -> Additive<R> {
    if !execution.computes() {
        return Additive::counted(output_len(map));
    }
    match map {
        LinearMap::Conv(geometry) => protocol::conv2d(party, geometry, x, w),
        LinearMap::Matmul(shape) => protocol::matmul(party, shape, x, w),
    }
}

fn output_len(map: &LinearMap) -> usize {
    match map {
        LinearMap::Conv(geometry) => geometry.output_len(),
        LinearMap::Matmul(shape) => shape.output_len(),
    }
}

fn clear_product<R: Ring>(map: &LinearMap, x: &[R], w: &[R], execution: Execution) -> Vec<R> {
    let mut out = bytemuck::zeroed_vec::<R>(output_len(map));
    if execution.computes() {
        match map {
            LinearMap::Conv(geometry) => ring::conv2d_acc(geometry, x, w, &mut out),
            LinearMap::Matmul(shape) => shape.accumulate(x, w, &mut out),
        }
    }
    out
}

/// Adds `shift[c]` at every position of channel `c`; local.
fn add_per_channel<R: Ring>(layer: &Linear<R>, product: Form<R>, shift: &Form<R>) -> Form<R> {
    let inner = elements(&layer.shape[layer.channel_axis + 1..]);
    let channels = layer.channels();
    product.update(shift, |z, shift| {
        if inner <= 1 && shift.len() > 1 {
            for row in z.chunks_mut(channels.max(1)) {
                ring::add_assign(row, shift);
            }
            return;
        }
        for (row, values) in z.chunks_mut(inner.max(1)).enumerate() {
            let term = shift[if shift.len() == 1 { 0 } else { row % channels }];
            ring::add_scalar_assign(values, term);
        }
    })
}
