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

/// Largest number of bytes or rounds that a report may leave unnamed: none.
fn assert_complete(report: &Value) {
    for key in [
        "model",
        "ring",
        "frac_bits",
        "transport",
        "top5",
        "plaintext_top5",
        "max_abs_err",
        "seconds",
        "rounds",
        "bytes_sent",
        "bytes_total",
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
    assert_eq!(guesses("top5")[0], "rocket");
}

#[test]
fn memory_tcp_and_estimate_agree_on_every_byte_and_round() {
    let memory = run_json(&["--batch", "1"], "memory");
    let tcp = run_json(&["--batch", "1", "--transport", "tcp"], "tcp");
    let estimate = run_json(&["--batch", "1", "--estimate"], "estimate");
    assert_complete(&memory);
    assert_complete(&tcp);
    for key in ["bytes_sent", "bytes_total", "rounds"] {
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
    let ratio = narrow["bytes_total"].as_f64().expect("a number")
        / wide["bytes_total"].as_f64().expect("a number");
    assert!((0.45..0.55).contains(&ratio), "{ratio}");
}

#[test]
fn a_ring_too_narrow_for_the_scales_is_refused_and_names_the_layer() {
    let output = Command::new(program())
        .args(["--ring", "32", "--frac-bits", "12"])
        .output()
        .expect("runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(
        message.contains("MPC-OVERFLOW") || message.contains("MPC-RANGE"),
        "{message}"
    );
    assert!(
        !String::from_utf8_lossy(&output.stdout).contains("private "),
        "nothing may be classified"
    );
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
