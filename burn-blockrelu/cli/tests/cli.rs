//! The `blockrelu` command as a person runs it, on the embedded network and images that the test makes.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test waits for a process that it kills, and stops at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use burn_blockrelu::ReluPlan;
use burn_blockrelu::profile::Table;
use image::{Rgb, RgbImage};
use serde_json::Value;

#[path = "../../../tests/needed.rs"]
mod needed;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blockrelu"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn succeed(arguments: &[&str]) {
    let output = run(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    // Bars are for terminals: they are drawn again and again by control characters.
    let is_plain = |c: char| c == '\n' || !c.is_control();
    assert!(error.chars().all(is_plain), "{arguments:?}: {error:?}");
}

/// The message of a command that must fail.
fn fail(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A folder with images of two classes, for training and for testing: coloured gradients.
fn images(folder: &Path) -> String {
    for split in ["train", "test"] {
        for class in 0..2u8 {
            let place = folder.join(split).join(format!("class{class}"));
            std::fs::create_dir_all(&place).unwrap();
            for number in 0..6u8 {
                let pixel = |x: u32, y: u32| {
                    let wave = |n: u32| (n * u32::from(7 + number) % 256) as u8;
                    Rgb([wave(x * 8), wave(y * 8), class * 200 + wave(x * y) % 50])
                };
                let image = RgbImage::from_fn(32, 32, pixel);
                image.save(place.join(format!("{number}.png"))).unwrap();
            }
        }
    }
    folder.to_string_lossy().into_owned()
}

struct Scratch {
    folder: tempfile::TempDir,
    images: String,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let images = images(&folder.path().join("images"));
        Self { folder, images }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn profile<'a>(&'a self, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["profile", "--images", &self.images, "--out", out, "--quiet"];
        arguments.extend_from_slice(more);
        arguments
    }
}

const EXACT: [&str; 8] = [
    "--method",
    "exact",
    "--samples",
    "12",
    "--layers",
    "layer3.2.relu1,layer3.2.relu2",
    "--candidates",
    "2x2,4x4,8x8",
];

