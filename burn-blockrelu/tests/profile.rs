//! Laws of profiles: what the methods compute, and that nothing is lost if they are interrupted or split into shards.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::PathBuf;
use std::time::Duration;

use burn::backend::Flex;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::backend::Backend;
use burn::tensor::{Distribution, Tensor};
use burn_blockrelu::candidates::Candidates;
use burn_blockrelu::distortion::{Exact, Method, Samples, Sketch, Sketched, Target};
use burn_blockrelu::inference::transfer;
use burn_blockrelu::profile::{Facts, Progress, RunOptions, Shard, Table, profile};
use burn_blockrelu::{Block, BlockRelu, BlockReluConfig, ReluPlan, layers};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Two Block-ReLUs, a residual addition and a batch normalisation.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    first: Conv2d<B>,
    norm: BatchNorm<B>,
    relu1: BlockRelu<B>,
    second: Conv2d<B>,
    relu2: BlockRelu<B>,
    head: Linear<B>,
}

impl<B: Backend> Net<B> {
    fn new(outputs: usize) -> Self {
        let device = Default::default();
        B::seed(&device, 5);
        let same = burn::nn::PaddingConfig2d::Explicit(1, 1, 1, 1);
        Self {
            first: Conv2dConfig::new([2, 3], [3, 3]).init(&device),
            norm: BatchNormConfig::new(3).init(&device),
            relu1: BlockReluConfig::new(3).init(&device),
            second: Conv2dConfig::new([3, 3], [3, 3])
                .with_padding(same)
                .init(&device),
            relu2: BlockReluConfig::new(3).init(&device),
            head: LinearConfig::new(3, outputs).init(&device),
        }
    }

    fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = self.relu1.forward(self.norm.forward(self.first.forward(x)));
        let x = self.relu2.forward(self.second.forward(x.clone()) + x - 0.1);
        self.head.forward(x.mean_dim(2).mean_dim(3).flatten(1, 3))
    }
}

fn samples(count: usize) -> Samples {
    let device = Default::default();
    Flex::seed(&device, 11);
    let x = Tensor::<Flex, 4>::random([count, 2, 8, 8], Distribution::Normal(0.0, 1.0), &device);
    Samples::new(x.into_data().to_vec().unwrap(), [2, 8, 8]).unwrap()
}

fn targets(net: &Net<Flex>) -> Vec<Target> {
    let input = samples(1).batch(0, 1, &Default::default());
    let found = layers(net, |net| net.forward(input)).unwrap();
    let target = |layer: burn_blockrelu::Layer| Target {
        candidates: Candidates::Rectangles { bound: 4 }.of(layer.map),
        layer,
    };
    found.into_iter().map(target).collect()
}

fn facts() -> Facts {
    Facts {
        model: "model".into(),
        weights: "weights".into(),
        samples: "samples".into(),
    }
}

fn quiet(file: Option<PathBuf>) -> RunOptions {
    RunOptions {
        file,
        progress: Progress::Quiet,
        save_every: Duration::ZERO,
        ..RunOptions::default()
    }
}

fn exact_table(net: &Net<Flex>, targets: &[Target], samples: &Samples, variants: usize) -> Table {
    let forward = |x| net.forward(x);
    let mut method = Exact::new(forward, targets, samples, Default::default(), variants);
    profile(&mut method, facts(), targets, &quiet(None)).unwrap()
}

fn sketch_table(net: &Net<Flex>, targets: &[Target], samples: &Samples, probes: usize) -> Table {
    let eval = Net::<Sketched<Flex>>::new(net.head.weight.dims()[1]);
    let eval = transfer::<Flex, Sketched<Flex>, _, _>(net, eval, &Default::default()).unwrap();
    let eval = eval.no_grad();
    let forward = |x| eval.forward(x);
    let settings = (probes, 2, 1);
    let mut method = Sketch::new(forward, targets, samples, Default::default(), settings);
    profile(&mut method, facts(), targets, &quiet(None)).unwrap()
}

