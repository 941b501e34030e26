//! `burn-mpc`: a Burn backend whose tensors are replicated secret shares among three parties.

pub mod party;
pub mod ring;

pub use party::Party;
pub use ring::{Ring, Z32, Z64};
