//! Licences and sources of everything the build compiles, as `deny.toml` states them, checked without installing
//! another tool.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("a text file")
}

/// Crate name and licence of everything compiled for this host, tests and build scripts included.
fn compiled() -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "tree",
            "--workspace",
            "--locked",
            "--offline",
            "--prefix",
            "none",
        ])
        .args(["--edges", "normal,build,dev", "--format", "{p}\t{l}"])
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let (package, licence) = line.split_once('\t')?;
            let name = package.split(' ').next()?;
            Some((name.to_owned(), licence.trim_end_matches(" (*)").to_owned()))
        })
        .collect()
}

/// The strings of `allow = [...]` under `[licenses]`.
fn allowed() -> BTreeSet<String> {
    let deny = text("deny.toml");
    let section = deny.split("[licenses]").nth(1).expect("a section");
    let list = section.split("allow = [").nth(1).expect("a list");
    let list = list.split(']').next().expect("its end");
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Per-crate exceptions under `[licenses]`: `{ crate = "name", allow = ["licence"] }`.
fn exceptions() -> BTreeSet<(String, String)> {
    let deny = text("deny.toml");
    deny.lines()
        .filter(|line| line.contains("crate = ") && line.contains("allow = "))
        .map(|line| {
            let mut words = line.split('"').skip(1).step_by(2);
            let name = words.next().expect("a crate").to_owned();
            (name, words.next().expect("a licence").to_owned())
        })
        .collect()
}

/// Whether an SPDX expression can be met: every `AND` by some `OR`. Older crates write `/` for `OR`.
fn is_met(expression: &str, allows: &impl Fn(&str) -> bool) -> bool {
    let flat = expression.replace('/', " OR ");
    flat.split(" AND ").all(|all| {
        let all = all.trim_matches(|c| c == '(' || c == ')' || c == ' ');
        all.split(" OR ").any(|one| allows(one.trim()))
    })
}

#[test]
fn every_licence_is_allowed() {
    let (compiled, allowed, exceptions) = (compiled(), allowed(), exceptions());
    assert!(
        compiled.len() > 50 && allowed.len() > 3,
        "the scan is broken"
    );
    let refused: Vec<_> = compiled
        .iter()
        .filter(|(name, licence)| {
            !is_met(licence, &|one| {
                allowed.contains(one) || exceptions.contains(&(name.clone(), one.to_owned()))
            })
        })
        .collect();
    assert!(refused.is_empty(), "not allowed by deny.toml: {refused:?}");
}

#[test]
fn every_crate_comes_from_crates_io_with_a_checksum() {
    let lock = text("Cargo.lock");
    let mut checked = 0;
    for package in lock.split("[[package]]").skip(1) {
        let Some(source) = package.lines().find(|line| line.starts_with("source = ")) else {
            continue; // a member of this workspace
        };
        assert_eq!(
            source,
            "source = \"registry+https://github.com/rust-lang/crates.io-index\""
        );
        assert!(
            package.contains("\nchecksum = \""),
            "no checksum: {package}"
        );
        checked += 1;
    }
    assert!(checked > 50, "the scan is broken");
}

#[test]
fn refused_crates_are_absent() {
    let names: BTreeSet<String> = compiled().into_iter().map(|(name, _)| name).collect();
    for name in ["openssl-sys", "native-tls"] {
        assert!(!names.contains(name), "{name} is compiled");
    }
}

#[test]
fn advisory_exceptions_have_reasons_and_their_crates_are_there() {
    let deny = text("deny.toml");
    let names: BTreeSet<String> = compiled().into_iter().map(|(name, _)| name).collect();
    let mut count = 0;
    for line in deny.lines().filter(|line| line.contains("id = \"RUSTSEC-")) {
        let reason = line.split("reason = \"").nth(1).expect("a reason");
        let name = reason
            .split(' ')
            .next()
            .expect("the crate's name comes first");
        assert!(names.contains(name), "{name} is gone: drop its exception");
        count += 1;
    }
    assert!(count > 0, "the scan is broken");
}

/// `1.92` or `1.92.0` as numbers.
fn version(text: &str) -> Vec<u32> {
    text.split('.')
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The toolchain named by `rust-version` need not be installed. The test looks for what it would refuse: crates state
/// the version that they need, and clippy compares our calls with `rust-version` (`incompatible_msrv`).
#[test]
fn no_crate_needs_a_newer_toolchain_than_is_promised() {
    let host = Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc runs");
    let host = String::from_utf8_lossy(&host.stdout).into_owned();
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("a host");
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .args(["--filter-platform", host])
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let manifest = text("Cargo.toml");
    let promised = manifest
        .split("rust-version = \"")
        .nth(1)
        .expect("a version");
    let promised = promised.split('"').next().expect("its end");
    let packages = metadata["packages"].as_array().expect("packages");
    let mut stated = 0;
    for package in packages {
        let needed = package["rust_version"].as_str();
        if package["source"].is_null() {
            assert_eq!(needed, Some(promised), "{}", package["name"]);
        }
        let Some(needed) = needed else { continue };
        stated += 1;
        assert!(
            version(needed) <= version(promised)
                || version(needed) == [&version(promised)[..], &[0]].concat(),
            "{} needs {needed}, {promised} is promised",
            package["name"]
        );
    }
    assert!(stated > 100, "the scan is broken");
    assert!(version("1.93") > version(promised) && version("1.9") < version(promised));
}

/// A change must pass the command that the README tells people to run, on the versions of the lock file.
#[test]
fn the_pipeline_runs_the_command_of_the_readme_on_the_versions_that_are_locked() {
    const TESTS: &str = "cargo test --workspace";
    let (readme, pipeline) = (text("README.md"), text(".ci/run"));
    assert!(
        readme.lines().any(|line| line.trim().starts_with(TESTS)),
        "the README"
    );
    let commands = || {
        pipeline
            .lines()
            .map(str::trim)
            .filter(|line| line.contains("cargo "))
    };
    let commands =
        || commands().filter(|line| !line.starts_with(['#', '"']) && !line.starts_with("step"));
    assert!(commands().any(|line| line == TESTS), ".ci/run");
    // The first one fails if the lock file would have to change; so does the last line of all.
    assert_eq!(
        commands().find(|line| line.starts_with("cargo fetch")),
        Some("cargo fetch --locked")
    );
    for line in
        commands().filter(|line| line.contains("clippy --workspace") || line.contains("cargo doc"))
    {
        assert!(
            line.contains("--locked") && line.contains("-D warnings"),
            "{line}"
        );
    }
    assert!(pipeline.contains("git diff --exit-code"));
}