#[test]
fn exact_is_the_definition_one_replaced_network_at_a_time() {
    let net = Net::<Flex>::new(4);
    let (targets, samples) = (targets(&net), samples(2));
    let table = exact_table(&net, &targets, &samples, 5);
    let fingerprint = ReluPlan::fingerprint::<Flex, _>(&net).unwrap();
    let all: Vec<burn_blockrelu::Layer> = targets.iter().map(|t| t.layer.clone()).collect();
    let images = samples.batch::<Flex>(0, 2, &Default::default());
    let unchanged = net.forward(images.clone());
    for (l, target) in targets.iter().enumerate() {
        for channel in [0, 2] {
            for (block, distortion) in table.layers[l].channel(channel).step_by(3) {
                let mut blocks: Vec<Vec<Block>> = all.iter().map(|l| l.blocks.clone()).collect();
                blocks[l][channel] = block;
                let plan = ReluPlan::new(fingerprint.clone(), &all, blocks);
                // A separate network: mapping a clone would write through to shared statistics.
                let device = Default::default();
                let same = transfer::<Flex, Flex, _, _>(&net, Net::new(4), &device).unwrap();
                let replaced = plan.apply::<Flex, _>(same).unwrap();
                let change = replaced.forward(images.clone()) - unchanged.clone();
                let expected = f64::from(change.powi_scalar(2).mean().into_scalar());
                assert!(
                    (distortion - expected).abs() <= 1e-5 * expected + 1e-12,
                    "{} {channel} {block}: {distortion} is not {expected}",
                    target.layer.path
                );
            }
        }
    }
}

#[test]
fn every_layer_and_every_channel_matters() {
    // A profile that used wrong weights, or a layer that never ran, would show as zeros.
    let net = Net::<Flex>::new(4);
    let targets = targets(&net);
    for table in [
        exact_table(&net, &targets, &samples(2), 64),
        sketch_table(&net, &targets, &samples(2), 2),
    ] {
        for layer in &table.layers {
            for channel in 0..layer.channels {
                let sum: f64 = layer.channel(channel).map(|(_, d)| d).sum();
                assert!(sum > 0.0, "{} {channel}", layer.path);
                let relu = layer
                    .channel(channel)
                    .find(|(block, _)| *block == Block::RELU);
                assert_eq!(relu.unwrap().1, 0.0);
            }
        }
    }
}

#[test]
fn the_number_of_variants_in_a_batch_changes_nothing() {
    let net = Net::<Flex>::new(4);
    let (targets, samples) = (targets(&net), samples(1));
    let (few, many) = (
        exact_table(&net, &targets, &samples, 3),
        exact_table(&net, &targets, &samples, 100),
    );
    for (a, b) in few.layers.iter().zip(&many.layers) {
        for (a, b) in a.sums.iter().zip(&b.sums) {
            assert!((a - b).abs() <= 1e-5 * a.abs() + 1e-12);
        }
    }
}

#[test]
fn a_sketch_is_exact_where_the_rest_of_the_network_is_linear_and_has_one_output() {
    // (v . J d)^2 = |J d|^2 for one output and any sign v; after the last ReLU the network is linear.
    let net = Net::<Flex>::new(1);
    let (targets, samples) = (targets(&net), samples(5));
    let exact = exact_table(&net, &targets, &samples, 64);
    let sketch = sketch_table(&net, &targets, &samples, 1);
    let (exact, sketch) = (&exact.layers[1], &sketch.layers[1]);
    let largest = exact.sums.iter().copied().fold(0.0, f64::max);
    for (e, s) in exact.sums.iter().zip(&sketch.sums) {
        assert!((e - s).abs() <= 1e-4 * e + 1e-6 * largest, "{e} {s}");
    }
}

#[test]
fn a_sketch_is_unbiased_over_probes() {
    let net = Net::<Flex>::new(4);
    let (targets, samples) = (targets(&net), samples(4));
    let exact: f64 = exact_table(&net, &targets, &samples, 64).layers[1]
        .sums
        .iter()
        .sum();
    let sketch: f64 = sketch_table(&net, &targets, &samples, 400).layers[1]
        .sums
        .iter()
        .sum();
    // The relative deviation of a mean of 1600 squares of random signs is below 2 %; four of them.
    assert!((sketch / exact - 1.0).abs() < 0.08, "{sketch} {exact}");
}

/// A method that fails the test if a unit is run twice.
struct Counting<M>(M, std::rc::Rc<std::cell::RefCell<Vec<usize>>>);

impl<M: Method> Method for Counting<M> {
    fn describe(&self) -> String {
        self.0.describe()
    }

    fn units(&self) -> usize {
        self.0.units()
    }

    fn run(
        &mut self,
        unit: usize,
    ) -> Result<
        Vec<burn_blockrelu::distortion::Contribution>,
        burn_blockrelu::distortion::DistortionError,
    > {
        self.1.borrow_mut().push(unit);
        self.0.run(unit)
    }
}