#[test]
fn a_killed_profile_goes_on_and_ends_in_the_same_table() {
    let scratch = Scratch::new();
    let whole = scratch.text("whole.safetensors");
    // With its bar, which is not drawn into a pipe.
    let mut shown = scratch.profile(&whole, &EXACT);
    shown.retain(|argument| *argument != "--quiet");
    succeed(&shown);
    let out = scratch.text("killed.safetensors");
    let more = [&EXACT[..], &["--save-seconds", "0"]].concat();
    let mut child = command(&scratch.profile(&out, &more)).spawn().unwrap();
    for _ in 0..6000 {
        if Path::new(&out).exists() || child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let partial = Table::read(Path::new(&out)).unwrap();
    assert!(
        !partial.done.is_empty() && !partial.is_complete(),
        "{:?}",
        partial.done
    );
    succeed(&scratch.profile(&out, &more));
    let (a, b) = (
        Table::read(Path::new(&whole)).unwrap(),
        Table::read(Path::new(&out)).unwrap(),
    );
    assert!(b.is_complete());
    assert_eq!(a.layers, b.layers);
    // The finished file belongs to its settings.
    let other = fail(&scratch.profile(&out, &["--samples", "2"]));
    assert!(other.contains("choose another name"), "{other}");
}

#[test]
fn shards_merge_into_the_whole_profile_and_a_plan_comes_out() {
    let scratch = Scratch::new();
    let settings = ["--samples", "4", "--batch", "2", "--probes", "2"];
    let whole = scratch.text("whole.safetensors");
    succeed(&scratch.profile(&whole, &settings));
    let parts = [scratch.text("0.safetensors"), scratch.text("1.safetensors")];
    for (index, part) in parts.iter().enumerate() {
        let shard = format!("{index}/2");
        let more = [&settings[..], &["--shard", &shard]].concat();
        succeed(&scratch.profile(part, &more));
    }
    let incomplete = fail(&[
        "solve",
        "--profile",
        &parts[0],
        "--budget",
        "10%",
        "--plan",
        &scratch.text("x.json"),
    ]);
    assert!(incomplete.contains("merge all shards"), "{incomplete}");
    let merged = scratch.text("merged.safetensors");
    succeed(&["merge", &parts[1], &parts[0], "--out", &merged]);
    let (a, b) = (
        Table::read(Path::new(&whole)).unwrap(),
        Table::read(Path::new(&merged)).unwrap(),
    );
    for (a, b) in a.layers.iter().zip(&b.layers) {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a.abs();
        assert!(a.sums.iter().zip(&b.sums).all(close), "{}", a.path);
    }
    let mut checksums = Vec::new();
    for (number, budget) in ["6%", "0.06", "11304", "10MB", "4.2s@wan"]
        .iter()
        .enumerate()
    {
        let (plan, report) = (scratch.text("plan.json"), scratch.text("solve.json"));
        succeed(&[
            "solve",
            "--profile",
            &merged,
            "--budget",
            budget,
            "--plan",
            &plan,
            "--json",
            &report,
        ]);
        let (plan, report) = (
            ReluPlan::read(Path::new(&plan)).unwrap(),
            json(Path::new(&report)),
        );
        assert_eq!(report["drelus"], plan.drelus());
        assert_eq!(report["solution"]["optimal"], true, "{budget}");
        assert!(report["cost"].as_u64() <= report["budget"].as_u64());
        if number < 3 {
            assert!(plan.drelus() <= 11_304);
            checksums.push(plan.layers.clone());
        } else {
            assert!(plan.ratio() < 0.9, "{budget}: {}", plan.ratio());
        }
    }
    assert_eq!(checksums[0], checksums[1]);
    assert_eq!(checksums[0], checksums[2]);
    let impossible = fail(&[
        "solve",
        "--profile",
        &merged,
        "--budget",
        "1s@wan",
        "--plan",
        &scratch.text("x.json"),
    ]);
    assert!(impossible.contains("rounds alone"), "{impossible}");
    let bare = fail(&[
        "solve",
        "--profile",
        &merged,
        "--budget",
        "6",
        "--plan",
        &scratch.text("x.json"),
    ]);
    assert!(bare.contains("6%"), "{bare}");
    succeed(&[
        "report",
        "--profile",
        &merged,
        "--exact",
        &whole,
        "--plot",
        &scratch.text("agree"),
    ]);
    succeed(&[
        "plot",
        "--profile",
        &merged,
        "--out",
        &scratch.text("curves"),
    ]);
    for file in ["agree.svg", "agree.png", "curves.svg", "curves.png"] {
        assert!(scratch.path(file).is_file(), "{file}");
    }
}

#[test]
fn the_pipeline_runs_through_and_does_nothing_twice() {
    let scratch = Scratch::new();
    let (out, report) = (scratch.text("out"), scratch.text("results.json"));
    let document = scratch.path("doc.md");
    std::fs::write(
        &document,
        "# A\n<!-- results:begin -->\n<!-- results:end -->\nend\n",
    )
    .unwrap();
    let document = document.to_string_lossy().into_owned();
    let arguments = [
        "pipeline",
        "--images",
        &scratch.images,
        "--out",
        &out,
        "--samples",
        "2",
        "--probes",
        "1",
        "--budgets",
        "10,50",
        "--ways",
        "knapsack,cross,uniform,random",
        "--test-images",
        "6",
        "--steps",
        "1",
        "--batch",
        "4",
        "--quiet",
        "--json",
        &report,
        "--document",
        &document,
    ];
    succeed(&arguments);
    let first = json(Path::new(&report));
    let rows = first["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 8);
    for row in rows {
        let (budget, percent) = (
            row["budget_percent"].as_f64().unwrap(),
            row["drelu_percent"].as_f64().unwrap(),
        );
        assert!(percent <= 1.01 * budget, "{row}");
        assert!(row["after"].is_number());
        if row["way"] == "knapsack" {
            assert_eq!(row["remark"], "optimal");
        }
    }
    for file in [
        "accuracy.svg",
        "accuracy.png",
        "blocks-10.png",
        "distortion.svg",
    ] {
        assert!(Path::new(&out).join(file).is_file(), "{file}");
    }
    let text = std::fs::read_to_string(&document).unwrap();
    assert!(
        text.contains("| 10 % | knapsack (optimal) |") && text.ends_with("end\n"),
        "{text}"
    );
    let written = |name: &str| {
        let file = Path::new(&out).join(name);
        std::fs::metadata(file).unwrap().modified().unwrap()
    };
    let files = [
        "knapsack-10.plan.json",
        "random-50.safetensors",
        "results.json",
    ];
    let before = files.map(written);
    succeed(&arguments);
    assert_eq!(before, files.map(written));
    let other = fail(&[&arguments[..], &["--average-stem"]].concat());
    assert!(other.contains("other settings"), "{other}");
    assert_eq!(
        json(Path::new(&report))["rows"].as_array().unwrap().len(),
        8
    );
    // The finetuned weights load again, with their plan.
    let (plan, weights) = (
        format!("{out}/knapsack-10.plan.json"),
        format!("{out}/knapsack-10.safetensors"),
    );
    let evaluation = scratch.text("evaluation.json");
    succeed(&[
        "evaluate",
        "--images",
        &scratch.images,
        "--weights",
        &weights,
        "--plan",
        &plan,
        "--test-images",
        "6",
        "--quiet",
        "--json",
        &evaluation,
    ]);
    let evaluation = json(Path::new(&evaluation));
    assert_eq!(evaluation["drelus_planned"], evaluation["drelus_executed"]);
    let knapsack = rows.iter().find(|row| row["way"] == "knapsack").unwrap();
    assert_eq!(evaluation["drelus_executed"], knapsack["drelus"]);
}

#[test]
fn apply_writes_outputs_masks_and_gradients() {
    let Some(golden) = golden("brelu/d_13x11_odd.safetensors") else {
        return;
    };
    let scratch = Scratch::new();
    let out = scratch.path("out.safetensors");
    std::fs::write(&out, "old").unwrap();
    succeed(&[
        "apply",
        "--tensor",
        &golden,
        "--out",
        &out.to_string_lossy(),
    ]);
    let (ours, golden) = (std::fs::read(&out).unwrap(), std::fs::read(golden).unwrap());
    let ours = safetensors::SafeTensors::deserialize(&ours).unwrap();
    let golden = safetensors::SafeTensors::deserialize(&golden).unwrap();
    for name in ["y", "mask", "grad_x"] {
        let numbers = |file: &safetensors::SafeTensors<'_>| -> Vec<f32> {
            let data = file.tensor(name).unwrap();
            let words = data.data().chunks_exact(4);
            words
                .map(|w| f32::from_le_bytes([w[0], w[1], w[2], w[3]]))
                .collect()
        };
        assert_eq!(numbers(&ours), numbers(&golden), "{name}");
    }
    let error = fail(&[
        "apply",
        "--tensor",
        "/nonexistent",
        "--out",
        &scratch.text("x"),
    ]);
    assert!(error.contains("/nonexistent"), "{error}");
}

#[test]
fn solve_reads_the_golden_format_and_overwrites() {
    let Some(golden) = golden("knapsack/small3_ties.json") else {
        return;
    };
    let scratch = Scratch::new();
    let out = scratch.path("out.json");
    std::fs::write(&out, "old").unwrap();
    succeed(&[
        "solve",
        "--instance",
        &golden,
        "--json",
        &out.to_string_lossy(),
    ]);
    let (ours, golden) = (json(&out), json(Path::new(&golden)));
    let optimum = golden["independent"]["optimum_cost_le_max_cost"]
        .as_f64()
        .unwrap();
    assert!((ours["total_value"].as_f64().unwrap() - optimum).abs() < 1e-9);
    assert_eq!(ours["optimal"], true);
    assert_eq!(ours["block_sizes"]["a"].as_array().unwrap().len(), 4);
}

#[test]
fn wrong_calls_say_what_to_do() {
    let scratch = Scratch::new();
    let out = scratch.text("x.safetensors");
    let layer = fail(&scratch.profile(&out, &["--layers", "nowhere"]));
    assert!(
        layer.contains("no layer `nowhere`; there are relu, layer1.0.relu1"),
        "{layer}"
    );
    let backend = fail(&scratch.profile(&out, &["--backend", "metal"]));
    assert!(backend.contains("flex, tch or cuda"), "{backend}");
    let shard = fail(&scratch.profile(&out, &["--shard", "3/2"]));
    assert!(shard.contains("0/4"), "{shard}");
    let plan = fail(&[
        "evaluate",
        "--images",
        &scratch.images,
        "--plan",
        "/none.json",
    ]);
    assert!(plan.contains("/none.json"), "{plan}");
    let weights = fail(&["evaluate", "--model", "resnet56"]);
    assert!(weights.contains("--weights"), "{weights}");
    let budget = fail(&["pipeline", "--budgets", "0", "--out", &scratch.text("out")]);
    assert!(budget.contains("percentage"), "{budget}");
}

/// A golden file, or `None` (and a line that says so).
fn golden(name: &str) -> Option<String> {
    let folder = needed::needed("BURN_MPC_GOLDEN", "golden", &[name])?;
    Some(folder.join(name).to_string_lossy().into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_reader_that_goes_away_end_a_command_without_a_panic() {
    let scratch = Scratch::new();
    let (instance, out) = (scratch.text("instance.json"), scratch.text("solution.json"));
    let layers = r#"[{"name": "a", "channels": 1, "dim": 4, "block_sizes": [[1, 1], [2, 2]]}]"#;
    let text =
        format!(r#"{{"layers": {layers}, "neg_distortion": {{"a": [[0, -1]]}}, "max_cost": 8}}"#);
    std::fs::write(&instance, text).unwrap();
    let solve = ["solve", "--instance", &instance, "--json", &out];
    let full = || std::fs::File::options().write(true).open("/dev/full");
    for arguments in [&solve[..], &["--help"]] {
        let output = command(arguments).stdout(full().unwrap()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("standard output: No space left"), "{error}");
    }
    let missing = scratch.text("missing/solution.json");
    let error = fail(&["solve", "--instance", "/nonexistent", "--json", &missing]);
    assert!(error.contains(&missing), "the work began: {error}");
    // A reader that has gone before the first line.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&solve).stdout(writer).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{error}");
    assert_eq!(error, "");
    assert_eq!(json(Path::new(&out))["optimal"], true);
}
