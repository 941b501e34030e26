//! R26 for plans: on a whole ResNet-20, the bytes and rounds of every layer equal those of burn-mpc's cost model for
//! the blocks of the plan, both predicted and in three live parties.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use burn::backend::Flex;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_blockrelu_core::observe::{Call, Observer, with_observer};
use burn_blockrelu_core::{Block, Layer, ReluPlan, layers};
use burn_mpc::report::Report;
use burn_mpc::session::Schedule;
use burn_mpc::session::local::three_parties;
use burn_mpc::{
    BlockReluSize, CostModel, Mpc, MpcDevice, Party, Ring, SessionConfig, ShareOptions, Z32, Z64,
    prepare, reveal_to, share, share_model,
};
use example_models::{ModelKind, ModelSpec, Norm, random_weights};

const SHAPE: [usize; 4] = [1, 3, 32, 32];

/// Folded, so that the 32-bit ring holds it, too.
fn spec() -> ModelSpec {
    ModelSpec {
        norm: Norm::Folded,
        ..ModelSpec::of(ModelKind::Resnet20)
    }
}

fn model_layers() -> (String, Vec<Layer>) {
    let device = Default::default();
    let model = spec().init::<Flex>(&device);
    let found = layers(&model, |model| {
        model.forward(Tensor::<Flex, 4>::zeros(SHAPE, &device))
    });
    (
        ReluPlan::fingerprint::<Flex, _>(&model).expect("layers"),
        found.expect("layers"),
    )
}

/// Puts each Block-ReLU on its own line of the cost report.
struct Names {
    device: MpcDevice,
    paths: Vec<String>,
    calls: usize,
    drelus: u64,
}

impl<B: Backend> Observer<B> for Names {
    fn forward(&mut self, call: Call<'_, B>) -> Tensor<B, 4> {
        let path = &self.paths[self.calls];
        self.calls += 1;
        let map = call.map();
        self.drelus += call
            .blocks
            .iter()
            .map(|b| b.drelus(map) as u64)
            .sum::<u64>();
        self.device.scope(path, || call.run())
    }
}

/// One inference with the plan as one party, or on an estimating device.
fn infer<R: Ring>(device: &MpcDevice, plan: &ReluPlan) -> (Report, u64) {
    device.set_current();
    let session = device.online("test").expect("online");
    let model = spec().init::<Mpc<Flex, R>>(device);
    let model = match device.party() {
        Some(Party::P0) => random_weights(model, 7),
        _ => model,
    };
    let model = plan.apply(model).expect("the plan fits");
    let model = share_model(model, device, Party::P0, ShareOptions::default()).expect("shared");
    let image = || {
        let values: Vec<f32> = (0..3072)
            .map(|i| ((i * 37 % 256) as f32 - 128.0) / 64.0)
            .collect();
        (device.party() == Some(Party::P1)).then(|| TensorData::new(values, SHAPE))
    };
    let x = share::<Flex, R, 4>(device, Party::P1, "image", SHAPE, image()).expect("shared");
    prepare(device, || model.forward(x.clone())).expect("prepared");
    session.synchronise().expect("level");
    session.start_measuring();
    let names = Rc::new(RefCell::new(Names {
        device: device.clone(),
        paths: plan.layers.iter().map(|layer| layer.path.clone()).collect(),
        calls: 0,
        drelus: 0,
    }));
    let logits = with_observer::<Mpc<Flex, R>, _, _>(&names, || model.forward(x));
    reveal_to(logits, Party::P1, "logits").expect("revealed");
    let drelus = names.borrow().drelus;
    MpcDevice::offline().set_current();
    (session.report(), drelus)
}

/// The costs of all parties.
struct Bill {
    bytes: u64,
    rounds: u32,
    /// Bytes and rounds of the Block-ReLUs, by path.
    signs: BTreeMap<String, (u64, u32)>,
}

