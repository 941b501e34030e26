//! Licences and sources of everything the build compiles, as `deny.toml` states them: without a tool that
//! has to be installed first.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
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
