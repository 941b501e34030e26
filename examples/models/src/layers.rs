//! The pieces every network here is made of.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{AvgPool2d, AvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::ops::PadMode;
use burn::tensor::{Tensor, backend::Backend};

/// The non-linearity of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Activation {
    /// `max(x, 0)`
    #[default]
    Relu,
    /// `min(max(x, 0), 6)`, as MobileNetV2 was trained with
    Relu6,
}

impl Activation {
    /// Applies the function element by element; the shape stays.
    pub fn forward<B: Backend, const D: usize>(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        match self {
            Self::Relu => relu(x),
            Self::Relu6 => relu(x).clamp_max(6.0),
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
    /// TensorFlow's SAME: no more zeros than the last window needs, an odd one at the end.
    /// In a ResNet only the stem's pooling is affected (the convolutions of the converted Caffe
    /// networks pad symmetrically).
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

#[cfg(test)]
mod tests {
    use super::{Activation, Padding, Stem, StemPool};
    use burn::backend::Flex;
    use burn::tensor::{Int, Tensor};

    fn values<const D: usize>(x: Tensor<Flex, D>) -> Vec<f32> {
        x.into_data().to_vec().unwrap()
    }

    #[test]
    fn relu6_stops_at_both_ends() {
        let x = Tensor::<Flex, 1>::from_floats([-1.0, 2.0, 7.0], &Default::default());
        assert_eq!(values(Activation::Relu.forward(x.clone())), [0.0, 2.0, 7.0]);
        assert_eq!(values(Activation::Relu6.forward(x)), [0.0, 2.0, 6.0]);
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
}
