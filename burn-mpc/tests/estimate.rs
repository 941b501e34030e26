//! An estimate costs what a run does and allocates no memory of a tensor's size. Alone in its process, since it reads
//! the process's peak.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use burn::backend::Flex;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::report::Report;
use burn_mpc::session::Schedule;
use burn_mpc::session::local::three_parties;
use burn_mpc::{
    Mpc, MpcDevice, MpcError, Party, SessionConfig, ShareOptions, Z64, prepare, reveal, share,
    share_model,
};
use burn_mpc_engine::net::shaped::LinkShape;

type Private = Mpc<Flex, Z64>;

/// The parts of the zoo's networks: a stem, a padded maximum, a residual block, an average, a classifier.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    stem: Conv2d<B>,
    norm: BatchNorm<B>,
    pool: MaxPool2d,
    inner: Conv2d<B>,
    mean: AdaptiveAvgPool2d,
    head: Linear<B>,
}

impl<B: Backend> Net<B> {
    fn new(device: &B::Device) -> Self {
        let padded = PaddingConfig2d::Explicit(1, 1, 1, 1);
        Self {
            stem: Conv2dConfig::new([3, 8], [3, 3])
                .with_stride([2, 2])
                .with_padding(padded.clone())
                .with_bias(false)
                .init(device),
            norm: BatchNormConfig::new(8).init(device),
            pool: MaxPool2dConfig::new([3, 3])
                .with_strides([2, 2])
                .with_padding(padded.clone())
                .init(),
            inner: Conv2dConfig::new([8, 8], [3, 3])
                .with_padding(padded)
                .init(device),
            mean: AdaptiveAvgPool2dConfig::new([1, 1]).init(),
            head: LinearConfig::new(8, 10).init(device),
        }
    }

    fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = relu(self.norm.forward(self.stem.forward(x)));
        let x = self.pool.forward(x);
        let x = relu(self.inner.forward(x.clone()) + x).clamp_max(6.0);
        let x = self.mean.forward(x);
        let batch = x.dims()[0];
        self.head.forward(x.reshape([batch, 8]))
    }
}

fn program(device: &MpcDevice, shape: [usize; 4]) -> Result<Report, MpcError> {
    let net = Net::<Private>::new(device);
    let net = share_model(net, device, Party::P0, ShareOptions::default())?;
    let held = device.party() == Some(Party::P1) && device.session().is_some();
    let data = || TensorData::new(vec![0.5_f32; shape.iter().product()], shape);
    let x = share::<Flex, Z64, 4>(device, Party::P1, "image", shape, held.then(data))?;
    prepare(device, || net.forward(x.clone()))?;
    let session = device.session().expect("online");
    session.synchronise()?;
    session.start_measuring();
    let logits = net.forward(x);
    let class = logits.clone().argmax(1);
    let largest = logits.clone().max_dim(1);
    let chosen = logits
        .clone()
        .mask_where(logits.lower(largest), class.float());
    reveal(chosen, "chosen")?;
    Ok(session.report())
}

fn config(schedule: Schedule) -> SessionConfig {
    SessionConfig::z64()
        .with_deadline(Duration::from_secs(60))
        .with_schedule(schedule)
}

/// Most bytes that were resident at once in this process; `None` where the system does not report them.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[test]
fn an_estimate_costs_what_a_run_does_and_takes_no_memory() {
    let schedules = [
        Schedule::Classic,
        Schedule::Bytes,
        Schedule::Rounds,
        Schedule::Fastest(LinkShape::WAN),
    ];
    // Odd sizes, so that padding is at every border; large enough for lanes.
    for schedule in schedules {
        let shape = [3, 3, 47, 45];
        let runs = three_parties(&config(schedule), |device| program(&device, shape));
        let device = MpcDevice::estimate(config(schedule)).expect("a device");
        let estimate = program(&device, shape).expect("estimated");
        for (party, run) in runs.expect("no panic").into_iter().enumerate() {
            let run = run.expect("run");
            assert_eq!(run.bytes_sent, run.declared_bytes[party], "{schedule:?}");
            assert_eq!(run.declared_bytes, estimate.declared_bytes, "{schedule:?}");
            assert_eq!(run.rounds, estimate.rounds, "{schedule:?}");
        }
    }
    // Its widest tensors have 1.3e9 elements.
    let Some(before) = peak() else { return };
    for schedule in schedules {
        let device = MpcDevice::estimate(config(schedule)).expect("a device");
        let report = program(&device, [40_000, 3, 128, 128]).expect("estimated");
        assert!(report.declared_bytes[0] > 10 << 30, "{schedule:?}");
    }
    let grown = peak().expect("as before") - before;
    assert!(grown < 32 << 20, "an estimate took {} MiB", grown >> 20);
}
