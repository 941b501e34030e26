//! Seconds of a Block-ReLU's forward on Flex beside those of the plain ReLU, in one run.
//!
//! `cargo run --release -p burn-blockrelu-core --example forward_speed`

use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::activation::relu;
use burn::tensor::{Distribution, Tensor};
use burn_blockrelu_core::{Block, BlockReluConfig, candidates};

/// The best of some runs, in milliseconds.
fn best(mut run: impl FnMut() -> Tensor<Flex, 4>) -> f64 {
    let time = |_| {
        let started = Instant::now();
        let output = run();
        let elapsed = started.elapsed().as_secs_f64();
        drop(output);
        1e3 * elapsed
    };
    (0..30).map(time).fold(f64::INFINITY, f64::min)
}

fn main() {
    let device = Default::default();
    let shape = [8, 64, 32, 32];
    let x = Tensor::<Flex, 4>::random(shape, Distribution::Normal(0.0, 1.0), &device);
    let plain = best(|| relu(x.clone()));
    let copy = best(|| x.clone() + 0.0);
    println!("{shape:?}: plain ReLU {plain:.3} ms, one copy {copy:.3} ms");
    let list = candidates::paper([32, 32]);
    let mixed: Vec<Block> = (0..64).map(|c| list[c % list.len()]).collect();
    let passing = |c: usize| {
        if c.is_multiple_of(2) {
            Block::Identity
        } else {
            mixed[c]
        }
    };
    let layers = [
        ("1x1", vec![Block::RELU; 64]),
        ("4x4", vec![list[28]; 64]),
        ("64 shapes", mixed.clone()),
        ("32 shapes, half identity", (0..64).map(passing).collect()),
        ("identity", vec![Block::Identity; 64]),
    ];
    for (name, blocks) in layers {
        let module = BlockReluConfig::new(64)
            .with_blocks(Some(blocks))
            .init::<Flex>(&device);
        let time = best(|| module.forward(x.clone()));
        println!(
            "{name:<26}{time:>8.3} ms, {:>5.1} times plain ReLU and a copy",
            time / (plain + copy)
        );
    }
}
