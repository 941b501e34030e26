//! ResNets in torchvision's layout and with its parameter names.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig};
use burn::nn::{BatchNorm, Linear, LinearConfig};
use burn::tensor::{Tensor, backend::Backend};
use burn_blockrelu_core::BlockRelu;

use crate::layers::{
    ConvSpec, Layer, Norm, Padding, Stem, StemPool, batch_norm, forward_all, normalise, option_a,
    relu_layer,
};

/// Two 3x3 convolutions and a shortcut.
#[derive(Module, Debug)]
pub struct BasicBlock<B: Backend> {
    conv1: Conv2d<B>,
    bn1: Option<BatchNorm<B>>,
    relu1: BlockRelu<B>,
    conv2: Conv2d<B>,
    bn2: Option<BatchNorm<B>>,
    relu2: BlockRelu<B>,
    downsample: Option<Vec<Layer<B>>>,
    /// Stride and added channels of a shortcut without parameters; `[1, 0]` is the identity.
    option_a: [usize; 2],
}

impl<B: Backend> BasicBlock<B> {
    /// A block from `channels[0]` to `channels[1]`, with a projection where the shape changes
    /// (or a shortcut without parameters, if `projection` is not wanted).
    pub(crate) fn new(
        channels: [usize; 2],
        stride: usize,
        projection: bool,
        norm: Norm,
        device: &B::Device,
    ) -> Self {
        let [input, output] = channels;
        let changes = stride != 1 || input != output;
        Self {
            conv1: ConvSpec::new(channels, 3, stride).conv(norm, device),
            bn1: batch_norm(output, norm, device),
            relu1: relu_layer(output, device),
            conv2: ConvSpec::new([output, output], 3, 1).conv(norm, device),
            bn2: batch_norm(output, norm, device),
            relu2: relu_layer(output, device),
            downsample: (changes && projection)
                .then(|| ConvSpec::new(channels, 1, stride).layers(norm, device)),
            option_a: if changes && !projection {
                [stride, output - input]
            } else {
                [1, 0]
            },
        }
    }

    /// `[N, C, H, W]` to `[N, C', H/s, W/s]`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        let y = normalise(&self.bn1, self.conv1.forward(x.clone()));
        let y = self.relu1.forward(y);
        let y = normalise(&self.bn2, self.conv2.forward(y));
        let shortcut = match &self.downsample {
            Some(layers) => forward_all(layers, x),
            None => option_a(x, self.option_a[0], self.option_a[1]),
        };
        self.relu2.forward(y + shortcut)
    }
}

/// A 1x1, a 3x3 and a 1x1 convolution that widens by four, and a shortcut.
#[derive(Module, Debug)]
pub struct Bottleneck<B: Backend> {
    conv1: Conv2d<B>,
    bn1: Option<BatchNorm<B>>,
    relu1: BlockRelu<B>,
    conv2: Conv2d<B>,
    bn2: Option<BatchNorm<B>>,
    relu2: BlockRelu<B>,
    conv3: Conv2d<B>,
    bn3: Option<BatchNorm<B>>,
    relu3: BlockRelu<B>,
    downsample: Option<Vec<Layer<B>>>,
}

impl<B: Backend> Bottleneck<B> {
    /// How many times wider than its 3x3 convolution a block's output is.
    pub const EXPANSION: usize = 4;

    fn new(
        input: usize,
        planes: usize,
        stride: usize,
        config: &ResNetConfig,
        device: &B::Device,
    ) -> Self {
        let norm = config.norm;
        let output = planes * Self::EXPANSION;
        let (first, second) = if config.stride_in_1x1 {
            (stride, 1)
        } else {
            (1, stride)
        };
        Self {
            conv1: ConvSpec::new([input, planes], 1, first).conv(norm, device),
            bn1: batch_norm(planes, norm, device),
            relu1: relu_layer(planes, device),
            conv2: ConvSpec::new([planes, planes], 3, second).conv(norm, device),
            bn2: batch_norm(planes, norm, device),
            relu2: relu_layer(planes, device),
            conv3: ConvSpec::new([planes, output], 1, 1).conv(norm, device),
            bn3: batch_norm(output, norm, device),
            relu3: relu_layer(output, device),
            downsample: (stride != 1 || input != output)
                .then(|| ConvSpec::new([input, output], 1, stride).layers(norm, device)),
        }
    }