impl Bill {
    fn sign_bytes(&self) -> u64 {
        self.signs.values().map(|(bytes, _)| bytes).sum()
    }
}

fn bill<R: Ring>(config: &SessionConfig, plan: &ReluPlan) -> Bill {
    let results = three_parties(config, |device| infer::<R>(&device, plan)).expect("no failure");
    let device = MpcDevice::estimate(config.clone()).expect("a config");
    let (predicted, _) = infer::<R>(&device, plan);
    let mut signs = BTreeMap::new();
    for (report, drelus) in &results {
        assert_eq!(*drelus, plan.drelus());
        assert_eq!(report.bytes_sent, predicted.declared_bytes[report.party]);
        assert_eq!(report.rounds, predicted.rounds);
        for line in &report.layers {
            if plan.layers.iter().any(|layer| layer.path == line.name) {
                let (bytes, rounds) = signs.entry(line.name.clone()).or_insert((0, 0));
                *bytes += line.bytes;
                *rounds = line.rounds;
            }
        }
    }
    Bill {
        bytes: results.iter().map(|(report, _)| report.bytes_sent).sum(),
        rounds: predicted.rounds,
        signs,
    }
}

fn size(blocks: &[Block], map: [usize; 2]) -> BlockReluSize {
    let passed = |b: &&Block| !matches!(b, Block::Patch { .. });
    let passed = blocks.iter().filter(passed).count() * map[0] * map[1];
    let areas = blocks.iter().flat_map(|block| block.areas(map));
    areas.fold(
        BlockReluSize::default().with_passed(passed),
        |size, (count, area)| size.with_patches(count, area),
    )
}

/// Marginal bits of the signs of a plan.
fn marginal(costs: &CostModel, plan: &ReluPlan) -> f64 {
    let layers = plan.layers.iter();
    let areas = layers.flat_map(|layer| layer.blocks.iter().flat_map(|b| b.areas(layer.map)));
    areas
        .filter(|&(count, _)| count > 0)
        .map(|(count, area)| count as f64 * costs.bits_per_patch(area))
        .sum()
}

/// Declared costs of the plan's signs, in bytes and rounds.
fn declared(costs: &CostModel, plan: &ReluPlan) -> BTreeMap<String, (u64, u32)> {
    let layer = |layer: &burn_blockrelu_core::plan::PlannedLayer| {
        let cost = costs.signs(size(&layer.blocks, layer.map));
        let bytes = cost.sent().iter().sum();
        (layer.path.clone(), (bytes, cost.rounds()))
    };
    plan.layers.iter().map(layer).collect()
}

/// Identity and zero channels, and patches of all shapes, one after the other.
fn mixed(model: &str, layers: &[Layer]) -> ReluPlan {
    let kinds = ["id", "3x2", "1x1", "zero", "8x8", "2x5", "1x3", "id"];
    let blocks = |layer: &Layer| {
        let kind = |c: usize| kinds[c % kinds.len()].parse().expect("a block");
        (0..layer.channels()).map(kind).collect()
    };
    ReluPlan::new(model.into(), layers, layers.iter().map(blocks).collect())
}

