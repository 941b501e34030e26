//! The forward of ordinary ReLUs costs what a ReLU costs.

use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::activation::relu;
use burn::tensor::{Distribution, Tensor};
use burn_blockrelu_core::BlockReluConfig;

/// The best of many runs, in seconds: other work on the machine does not count.
fn best(mut run: impl FnMut() -> Tensor<Flex, 4>) -> f64 {
    let time = |_| {
        let started = Instant::now();
        let output = run();
        let elapsed = started.elapsed().as_secs_f64();
        drop(output);
        elapsed
    };
    (0..60).map(time).fold(f64::INFINITY, f64::min)
}

#[test]
fn one_by_one_blocks_take_at_most_twice_a_relu_and_a_copy() {
    let device = Default::default();
    let x = Tensor::<Flex, 4>::random([8, 64, 32, 32], Distribution::Normal(0.0, 1.0), &device);
    let module = BlockReluConfig::new(64).init::<Flex>(&device);
    let plain = best(|| relu(x.clone())) + best(|| x.clone() + 0.0);
    let block = best(|| module.forward(x.clone()));
    assert!(block <= 2.0 * plain, "{block} s against {plain} s");
}
