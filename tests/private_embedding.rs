//! The example `private_embedding` as a user runs it.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and waits for processes"
)]

mod example_support;
#[path = "needed.rs"]
mod needed;

use std::process::{Command, Output};

use serde_json::{Value, json};

use example_support::{folder, message, program_of};
use needed::needed;

/// Runs it where there are no weights, unless arguments name some.
fn run(arguments: &[&str]) -> Output {
    Command::new(program_of("private_embedding"))
        .args(arguments)
        .env("BURN_MPC_DATA", folder("no-data"))
        .output()
        .expect("runs")
}

/// The JSON of a run, and what it said to people.
fn run_json(arguments: &[&str]) -> (Value, String) {
    let output = run(&[arguments, &["--json", "-"]].concat());
    let said = message(&output);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).expect("text");
    (serde_json::from_str(&text).expect("JSON"), said)
}

fn sum(report: &Value, key: &str) -> u64 {
    let parts = report["parts"].as_array().expect("parts");
    parts
        .iter()
        .map(|part| part[key].as_u64().expect("a number"))
        .sum()
}

#[test]
fn without_weights_a_small_network_runs_and_costs_what_was_estimated() {
    for table in [&[][..], &["--public-embeddings"]] {
        let (memory, said) = run_json(table);
        assert!(said.contains("random weights"), "{said}");
        assert!(said.contains("nearest"), "{said}");
        let (tcp, _) = run_json(&[table, &["--transport", "tcp"]].concat());
        let (estimate, _) = run_json(&[table, &["--estimate"]].concat());
        for report in [&memory, &tcp] {
            assert!(report["max_cosine_err"].as_f64().expect("a number") < 0.005);
            assert_eq!(report["reveal_labels"], json!(["embeddings"]));
            assert_eq!(report["embeddings"].as_array().map(Vec::len), Some(4));
        }
        for report in [&memory, &tcp, &estimate] {
            assert_eq!(report["model"], "small");
            assert_eq!(
                sum(report, "bytes"),
                report["bytes_total"].as_u64().expect("bytes")
            );
            for key in ["rounds", "bytes_sent", "bytes_lookup"] {
                assert_eq!(report[key], estimate[key], "{key}");
            }
        }
    }
}

#[test]
fn a_public_table_makes_the_look_up_cheap_and_sentences_may_run_alone() {
    let sentences = ["--sentence", "one two three", "--sentence", "four"];
    let (secret, _) = run_json(&sentences);
    let (public, _) = run_json(&[&sentences[..], &["--public-embeddings"]].concat());
    let (alone, _) = run_json(&[&sentences[..], &["--batch", "1"]].concat());
    assert_eq!(secret["lengths"], json!([5, 3]));
    let number = |report: &Value, key: &str| report[key].as_u64().expect("a number");
    // A row of the vocabulary, 1000, against a vector of 48.
    let ratio = number(&secret, "bytes_lookup") / number(&public, "bytes_lookup");
    assert!((18..22).contains(&ratio), "{ratio}");
    assert!(number(&alone, "bytes_total") < number(&secret, "bytes_total"));
    assert!(number(&alone, "rounds") > number(&secret, "rounds"));
    assert_eq!(alone["reveals"], 2);
}

#[test]
fn what_cannot_be_embedded_is_an_error_that_says_why() {
    let empty = folder("no-weights");
    let empty = empty.to_str().expect("a path");
    for (arguments, code, hint) in [
        (
            &["--tokens", "65"][..],
            3,
            "65 tokens; the network takes 1 to 64",
        ),
        (&["--tokens", "0"], 2, "tokens"),
        (&["--weights", empty], 3, "tokenizer.json"),
        (
            &["--weights", empty, "--tokens", "4"],
            3,
            "model_f16.safetensors",
        ),
        (&["--shaped"], 2, "--network"),
        (&["--frac-bits", "30"], 3, "fractional bits"),
    ] {
        let output = run(arguments);
        let said = message(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(hint), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

/// Three of them, of which the first two are alike.
const SENTENCES: [usize; 3] = [0, 1, 6];

#[test]
fn minilm_embeds_sentences_of_the_reference_privately() {
    let part = "weights/minilm";
    let Some(data) = needed("BURN_MPC_DATA", "data", &[part]) else {
        return;
    };
    let folder = data.join(part);
    let text = std::fs::read_to_string(folder.join("reference.json")).expect("the reference");
    let reference: Value = serde_json::from_str(&text).expect("JSON");
    let of_reference = |key: &str| -> Vec<Value> {
        let rows = reference[key].as_array().expect("rows");
        SENTENCES.map(|at| rows[at].clone()).to_vec()
    };
    let mut arguments = vec!["--weights", folder.to_str().expect("a path")];
    let sentences = of_reference("sentences");
    for sentence in &sentences {
        arguments.extend(["--sentence", sentence.as_str().expect("a sentence")]);
    }
    let (report, said) = run_json(&arguments);
    println!("{said}");
    assert_eq!(report["sentences"], json!(sentences));
    assert_eq!(report["token_ids"], json!(of_reference("token_ids")));
    assert_eq!(report["random_weights"], false);
    assert_eq!(report["same_order"], 3);
    // Openings are rounded to 13 bits, and each of six layers to a few units of 2^-16.
    assert!(report["max_cosine_err"].as_f64().expect("a number") < 0.0005);
    let numbers = |row: &Value| -> Vec<f64> {
        let row = row.as_array().expect("a row").iter();
        row.filter_map(Value::as_f64).collect()
    };
    let found = report["embeddings"].as_array().expect("rows").iter();
    for (a, b) in found.zip(&of_reference("embedding")) {
        let (a, b) = (numbers(a), numbers(b));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let cosine = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
        assert!(cosine > 0.9999, "{cosine}");
    }
}
