//! Declared sizes, exact numbers, deep programs and foreign tensors: each ends as the program says or as a typed error,
//! the same at all parties.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod common;
mod deep;
mod exact;
mod foreign;
mod names;
mod sizes;