#[test]
fn a_profile_that_was_killed_ends_in_the_same_table() {
    let net = Net::<Flex>::new(4);
    let (targets, samples) = (targets(&net), samples(3));
    let whole = exact_table(&net, &targets, &samples, 16);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.safetensors");
    let ran = std::rc::Rc::default();
    let mut stops = 0;
    let resumed = loop {
        let method = Exact::new(
            |x| net.forward(x),
            &targets,
            &samples,
            Default::default(),
            16,
        );
        let options = RunOptions {
            stop_after: Some(2),
            ..quiet(Some(file.clone()))
        };
        let mut method = Counting(method, std::rc::Rc::clone(&ran));
        match profile(&mut method, facts(), &targets, &options) {
            Ok(table) => break table,
            Err(burn_blockrelu::profile::ProfileError::Stopped(2)) => stops += 1,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(stops >= 2);
    assert_eq!(*ran.borrow(), (0..6).collect::<Vec<_>>());
    assert_eq!(resumed.layers, whole.layers);
    assert_eq!(Table::read(&file).unwrap().layers, whole.layers);
}

#[test]
fn shards_add_up_to_the_whole() {
    let net = Net::<Flex>::new(4);
    let (targets, samples) = (targets(&net), samples(3));
    let whole = exact_table(&net, &targets, &samples, 16);
    let shard = |index| {
        let mut method = Exact::new(
            |x| net.forward(x),
            &targets,
            &samples,
            Default::default(),
            16,
        );
        let options = RunOptions {
            shard: Shard { index, count: 3 },
            ..quiet(None)
        };
        profile(&mut method, facts(), &targets, &options).unwrap()
    };
    let shards = vec![shard(2), shard(0), shard(1)];
    assert!(shards[0].complete().is_err());
    let merged = Table::merge(shards.clone()).unwrap();
    assert!(merged.complete().is_ok());
    for (a, b) in merged.layers.iter().zip(&whole.layers) {
        assert_eq!(a.samples, b.samples);
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a.abs();
        assert!(a.sums.iter().zip(&b.sums).all(close));
    }
    assert!(Table::merge(vec![shards[0].clone(), shards[0].clone()]).is_err());
    let mut foreign = shards[1].clone();
    foreign.model = "another".into();
    assert!(Table::merge(vec![shards[0].clone(), foreign]).is_err());
    assert!(Table::merge(Vec::new()).is_err());
}

#[test]
fn damaged_and_foreign_tables_are_refused() {
    let net = Net::<Flex>::new(4);
    let (targets, samples) = (targets(&net), samples(1));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.safetensors");
    exact_table(&net, &targets, &samples, 16)
        .write(&file)
        .unwrap();
    let good = std::fs::read(&file).unwrap();
    let table = Table::read(&file).unwrap();
    for at in (0..good.len()).step_by(97) {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        std::fs::write(&file, &bytes).unwrap();
        if let Ok(read) = Table::read(&file) {
            assert_eq!(read, table, "byte {at}");
        }
        std::fs::write(&file, &good[..at]).unwrap();
        assert!(Table::read(&file).is_err(), "cut at {at}");
    }
    std::fs::write(&file, &good).unwrap();
    let mut method = Exact::new(
        |x| net.forward(x),
        &targets,
        &samples,
        Default::default(),
        16,
    );
    for (what, other) in [
        (
            "model",
            Facts {
                model: "another".into(),
                ..facts()
            },
        ),
        (
            "weights",
            Facts {
                weights: "others".into(),
                ..facts()
            },
        ),
        (
            "samples",
            Facts {
                samples: "others".into(),
                ..facts()
            },
        ),
    ] {
        let options = quiet(Some(file.clone()));
        let error = profile(&mut method, other, &targets, &options).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn shards_are_written_as_a_number_of_a_count() {
    assert_eq!(
        "1/3".parse::<Shard>().unwrap(),
        Shard { index: 1, count: 3 }
    );
    for text in ["", "1", "3/3", "-1/2", "0/0", "a/b"] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
}

#[test]
fn an_edited_table_is_refused_or_says_what_it_said() {
    let net = Net::<Flex>::new(4);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.safetensors");
    exact_table(&net, &targets(&net), &samples(1), 16)
        .write(&file)
        .unwrap();
    let good = std::fs::read(&file).unwrap();
    let table = Table::read(&file).unwrap();
    let edit = (any::<usize>(), any::<u8>(), 0..4_u8);
    // Half of the edits are in the metadata.
    let header = good.len().min(2000);
    let edits = proptest::collection::vec((any::<bool>(), edit), 1..5);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(2000));
    let law = |edits: Vec<(bool, (usize, u8, u8))>| {
        let mut bytes = good.clone();
        for (early, (at, byte, how)) in edits {
            let end = bytes.len().min(if early { header } else { usize::MAX });
            let at = at % end.max(1);
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => bytes[at] ^= 1 << (byte % 8),
                2 => bytes.insert(at.min(bytes.len()), byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        std::fs::write(&file, &bytes).unwrap();
        if let Ok(read) = Table::read(&file) {
            prop_assert_eq!(&read, &table);
        }
        Ok(())
    };
    runner.run(&edits, law).unwrap();
}
