//! The example as a user runs it: three processes on loopback, its JSON, and what happens when one of
//! them is killed.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and waits for processes"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn_blockrelu_core::{Block, ReluPlan, layers};
use example_models::{ModelKind, ModelSpec};
use serde_json::Value;

/// The example's binary, which `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let target = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>");
    let program = target.join("examples").join("private_inference");
    assert!(
        program.exists(),
        "{} is missing: run `cargo test`, which builds examples",
        program.display()
    );
    program
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("burn-mpc-{}-{name}", std::process::id()))
}

fn run_json(arguments: &[&str], name: &str) -> Value {
    let path = scratch(name);
    let output = Command::new(program())
        .args(arguments)
        .arg("--json")
        .arg(&path)
        .output()
        .expect("runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::fs::read_to_string(&path).expect("the report");
    std::fs::remove_file(&path).expect("removes the report");
    serde_json::from_str(&text).expect("JSON")
}

fn sum(layers: &Value, key: &str) -> u64 {
    layers
        .as_array()
        .expect("layers")
        .iter()
        .map(|layer| layer[key].as_u64().expect("a number"))
        .sum()
}

/// Checks that a report has all keys, that its layers add up to its totals, that it opens the logits only and that its
/// labels agree with plaintext.
fn assert_complete(report: &Value) {
    for key in [
        "model",
        "ring",
        "frac_bits",
        "transport",
        "drelus_full",
        "drelus_planned",
        "drelus_executed",
        "top5",
        "plaintext_top5",
        "max_abs_err",
        "seconds",
        "rounds",
        "bytes_sent",
        "bytes_total",
        "bytes_offline",
        "reveals",
        "reveal_labels",
        "peak_rss_bytes",
        "setup_seconds",
        "setup_rounds",
        "setup_bytes",
        "layers",
    ] {
        assert!(!report[key].is_null(), "key {key} is missing");
    }
    assert_eq!(
        sum(&report["layers"], "bytes"),
        report["bytes_total"].as_u64().expect("a number")
    );
    assert_eq!(
        sum(&report["layers"], "rounds"),
        report["rounds"].as_u64().expect("a number")
    );
    assert_eq!(report["reveals"], 1);
    assert_eq!(report["reveal_labels"], serde_json::json!(["logits"]));
    let guesses = |key: &str| -> Vec<String> {
        let images = report[key].as_array().expect("images");
        images
            .iter()
            .map(|image| image[0][0].as_str().expect("a label").to_owned())
            .collect()
    };
    assert_eq!(guesses("top5"), guesses("plaintext_top5"));
    assert_eq!(report["drelus_planned"], report["drelus_executed"]);
    if report["drelus_executed"] == report["drelus_full"] {
        assert_eq!(guesses("top5")[0], "rocket");
    }
}

#[test]
fn memory_tcp_and_estimate_agree_on_every_byte_and_round() {
    let memory = run_json(&["--batch", "1"], "memory");
    let tcp = run_json(&["--batch", "1", "--transport", "tcp"], "tcp");
    let estimate = run_json(&["--batch", "1", "--estimate"], "estimate");
    assert_complete(&memory);
    assert_complete(&tcp);
    let (offline, all) = (
        memory["bytes_offline"].as_u64(),
        memory["bytes_total"].as_u64(),
    );
    assert!(offline > Some(0) && offline < all, "{offline:?} of {all:?}");
    for key in ["bytes_sent", "bytes_total", "bytes_offline", "rounds"] {
        assert_eq!(memory[key], tcp[key], "{key} of memory and tcp");
        assert_eq!(memory[key], estimate[key], "{key} of memory and estimate");
    }
    assert_eq!(tcp["peak_rss_bytes"].as_array().map(Vec::len), Some(3));
    assert!(memory["max_abs_err"].as_f64().expect("a number") < 0.01);
}

#[test]
fn the_32_bit_ring_halves_the_bytes_and_agrees_with_plaintext() {
    let wide = run_json(&["--batch", "1"], "wide");
    let narrow = run_json(&["--batch", "1", "--ring", "32"], "narrow");
    assert_complete(&narrow);
    // All of them calibrate the same scales.
    let ring = ["--batch", "1", "--ring", "32"];
    let tcp = run_json(&[&ring[..], &["--transport", "tcp"]].concat(), "narrow-tcp");
    let estimate = run_json(&[&ring[..], &["--estimate"]].concat(), "narrow-estimate");
    for key in ["bytes_sent", "rounds"] {
        assert_eq!(narrow[key], tcp[key], "{key} of memory and tcp");
        assert_eq!(narrow[key], estimate[key], "{key} of memory and estimate");
    }
    let auto = run_json(&["--batch", "1", "--ring", "auto"], "auto");
    for key in ["ring", "bytes_sent", "rounds"] {
        assert_eq!(auto[key], narrow[key], "{key} of the chosen ring");
    }
    let one = run_json(&[&ring[..], &["--scales", "one"]].concat(), "one-scale");
    let error = |report: &Value| report["max_abs_err"].as_f64().expect("a number");
    assert!(
        error(&narrow) < error(&one),
        "{} and {}",
        error(&narrow),
        error(&one)
    );
    let ratio = narrow["bytes_total"].as_f64().expect("a number")
        / wide["bytes_total"].as_f64().expect("a number");
    assert!((0.45..0.55).contains(&ratio), "{ratio}");
}

/// Bytes of the line of each Block-ReLU.
fn relu_bytes(report: &Value) -> Vec<u64> {
    let layers = report["layers"].as_array().expect("layers");
    let bytes = |layer: &Value| {
        let name = layer["name"].as_str().expect("a name");
        let last = name.rsplit('.').next().unwrap_or_default();
        last.starts_with("relu")
            .then(|| layer["bytes"].as_u64().expect("bytes"))
    };
    layers.iter().filter_map(bytes).collect()
}

#[test]
fn a_uniform_plan_saves_signs_and_agrees_with_plaintext_on_every_transport() {
    let plan = ["--batch", "1", "--plan", "uniform:4x4"];
    let memory = run_json(&plan, "plan-memory");
    let tcp = run_json(&[&plan[..], &["--transport", "tcp"]].concat(), "plan-tcp");
    let estimate = run_json(&[&plan[..], &["--estimate"]].concat(), "plan-estimate");
    let full = run_json(&["--batch", "1", "--estimate"], "plan-full");
    assert_complete(&memory);
    assert_complete(&tcp);
    for report in [&memory, &tcp, &estimate] {
        assert_eq!(report["bytes_total"], memory["bytes_total"]);
        // A whole map is a multiple of four here.
        assert_eq!(report["drelus_executed"], 188_416 / 16);
        assert_eq!(report["drelus_full"], full["drelus_executed"]);
        assert_eq!(report["rounds"], memory["rounds"]);
        // The rounds do not depend on the number of signs, except through the choice of roles, and that a gate takes
        // one round less where every pixel has its own sign.
        let rounds = |report: &Value| report["rounds"].as_f64().expect("a number");
        assert!((rounds(report) / rounds(&full) - 1.0).abs() < 0.25);
    }
    // One patch of this photograph sums up to within a rounding of zero: its sign flips in 2 of 60 runs, and moves a
    // logit by 0.0156.
    assert!(memory["max_abs_err"].as_f64().expect("a number") < 0.02);
    assert_eq!(relu_bytes(&memory).len(), 19);
    let bytes = |report: &Value| report["bytes_total"].as_f64().expect("a number");
    assert!(bytes(&memory) < 0.65 * bytes(&full));
}

#[test]
fn a_random_plan_executes_its_ratio_and_the_seed_decides_it() {
    let run = |seed: &str, name: &str| {
        let plan = ["--plan", "random:0.06", "--plan-seed", seed];
        run_json(&[&plan[..], &["--batch", "1"]].concat(), name)
    };
    let (first, again, other) = (run("1", "first"), run("1", "again"), run("2", "other"));
    for report in [&first, &other] {
        assert_complete(report);
        let share = report["drelus_executed"].as_f64().expect("a number") / 188_416.0;
        assert!((share / 0.06 - 1.0).abs() < 0.01, "{share}");
    }
    assert_eq!(relu_bytes(&first), relu_bytes(&again));
    assert_ne!(relu_bytes(&first), relu_bytes(&other));
}

#[test]
fn a_plan_that_cannot_be_used_is_an_error_that_says_what_to_do() {
    let edited = scratch("edited-plan.json");
    std::fs::write(&edited, "{\"schema\": 99}").expect("writes");
    let edited = edited.to_str().expect("a path");
    let run = |arguments: &[&str]| {
        let output = Command::new(program())
            .args(arguments)
            .arg("--estimate")
            .output()
            .expect("runs");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), message)
    };
    for (arguments, code, hint) in [
        (&["--plan", "uniform:0x4"][..], 2, "uniform:HxW"),
        (&["--plan", "random:1.5"], 2, "random:RATIO"),
        (&["--plan", "random:0.0001"], 3, "the least is"),
        (&["--plan", "no-such-plan.json"], 3, "no-such-plan.json"),
        (&["--plan", edited], 3, "plan schema 99"),
        (
            &["--model", "mobilenetv2", "--plan", "uniform:2x2"],
            3,
            "--relu6 relu",
        ),
    ] {
        let (status, message) = run(arguments);
        assert_eq!(status, Some(code), "{arguments:?}: {message}");
        assert!(message.contains(hint), "{arguments:?}: {message}");
    }
    std::fs::remove_file(edited).expect("removes");
}

