//! Block-ReLU for Burn: one sign per patch of pixels, patches chosen by profiling and an exact knapsack, then
//! finetuning (Gorski, Jevnisek, Avidan, "Securing Neural Networks with Knapsack Optimization",
//! arXiv 2304.10442).

pub mod backend;
pub mod budget;
#[cfg(feature = "train")]
pub mod data;
pub mod digest;
pub mod distortion;
#[cfg(feature = "train")]
pub mod finetune;
pub mod inference;
pub mod knapsack;
#[cfg(feature = "plot")]
pub mod plot;
pub mod profile;
pub mod solve;
pub mod statistics;
#[cfg(feature = "costs")]
pub mod wire;

pub use burn_blockrelu_core::*;
