//! Your own Burn model, run privately: define it as usual, load its weights, share, forward, reveal.
//!
//! `cargo run --release --example your_own_model`

use burn::backend::Flex;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, Relu};
use burn::tensor::{Distribution, Tensor, backend::Backend};
use burn_mpc::session::local::three_parties;
use burn_mpc::{Mpc, MpcTensorExt, Party, SessionConfig, ShareOptions, Z64, share_model};

#[derive(Module, Debug)]
struct Net<B: Backend> {
    conv: Conv2d<B>,
    norm: BatchNorm<B>,
    relu: Relu,
    pool: MaxPool2d,
    head: Linear<B>,
}

impl<B: Backend> Net<B> {
    fn new(device: &B::Device) -> Self {
        Self {
            conv: Conv2dConfig::new([1, 8], [3, 3]).init(device),
            norm: BatchNormConfig::new(8).init(device),
            relu: Relu::new(),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            head: LinearConfig::new(8 * 13 * 13, 10).init(device),
        }
    }

    fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = self
            .pool
            .forward(self.relu.forward(self.norm.forward(self.conv.forward(x))));
        self.head.forward(x.flatten(1, 3))
    }
}

type Private = Mpc<Flex, Z64>; // the only change: swap the backend

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [_, owner, _] = three_parties(&SessionConfig::z64(), |device| {
        let net = Net::<Private>::new(&device); // party 0 would load its weights here
        let net = share_model(net, &device, Party::P0, ShareOptions::default())?;
        let image = (device.party() == Some(Party::P1)).then(|| {
            Tensor::<Flex, 4>::random([1, 1, 28, 28], Distribution::Default, &Default::default())
        });
        let x = Tensor::share_from(&device, Party::P1, "image", [1, 1, 28, 28], image)?;
        net.forward(x).reveal_to(Party::P1, "logits")
    })?;
    println!("party 1 alone learns {}", owner?.ok_or("no logits")?);
    Ok(())
}
