//! Block-ReLU for Burn.

pub use burn_blockrelu_core::*;

pub mod knapsack;
