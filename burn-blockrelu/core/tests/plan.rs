//! Laws of plan files.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use burn::backend::Flex;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu_core::plan::{Mismatch, PlanSpec};
use burn_blockrelu_core::{Block, BlockRelu, BlockReluConfig, Layer, PlanError, ReluPlan, layers};

#[derive(Module, Debug)]
struct Net<B: Backend> {
    small: BlockRelu<B>,
    large: BlockRelu<B>,
}

fn net(channels: [usize; 2]) -> Net<Flex> {
    let device = Default::default();
    Net {
        small: BlockReluConfig::new(channels[0]).init(&device),
        large: BlockReluConfig::new(channels[1]).init(&device),
    }
}

fn found(net: &Net<Flex>, sides: [usize; 2]) -> Vec<Layer> {
    let map =
        |channels, side| Tensor::<Flex, 4>::zeros([1, channels, side, side], &Default::default());
    layers(net, |net| {
        net.small.forward(map(net.small.channels(), sides[0]));
        net.large.forward(map(net.large.channels(), sides[1]));
    })
    .unwrap()
}

fn fingerprint(net: &Net<Flex>) -> String {
    ReluPlan::fingerprint::<Flex, _>(net).unwrap()
}

fn plan() -> (Net<Flex>, Vec<Layer>, ReluPlan) {
    let net = net([40, 60]);
    let layers = found(&net, [8, 16]);
    let plan = ReluPlan::random(fingerprint(&net), &layers, 0.1, 7).unwrap();
    (net, layers, plan)
}

fn parse(text: &str) -> Result<ReluPlan, PlanError> {
    ReluPlan::parse(text, Path::new("plan.json"))
}

#[test]
fn a_plan_survives_its_file() {
    let (_, _, plan) = plan();
    let folder = std::env::temp_dir().join(format!("relu-plan-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("plan.json");
    plan.write(&path).unwrap();
    assert_eq!(ReluPlan::read(&path).unwrap(), plan);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), plan.to_json());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn cut_edited_and_foreign_files_are_refused_with_their_reason() {
    let (_, _, plan) = plan();
    let text = plan.to_json();
    for end in [0, 1, text.len() / 2, text.len() - 3] {
        assert!(
            matches!(parse(&text[..end]), Err(PlanError::Json { .. })),
            "{end}"
        );
    }
    let edited = text.replacen("1x", "2x", 1);
    assert!(matches!(parse(&edited), Err(PlanError::Checksum { .. })));
    let newer = text.replacen("\"schema\": 1", "\"schema\": 2", 1);
    assert!(matches!(
        parse(&newer),
        Err(PlanError::Schema { found: 2, .. })
    ));
    let nonsense = text.replacen("1x", "0x", 1);
    assert!(matches!(parse(&nonsense), Err(PlanError::Json { .. })));
    let missing = ReluPlan::read(Path::new("/nonexistent/plan.json"));
    assert!(matches!(missing, Err(PlanError::Io { .. })));
}

#[test]
fn every_flipped_byte_is_noticed_or_harmless() {
    let (_, _, plan) = plan();
    let text = plan.to_json();
    for at in (0..text.len()).step_by(17) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(read) = parse(&text)
        {
            assert_eq!(read, plan, "byte {at}");
        }
    }
}

#[test]
fn a_plan_for_another_model_lists_every_difference() {
    let (_, _, plan) = plan();
    let other = net([40, 61]);
    let layers = found(&other, [4, 16]);
    let Err(PlanError::Mismatch(found)) = plan.apply_checked(other, &layers) else {
        panic!("the plan was accepted");
    };
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(matches!(found[0], Mismatch::Fingerprint { .. }));
    assert!(matches!(
        found[1],
        Mismatch::Channels {
            plan: 60,
            model: 61,
            ..
        }
    ));
    assert!(matches!(
        found[2],
        Mismatch::Map {
            plan: [8, 8],
            model: [4, 4],
            ..
        }
    ));
    let (net, _, mut plan) = self::plan();
    plan.layers[1].path = "elsewhere".into();
    plan.layers.push(plan.layers[0].clone());
    let Err(PlanError::Mismatch(found)) = plan.apply(net) else {
        panic!("the plan was accepted");
    };
    let kinds = format!("{found:?}");
    for kind in ["Unknown", "Twice", "Missing"] {
        assert!(kinds.contains(kind), "{kinds}");
    }
}

#[test]
fn an_applied_plan_is_what_the_model_runs() {
    let (net, _, plan) = plan();
    let net = plan.apply(net).unwrap();
    let executed = found(&net, [8, 16]);
    assert_eq!(
        executed.iter().map(Layer::drelus).sum::<u64>(),
        plan.drelus()
    );
    assert_eq!(net.small.blocks(), plan.layers[0].blocks);
    assert_eq!(net.large.blocks(), plan.layers[1].blocks);
}

#[test]
fn random_plans_reach_their_share_within_one_percent_and_repeat() {
    let net = net([40, 60]);
    let layers = found(&net, [8, 16]);
    for ratio in [0.02, 0.06, 0.3, 0.9, 1.0] {
        let make = || ReluPlan::random(fingerprint(&net), &layers, ratio, 3).unwrap();
        let plan = make();
        assert!(
            (plan.ratio() / ratio - 1.0).abs() <= 0.01,
            "{ratio}: {}",
            plan.ratio()
        );
        assert_eq!(plan.checksum(), make().checksum());
        let forbidden = |block: &Block| matches!(block, Block::Identity | Block::Zero);
        assert!(
            !plan
                .layers
                .iter()
                .any(|layer| layer.blocks.iter().any(forbidden))
        );
    }
    let too_few = ReluPlan::random(fingerprint(&net), &layers, 0.001, 3);
    assert!(matches!(too_few, Err(PlanError::Ratio { .. })));
}

#[test]
fn plans_are_named_by_file_block_or_share() {
    assert_eq!(
        "a/b.json".parse::<PlanSpec>().unwrap(),
        PlanSpec::File("a/b.json".into())
    );
    let block = Block::patch(4, 8).unwrap();
    assert_eq!(
        "uniform:4x8".parse::<PlanSpec>().unwrap(),
        PlanSpec::Uniform(block)
    );
    assert_eq!(
        "random:0.06".parse::<PlanSpec>().unwrap(),
        PlanSpec::Random(0.06)
    );
    for text in [
        "",
        "uniform:",
        "uniform:0x1",
        "random:0",
        "random:2",
        "random:NaN",
        "random:x",
    ] {
        assert!(
            matches!(text.parse::<PlanSpec>(), Err(PlanError::Spec(_))),
            "{text}"
        );
    }
}
