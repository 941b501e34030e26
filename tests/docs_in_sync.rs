//! Committed documents that are made from code equal what the code says.
//!
//! `UPDATE_DOCS=1 cargo test --test docs_in_sync` writes them anew.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use burn_mpc::backend::op_table::{OPS, OpSupport, Support};

const UPDATE: &str = "UPDATE_DOCS";
const COMMAND: &str = "UPDATE_DOCS=1 cargo test --test docs_in_sync";

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_default()
}

/// Compares `file` with what it should be, or writes it when asked to.
fn check(file: &str, expected: &str) {
    let found = read(file);
    if found == expected {
        return;
    }
    if std::env::var_os(UPDATE).is_some() {
        fs::write(path(file), expected).expect("written");
        return;
    }
    let differing = found
        .lines()
        .zip(expected.lines())
        .position(|(a, b)| a != b)
        .unwrap_or(found.lines().count().min(expected.lines().count()));
    panic!(
        "{file} is out of date from line {}; run: {COMMAND}",
        differing + 1
    );
}

/// `text` with the lines between `<!-- name:begin -->` and `<!-- name:end -->` replaced.
fn with_region(text: &str, name: &str, content: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name}:begin -->\n"),
        format!("<!-- {name}:end -->"),
    );
    let (before, rest) = text.split_once(&begin).expect("the region begins");
    let (_, after) = rest.split_once(&end).expect("the region ends");
    format!("{before}{begin}{content}{end}{after}")
}

#[test]
fn the_readme_shows_the_example_as_it_compiles() {
    let example = read("examples/your_own_model.rs");
    assert!(!example.is_empty(), "examples/your_own_model.rs is missing");
    let content = format!("```rust\n{}\n```\n", example.trim_end());
    let readme = read("README.md");
    check("README.md", &with_region(&readme, "example", &content));
}

#[test]
fn the_op_table_is_the_codes() {
    check("docs/OPS.md", &ops_page());
}

/// `docs/OPS.md`.
fn ops_page() -> String {
    let mut by_trait: BTreeMap<&str, Vec<&OpSupport>> = BTreeMap::new();
    for op in OPS {
        by_trait.entry(op.trait_name).or_default().push(op);
    }
    let count = |support: Support| OPS.iter().filter(|op| op.support == support).count();
    let mut page = String::from("# Operations\n\n");
    let _ = writeln!(
        page,
        "Made from `burn-mpc/src/backend/op_table.rs`; regenerate with `{COMMAND}`.\n"
    );
    page.push_str(
        "What each method of Burn's backend traits does with secret tensors, and what a call on secrets \
         costs. Methods that Burn provides and this backend leaves alone are made of those listed. Public \
         tensors never cost a byte, whatever the method. A method that takes public tensors only ends the \
         session with `MPC-UNSUPPORTED` and a hint when it is given a secret; it never opens one.\n\n",
    );
    let _ = writeln!(
        page,
        "In all: {} methods, of which {} take secrets, {} public tensors only and {} neither.",
        OPS.len(),
        count(Support::SecretAndPublic),
        count(Support::PublicOnly),
        count(Support::Unsupported)
    );
    for (name, ops) in by_trait {
        let secret = ops
            .iter()
            .filter(|op| op.support == Support::SecretAndPublic)
            .count();
        let _ = writeln!(
            page,
            "\n## {name}\n\n{secret} of {} take secrets.\n",
            ops.len()
        );
        page.push_str("| method | takes | cost on secrets |\n| --- | --- | --- |\n");
        for op in ops {
            let takes = match op.support {
                Support::SecretAndPublic => "secret and public",
                Support::PublicOnly => "public",
                Support::Unsupported => "nothing",
            };
            let _ = writeln!(page, "| `{}` | {takes} | {} |", op.method, op.cost);
        }
    }
    page
}
