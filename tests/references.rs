//! Every text that code and documents refer to is in the repository.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A Rust or Markdown file: its path below the root, and its text.
struct File {
    path: String,
    text: String,
}

fn has_extension(path: impl AsRef<Path>, extension: &str) -> bool {
    path.as_ref()
        .extension()
        .is_some_and(|found| found == extension)
}

fn collect(folder: &Path, found: &mut Vec<File>) {
    let entries = fs::read_dir(folder).expect("a folder");
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else if has_extension(&path, "rs") || has_extension(&path, "md") {
            let below = path.strip_prefix(root()).expect("below the root");
            found.push(File {
                path: below.to_string_lossy().replace('\\', "/"),
                text: fs::read_to_string(&path).expect("a text"),
            });
        }
    }
}

/// All Rust and Markdown files, but for this one, which names what it refuses.
fn files() -> Vec<File> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found.retain(|file| file.path != "tests/references.rs");
    assert!(found.len() > 100, "the tree was not found");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The prose of a line: all of it in a document, its comment in code.
fn prose<'a>(path: &str, line: &'a str) -> &'a str {
    if has_extension(path, "md") {
        return line;
    }
    line.find("//").map_or("", |at| &line[at..])
}

/// Phrases that name documents which are not in the repository.
const ABSENT: [&str; 7] = [
    "protocol specification",
    "project's specification",
    "of the specification",
    "the specification's",
    "the design's",
    "of the design",
    "the design notes",
];

/// Why a line refers to a text that is not in the repository.
fn dangling(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    if let Some(phrase) = ABSENT.iter().find(|phrase| lower.contains(**phrase)) {
        return Some(format!("\"{phrase}\""));
    }
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_decision = |word: &&&str| {
        let number = word.strip_prefix('D').unwrap_or_default();
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    if let Some(word) = words.iter().find(is_decision) {
        return Some(format!("a numbered decision, {word}"));
    }
    let is_section = |pair: &&[&str]| {
        let is_number = pair[1].starts_with(|c: char| c.is_ascii_digit());
        pair[0].eq_ignore_ascii_case("section") && is_number
    };
    let section = words.windows(2).find(is_section)?;
    Some(format!("section {} of a text without a name", section[1]))
}

#[test]
fn nothing_refers_to_a_document_that_is_not_there() {
    let mut found = Vec::new();
    for file in files() {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(why) = dangling(prose(&file.path, line)) {
                found.push(format!("{}:{}: {why}", file.path, number + 1));
            }
        }
    }
    let all = found.join("\n  ");
    assert!(
        found.is_empty(),
        "name a page of docs/spec and the title of its section, or say what it says:\n  {all}"
    );
}

#[test]
fn the_check_sees_references_to_absent_documents() {
    for line in [
        "/// Source: section 4.2 of the project's protocol specification.",
        "/// Faithful truncation, section 3.2 of the design: no gross error.",
        "//! Affine maps that follow a layer (decision D5).",
        "D1–D14 of the design are followed.",
        "/// Section 3.1: fewer bits.",
        "the two-round comparison of the specification's section 4.6",
    ] {
        assert!(dangling(line).is_some(), "{line}");
    }
    for line in [
        "/// Source: `docs/spec/comparison.md`, \"The one-hot leaf\".",
        "a 3D image, `Conv2d`, a section of 64 bits, `Tensor<B, D>`, DReLU",
        "the specification of this protocol is docs/spec/gate.md",
    ] {
        assert_eq!(dangling(line), None, "{line}");
    }
    assert_eq!(prose("a.rs", "let section = 4; // D5"), "// D5");
    assert_eq!(prose("a.md", "all of it"), "all of it");
}

