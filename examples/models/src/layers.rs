//! The pieces every network here is made of.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{AvgPool2d, AvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::ops::PadMode;
use burn::tensor::{Tensor, backend::Backend, s};
use burn_blockrelu_core::{BlockRelu, BlockReluConfig};

/// The non-linearity of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Activation {
    /// `max(x, 0)`, which a plan may turn into a Block-ReLU
    #[default]
    Relu,
    /// `min(max(x, 0), 6)`, as MobileNetV2 was trained with
    Relu6,
}

impl Activation {
    /// The module, for an input of `channels` channels.
    pub fn init<B: Backend>(self, channels: usize, device: &B::Device) -> ActivationLayer<B> {
        match self {
            Self::Relu => ActivationLayer::Relu(relu_layer(channels, device)),
            Self::Relu6 => ActivationLayer::Relu6(Relu6 { limit: 6.0 }),
        }
    }
}

/// An ordinary ReLU that a plan may turn into a Block-ReLU.
pub(crate) fn relu_layer<B: Backend>(channels: usize, device: &B::Device) -> BlockRelu<B> {
    BlockReluConfig::new(channels).init(device)
}

/// `min(max(x, 0), limit)`.
#[derive(Module, Clone, Debug)]
pub struct Relu6 {
    limit: f64,
}

/// A non-linearity in its place in a network.
#[derive(Module, Debug)]
pub enum ActivationLayer<B: Backend> {
    /// A ReLU, or what a plan made of it.
    Relu(BlockRelu<B>),
    /// A ReLU6.
    Relu6(Relu6),
}

impl<B: Backend> ActivationLayer<B> {
    /// `[N, C, H, W]` to the same shape.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        match self {
            Self::Relu(block) => block.forward(x),
            Self::Relu6(relu6) => relu(x).clamp_max(relu6.limit),
        }
    }
}

/// Whether the network normalises, or its weights were folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Norm {
    /// Convolutions without bias, each followed by a batch normalisation.
    #[default]
    BatchNorm,
    /// Convolutions with bias and nothing after them: the normalisation is folded into the weights.
    Folded,
}

/// How strided windows are padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Padding {
    /// `kernel / 2` zeros on each side, as torchvision pads.
    #[default]
    Symmetric,
    /// TensorFlow's SAME: only as many zeros as the last window needs, an odd one at the end. In a
    /// ResNet only the stem's pooling is affected (the convolutions of the converted Caffe networks
    /// pad symmetrically).
    Same,
}

/// One entry of a torchvision `Sequential` that holds parameters.
#[derive(Module, Debug)]
pub enum Layer<B: Backend> {
    /// A convolution.
    Conv(Conv2d<B>),
    /// A batch normalisation.
    Norm(BatchNorm<B>),
}

impl<B: Backend> Layer<B> {
    /// `[N, C, H, W]` to `[N, C', H', W']`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        match self {
            Self::Conv(conv) => conv.forward(x),
            Self::Norm(norm) => norm.forward(x),
        }
    }
}

/// The layers of a torchvision `Sequential`, one after the other.
pub(crate) fn forward_all<B: Backend>(layers: &[Layer<B>], x: Tensor<B, 4>) -> Tensor<B, 4> {
    layers.iter().fold(x, |x, layer| layer.forward(x))
}

/// What a convolution looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConvSpec {
    pub channels: [usize; 2],
    pub kernel: usize,
    pub stride: usize,
    pub groups: usize,
    pub padding: Padding,
}

impl ConvSpec {
    /// A dense convolution from `channels[0]` to `channels[1]`, padded symmetrically.
    pub fn new(channels: [usize; 2], kernel: usize, stride: usize) -> Self {
        Self {
            channels,
            kernel,
            stride,
            groups: 1,
            padding: Padding::Symmetric,
        }
    }

    /// The convolution, with a bias if no normalisation follows.
    pub fn conv<B: Backend>(&self, norm: Norm, device: &B::Device) -> Conv2d<B> {
        let half = self.kernel / 2;
        let padding = match self.padding {
            Padding::Symmetric => PaddingConfig2d::Explicit(half, half, half, half),
            Padding::Same => PaddingConfig2d::Same,
        };
        Conv2dConfig::new(self.channels, [self.kernel, self.kernel])
            .with_stride([self.stride, self.stride])
            .with_groups(self.groups)
            .with_padding(padding)
            .with_bias(norm == Norm::Folded)
            .init(device)
    }

    /// The convolution and, unless it is folded, its normalisation.
    pub fn layers<B: Backend>(&self, norm: Norm, device: &B::Device) -> Vec<Layer<B>> {
        let mut layers = vec![Layer::Conv(self.conv(norm, device))];
        layers.extend(batch_norm(self.channels[1], norm, device).map(Layer::Norm));
        layers
    }
}

/// A batch normalisation of `channels` channels, unless it is folded.
pub(crate) fn batch_norm<B: Backend>(
    channels: usize,
    norm: Norm,
    device: &B::Device,
) -> Option<BatchNorm<B>> {
    match norm {
        Norm::BatchNorm => Some(BatchNormConfig::new(channels).init(device)),
        Norm::Folded => None,
    }
}

/// Applies a normalisation that may have been folded away.
#[allow(clippy::ref_option, reason = "the field of a Burn module is such")]
pub(crate) fn normalise<B: Backend>(norm: &Option<BatchNorm<B>>, x: Tensor<B, 4>) -> Tensor<B, 4> {
    match norm {
        Some(norm) => norm.forward(x),
        None => x,
    }
}

