//! The shape of the source tree: who may import whom, and what no file may contain.
//!
//! Reads text, not syntax: comments and test modules are dropped, then names are looked for.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "layering/borrowed.rs"]
mod borrowed;
#[path = "layering/graph.rs"]
mod graph;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Each layer of `burn-mpc/engine/src` and `burn-mpc/src`, and which other layers of the crate it may name.
///
/// Data flow: `ring <- share <- protocol <- fixed <- tensor <- ops <- backend`, with `prg` and `net` beneath
/// `protocol`, and `session` and `report` between `protocol` and `fixed`.
const LAYERS: &[(&str, &[&str])] = &[
    ("ring", &[]),
    ("party", &[]),
    ("sync", &[]),
    ("step", &[]),
    ("net", &["party", "sync", "step"]),
    ("prg", &["ring", "party", "step", "net"]),
    ("share", &["ring", "party"]),
    (
        "protocol",
        &["ring", "party", "sync", "step", "net", "prg", "share"],
    ),
    ("report", &["party", "net", "protocol"]),
    ("error", &["party", "net", "prg", "protocol"]),
    (
        "session",
        &[
            "ring", "party", "sync", "net", "prg", "share", "protocol", "report", "error",
        ],
    ),
    (
        "costs",
        &["ring", "party", "net", "protocol", "session", "error"],
    ),
    (
        "fixed",
        &["ring", "party", "share", "protocol", "session", "error"],
    ),
    (
        "tensor",
        &[
            "ring", "party", "sync", "share", "session", "fixed", "error",
        ],
    ),
    (
        "ops",
        &[
            "ring", "party", "share", "protocol", "session", "fixed", "tensor", "error",
        ],
    ),
    (
        "backend",
        &[
            "ring", "party", "protocol", "session", "fixed", "tensor", "ops", "error",
        ],
    ),
];

/// Short names that `lib.rs` re-exports, and the layer each belongs to.
const REEXPORTS: &[(&str, &str)] = &[
    ("Party", "party"),
    ("lock", "sync"),
    ("MpcError", "error"),
    ("Ring", "ring"),
    ("Z32", "ring"),
    ("Z64", "ring"),
    ("MpcDevice", "session"),
    ("SessionConfig", "session"),
    ("Mpc", "backend"),
];

/// Folders of the crate that are not layers: they are beside or above all of them.
const OUTSIDE: &[&str] = &["lib", "manual", "testkit", "bin"];

/// Lines that no file may exceed.
const MAX_LINES: usize = 500;

/// A source file without comments and test modules.
struct Source {
    path: String,
    code: String,
    lines: usize,
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// All Rust files below `folder`, in order of their path.
fn sources(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "no source below {folder}");
    paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a text file");
            Source {
                path: path
                    .strip_prefix(root())
                    .expect("below the root")
                    .to_string_lossy()
                    .into_owned(),
                code: code_of(&text),
                lines: text.lines().count(),
            }
        })
        .collect()
}

/// The code that ships: no comments, nothing from the first inline test module on.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let opens_tests = line.starts_with("#[cfg(test)]")
            && lines
                .peek()
                .is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'));
        if opens_tests {
            break;
        }
        let line = line.split("//").next().unwrap_or_default();
        let _ = writeln!(code, "{line}");
    }
    code
}

/// Whether a file is test-only; such files may import anything.
fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.ends_with("tests.rs")
        || path.ends_with("/testing.rs")
        || path.ends_with("/programs.rs")
}

fn library() -> Vec<Source> {
    let mut files = sources("burn-mpc/engine/src");
    files.extend(sources("burn-mpc/src"));
    files.retain(|file| !is_test(&file.path));
    files
}

