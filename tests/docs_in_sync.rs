//! Checks that committed documents that are made from code are up to date.
//!
//! `cargo build --workspace --examples && UPDATE_DOCS=1 cargo test --workspace --test docs_in_sync` writes them anew.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use burn::backend::Flex;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::{Tensor, activation};
use burn_mpc::backend::{Cost, Row, Takes, op_table};
use burn_mpc::{Mpc, MpcDevice, Party, SessionConfig, Z64, share};

const UPDATE: &str = "UPDATE_DOCS";
const COMMAND: &str = "cargo build --workspace --examples && UPDATE_DOCS=1 cargo test --workspace --test docs_in_sync";

fn path(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_default()
}

/// Compares `file` with `expected`, or writes it if `UPDATE_DOCS` is set.
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
    let example = read("examples/your_own_model/main.rs");
    assert!(
        !example.is_empty(),
        "examples/your_own_model/main.rs is missing"
    );
    let content = format!("```rust\n{}\n```\n", example.trim_end());
    let readme = read("README.md");
    check("README.md", &with_region(&readme, "example", &content));
}

#[test]
fn the_cost_table_is_what_the_protocols_declare() {
    let test = std::env::current_exe().expect("the path of this test");
    let target = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target/<profile>");
    let program = target.join("examples").join("private_inference");
    let output = std::process::Command::new(program)
        .arg("--costs")
        .output()
        .expect("runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let table = String::from_utf8(output.stdout).expect("text");
    let readme = read("README.md");
    check("README.md", &with_region(&readme, "costs", &table));
}

#[test]
fn the_op_table_is_the_codes() {
    check("docs/OPS.md", &ops_page());
}

/// `docs/OPS.md`.
fn ops_page() -> String {
    let rows = op_table();
    let mut by_trait: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        by_trait.entry(row.trait_name).or_default().push(row);
    }
    let secret = |rows: &[&Row]| {
        let takes = |row: &&&Row| row.takes == Takes::SecretAndPublic;
        rows.iter().filter(takes).count()
    };
    let taken = secret(&rows.iter().collect::<Vec<_>>());
    let mut page = String::from("# Operations\n\n");
    let _ = writeln!(
        page,
        "Made from the table in `burn-mpc/src/backend/table`; regenerate with `{COMMAND}`.\n"
    );
    page.push_str(
        "What each method of Burn's backend traits does with secret tensors, and what a call on secrets \
         costs. Methods that Burn provides and this backend leaves alone are made of those listed. Public \
         tensors never cost a byte, whatever the method. A method that takes public tensors only ends the \
         session with `MPC-UNSUPPORTED` and the reason of its row when it is given a secret; it never opens \
         one.\n\n\
         Every cost is what the estimator declares on Z_2^64 with the default scales for one call on operands \
         of the shapes stated: rounds, and bytes of all parties per element of the first operand, frame \
         headers included. Operands are replicated at the session's scale. The cost column is what the call \
         takes until its result is computed, in whatever form; in brackets the bytes that depend on no input, \
         so that they could be sent before there is one. A product is left as an additive share at \
         twice the scale, and a truth value as a bit: the next column is what a consumer adds that needs the \
         result replicated, at the scale of the session.\n\n",
    );
    let _ = writeln!(
        page,
        "In all: {} methods, of which {taken} take secrets and {} public tensors only.",
        rows.len(),
        rows.len() - taken
    );
    page.push_str(&measured());
    for (name, rows) in by_trait {
        let _ = writeln!(
            page,
            "\n## {name}\n\n{} of {} take secrets.\n",
            secret(&rows),
            rows.len()
        );
        page.push_str(
            "| method | takes | cost on secrets, or why there is none | a consumer adds | measured at |\n\
             | --- | --- | --- | --- | --- |\n",
        );
        for row in rows {
            let _ = writeln!(page, "| `{}` | {} |", row.method, cells(row));
        }
    }
    page
}