/// A document that a line names, and the title of a section of it, where one follows in quotes.
fn named_documents(line: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("docs/") {
        let rest = &line[at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let Some(path) = rest[..end]
            .find(".md")
            .map(|dot| &rest[..dot + ".md".len()])
        else {
            continue;
        };
        let behind = rest[path.len()..].trim_start_matches('`');
        let title = behind.strip_prefix(", \"").map(|title| {
            // A title that continues on the next line is not found, and so reported.
            title.split_once('"').map_or(title, |(title, _)| title)
        });
        found.push((path, title));
    }
    found
}

fn titles(document: &str) -> Vec<&str> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| line.trim_start_matches('#').trim())
        .collect()
}

#[test]
fn documents_and_sections_that_are_named_exist() {
    let mut wrong = Vec::new();
    let mut specified = 0;
    for file in files() {
        for (number, line) in file.text.lines().enumerate() {
            for (path, title) in named_documents(prose(&file.path, line)) {
                specified += usize::from(path.starts_with("docs/spec/"));
                let at = format!("{}:{}: {path}", file.path, number + 1);
                let Ok(document) = fs::read_to_string(root().join(path)) else {
                    wrong.push(at);
                    continue;
                };
                if let Some(title) = title
                    && !titles(&document).contains(&title)
                {
                    wrong.push(format!("{at} has no section \"{title}\""));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not there:\n  {}", wrong.join("\n  "));
    assert!(specified > 10, "the code names its specification");
}

#[test]
fn named_documents_are_read_with_their_sections() {
    let line = "see `docs/spec/gate.md`, \"The sums\", and docs/OPS.md. Not docs/plots/a.svg";
    let found = named_documents(line);
    assert_eq!(
        found,
        [
            ("docs/spec/gate.md", Some("The sums")),
            ("docs/OPS.md", None)
        ]
    );
    assert_eq!(titles("# A\ntext\n## B c\n"), ["A", "B c"]);
}

/// The anchor of a heading, as web pages make it.
fn anchor(title: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => c.to_lowercase().next(),
        _ => None,
    };
    title.chars().filter_map(kept).collect()
}

/// `path` below the root with its `..` taken away.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn links_between_pages_of_the_specification_lead_somewhere() {
    let all = files();
    let pages: Vec<&File> = all
        .iter()
        .filter(|file| file.path.starts_with("docs/spec/") || file.path == "docs/glossary.md")
        .collect();
    assert!(pages.len() > 10, "pages of the specification");
    let mut wrong = Vec::new();
    for page in pages {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in page.text.split("](").skip(1) {
            let Some((link, _)) = link.split_once(')') else {
                continue;
            };
            if link.contains("://") {
                continue;
            }
            let (path, section) = link.split_once('#').unwrap_or((link, ""));
            let path = if path.is_empty() {
                page.path.clone()
            } else {
                plain(&format!("{folder}/{path}"))
            };
            let Some(target) = all.iter().find(|file| file.path == path) else {
                wrong.push(format!("{}: {link}", page.path));
                continue;
            };
            let mut anchors = titles(&target.text).into_iter().map(anchor);
            if !section.is_empty() && !anchors.any(|anchor| anchor == section) {
                wrong.push(format!("{}: {link}", page.path));
            }
        }
    }
    assert!(wrong.is_empty(), "broken links:\n  {}", wrong.join("\n  "));
}

#[test]
fn files_that_the_specification_names_exist() {
    let all = files();
    let mut wrong = Vec::new();
    let mut named = 0;
    let pages = all.iter();
    for page in pages.filter(|file| file.path.starts_with("docs/spec/")) {
        for code in page.text.split('`').skip(1).step_by(2) {
            if !has_extension(code, "rs") || code.contains(char::is_whitespace) {
                continue;
            }
            named += 1;
            let below = format!("/{code}");
            let exists = |file: &File| file.path == code || file.path.ends_with(&below);
            if !all.iter().any(exists) {
                wrong.push(format!("{}: {code}", page.path));
            }
        }
    }
    assert!(wrong.is_empty(), "not there:\n  {}", wrong.join("\n  "));
    assert!(named > 20, "pages name the files of their protocols");
}
