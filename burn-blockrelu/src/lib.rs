//! Block-ReLU for Burn.

pub mod inference;
#[cfg(feature = "plot")]
pub mod plot;
pub mod statistics;

pub use burn_blockrelu_core::*;
