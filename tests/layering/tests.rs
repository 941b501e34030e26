//! What the graph of imports counts.

use super::{Package, circles, upward};

#[test]
fn circles_and_upward_imports_are_found() {
    let files = [
        ("src/lib.rs", "mod a; mod b; pub use a::one::First;"),
        (
            "src/a/mod.rs",
            "pub mod one; pub mod two; pub use two::Second as Renamed;",
        ),
        ("src/a/one.rs", "use crate::a::Renamed; pub struct First;"),
        (
            "src/a/two.rs",
            "use super::three::{self, deep}; pub struct Second; fn f() { deep() }",
        ),
        ("src/a/three.rs", "pub fn deep() { crate::First; }"),
        ("src/b/mod.rs", "pub mod low; mod high;"),
        ("src/b/low.rs", "pub struct Low; use crate::a::two;"),
        (
            "src/b/high.rs",
            "use super::low; fn f(_: low::Low) { let x = \"crate::a::one::First\"; }",
        ),
        (
            "src/a/four.rs",
            "use crate::b::low::Low; use crate::b::high::f;",
        ),
        ("src/b/five.rs", "use crate::a::two::Second;"),
    ];
    let package = Package::new("src", files.into_iter());
    let imports = package.imports();
    assert_eq!(
        circles(&imports),
        [["src/a/one.rs", "src/a/three.rs", "src/a/two.rs"]]
    );
    assert_eq!(
        upward(&imports),
        ["src/b/five.rs -> src/a/two.rs"],
        "a takes two files of b, which takes one of a"
    );
}

#[test]
fn what_passes_between_a_file_and_its_parent_is_counted() {
    // What the parent says, what the child says, and whether that makes a circle.
    let cases = [
        (
            "mod child; pub struct P;",
            "use super::P; pub struct C;",
            false,
        ),
        (
            "mod child; pub use child::C; pub struct P;",
            "use super::P; pub struct C;",
            false,
        ),
        (
            "mod child; pub(super) use child::{C}; pub struct P;",
            "use super::P; pub struct C;",
            false,
        ),
        (
            "mod child; pub use child::C; fn f(_: C) {}",
            "pub struct C;",
            false,
        ),
        (
            "mod child; pub use child::C; pub struct P(C);",
            "use super::P; pub struct C;",
            true,
        ),
        (
            "mod child; use child::C; pub struct P;",
            "use super::P; pub struct C;",
            true,
        ),
        (
            "mod child; pub fn f() { child::c() }",
            "pub fn c() { super::f() }",
            true,
        ),
        (
            "mod child; pub fn f() { child::c() }",
            "use crate::parent::f; pub fn c() { f() }",
            true,
        ),
        (
            "mod child; pub fn f() { child::c() }",
            "use super::*; pub fn c() { f() }",
            true,
        ),
        // `S` is a sibling's, whoever passes it on.
        (
            "mod child; mod sibling; pub use sibling::S; fn f(_: child::C) {}",
            "use super::S; pub struct C;",
            false,
        ),
        (
            "mod child; mod sibling; use sibling::*; fn f(_: child::C) {}",
            "pub struct C(super::S);",
            false,
        ),
    ];
    for (parent, child, is_circle) in cases {
        let files = [
            ("src/lib.rs", "pub mod parent;"),
            ("src/parent/mod.rs", parent),
            ("src/parent/child.rs", child),
            ("src/parent/sibling.rs", "pub struct S;"),
        ];
        let package = Package::new("src", files.into_iter());
        let found = circles(&package.imports());
        let expected: &[&[&str]] = &[&["src/parent/child.rs", "src/parent/mod.rs"]];
        let expected = if is_circle { expected } else { &[] };
        assert_eq!(found, expected, "{parent} / {child}");
    }
}
