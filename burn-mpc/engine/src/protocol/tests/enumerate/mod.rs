//! Proof by enumeration: what a party receives has one distribution, whatever it does not know of the inputs.
//!
//! Runs the protocols of the engine, not a model, on the rings `Z_2^2` and `Z_2^3` (some on `Z_2^4` and `Z_2^6`), once
//! for every way to draw what the watched party does not know. A run has many instances at once, and the number of an
//! instance has one digit for every element that is drawn from the key that the party lacks (`script`). So over all
//! instances these draws take all their values together, each as often. The draws from the other two keys, and what
//! the party holds of the inputs, are constants (`held`).
//!
//! A *cell* is one choice of all pieces of the inputs that the party does not hold. Its joint distribution is the
//! multiset of everything the party receives, message after message, in all instances of the cell. The multisets of all
//! cells must be equal (`case`). This says more than that they do not depend on the secret: they do not depend on how
//! the other two hold it either. Where the party reads a result, cells are compared that give it the same one. Every
//! received frame must be made of the recorded values and nothing else (`heard`); digests of public facts and of
//! components that the receiver holds or reads are left out.
//!
//! # What is shown
//!
//! For each protocol in `cases`, for each of the three parties: all draws, exactly, for the cells that are looked at,
//! for some choices of the constants (`proof`). All cells are looked at where they and the draws together are few;
//! else some at random, at least three. The suite leaves a party out where there are more than `2^15` ways to draw.
//! The whole enumeration goes to `2^23` and takes minutes:
//!
//! ```text
//! MPC_ENUMERATE=all cargo test -p burn-mpc-engine --lib enumerate -- --nocapture
//! ```
//!
//! It prints for every protocol and party how many ways to draw there are, and how many cells were looked at.
//!
//! # What is not shown
//!
//! - More than `2^23` ways to draw: B in a faithful gate of few rounds with a tree, on three bits (`2^26`), and one
//!   party of a gate of few rounds in two lanes, with either comparison (`2^24`, `2^25`). Nor gates on rings on which
//!   signs have a tree with levels. Their parts are enumerated: truncations, gates without truncation, gates of one
//!   lane, signs of six bits. That parts compose is the lemma of `docs/spec/README.md`: calls and steps draw from
//!   addresses of their own.
//! - Patches so large that a seed takes the place of pads: a seed has 128 bits.
//! - Wide rings. Protocols have one form for all rings, but nothing here proves that a ring of 64 bits behaves the same.
//! - Quotients, roots and polynomials, which send nothing themselves.
//! - All constants: some are tried, at random, by `MPC_SEED`.
//!
//! Broken variants must show (`broken`): every draw is spoilt, one after the other, where the others can be made in
//! few enough ways (`2^13` in the suite, `2^18` in the whole enumeration).

mod broken;
mod case;
mod cases;
mod heard;
mod held;
mod proof;
mod script;

pub(crate) use script::{Script, Yield};

use crate::protocol::testing::whole;

/// Whether everything is enumerated, in minutes, instead of what takes seconds.
fn all() -> bool {
    whole("MPC_ENUMERATE")
}
