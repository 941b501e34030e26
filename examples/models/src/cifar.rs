//! The ResNets of depth `6n + 2` for 32x32 images.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig};
use burn::nn::{BatchNorm, Linear, LinearConfig};
use burn::tensor::{Tensor, backend::Backend};
use burn_blockrelu_core::BlockRelu;

use crate::layers::{ConvSpec, Norm, batch_norm, normalise, relu_layer};
use crate::resnet::BasicBlock;

/// What a block adds where the shape changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Shortcut {
    /// A 1x1 convolution with stride.
    #[default]
    Projection,
    /// Every second row and column, and channels of zeros: no parameters.
    OptionA,
}

/// What a [`CifarResNet`] is made of.
#[derive(Clone, Debug)]
pub struct CifarResNetConfig {
    /// Blocks in each of the three stages: the `n` of depth `6n + 2`.
    pub blocks: usize,
    /// Size of the output.
    pub classes: usize,
    /// What a block adds where the shape changes.
    pub shortcut: Shortcut,
    /// With batch normalisation or folded.
    pub norm: Norm,
}

/// A ResNet with three stages of 16, 32 and 64 channels.
#[derive(Module, Debug)]
pub struct CifarResNet<B: Backend> {
    conv1: Conv2d<B>,
    bn1: Option<BatchNorm<B>>,
    relu: BlockRelu<B>,
    layer1: Vec<BasicBlock<B>>,
    layer2: Vec<BasicBlock<B>>,
    layer3: Vec<BasicBlock<B>>,
    avgpool: AdaptiveAvgPool2d,
    fc: Linear<B>,
}

impl CifarResNetConfig {
    /// The network, with Burn's initial weights.
    pub fn init<B: Backend>(&self, device: &B::Device) -> CifarResNet<B> {
        let projection = self.shortcut == Shortcut::Projection;
        let stage = |input: usize, output: usize, stride: usize| -> Vec<BasicBlock<B>> {
            (0..self.blocks)
                .map(|block| {
                    let (channels, stride) = match block {
                        0 => ([input, output], stride),
                        _ => ([output, output], 1),
                    };
                    BasicBlock::new(channels, stride, projection, self.norm, device)
                })
                .collect()
        };
        CifarResNet {
            conv1: ConvSpec::new([3, 16], 3, 1).conv(self.norm, device),
            bn1: batch_norm(16, self.norm, device),
            relu: relu_layer(16, device),
            layer1: stage(16, 16, 1),
            layer2: stage(16, 32, 2),
            layer3: stage(32, 64, 2),
            avgpool: AdaptiveAvgPool2dConfig::new([1, 1]).init(),
            fc: LinearConfig::new(64, self.classes).init(device),
        }
    }
}

impl<B: Backend> CifarResNet<B> {
    /// `[N, 3, 32, 32]` to logits `[N, classes]`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = normalise(&self.bn1, self.conv1.forward(x));
        let mut x = self.relu.forward(x);
        for stage in [&self.layer1, &self.layer2, &self.layer3] {
            x = stage.iter().fold(x, |x, block| block.forward(x));
        }
        self.fc.forward(self.avgpool.forward(x).flatten(1, 3))
    }
}