#[test]
fn a_plan_file_is_used_as_it_is_and_refused_by_another_network() {
    // The plan of a network with two blocks per channel kind, written by hand from its own layers.
    let path = scratch("plan.json");
    let spec = ModelSpec::of(ModelKind::Resnet18Cifar);
    let device = Default::default();
    let model = spec.init::<Flex>(&device);
    let found = layers(&model, |model| {
        model.forward(Tensor::<Flex, 4>::zeros([1, 3, 32, 32], &device))
    });
    let found = found.expect("layers");
    let fingerprint = ReluPlan::fingerprint::<Flex, _>(&model).expect("layers");
    let kinds: Vec<Block> = ["2x2", "id", "3x5", "zero"]
        .map(|name| name.parse().expect("a block"))
        .into();
    let blocks = found.iter().map(|layer| {
        (0..layer.channels())
            .map(|c| kinds[c % kinds.len()])
            .collect()
    });
    let plan = ReluPlan::new(fingerprint, &found, blocks.collect());
    plan.write(&path).expect("written");
    let text = path.to_str().expect("a path");
    for ring in ["64", "32"] {
        let arguments = ["--model", "resnet18-cifar", "--weights", "random"];
        let rest = ["--plan", text, "--ring", ring, "--estimate"];
        let report = run_json(&[&arguments[..], &rest].concat(), "file");
        assert_eq!(report["drelus_planned"], plan.drelus());
        assert_eq!(report["drelus_executed"], plan.drelus());
    }
    let output = Command::new(program())
        .args(["--plan", text, "--estimate"])
        .output()
        .expect("runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("does not fit the model"), "{message}");
    std::fs::remove_file(&path).expect("removes");
}

#[test]
fn mobilenet_with_relu_takes_a_plan() {
    let arguments = ["--model", "mobilenetv2", "--relu6", "relu", "--weights"];
    let rest = ["random", "--plan", "random:0.06", "--estimate"];
    let report = run_json(&[&arguments[..], &rest].concat(), "mobilenet");
    let count = |key: &str| report[key].as_f64().expect("a number");
    let share = count("drelus_executed") / count("drelus_full");
    assert!((share / 0.06 - 1.0).abs() < 0.01, "{share}");
    assert_eq!(report["drelus_planned"], report["drelus_executed"]);
}

/// The embedded weights, with those of the last layer a thousand times as large.
fn large_weights(path: &Path) {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/models/assets");
    let mut file = std::fs::read(assets.join("resnet20_cifar100.f16.safetensors")).expect("reads");
    let len = file[..8].try_into().expect("eight bytes");
    let start = 8 + usize::try_from(u64::from_le_bytes(len)).expect("fits");
    let header: Value = serde_json::from_slice(&file[8..start]).expect("a header");
    let offset = |i: usize| {
        let offset = header["fc.weight"]["data_offsets"][i].as_u64();
        start + usize::try_from(offset.expect("an offset")).expect("fits")
    };
    for half in file[offset(0)..offset(1)].chunks_exact_mut(2) {
        let bits = u16::from_le_bytes([half[0], half[1]]);
        let is_normal = bits >> 10 & 31 != 0;
        let larger = if is_normal { bits + (10 << 10) } else { bits };
        half.copy_from_slice(&larger.to_le_bytes());
    }
    std::fs::write(path, file).expect("writes");
}

#[test]
fn a_ring_too_narrow_for_the_scales_is_refused_and_names_the_layer() {
    let path = scratch("large.safetensors");
    large_weights(&path);
    let output = Command::new(program())
        .args(["--ring", "32", "--frac-bits", "12", "--scales", "one"])
        .args(["--weights", path.to_str().expect("a path")])
        .output()
        .expect("runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("fc.weight"), "{message}");
    assert!(
        message.contains("MPC-OVERFLOW") || message.contains("MPC-RANGE"),
        "{message}"
    );
    assert!(
        !String::from_utf8_lossy(&output.stdout).contains("private "),
        "nothing may be classified"
    );
    std::fs::remove_file(&path).expect("removes");
}

#[test]
fn three_processes_measure_their_links_and_say_what_they_found() {
    let arguments = ["--network", "measure", "--transport", "tcp"];
    let report = run_json(&arguments, "measured");
    let figure = |key: &str| report["network"][key].as_f64().expect("a number");
    assert!(figure("latency_ms") > 0.0 && figure("latency_ms") < 50.0);
    assert!(figure("mbit_per_second") > 50.0);
    assert_eq!(report["top5"][0][0][0], report["plaintext_top5"][0][0][0]);
    for (also, reason) in [("--shaped", "figures"), ("--estimate", "Schedule::Fastest")] {
        let output = Command::new(program())
            .args(["--network", "measure", also])
            .output()
            .expect("runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{message}");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn what_is_no_image_or_no_weights_is_an_error_that_names_the_file() {
    let path = scratch("not-an-image.png");
    std::fs::write(&path, b"no image").expect("writes");
    let name = path.to_str().expect("a path").to_owned();
    for arguments in [["--image", &name], ["--weights", &name]] {
        let output = Command::new(program())
            .args(arguments)
            .output()
            .expect("runs");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{message}");
        assert!(message.contains("not-an-image.png"), "{message}");
    }
    std::fs::remove_file(&path).expect("removes");
}

/// Process ids of the children of `parent`, from the kernel.
fn children(parent: &Child) -> Vec<u32> {
    let id = parent.id();
    let text =
        std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

#[test]
fn killing_any_party_ends_all_with_an_error_and_without_a_result() {
    // Later moments hit later phases: connecting, sharing weights, inference. A run that finishes first
    // is fine, and says so by its exit code.
    let mut killed = 0;
    for (victim, milliseconds) in [(0, 20), (1, 120), (2, 250), (0, 350), (1, 450), (2, 600)] {
        let mut parent = Command::new(program())
            .args(["--transport", "tcp", "--batch", "24", "--deadline", "5"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        let started = Instant::now();
        while children(&parent).len() < 3 && started.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(milliseconds));
        let family = children(&parent);
        if let Some(id) = family.get(victim) {
            let status = Command::new("kill")
                .args(["-9", &id.to_string()])
                .status()
                .expect("kill");
            killed += u32::from(status.success());
        }
        let since = Instant::now();
        let status = parent.wait().expect("ends");
        assert!(
            since.elapsed() < Duration::from_secs(8),
            "took {:?} after the kill",
            since.elapsed()
        );
        let output = std::io::read_to_string(parent.stdout.take().expect("piped")).expect("text");
        if !status.success() {
            assert_eq!(status.code(), Some(3));
            assert!(
                !output.contains("plaintext"),
                "a failed run printed a result: {output}"
            );
        }
        for id in family {
            assert!(
                !Path::new(&format!("/proc/{id}/exe")).exists(),
                "process {id} is still there"
            );
        }
    }
    assert!(
        killed > 0,
        "no process was killed: the machine is too fast for the moments chosen"
    );
}
