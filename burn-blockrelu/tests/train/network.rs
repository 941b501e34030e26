//! A tiny network and images that it can learn.

use std::path::Path;
use std::sync::Arc;

use burn::backend::Flex;
use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Int, Tensor, TensorData};
use burn_blockrelu::data::{Augmentation, Images, Normalization};
use burn_blockrelu::finetune::{
    Classifier, Finetune, FinetuneConfig, Objective, OptimizerConfig, ScheduleConfig, Unit,
};

pub const NORMALIZATION: Normalization = Normalization {
    mean: [0.5; 3],
    std: [0.25; 3],
};

/// Values of the integer parameter.
pub const SIZES: [[i32; 2]; 4] = [[1, 1], [2, 3], [0, 1], [65_537, 32_767]];

/// A convolution with batch normalisation and a classifier; the integers only travel.
#[derive(Module, Debug)]
pub struct Tiny<B: Backend> {
    conv: Conv2d<B>,
    norm: BatchNorm<B>,
    sizes: Param<Tensor<B, 2, Int>>,
    mask: Param<Tensor<B, 1, Bool>>,
    linear: Linear<B>,
}

impl<B: Backend> Tiny<B> {
    /// The network with fixed weights.
    pub fn new(device: &B::Device) -> Self {
        let mut network = Self {
            conv: Conv2dConfig::new([3, 4], [3, 3]).init(device),
            norm: BatchNormConfig::new(4).with_momentum(0.5).init(device),
            sizes: Param::initialized(ParamId::new(), Tensor::from_data(SIZES, device)),
            mask: Param::initialized(ParamId::new(), Tensor::from_data([true, false], device)),
            linear: LinearConfig::new(4, 3).init(device),
        };
        network.conv.weight = filled([4, 3, 3, 3], 1, device);
        network.conv.bias = network.conv.bias.map(|_| filled([4], 2, device));
        network.linear.weight = filled([4, 3], 3, device);
        network.linear.bias = network.linear.bias.map(|_| filled([3], 4, device));
        network
    }

    /// The integers.
    pub fn sizes(&self) -> Vec<i64> {
        self.sizes.val().into_data().iter().collect()
    }

    /// The booleans.
    pub fn mask(&self) -> Vec<bool> {
        self.mask.val().into_data().iter().collect()
    }

    /// The mean of all batches seen in training, as bits.
    pub fn running_mean(&self) -> Vec<f32> {
        let mean = self.norm.running_mean.value_sync();
        mean.into_data().to_vec().unwrap()
    }
}

/// Values between -0.5 and 0.5 that differ from one another.
fn filled<B: Backend, const D: usize>(
    shape: [usize; D],
    seed: usize,
    device: &B::Device,
) -> Param<Tensor<B, D>> {
    let count = shape.iter().product::<usize>();
    let values = (0..count).map(|at| ((at * 37 + seed * 11) % 101) as f32 / 101.0 - 0.5);
    let data = TensorData::new(values.collect::<Vec<f32>>(), shape);
    Param::from_data(data, device)
}

impl<B: Backend> Classifier<B> for Tiny<B> {
    fn logits(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        self.logits_and_features(images).0
    }

    fn logits_and_features(&self, images: Tensor<B, 4>) -> (Tensor<B, 2>, Vec<Tensor<B, 4>>) {
        let features = relu(self.norm.forward(self.conv.forward(images)));
        let mean = features.clone().mean_dims(&[2, 3]).flatten::<2>(1, 3);
        (self.linear.forward(mean), vec![features])
    }
}

pub type Plain = Tiny<Flex>;

pub fn network() -> Plain {
    Tiny::new(&Default::default())
}

/// Bits of all parameters.
pub fn digest(network: &Plain) -> [u8; 32] {
    burn_blockrelu::finetune::model_digest(network)
}

/// Three classes told apart by which channel is bright, 12x12 pixels with noise.
pub fn images(count: usize, offset: usize) -> Arc<Images> {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for image in 0..count {
        let label = image % 3;
        labels.push(label);
        for at in 0..3 * 144 {
            let noise = ((image + offset) * 7919 + at * 104_729) % 97;
            let bright = if at / 144 == label { 60 } else { 0 };
            pixels.push((60 + bright + noise) as u8);
        }
    }
    let names = ["red", "green", "blue"].map(str::to_owned).to_vec();
    Arc::new(Images::new([3, 12, 12], pixels, labels, names).unwrap())
}

/// A run of 12 steps in rounds of 4.
pub fn config() -> FinetuneConfig {
    FinetuneConfig {
        duration: 12,
        unit: Unit::Steps,
        batch_size: 16,
        optimizer: OptimizerConfig {
            learning_rate: 0.1,
            momentum: 0.9,
            nesterov: true,
            weight_decay: 1e-4,
        },
        schedule: ScheduleConfig::Poly {
            power: 0.9,
            min_learning_rate: 0.01,
            warm_up: 2,
        },
        objective: Objective::CrossEntropy,
        augmentation: Augmentation {
            crop_padding: 1,
            fill: [110; 3],
            flip: true,
        },
        checkpoint_every: Some(4),
        seed: 3,
    }
}

/// A run with checkpoints.
pub fn run_in(directory: &Path) -> Finetune<Plain> {
    Finetune::new(config(), images(60, 0), NORMALIZATION)
        .valid(images(30, 1000))
        .directory(directory)
}

/// Values of each floating-point parameter, running statistics included.
#[derive(Default)]
pub struct Floats(pub Vec<Vec<f32>>);

impl Floats {
    pub fn of(network: &Plain) -> Vec<Vec<f32>> {
        let mut floats = Self::default();
        network.visit(&mut floats);
        floats.0
    }
}

impl ModuleVisitor<Flex> for Floats {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Flex, D>>) {
        self.0.push(param.val().into_data().to_vec().unwrap());
    }
}