/// What a row takes, and its cost.
fn cells(row: &Row) -> String {
    match row.takes {
        Takes::Public(reason) => format!("public | {reason} | - | -"),
        Takes::SecretAndPublic => {
            let cost = row.cost().expect("an estimate");
            let spent = match &cost.error {
                Some(code) => format!("error `{code}` unless the session reveals what is read"),
                None => spent(cost.rounds, cost.bytes) + &offline(cost.offline_bytes),
            };
            let more = spent_more(&cost);
            format!("secret and public | {spent} | {more} | {}", shapes(&cost))
        }
    }
}

fn spent(rounds: u32, bytes: f64) -> String {
    let noun = if rounds == 1 { "round" } else { "rounds" };
    format!("{rounds} {noun}, {bytes:.1} bytes")
}

fn offline(bytes: f64) -> String {
    if bytes == 0.0 {
        String::new()
    } else {
        format!(" ({bytes:.1} offline)")
    }
}

fn spent_more(cost: &Cost) -> String {
    if cost.more_rounds == 0 && cost.more_bytes == 0.0 {
        "-".to_owned()
    } else {
        spent(cost.more_rounds, cost.more_bytes)
    }
}

fn shapes(cost: &Cost) -> String {
    let shapes: Vec<String> = cost.operands.iter().map(|s| format!("{s:?}")).collect();
    if shapes.is_empty() {
        "-".to_owned()
    } else {
        shapes.join(", ")
    }
}

type Secret = Tensor<Mpc<Flex, Z64>, 4>;

/// Calls that cost less, or more, together than their rows say. Each gets a replicated secret of `[1, 4, 32, 32]` at
/// the session's scale, and returns a result that must be computed.
#[allow(clippy::type_complexity, reason = "a table")]
const CALLS: [(&str, fn(Secret) -> Secret); 9] = [
    (
        "a product, then the truncation its consumer asks for",
        |x| (x.clone() * x.clone()) * x,
    ),
    ("relu then clamp_max (ReLU6)", |x| {
        activation::relu(x).clamp_max(6.0)
    }),
    ("greater_elem, then float", |x| x.greater_elem(1.0).float()),
    ("equal_elem, then float", |x| x.equal_elem(1.0).float()),
    ("mask_fill by a mask from lower_elem", |x| {
        let mask = x.clone().lower_elem(1.0);
        x.mask_fill(mask, 2.0)
    }),
    ("max_pool2d 3x3, stride 2", |x| {
        max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1], false)
    }),
    ("relu then max_pool2d 2x2", |x| {
        max_pool2d(activation::relu(x), [2, 2], [2, 2], [0, 0], [1, 1], false)
    }),
    ("relu then avg_pool2d 2x2", |x| {
        avg_pool2d(activation::relu(x), [2, 2], [2, 2], [0, 0], true, false)
    }),
    ("x / sqrt(x + eps), as norms write it", |x| {
        x.clone() / (x + 1e-5).sqrt()
    }),
];

/// Rounds and bytes per input element, as declared.
fn measured() -> String {
    let shape = [1, 4, 32, 32];
    let mut page = String::from(
        "\n## Calls together\n\nBy one call on 4,096 elements, `[1, 4, 32, 32]`, until the result is computed.\n\n\
         | call | rounds | bytes per element | of them offline |\n| --- | --- | --- | --- |\n",
    );
    for (name, call) in CALLS {
        let device = MpcDevice::estimate(SessionConfig::z64()).expect("a config");
        let session = device.online("docs").expect("a session");
        let x = share::<Flex, Z64, 4>(&device, Party::P0, "x", shape, None).expect("shared");
        session.start_measuring();
        // A local op that forces the values to be computed, in any form.
        let forced = call(x).permute([3, 2, 1, 0]);
        drop(forced);
        let report = session.report();
        let bytes: u64 = report.declared_bytes.iter().sum();
        let offline: u64 = report.offline_bytes.iter().sum();
        let elements: usize = shape.iter().product();
        let _ = writeln!(
            page,
            "| {name} | {} | {:.1} | {:.1} |",
            report.rounds,
            bytes as f64 / elements as f64,
            offline as f64 / elements as f64
        );
    }
    page
}
