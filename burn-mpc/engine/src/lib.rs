//! Replicated secret sharing among three parties: rings, shares, keyed randomness, links and protocols.
//!
//! The engine of `burn-mpc`. It knows nothing of Burn, of tensors or of scales: its values are vectors of ring elements
//! and of bits. Use `burn-mpc` to compute neural networks; use this crate to build something else on the protocols, or
//! a service or client that only moves, splits or joins shares.
//!
//! - [`ring`]: words of `Z_2^64` and `Z_2^32`, fixed-point codes, packed bits, kernels for products, convolutions and
//!   pools.
//! - [`share`]: what one party holds of a secret.
//! - [`prg`]: streams from pair keys, named by addresses, so that no randomness is used twice.
//! - [`net`]: links, frames, and their checks.
//! - [`step`]: the names of all messages and draws.
//! - [`protocol`]: the protocols, one function each, with what each holds, sends and leaks, and its declared cost.
//!
//! Imports run `ring <- share <- protocol`; [`prg`] and [`net`] lie beneath [`protocol`]. The repository's `docs/spec`
//! has the algebra and the view argument of each protocol.
//!
//! # Guarantees
//!
//! Semi-honest security against one of three parties: what a party receives in a protocol has the same distribution for
//! every secret. Types of shares do not print, compare or convert their content. A caller who opens shares
//! by [`protocol::reveal()`] decides who learns what; nothing in this crate counts that.
//!
//! # Features
//!
//! - `testkit`: taps on links, a dealer of shares, keys that repeat. For tests only.

// Output belongs to the caller.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod net;
pub mod party;
pub mod prg;
pub mod protocol;
pub mod ring;
pub mod share;
pub mod step;
pub mod sync;

pub use party::{Party, Rotation};
pub use protocol::Audience;
pub use ring::{Ring, Z32, Z64};
