//! Replicated secret sharing among three parties: rings, shares, keyed randomness, links and
//! protocols. Knows nothing of Burn.
//!
//! Imports run `ring <- share <- protocol`; [`prg`] and [`net`] lie beneath [`protocol`].

// Output belongs to the caller.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod net;
pub mod party;
pub mod prg;
pub mod protocol;
pub mod ring;
pub mod share;
pub mod step;
pub mod sync;

pub use party::Party;
pub use protocol::Audience;
pub use ring::{Ring, Z32, Z64};
