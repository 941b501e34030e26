//! Block-ReLU for Burn.

pub mod inference;

pub use burn_blockrelu_core::*;
