//! What a user can name, and what not: no program that uses `burn-mpc` without `testkit` reaches a share, a protocol or
//! an uncounted opening.
//!
//! Each file of `doors/` is a program that tries, and the compiler's answer; `names.rs` has the names there are. After a
//! change of the compiler's wording run `TRYBUILD=overwrite cargo test --package burn-mpc-api-tests` and read the
//! difference.

use std::process::Command;

/// What makes cargo run another compiler, whose answers have other words. `.ci/run` lints while it builds.
const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

#[test]
fn shares_protocols_and_uncounted_openings_are_out_of_reach() {
    if std::env::var_os(WRAPPER).is_some() {
        let this = std::env::current_exe().expect("this program");
        let again = Command::new(this).env_remove(WRAPPER).status();
        assert!(again.expect("a child").success());
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/doors/*.rs");
}
