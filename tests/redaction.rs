//! R9, R13: three processes of the example, with everything traced, print no weight and no pixel, and say that their
//! links are not encrypted.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};
use std::process::Command;

use burn::backend::Flex;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn_mpc::SessionConfig;
use example_models::assets;

#[allow(dead_code, reason = "shared with the tests of reliability")]
#[path = "../burn-mpc/tests/reliability/canary.rs"]
mod canary;

use canary::Texts;

/// How many weights, and how many pixels, are looked for.
const SAMPLE: usize = 40;
/// Numbers that a run prints (bytes, seconds, probabilities) may spell a value or two by chance.
const BY_CHANCE: usize = 2;

fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let target = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>");
    target.join("examples").join("private_inference")
}

#[derive(Default)]
struct Values(Vec<f32>);

impl ModuleVisitor<Flex> for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Flex, D>>) {
        self.0.extend(param.val().into_data().iter::<f32>());
    }
}

/// Values that are recognisable, spread over all.
fn sample(values: &[f32]) -> Vec<f32> {
    let telling = |value: &f32| (0.05..4.0).contains(&value.abs()) && value.fract() != 0.0;
    let mut telling: Vec<f32> = values.iter().copied().filter(telling).collect();
    telling.dedup();
    let step = telling.len() / SAMPLE;
    telling
        .into_iter()
        .step_by(step.max(1))
        .take(SAMPLE)
        .collect()
}

/// How many of the values are found in `text`, in any spelling.
fn found(text: &str, values: &[f32], config: &SessionConfig) -> usize {
    let stands = |value: &&f32| Texts::of(&[**value], config).found_in(text).is_some();
    values.iter().filter(stands).count()
}

#[test]
fn three_traced_processes_print_no_weight_and_no_pixel() {
    let model = assets::resnet20_cifar100::<Flex>(&Default::default()).expect("weights");
    let mut weights = Values::default();
    model.visit(&mut weights);
    let spec = assets::resnet20_cifar100_spec();
    let image = image::load_from_memory(assets::PHOTOGRAPHS[0].1).expect("a picture");
    let pixels = sample(&spec.preprocessing().image(&image));
    let weights = sample(&weights.0);
    assert_eq!((weights.len(), pixels.len()), (SAMPLE, SAMPLE));

    for (ring, config) in [("64", SessionConfig::z64()), ("32", SessionConfig::z32())] {
        let scales = ["--scales", "one"];
        let output = Command::new(program())
            .env("BURN_MPC_LOG", "trace")
            .args(["--transport", "tcp", "--batch", "1", "--ring", ring])
            .args(if ring == "32" { &scales[..] } else { &[] })
            .output()
            .expect("runs");
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{err}");
        assert!(out.contains("rocket"), "{out}");
        let warnings = err.matches("plaintext TCP").count();
        assert_eq!(warnings, 3, "one of each party: {err}");
        let advice = err.matches("ScaleSearch").count();
        let told = if ring == "32" { 3 } else { 0 };
        assert_eq!(
            advice, told,
            "each process is told of the search once: {err}"
        );
        for (name, values) in [("weights", &weights), ("pixels", &pixels)] {
            for text in [&out, &err] {
                let found = found(text, values, &config);
                assert!(found <= BY_CHANCE, "{found} {name} in: {text}");
            }
        }
    }
}

#[test]
fn the_search_finds_values_that_are_printed() {
    let values: Vec<f32> = (0..SAMPLE)
        .map(|i| 0.112_345 + 0.012_347 * i as f32)
        .collect();
    for config in [SessionConfig::z64(), SessionConfig::z32()] {
        let scales = config.scales().expect("a config");
        assert_eq!(
            found("P1 sent 4194304 bytes in 20 rounds", &values, &config),
            0
        );
        let all = |spell: &dyn Fn(f64) -> String| {
            let text: Vec<String> = values.iter().map(|&value| spell(value.into())).collect();
            found(&text.join(", "), &values, &config)
        };
        let as_number = all(&|value| format!("{}", value as f32));
        assert_eq!(as_number, SAMPLE);
        let code =
            |value: f64, frac: u32| (value * f64::from(frac).exp2()).round_ties_even() as i64;
        for spell in [
            &|value: f64| code(value, scales.product).to_string() as String,
            &|value: f64| format!("{:#x}", code(value, scales.product)),
            &|value: f64| format!("{:?}", code(value, scales.product).to_le_bytes()),
        ] as [&dyn Fn(f64) -> String; 3]
        {
            assert_eq!(all(spell), SAMPLE);
        }
    }
    // Also at the scale of values, at which a code has five digits.
    let config = SessionConfig::z64();
    let codes: Vec<String> = values
        .iter()
        .map(|&value| ((f64::from(value) * 20_f64.exp2()).round_ties_even() as i64).to_string())
        .collect();
    assert_eq!(found(&codes.join(","), &values, &config), SAMPLE);
}