fn plans_cost_what_is_declared<R: Ring>(config: &SessionConfig) {
    let (model, layers) = model_layers();
    let costs = CostModel::new(config).expect("a model");
    let square = |side| Block::patch(side, side).expect("a block");
    let uniform = |block| ReluPlan::uniform(model.clone(), &layers, block);
    let random = |ratio| ReluPlan::random(model.clone(), &layers, ratio, 1).expect("a plan");
    let plans = [
        ("every pixel", uniform(Block::RELU)),
        ("uniform:2x2", uniform(square(2))),
        ("uniform:4x4", uniform(square(4))),
        ("random:0.12", random(0.12)),
        ("random:0.06", random(0.06)),
        ("mixed", mixed(&model, &layers)),
    ];
    // Not the network whose pixels all have their own sign: its gates replicate their results themselves.
    let base_plan = uniform(Block::patch(1, 2).expect("a block"));
    let base = bill::<R>(config, &base_plan);
    let base_declared: u64 = declared(&costs, &base_plan).values().map(|c| c.0).sum();
    let mut sign_bytes = BTreeMap::new();
    for (name, plan) in &plans {
        let bill = bill::<R>(config, plan);
        let declared = declared(&costs, plan);
        println!(
            "{name}: {} bytes, {} rounds, {} DReLUs",
            bill.bytes,
            bill.rounds,
            plan.drelus()
        );
        assert_eq!(bill.signs.len(), layers.len());
        for (path, &(bytes, rounds)) in &declared {
            let (found, found_rounds) = bill.signs[path];
            assert_eq!(found, bytes, "{name}, {path}");
            assert!(
                found_rounds.abs_diff(rounds) <= 2,
                "{name}, {path}: {found_rounds}"
            );
        }
        let declared: u64 = declared.values().map(|cost| cost.0).sum();
        if *name == "every pixel" {
            continue;
        }
        assert_eq!(base.bytes - bill.bytes, base_declared - declared, "{name}");
        // The rounds are equal except for the choice of roles, which follows the parties' loads.
        let change = f64::from(bill.rounds) / f64::from(base.rounds) - 1.0;
        assert!(change.abs() < 0.1, "{name}: {} rounds", bill.rounds);
        sign_bytes.insert(*name, (bill.sign_bytes(), declared));
    }
    // Half the signs.
    let (twelve, six) = (sign_bytes["random:0.12"], sign_bytes["random:0.06"]);
    assert_eq!(twelve.0 - six.0, twelve.1 - six.1, "halving");
    let predicted = (marginal(&costs, &random(0.12)) - marginal(&costs, &random(0.06))) / 8.0;
    let off = (twelve.0 - six.0) as f64 / predicted - 1.0;
    assert!(off.abs() <= 0.01, "off by {:.2} %", 100.0 * off);
}

#[test]
fn plans_cost_what_is_declared_on_64_bits() {
    for schedule in [Schedule::Classic, Schedule::Bytes] {
        plans_cost_what_is_declared::<Z64>(&SessionConfig::z64().with_schedule(schedule));
    }
}

#[test]
fn plans_cost_what_is_declared_on_32_bits() {
    for schedule in [Schedule::Classic, Schedule::Bytes] {
        plans_cost_what_is_declared::<Z32>(&SessionConfig::z32().with_schedule(schedule));
    }
}

#[test]
fn a_layer_without_signs_saves_its_rounds() {
    a_layer_without_signs_saves(Schedule::Classic, 0);
    // A gate truncates, too; without it, the next layer waits for the truncation.
    a_layer_without_signs_saves(Schedule::Bytes, 3);
}

fn a_layer_without_signs_saves(schedule: Schedule, truncation: u32) {
    let (model, layers) = model_layers();
    let config = SessionConfig::z64().with_schedule(schedule);
    let plan = |linear: &[usize]| {
        let blocks = layers.iter().enumerate().map(|(i, layer)| {
            let kind = if linear.contains(&i) {
                Block::Identity
            } else {
                Block::RELU
            };
            vec![kind; layer.channels()]
        });
        bill::<Z64>(
            &config,
            &ReluPlan::new(model.clone(), &layers, blocks.collect()),
        )
    };
    let (full, linear) = (plan(&[]), plan(&[3, 4]));
    let gone = |path: &str| linear.signs.get(path).copied().unwrap_or_default();
    for layer in &layers[3..5] {
        assert_eq!(gone(&layer.path), (0, 0), "{}", layer.path);
    }
    let saved: u32 = layers[3..5]
        .iter()
        .map(|layer| full.signs[&layer.path].1 - truncation)
        .sum();
    // Roles follow the parties' loads, which are others without these layers.
    let found = full.rounds - linear.rounds;
    assert!(saved.abs_diff(found) <= 4, "{found} instead of {saved}");
}
