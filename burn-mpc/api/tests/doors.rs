//! No program that uses `burn-mpc` without `testkit` reaches a share, a protocol or an uncounted opening.
//!
//! Each file of `doors/` is a program that tries, and the compiler's answer. After a change of the compiler's wording
//! run `TRYBUILD=overwrite cargo test --package burn-mpc-api-tests` and read the difference.

#[test]
fn shares_protocols_and_uncounted_openings_are_out_of_reach() {
    trybuild::TestCases::new().compile_fail("tests/doors/*.rs");
}
