//! The published crates can go to crates.io. `cargo publish --workspace --dry-run` checks the rest, and needs the
//! network.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates that are published. Everything else in the workspace says `publish = false`.
const PUBLISHED: [&str; 5] = [
    "burn-blockrelu",
    "burn-blockrelu-core",
    "burn-mpc",
    "burn-mpc-engine",
    "burn-mpc-node",
];

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(arguments)
        .args(["--locked", "--offline"])
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

fn members() -> Vec<Value> {
    let text = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&text).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_published(member: &Value) -> bool {
    member["publish"].is_null()
}

fn published() -> Vec<Value> {
    let mut members = members();
    members.retain(is_published);
    members
}

#[test]
fn the_crates_that_are_meant_to_be_published_are_those_that_would_be() {
    let mut names: Vec<_> = published()
        .iter()
        .map(|m| text(&m["name"]).to_owned())
        .collect();
    names.sort();
    assert_eq!(names, PUBLISHED);
}

#[test]
fn published_crates_depend_on_published_crates_of_this_version() {
    for member in published() {
        for dependency in list(&member["dependencies"])
            .iter()
            .filter(|d| !d["path"].is_null())
        {
            let (from, to) = (text(&member["name"]), text(&dependency["name"]));
            let asked = text(&dependency["req"]);
            if dependency["kind"] == "dev" {
                // Cargo leaves these out of the package.
                assert_eq!(asked, "*", "{from}: the dev-dependency {to} has a version");
            } else {
                assert!(PUBLISHED.contains(&to), "{from} depends on {to}");
                assert_eq!(
                    asked,
                    format!("={}", text(&member["version"])),
                    "{from}: {to}"
                );
            }
        }
    }
}

#[test]
fn crates_io_is_told_what_a_crate_is() {
    for member in published() {
        let name = text(&member["name"]);
        for key in [
            "description",
            "license",
            "repository",
            "rust_version",
            "readme",
        ] {
            assert!(!text(&member[key]).is_empty(), "{name}: {key}");
        }
        assert!(
            !list(&member["categories"]).is_empty(),
            "{name}: categories"
        );
        let keywords = list(&member["keywords"]);
        assert!((1..=5).contains(&keywords.len()), "{name}: keywords");
        assert!(
            keywords.iter().all(|word| text(word).len() <= 20),
            "{name}: keywords"
        );
        let asked = list(&member["metadata"]["docs"]["rs"]["features"]);
        let features = member["features"].as_object().expect("features");
        assert!(
            member["metadata"]["docs"]["rs"]["features"].is_array(),
            "{name}: docs.rs"
        );
        assert!(
            asked.iter().all(|asked| features.contains_key(text(asked))),
            "{name}: docs.rs"
        );
    }
}

/// A feature is named in backquotes by the page that crates.io shows, and by the one that docs.rs shows.
#[test]
fn every_feature_is_documented() {
    for member in published() {
        let name = text(&member["name"]);
        let manifest = Path::new(text(&member["manifest_path"]));
        let folder = manifest.parent().expect("a folder");
        for page in ["README.md", "src/lib.rs"] {
            let page = fs::read_to_string(folder.join(page)).expect("a page");
            for feature in member["features"].as_object().expect("features").keys() {
                // A feature that an optional dependency makes, or the empty default.
                let quoted = format!("`{feature}`");
                assert!(
                    feature == "default" || page.contains(&quoted),
                    "{name}: {feature}"
                );
            }
        }
    }
}

#[test]
fn a_package_has_its_readme_its_licences_and_its_sources_and_no_more() {
    for name in PUBLISHED {
        let files = cargo(&["package", "--list", "--allow-dirty", "-p", name]);
        let files: Vec<&str> = files.lines().collect();
        for file in ["README.md", "LICENSE-APACHE", "LICENSE-MIT", "src/lib.rs"] {
            assert!(files.contains(&file), "{name} lacks {file}");
        }
        let expected = |file: &&str| {
            let of_cargo = [
                ".cargo_vcs_info.json",
                "Cargo.lock",
                "Cargo.toml",
                "Cargo.toml.orig",
            ];
            of_cargo.contains(file)
                || ["README.md", "LICENSE-", "src/", "assets/"]
                    .iter()
                    .any(|at| file.starts_with(at))
        };
        let others: Vec<_> = files.iter().filter(|file| !expected(file)).collect();
        assert!(others.is_empty(), "{name}: {others:?}");
    }
}

#[test]
fn every_crate_has_the_licences_of_the_repository() {
    for member in published() {
        let folder = Path::new(text(&member["manifest_path"]))
            .parent()
            .expect("a folder");
        for file in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let (ours, theirs) = (fs::read(root().join(file)), fs::read(folder.join(file)));
            let (ours, theirs) = (ours.expect("a licence"), theirs.expect("a licence"));
            assert!(ours == theirs, "{}: {file} differs", folder.display());
        }
    }
}

#[test]
fn the_changelog_has_the_version() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).expect("the changelog");
    for member in published() {
        let heading = format!("## [{}]", text(&member["version"]));
        assert!(
            changelog.lines().any(|line| line.starts_with(&heading)),
            "{heading}"
        );
    }
}

/// If cargo-hack is not installed, this checks the script's own list.
#[test]
fn each_feature_is_checked_alone() {
    let script = fs::read_to_string(root().join(".ci/features")).expect("the script");
    for member in published() {
        let name = text(&member["name"]);
        let features = member["features"].as_object().expect("features").keys();
        let checked = features.filter(|name| !["default", "tch", "cuda"].contains(&name.as_str()));
        let line = checked.fold(name.to_owned(), |line, feature| line + " " + feature);
        assert!(script.lines().any(|found| found == line), "{line}");
    }
}
