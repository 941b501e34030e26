//! MobileNetV2 in torchvision's layout and with its parameter names.

use burn::module::Module;
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Tensor, backend::Backend};

use crate::layers::{Activation, ActivationLayer, ConvSpec, Layer, Norm, Padding, forward_all};

/// Expansion, channels, repetitions and first stride of each group of blocks.
const GROUPS: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// `channels * width`, rounded to the nearest multiple of eight, or up where that would lose more
/// than a tenth.
pub(crate) fn scaled(channels: usize, width: f64) -> usize {
    let exact = channels as f64 * width;
    let rounded = (((exact + 4.0) as usize) / 8 * 8).max(8);
    if (rounded as f64) < 0.9 * exact {
        rounded + 8
    } else {
        rounded
    }
}

/// One step of a block. An activation follows every step but the last.
#[derive(Module, Debug)]
pub enum Step<B: Backend> {
    /// A convolution, its normalisation, and an activation after them.
    Activated(Vec<Layer<B>>),
    /// A convolution or a normalisation of the last, linear step.
    Linear(Layer<B>),
}

/// An expansion, a depthwise convolution and a linear projection, with a shortcut where the shape
/// stays.
#[derive(Module, Debug)]
pub struct InvertedResidual<B: Backend> {
    conv: Vec<Step<B>>,
    /// Activations of the steps that have one, in order.
    relu: Vec<ActivationLayer<B>>,
    residual: bool,
}

impl<B: Backend> InvertedResidual<B> {
    fn new(
        channels: [usize; 2],
        expansion: usize,
        stride: usize,
        config: &MobileNetV2Config,
        device: &B::Device,
    ) -> Self {
        let [input, output] = channels;
        let hidden = input * expansion;
        let mut conv = Vec::new();
        if expansion != 1 {
            let expand = ConvSpec::new([input, hidden], 1, 1);
            conv.push(Step::Activated(expand.layers(config.norm, device)));
        }
        let depthwise = ConvSpec {
            groups: hidden,
            padding: config.padding,
            ..ConvSpec::new([hidden, hidden], 3, stride)
        };
        conv.push(Step::Activated(depthwise.layers(config.norm, device)));
        let project = ConvSpec::new([hidden, output], 1, 1).layers(config.norm, device);
        conv.extend(project.into_iter().map(Step::Linear));
        let relu = |_: &Step<B>| config.activation.init(hidden, device);
        let activated = conv
            .iter()
            .filter(|step| matches!(step, Step::Activated(_)));
        Self {
            relu: activated.map(relu).collect(),
            conv,
            residual: stride == 1 && input == output,
        }
    }

    /// `[N, C, H, W]` to `[N, C', H/s, W/s]`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        let mut relu = self.relu.iter();
        let y = self.conv.iter().fold(x.clone(), |y, step| match step {
            Step::Activated(layers) => activate(&mut relu, forward_all(layers, y)),
            Step::Linear(layer) => layer.forward(y),
        });
        if self.residual { x + y } else { y }
    }
}

/// Applies the next activation; there is one for each step that wants it.
fn activate<'a, B: Backend>(
    relu: &mut impl Iterator<Item = &'a ActivationLayer<B>>,
    x: Tensor<B, 4>,
) -> Tensor<B, 4> {
    match relu.next() {
        Some(relu) => relu.forward(x),
        None => x,
    }
}

/// One entry of the `features`.
#[derive(Module, Debug)]
pub enum Feature<B: Backend> {
    /// The first or the last convolution, with normalisation and activation.
    Conv(Vec<Layer<B>>),
    /// A block.
    Block(InvertedResidual<B>),
}

/// One entry of the `classifier`.
#[derive(Module, Debug)]
pub enum Head<B: Backend> {
    /// Active in training only.
    Dropout(Dropout),
    /// The classifier.
    Linear(Linear<B>),
}

/// What a [`MobileNetV2`] is made of.
#[derive(Clone, Debug)]
pub struct MobileNetV2Config {
    /// Size of the output: 1000, or 1001 with TensorFlow's background class.
    pub classes: usize,
    /// Width multiplier, 1.0 as published.
    pub width: f64,
    /// ReLU6, or ReLU.
    pub activation: Activation,
    /// With batch normalisation or folded.
    pub norm: Norm,
    /// Padding of the convolutions larger than 1x1.
    pub padding: Padding,
}

/// MobileNetV2.
#[derive(Module, Debug)]
pub struct MobileNetV2<B: Backend> {
    features: Vec<Feature<B>>,
    avgpool: AdaptiveAvgPool2d,
    classifier: Vec<Head<B>>,
    /// Activations after the first and the last convolution.
    relu: Vec<ActivationLayer<B>>,
}

impl MobileNetV2Config {
    /// The network, with Burn's initial weights.
    pub fn init<B: Backend>(&self, device: &B::Device) -> MobileNetV2<B> {
        let first = scaled(32, self.width);
        let mut input = first;
        let stem = ConvSpec {
            padding: self.padding,
            ..ConvSpec::new([3, input], 3, 2)
        };
        let mut features = vec![Feature::Conv(stem.layers(self.norm, device))];
        for (expansion, channels, repetitions, first_stride) in GROUPS {
            let output = scaled(channels, self.width);
            for index in 0..repetitions {
                let stride = if index == 0 { first_stride } else { 1 };
                let block = InvertedResidual::new([input, output], expansion, stride, self, device);
                features.push(Feature::Block(block));
                input = output;
            }
        }
        let last = scaled(1280, self.width.max(1.0));
        let head = ConvSpec::new([input, last], 1, 1);
        features.push(Feature::Conv(head.layers(self.norm, device)));
        MobileNetV2 {
            features,
            avgpool: AdaptiveAvgPool2dConfig::new([1, 1]).init(),
            classifier: vec![
                Head::Dropout(DropoutConfig::new(0.2).init()),
                Head::Linear(LinearConfig::new(last, self.classes).init(device)),
            ],
            relu: [first, last]
                .map(|channels| self.activation.init(channels, device))
                .into(),
        }
    }
}

impl<B: Backend> MobileNetV2<B> {
    /// `[N, 3, H, W]` to logits `[N, classes]`.
    pub fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let mut relu = self.relu.iter();
        let x = self.features.iter().fold(x, |x, feature| match feature {
            Feature::Conv(layers) => activate(&mut relu, forward_all(layers, x)),
            Feature::Block(block) => block.forward(x),
        });
        let x = self.avgpool.forward(x).flatten(1, 3);
        self.classifier.iter().fold(x, |x, head| match head {
            Head::Dropout(dropout) => dropout.forward(x),
            Head::Linear(linear) => linear.forward(x),
        })
    }
}
