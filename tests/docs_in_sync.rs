//! Committed documents that are made from code equal what the code says.
//!
//! `cargo build --examples && UPDATE_DOCS=1 cargo test --workspace --test docs_in_sync` writes them anew.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use burn::backend::Flex;
use burn::tensor::module::{adaptive_avg_pool2d, avg_pool2d, max_pool2d};
use burn::tensor::{Tensor, activation};
use burn_mpc::backend::op_table::{OPS, OpSupport, Support};
use burn_mpc::{Mpc, MpcDevice, Party, SessionConfig, Z64, share};

const UPDATE: &str = "UPDATE_DOCS";
const COMMAND: &str =
    "cargo build --examples && UPDATE_DOCS=1 cargo test --workspace --test docs_in_sync";

fn path(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file)
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
    page.push_str(&measured());
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

type Secret = Tensor<Mpc<Flex, Z64>, 4>;

/// Calls whose declared costs the page lists. Each gets a secret of `[1, 4, 32, 32]`, replicated, at the
/// session's scale, and gives whatever must have been computed.
#[allow(clippy::type_complexity, reason = "a table")]
const CALLS: [(&str, fn(Secret) -> Secret); 22] = [
    (
        "add, sub, neg, sum, reshape, slice, permute, cat, ...",
        |x| (x.clone() + x).permute([0, 1, 3, 2]),
    ),
    ("mul_scalar by a power of two", |x| x * 0.25),
    ("mul_scalar", |x| x * 0.3),
    ("mul, secret by secret", |x| x.clone() * x),
    ("matmul, conv2d, linear", |x| x.clone().matmul(x)),
    (
        "a product, then the truncation its consumer asks for",
        |x| (x.clone() * x.clone()) * x,
    ),
    ("relu", activation::relu),
    ("relu then clamp_max (ReLU6)", |x| {
        activation::relu(x).clamp_max(6.0)
    }),
    ("leaky_relu", |x| activation::leaky_relu(x, 0.1)),
    ("abs", Tensor::abs),
    ("sign", Tensor::sign),
    ("greater_elem, then float", |x| x.greater_elem(1.0).float()),
    ("equal_elem, then float", |x| x.equal_elem(1.0).float()),
    ("mask_fill by a secret mask", |x| {
        let mask = x.clone().lower_elem(1.0);
        x.mask_fill(mask, 2.0)
    }),
    ("max_pool2d 2x2", |x| {
        max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], false)
    }),
    ("max_pool2d 3x3, stride 2", |x| {
        max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1], false)
    }),
    ("relu then max_pool2d 2x2", |x| {
        max_pool2d(activation::relu(x), [2, 2], [2, 2], [0, 0], [1, 1], false)
    }),
    ("avg_pool2d 2x2", |x| {
        avg_pool2d(x, [2, 2], [2, 2], [0, 0], true, false)
    }),
    ("adaptive_avg_pool2d to 1x1", |x| {
        adaptive_avg_pool2d(x, [1, 1])
    }),
    ("max_dim over 32", |x| x.max_dim(3)),
    ("recip", Tensor::recip),
    ("sqrt", Tensor::sqrt),
];

/// Rounds and bytes per input element, as declared.
fn measured() -> String {
    let shape = [1, 4, 32, 32];
    let mut page = String::from(
        "\n## Rounds and bytes per element\n\nDeclared on Z_2^64 with the default scales, by one call on \
         4,096 elements; bytes are those of all parties per element of the input, frame headers included. A \
         product leaves an additive share at no cost; the reshare (3 words) and the truncation fall due when \
         a consumer needs more.\n\n| call | rounds | bytes per element |\n| --- | --- | --- |\n",
    );
    for (name, call) in CALLS {
        let device = MpcDevice::estimate(SessionConfig::z64()).expect("a config");
        let session = device.online("docs").expect("a session");
        let x = share::<Flex, Z64, 4>(&device, Party::P0, "x", shape, None).expect("shared");
        session.start_measuring();
        // A local op that makes the values exist, in whatever form.
        let forced = call(x).permute([3, 2, 1, 0]);
        drop(forced);
        let report = session.report();
        let bytes: u64 = report.declared_bytes.iter().sum();
        let elements: usize = shape.iter().product();
        let _ = writeln!(
            page,
            "| {name} | {} | {:.1} |",
            report.rounds,
            bytes as f64 / elements as f64
        );
    }
    page
}