/// `burn-mpc/engine/src/net/tcp/mod.rs` and `burn-mpc/engine/src/net.rs` belong to `net`.
fn layer_of(path: &str) -> &str {
    let inner = path
        .strip_prefix("burn-mpc/engine/src/")
        .or_else(|| path.strip_prefix("burn-mpc/src/"))
        .unwrap_or(path);
    inner
        .split('/')
        .next()
        .and_then(|first| first.split('.').next())
        .unwrap_or_default()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The names that follow `prefix` wherever it begins a path, grouped imports included.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|c| is_word(c) || c == ':') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut name = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => names.push(std::mem::take(&mut name)),
                    _ if depth == 1 => name.push(c),
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
            names.push(name);
        } else {
            names.push(rest.to_owned());
        }
    }
    names
        .iter()
        .map(|name| {
            name.trim_start()
                .chars()
                .take_while(|&c| is_word(c))
                .collect()
        })
        .filter(|name: &String| !name.is_empty())
        .collect()
}

/// Whether `code` uses `word` as a whole word.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word)
    })
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn imports_run_in_one_direction() {
    let mut found = Vec::new();
    for file in library() {
        let layer = layer_of(&file.path);
        if OUTSIDE.contains(&layer) {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            found.push(format!("{}: not in LAYERS", file.path));
            continue;
        };
        for name in names_after(&file.code, "crate::") {
            let target = REEXPORTS
                .iter()
                .find(|(short, _)| *short == name)
                .map_or(name.as_str(), |(_, layer)| layer);
            // Names in lower case at the crate's root are macros or modules.
            let known = LAYERS.iter().any(|(layer, _)| *layer == target);
            if target != layer && !(known && allowed.contains(&target)) {
                found.push(format!("{}: crate::{name}", file.path));
            }
        }
    }
    assert_none(&found, "a layer imports what it may not");
}

#[test]
fn only_the_backend_folder_names_burn() {
    let mut found = Vec::new();
    for file in library() {
        let layer = layer_of(&file.path);
        if layer == "backend" || OUTSIDE.contains(&layer) {
            continue;
        }
        for burn in [
            "burn",
            "burn_backend",
            "burn_std",
            "burn_tensor",
            "burn_flex",
        ] {
            let path = format!("{burn}::");
            if !names_after(&file.code, &path).is_empty() {
                found.push(format!("{}: {path}", file.path));
            }
        }
    }
    assert_none(&found, "Burn is named outside backend/");
}

#[test]
fn the_engine_depends_on_no_part_of_burn() {
    let manifest =
        fs::read_to_string(root().join("burn-mpc/engine/Cargo.toml")).expect("a manifest");
    let found: Vec<_> = manifest
        .lines()
        .filter(|line| line.starts_with("burn"))
        .map(str::to_owned)
        .collect();
    assert_none(&found, "the engine depends on Burn or on the backend");
}

#[test]
fn values_are_opened_in_one_place() {
    let mut found = Vec::new();
    for file in library() {
        if file.path.ends_with("src/ops/reveal.rs") || layer_of(&file.path) == "protocol" {
            continue;
        }
        for name in names_after(&file.code, "protocol::") {
            if name.starts_with("reveal") && !name.ends_with("cost") {
                found.push(format!("{}: protocol::{name}", file.path));
            }
        }
    }
    assert_none(&found, "protocol::reveal* is called outside ops/reveal.rs");
}

#[test]
fn models_know_nothing_of_this_backend() {
    let mut found = Vec::new();
    for file in sources("examples/models/src") {
        // The name of a folder's environment variable does not count as knowledge of the backend.
        let code = file.code.replace("BURN_MPC_DATA", "");
        if code.to_ascii_lowercase().contains("mpc") {
            found.push(file.path);
        }
    }
    assert_none(&found, "a model names the private backend");
}

#[test]
fn randomness_comes_from_the_operating_system_through_prg() {
    let mut found = Vec::new();
    for file in library() {
        for name in ["rand", "fastrand", "oorandom", "thread_rng", "rand_core"] {
            if has_word(&file.code, name) {
                found.push(format!("{}: {name}", file.path));
            }
        }
        if has_word(&file.code, "getrandom") && layer_of(&file.path) != "prg" {
            found.push(format!("{}: getrandom outside prg", file.path));
        }
    }
    assert_none(&found, "randomness from elsewhere");
}

