//! Block-ReLU for Burn.

pub mod backend;
#[cfg(feature = "train")]
pub mod data;
#[cfg(feature = "train")]
pub mod finetune;
pub mod inference;

pub use burn_blockrelu_core::*;
