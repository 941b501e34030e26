//! What the example writes, what it does if it cannot, and the numbers that its command line
//! refuses.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and waits for processes"
)]

mod example_support;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use example_support::{folder, message, program, run, start};
use serde_json::Value;

/// No party runs, and no file is read.
const QUICK: [&str; 3] = ["--weights", "random", "--estimate"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&QUICK[..], more].concat()
}

#[test]
fn figures_that_cannot_be_are_refused_and_say_why() {
    for (arguments, hint) in [
        (&["--deadline", "18446744073709551615"][..], "a year"),
        (&["--deadline", "0"], "nothing arrives in no time"),
        (&["--deadline", "-1"], "1 to"),
        (&["--deadline=-1"], "1 to"),
        (&["--batch", "4294967295"], "1 to 1024"),
        (&["--batch", "0"], "1 to 1024"),
        (&["--network", "1e30ms,1Mbit"], "an hour"),
        (&["--network", "1ms,1e300Mbit"], "Mbit/s"),
        (&["--network", "1ms,1e-300Mbit"], "Mbit/s"),
        (&["--network", "nanms,1Mbit"], "no network"),
        (&["--ring", "64", "--play-party", "3"], "0..3"),
        (&["--model", "resnet21"], "resnet110"),
    ] {
        let output = run(&with(arguments));
        let said = message(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        // A value that begins with a dash looks like an option.
        assert!(
            said.contains(hint) || said.contains("unexpected argument"),
            "{arguments:?}: {said}"
        );
    }
    // The largest that are allowed do not overflow either; these run three parties.
    let longest = [
        "--deadline",
        "31536000",
        "--weights",
        "random",
        "--batch",
        "1",
    ];
    for transport in ["memory", "tcp"] {
        let output = run(&[&longest[..], &["--transport", transport]].concat());
        assert!(output.status.success(), "{}", message(&output));
    }
    for arguments in [
        &["--ring", "4294967295"][..],
        &["--frac-bits", "4294967295"],
        &["--frac-bits", "63", "--scales", "calibrated"],
        &["--windows", "--ignore-bits", "4294967295"],
        &["--ring", "32", "--windows", "--ignore-bits", "40"],
    ] {
        let output = run(&with(arguments));
        let (code, said) = (output.status.code(), message(&output));
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        assert!(
            matches!(code, Some(0 | 2 | 3)),
            "{arguments:?}: {code:?} {said}"
        );
    }
}

#[test]
fn the_version_and_all_networks_and_exit_codes_are_told() {
    let output = run(&["--version"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        text,
        concat!("private_inference ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    for kind in example_models::ModelKind::ALL {
        assert!(text.contains(kind.name()), "{} is missing", kind.name());
    }
    for code in ["\n  0  ", "\n  2  ", "\n  3  ", "\n  4  "] {
        assert!(text.contains(code), "{code:?} is missing");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_what_is_full() {
    let run_to = |arguments: &[&str], full: bool| {
        let mut command = Command::new(program());
        if full {
            let disk = File::options().write(true).open("/dev/full");
            command.stdout(disk.expect("/dev/full"));
        }
        command.args(arguments).output().expect("runs")
    };
    for (arguments, full, named) in [
        (with(&[]), true, "standard output"),
        (vec!["--help"], true, "standard output"),
        (with(&["--json", "-"]), true, "standard output"),
        (with(&["--json", "/dev/full"]), false, "/dev/full"),
    ] {
        let output = run_to(&arguments, full);
        let said = message(&output);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(said.contains(named), "{arguments:?}: {said}");
        assert!(said.contains("No space left"), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly_and_the_json_is_there() {
    let folder = folder("closed");
    let path = folder.join("report.json");
    let mut child = start(&with(&["--json", path.to_str().expect("a path")]));
    // Nobody reads.
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(4), "{}", message(&output));
    assert_eq!(message(&output), "");
    let text = std::fs::read_to_string(&path).expect("the report");
    let _: Value = serde_json::from_str(&text).expect("JSON");
    std::fs::remove_dir_all(folder).expect("removed");

    // `| head -1` takes one line; the program has then written everything, or finds the pipe
    // closed.
    let mut child = start(&QUICK);
    let mut line = String::new();
    let mut stdout = BufReader::with_capacity(16, child.stdout.take().expect("piped"));
    stdout.read_line(&mut line).expect("a line");
    drop(stdout);
    let output = child.wait_with_output().expect("ends");
    assert!(matches!(output.status.code(), Some(0 | 4)), "{output:?}");
    assert!(line.starts_with("resnet20"), "{line}");
    assert_eq!(message(&output), "");
}

#[test]
fn errors_survive_where_nobody_reads_them() {
    let mut child = Command::new(program())
        .args(with(&["--json", "/"]))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("ends").code(), Some(3));
}

#[test]
fn json_that_cannot_be_written_is_found_out_before_the_work() {
    let folder = folder("unwritable");
    let missing = folder.join("no\x1b[31m-folder").join("report.json");
    let below = folder.join("file").join("report.json");
    std::fs::write(folder.join("file"), "").expect("written");
    for (path, hint) in [
        (&missing, "No such file"),
        (&folder, "folder"),
        (&below, "Not a directory"),
    ] {
        let path = path.to_str().expect("a path");
        // A run of three parties with many images; none of them may start.
        let started = Instant::now();
        let output = run(&["--batch", "512", "--transport", "tcp", "--json", path]);
        let said = message(&output);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(hint) && said.contains("unwritable"), "{said}");
        assert!(!said.contains('\x1b'), "{said}");
        assert_eq!(output.stdout, b"", "before the work");
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "before the work"
        );
    }
    std::fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn json_on_standard_output_is_alone_there_and_says_what_it_is() {
    for (arguments, schema) in [
        (with(&[]), "estimate"),
        (vec!["--weights", "random", "--batch", "1"], "result"),
    ] {
        let output = run(&[&arguments[..], &["--json", "-"]].concat());
        assert!(output.status.success(), "{}", message(&output));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
        assert_eq!(
            report["schema"],
            format!("burn-mpc/private_inference/{schema}")
        );
        assert_eq!(report["version"], 1);
        assert_eq!(report["model"], "resnet20");
        let text = message(&output);
        assert!(text.contains("rounds"), "text for people");
        // The line of progress is for terminals: it erases itself by control characters.
        let is_plain = |c: char| c == '\n' || !c.is_control();
        assert!(text.chars().all(is_plain), "{text:?}");
    }
}

#[test]
fn costs_are_written_as_json_too() {
    let output = run(&["--costs", "--json", "-"]);
    assert!(output.status.success(), "{}", message(&output));
    let costs: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(costs["schema"], "burn-mpc/private_inference/costs");
    let rows = costs["rows"].as_array().expect("rows");
    // The table of text has a line for each, after two of heading.
    let table = message(&output);
    assert_eq!(table.lines().count(), rows.len() + 2, "{table}");
    for (row, line) in rows.iter().zip(table.lines().skip(2)) {
        let network = row["network"].as_str().expect("a name");
        assert!(line.contains(&format!(
            "| {network} | 2^{} | {} |",
            row["ring"], row["rounds"]
        )));
        assert!(row["bytes_total"].as_u64().is_some_and(|bytes| bytes > 0));
    }
}

#[cfg(unix)]
#[test]
fn json_replaces_a_file_at_once_and_goes_through_links_and_pipes() {
    let folder = folder("targets");
    let at = |name: &str| folder.join(name).to_str().expect("a path").to_owned();
    std::fs::write(at("old"), "x".repeat(100_000)).expect("written");
    std::os::unix::fs::symlink(at("old"), at("link")).expect("a link");
    // A report that is written whole replaces the old file by another one; a reader of the old one
    // keeps it.
    let mut reader = File::open(at("old")).expect("the old report");
    let output = run(&with(&["--json", &at("link")]));
    assert!(output.status.success(), "{}", message(&output));
    let mut kept = String::new();
    reader.read_to_string(&mut kept).expect("text");
    assert_eq!(kept.len(), 100_000, "the old report under its reader");
    let text = std::fs::read_to_string(at("old")).expect("the report");
    let report: Value = serde_json::from_str(&text).expect("JSON");

    let made = Command::new("mkfifo").arg(at("pipe")).status();
    assert!(made.expect("mkfifo").success());
    let path = at("pipe");
    let reader = std::thread::spawn(move || std::fs::read_to_string(path).expect("the report"));
    let output = run(&with(&["--json", &at("pipe")]));
    assert!(output.status.success(), "{}", message(&output));
    let through: Value = serde_json::from_str(&reader.join().expect("text")).expect("JSON");
    assert_eq!(through, report);

    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(names, ["link", "old", "pipe"], "no draft is left");
    std::fs::remove_dir_all(folder).expect("removed");
}

/// Every layer of the network is there, the three that lose most are named, and fewer fractional bits lose more.
#[test]
fn errors_are_explained_layer_by_layer() {
    let explained = |bits: &str| {
        let output = run(&[
            "--batch",
            "1",
            "--explain-error",
            "--frac-bits",
            bits,
            "--json",
            "-",
        ]);
        let said = message(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(json["schema"], "burn-mpc/private_inference/errors");
        assert_eq!(json["unknown"].as_array().map(Vec::len), Some(0), "{json}");
        (json, said)
    };
    let (fine, text) = explained("20");
    let layers = fine["layers"].as_array().expect("layers");
    let error = |layer: &Value| layer["relative"].as_f64().expect("a number");
    assert!(layers.len() >= 20, "{} layers", layers.len());
    assert!(layers.iter().all(|layer| error(layer) < 1e-2), "{fine}");
    for worst in fine["worst"].as_array().expect("worst") {
        assert!(text.contains(worst["layer"].as_str().expect("a name")));
    }
    assert_eq!(fine["worst"].as_array().map(Vec::len), Some(3));
    let (coarse, _) = explained("14");
    let last = |json: &Value| {
        error(
            json["layers"]
                .as_array()
                .and_then(|l| l.last())
                .expect("one"),
        )
    };
    assert!(last(&coarse) > 4.0 * last(&fine), "{coarse}\n{fine}");
}