#[test]
fn libraries_print_nothing() {
    let mut found = Vec::new();
    let mut files = library();
    files.extend(sources("examples/models/src"));
    for file in files {
        if file.path.contains("/bin/") {
            continue;
        }
        for name in ["println!", "eprintln!", "print!", "eprint!", "dbg!"] {
            if file
                .code
                .match_indices(name)
                .any(|(at, _)| !file.code[..at].ends_with(is_word))
            {
                found.push(format!("{}: {name}", file.path));
            }
        }
    }
    assert_none(&found, "a library prints");
}

#[test]
fn unsafe_code_stays_in_the_kernels() {
    let mut found = Vec::new();
    for file in library() {
        if !file.path.starts_with("burn-mpc/engine/src/ring/simd/")
            && has_word(&file.code, "unsafe")
        {
            found.push(file.path);
        }
    }
    assert_none(&found, "unsafe code outside ring/simd");
}

#[test]
fn files_stay_short() {
    let mut found = Vec::new();
    for folder in ["burn-mpc", "burn-blockrelu", "benches", "examples", "tests"] {
        for file in sources(folder) {
            if file.lines > MAX_LINES {
                found.push(format!("{}: {}", file.path, file.lines));
            }
        }
    }
    assert_none(&found, "too many lines");
}

#[test]
fn every_file_says_what_it_is() {
    let mut found = Vec::new();
    for folder in [
        "burn-mpc/engine/src",
        "burn-mpc/node/src",
        "burn-mpc/src",
        "burn-blockrelu",
        "benches",
        "examples",
        "tests",
    ] {
        for file in sources(folder) {
            let text = fs::read_to_string(root().join(&file.path)).expect("a text file");
            if !text.starts_with("//!") && !is_test(&file.path) {
                found.push(file.path);
            }
        }
    }
    assert_none(&found, "no `//!` in the first line");
}

#[test]
fn grouped_imports_are_read() {
    let code =
        "use crate::{Party, net::{Mesh, Step}, ring};\nlet x = crate::ops::f; my_crate::no();";
    assert_eq!(
        names_after(code, "crate::"),
        ["Party", "net", "ring", "ops"]
    );
}

/// Where the sources of each package lie.
const PACKAGES: &[&str] = &[
    "burn-mpc/engine/src",
    "burn-mpc/node/src",
    "burn-mpc/src",
    "burn-blockrelu/core/src",
    "burn-blockrelu/src",
    "burn-blockrelu/cli/src",
    "examples/models/src",
    "examples/private_inference",
    "examples/private_embedding",
    "benches/src",
];

fn packages() -> Vec<(&'static str, Vec<Source>)> {
    let code = |folder: &&'static str| {
        let mut files = sources(folder);
        files.retain(|file| !is_test(&file.path));
        files.extend(borrowed::files(folder));
        (*folder, files)
    };
    PACKAGES.iter().map(code).collect()
}

fn graph_of(folder: &str, files: &[Source]) -> graph::Package {
    let files = files
        .iter()
        .map(|file| (file.path.as_str(), file.code.as_str()));
    graph::Package::new(folder, files)
}

/// Files that may import each other: macros that call each other by name.
const ALLOWED_CIRCLE: &str = "burn-mpc/engine/src/ring/simd/";

/// What counts as an import is said in `layering/graph.rs`. The file of a parent module counts like any other; a
/// re-export does not.
#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for (folder, files) in packages() {
        let package = graph_of(folder, &files);
        let imports = package.imports();
        for circle in graph::circles(&imports) {
            if !circle.iter().all(|file| file.starts_with(ALLOWED_CIRCLE)) {
                found.push(circle.join(", "));
            }
        }
    }
    assert_none(&found, "files import each other in a circle");
}

/// Imports that may run upwards between folders, all packages together.
const UPWARD: usize = 6;

#[test]
fn imports_run_down_between_folders() {
    let mut found = Vec::new();
    for (folder, files) in packages() {
        let package = graph_of(folder, &files);
        let upward = graph::upward(&package.imports());
        if folder.starts_with("burn-mpc/") {
            assert_none(
                &upward,
                "an import of burn-mpc runs upwards between folders",
            );
        }
        found.extend(upward);
    }
    if found.len() > UPWARD {
        assert_none(&found, "too many imports run upwards between folders");
    }
}