/// The 3x3 pooling with stride 2 of an ImageNet ResNet's stem.
#[derive(Module, Clone, Debug)]
pub struct StemPool {
    max: Option<MaxPool2d>,
    avg: Option<AvgPool2d>,
    /// Zeros added after the last row and column before pooling.
    end_padding: bool,
}

impl StemPool {
    /// Max or average pooling, padded by one on each side or as SAME does.
    pub fn new(stem: Stem, padding: Padding) -> Self {
        let explicit = match padding {
            Padding::Symmetric => PaddingConfig2d::Explicit(1, 1, 1, 1),
            Padding::Same => PaddingConfig2d::Valid,
        };
        let (max, avg) = match stem {
            Stem::Max => (
                Some(
                    MaxPool2dConfig::new([3, 3])
                        .with_strides([2, 2])
                        .with_padding(explicit)
                        .init(),
                ),
                None,
            ),
            Stem::Avg => (
                None,
                Some(
                    AvgPool2dConfig::new([3, 3])
                        .with_strides([2, 2])
                        .with_padding(explicit)
                        .init(),
                ),
            ),
        };
        Self {
            max,
            avg,
            end_padding: padding == Padding::Same,
        }
    }

    /// `[N, C, H, W]`, not negative, to `[N, C, ceil(H/2), ceil(W/2)]`.
    ///
    /// SAME pads with zeros rather than with minus infinity: the input comes out of a ReLU, so that
    /// a zero never wins against it.
    pub fn forward<B: Backend>(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        let x = if self.end_padding {
            let [_, _, height, width] = x.dims();
            // Windows of 3 with stride 2: even sizes lack one at the end, odd ones one on each side.
            let side = |n: usize| if n.is_multiple_of(2) { (0, 1) } else { (1, 1) };
            x.pad([side(height), side(width)], PadMode::Constant(0.0))
        } else {
            x
        };
        match (&self.max, &self.avg) {
            (Some(max), _) => max.forward(x),
            (None, Some(avg)) => avg.forward(x),
            (None, None) => x,
        }
    }
}

/// The pooling in the stem of an ImageNet ResNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Stem {
    /// 3x3 max pooling, stride 2, as published.
    #[default]
    Max,
    /// 3x3 average pooling, stride 2: it needs no comparisons.
    Avg,
}

/// Every `stride`-th row and column, with `added` channels of zeros, half of them before and half
/// after: `[N, C, H, W]` to `[N, C + added, H/s, W/s]`.
pub(crate) fn option_a<B: Backend>(x: Tensor<B, 4>, stride: usize, added: usize) -> Tensor<B, 4> {
    let x = if stride > 1 {
        let step = stride as isize;
        x.slice(s![.., .., ..;step, ..;step])
    } else {
        x
    };
    if added == 0 {
        return x;
    }
    let before = added / 2;
    let channels = [(0, 0), (before, added - before), (0, 0), (0, 0)];
    x.pad(channels, PadMode::Constant(0.0))
}

#[cfg(test)]
mod tests {
    use super::{Activation, Padding, Stem, StemPool, option_a};
    use burn::backend::Flex;
    use burn::tensor::{Int, Tensor};

    fn values<const D: usize>(x: Tensor<Flex, D>) -> Vec<f32> {
        x.into_data().to_vec().unwrap()
    }

    #[test]
    fn relu6_stops_at_both_ends() {
        let device = Default::default();
        let x = Tensor::<Flex, 4>::from_floats([[[[-1.0, 2.0, 7.0]]]], &device);
        let run = |activation: Activation| values(activation.init(1, &device).forward(x.clone()));
        assert_eq!(run(Activation::Relu), [0.0, 2.0, 7.0]);
        assert_eq!(run(Activation::Relu6), [0.0, 2.0, 6.0]);
    }

    #[test]
    fn stem_pools_where_the_padding_says() {
        let device = Default::default();
        let image = |side: usize| {
            let x = Tensor::<Flex, 1, Int>::arange(0..(side * side) as i64, &device);
            x.float().reshape([1, 1, side, side])
        };
        let pool = |stem, padding, side| values(StemPool::new(stem, padding).forward(image(side)));
        let (symmetric, same) = (Padding::Symmetric, Padding::Same);
        assert_eq!(pool(Stem::Max, symmetric, 4), [5.0, 7.0, 13.0, 15.0]);
        assert_eq!(pool(Stem::Max, same, 4), [10.0, 11.0, 14.0, 15.0]);
        assert_eq!(pool(Stem::Max, same, 3), pool(Stem::Max, symmetric, 3));
        // Rows 0..3 and columns 0..3 of a 4x4 image have the mean 5.
        assert_eq!(pool(Stem::Avg, same, 4)[0], 5.0);
        assert!((pool(Stem::Avg, symmetric, 4)[0] - 10.0 / 9.0).abs() < 1e-6);
    }

    #[test]
    fn option_a_thins_out_and_adds_zeros() {
        let device = Default::default();
        let x = Tensor::<Flex, 1, Int>::arange(0..16, &device).float();
        let y = option_a(x.reshape([1, 1, 4, 4]), 2, 3);
        assert_eq!(y.dims(), [1, 4, 2, 2]);
        let values = values(y);
        let channel = |i: usize| &values[4 * i..4 * i + 4];
        assert_eq!(channel(0), [0.0; 4]);
        assert_eq!(channel(1), [0.0, 2.0, 8.0, 10.0]);
        assert_eq!((channel(2), channel(3)), (&[0.0; 4][..], &[0.0; 4][..]));
    }
}
