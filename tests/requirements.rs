//! Every requirement of `docs/requirements.md` has a test, and every test that it names is there.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::PathBuf;

/// Requirements, R1 to R30.
const COUNT: usize = 30;

fn text(file: &str) -> Option<String> {
    fs::read_to_string(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file)).ok()
}

/// A row of the tables: its number and the tests that it names.
#[derive(Debug)]
struct Row {
    number: usize,
    tests: Vec<(String, String)>,
}

/// Reads `| R1 | requirement | tests | not shown |`, with tests in backquotes: `path: name, name`.
fn row(line: &str) -> Option<Row> {
    let mut cells = line.strip_prefix("| R")?.split(" | ");
    let number = cells.next()?.trim().parse().ok()?;
    let named = cells.nth(1).expect("a cell of tests");
    let mut tests = Vec::new();
    for entry in named.split('`').skip(1).step_by(2) {
        let (path, names) = entry.split_once(": ").expect("`path: name`");
        let names = names.split(", ").map(str::trim);
        tests.extend(names.map(|name| (path.to_owned(), name.to_owned())));
    }
    Some(Row { number, tests })
}

fn rows(document: &str) -> Vec<Row> {
    document.lines().filter_map(row).collect()
}

/// Whether `source` has a test of that name: a function under `#[test]`, other attributes and comments between them or
/// not.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
    let declared = format!("fn {name}(");
    lines.iter().enumerate().any(|(at, line)| {
        let above = lines[..at].iter().rev();
        let mut above = above.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        line.starts_with(&declared) && above.any(|line| line.starts_with("#[test]"))
    })
}

#[test]
fn every_requirement_names_tests_that_exist() {
    let document = text("docs/requirements.md").expect("the document");
    let rows = rows(&document);
    let numbers: Vec<usize> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=COUNT).collect::<Vec<_>>(), "one row each");
    let mut wrong = Vec::new();
    for Row { number, tests } in &rows {
        if tests.is_empty() {
            wrong.push(format!("R{number} names no test"));
        }
        for (path, name) in tests {
            match text(path) {
                None => wrong.push(format!("R{number}: no file {path}")),
                Some(source) if !has_test(&source, name) => {
                    wrong.push(format!("R{number}: no test {name} in {path}"));
                }
                Some(_) => {}
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "docs/requirements.md:\n  {}",
        wrong.join("\n  ")
    );
}

#[test]
fn the_check_sees_what_is_missing() {
    let found = row("| R7 | What. | `a/b.rs: one, two` `c.rs: three` | |").expect("a row");
    assert_eq!(found.number, 7);
    let expected = [("a/b.rs", "one"), ("a/b.rs", "two"), ("c.rs", "three")];
    let expected = expected.map(|(path, name)| (path.to_owned(), name.to_owned()));
    assert_eq!(found.tests, expected);
    assert!(
        row("| R12 | What. | | Not yet. |")
            .expect("a row")
            .tests
            .is_empty()
    );
    assert!(row("| --- | --- |").is_none());
    let source =
        "#[test]\n#[cfg(unix)]\nfn real() {}\n\nfn helper() {}\n// #[test]\n\nfn gone() {}";
    assert!(has_test(source, "real"));
    assert!(!has_test(source, "helper") && !has_test(source, "gone") && !has_test(source, "rea"));
}
