//! Randomness that two parties share: pair keys, their agreement and addressed streams.
//!
//! Component `j` of a sharing is held by `P_{j-1}` and `P_j`, and so is key `K_j`; party `i` holds
//! `(K_i, K_{i+1})`. [`setup`] agrees on fresh keys over a mesh, [`Prg`] turns them into streams
//! addressed by `(key, op, label)`, each of which can be drawn once. This folder uses `net`,
//! `ring` words and `party`. It does not know what the randomness masks. Specification: `docs/spec/randomness.md`.

mod expand;
mod seed;
pub mod setup;
mod stream;
#[cfg(test)]
mod tests;

pub use expand::Expander;
pub use seed::{PairKeys, Seed};
#[cfg(any(test, feature = "testkit"))]
pub use setup::agree_from_insecure_seed;
pub use setup::{SessionId, SetupError};
pub use stream::{KeySide, Keystream, MAX_STREAM_BYTES, Prg, PrgError};
