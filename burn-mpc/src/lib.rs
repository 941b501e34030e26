//! `burn-mpc`: a Burn backend whose tensors are replicated secret shares among three parties.

pub mod net;
pub mod party;
pub mod prg;
pub mod ring;

pub use party::Party;
pub use ring::{Ring, Z32, Z64};
