//! Laws of the decorator and of `transfer`.

mod evaluation;
mod gradients;
mod moving;

use burn::backend::Flex;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use burn_autodiff::Autodiff;
use burn_backend::Backend;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{
    Inference, bool_from_inner, bool_to_inner, from_inner, int_from_inner, int_to_inner, to_inner,
    transfer,
};

type Plain = Flex;
type Train = Autodiff<Flex>;
type Eval = Inference<Train>;

/// Convolution, batch norm, relu, dropout, classifier: it has every layer that differs between
/// training and evaluation.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    conv: Conv2d<B>,
    norm: BatchNorm<B>,
    dropout: Dropout,
    head: Linear<B>,
}

impl<B: Backend> Net<B> {
    fn new(device: &B::Device) -> Self {
        Self {
            conv: Conv2dConfig::new([2, 3], [3, 3]).init(device),
            norm: BatchNormConfig::new(3).init(device),
            dropout: DropoutConfig::new(0.5).init(),
            head: LinearConfig::new(3 * 4 * 4, 5).init(device),
        }
    }

    fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = relu(self.norm.forward(self.conv.forward(x)));
        self.head.forward(self.dropout.forward(x.flatten(1, 3)))
    }

    fn statistics(&self) -> [TensorData; 2] {
        let norm = &self.norm;
        [
            norm.running_mean.value_sync().into_data(),
            norm.running_var.value_sync().into_data(),
        ]
    }
}

/// A network on `Flex` whose running statistics differ from the initial ones.
fn trained() -> Net<Plain> {
    let device = Default::default();
    Plain::seed(&device, 7);
    let net =
        transfer::<Plain, Train, _, _>(&Net::new(&device), Net::new(&device), &device).unwrap();
    for seed in 0..3 {
        net.forward(floats::<Train, 4>(seed, [8, 2, 6, 6]) * 2.0 + 0.5);
    }
    transfer::<Train, Plain, _, _>(&net, Net::new(&device), &device).unwrap()
}

/// Uniform in -1..1, from a seed.
fn floats<B: Backend, const D: usize>(seed: u64, shape: [usize; D]) -> Tensor<B, D> {
    let mut rng = StdRng::seed_from_u64(seed);
    let values = (0..shape.iter().product())
        .map(|_| rng.random_range(-1.0..1.0))
        .collect();
    Tensor::from_data(
        TensorData::new::<f32, _>(values, shape),
        &Default::default(),
    )
}
