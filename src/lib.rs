//! Facade: [`burn_mpc`] computes Burn models on secret shares, [`burn_blockrelu`] makes their ReLUs cheap.

pub use {burn_blockrelu, burn_mpc};
