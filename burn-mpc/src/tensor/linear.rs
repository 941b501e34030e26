//! A convolution or matrix product that waits for the affine maps that follow it.

use std::sync::Arc;

use crate::protocol::MatmulShape;
use crate::ring::{ConvGeometry, Ring};
use crate::tensor::Operand;

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
pub struct PendingLinear<R: Ring> {
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

impl<R: Ring> PendingLinear<R> {
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
}