    /// `[N, C, H, W]` to `[N, C', H/s, W/s]`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        let y = normalise(&self.bn1, self.conv1.forward(x.clone()));
        let y = self.relu1.forward(y);
        let y = normalise(&self.bn2, self.conv2.forward(y));
        let y = self.relu2.forward(y);
        let y = normalise(&self.bn3, self.conv3.forward(y));
        let shortcut = match &self.downsample {
            Some(layers) => forward_all(layers, x),
            None => x,
        };
        self.relu3.forward(y + shortcut)
    }
}

/// A residual block of either kind.
#[derive(Module, Debug)]
pub enum Block<B: Backend> {
    /// The block of ResNet-18 and -34.
    Basic(BasicBlock<B>),
    /// The block of ResNet-50 and -101.
    Bottleneck(Bottleneck<B>),
}

impl<B: Backend> Block<B> {
    /// `[N, C, H, W]` to `[N, C', H/s, W/s]`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        match self {
            Self::Basic(block) => block.forward(x),
            Self::Bottleneck(block) => block.forward(x),
        }
    }
}

/// What a [`ResNet`] is made of.
#[derive(Clone, Debug)]
pub struct ResNetConfig {
    /// Blocks in each of the four stages.
    pub blocks: [usize; 4],
    /// Bottleneck blocks instead of basic ones.
    pub bottleneck: bool,
    /// Width of the first stage's 3x3 convolutions; it doubles with each stage. 64, or 32 at half
    /// width. The stem always has 64 channels.
    pub width: usize,
    /// Pooling of the stem; `None` is the CIFAR stem, one 3x3 convolution and no pooling.
    pub stem: Option<Stem>,
    /// Size of the output.
    pub classes: usize,
    /// With batch normalisation or folded.
    pub norm: Norm,
    /// Padding of the stem's pooling.
    pub padding: Padding,
    /// Stride in a bottleneck's first convolution (Caffe) instead of its second (torchvision).
    pub stride_in_1x1: bool,
}

/// A ResNet with four stages.
#[derive(Module, Debug)]
pub struct ResNet<B: Backend> {
    conv1: Conv2d<B>,
    bn1: Option<BatchNorm<B>>,
    relu: BlockRelu<B>,
    maxpool: Option<StemPool>,
    layer1: Vec<Block<B>>,
    layer2: Vec<Block<B>>,
    layer3: Vec<Block<B>>,
    layer4: Vec<Block<B>>,
    avgpool: AdaptiveAvgPool2d,
    fc: Linear<B>,
}

impl ResNetConfig {
    /// The network, with Burn's initial weights.
    pub fn init<B: Backend>(&self, device: &B::Device) -> ResNet<B> {
        let stem = match self.stem {
            Some(_) => ConvSpec::new([3, 64], 7, 2),
            None => ConvSpec::new([3, 64], 3, 1),
        };
        let mut input = 64;
        let mut stage = |index: usize| -> Vec<Block<B>> {
            let planes = self.width << index;
            (0..self.blocks[index])
                .map(|block| {
                    let stride = if block == 0 && index > 0 { 2 } else { 1 };
                    if self.bottleneck {
                        let made = Bottleneck::new(input, planes, stride, self, device);
                        input = planes * Bottleneck::<B>::EXPANSION;
                        Block::Bottleneck(made)
                    } else {
                        let made =
                            BasicBlock::new([input, planes], stride, true, self.norm, device);
                        input = planes;
                        Block::Basic(made)
                    }
                })
                .collect()
        };
        let (layer1, layer2, layer3, layer4) = (stage(0), stage(1), stage(2), stage(3));
        ResNet {
            conv1: stem.conv(self.norm, device),
            bn1: batch_norm(64, self.norm, device),
            relu: relu_layer(64, device),
            maxpool: self.stem.map(|stem| StemPool::new(stem, self.padding)),
            layer1,
            layer2,
            layer3,
            layer4,
            avgpool: AdaptiveAvgPool2dConfig::new([1, 1]).init(),
            fc: LinearConfig::new(input, self.classes).init(device),
        }
    }
}

impl<B: Backend> ResNet<B> {
    /// `[N, 3, H, W]` to logits `[N, classes]`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = normalise(&self.bn1, self.conv1.forward(x));
        let x = self.relu.forward(x);
        let mut x = match &self.maxpool {
            Some(pool) => pool.forward(x),
            None => x,
        };
        for stage in [&self.layer1, &self.layer2, &self.layer3, &self.layer4] {
            x = stage.iter().fold(x, |x, block| block.forward(x));
        }
        self.fc.forward(self.avgpool.forward(x).flatten(1, 3))
    }
}
