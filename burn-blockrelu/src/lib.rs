//! Block-ReLU for Burn: one sign per patch of pixels, patches chosen by profiling and an exact knapsack, then
//! finetuning (Gorski, Jevnisek, Avidan, "Securing Neural Networks with Knapsack Optimization",
//! arXiv 2304.10442).
//!
//! # Where things are
//!
//! - This page re-exports `burn-blockrelu-core`: the module `BlockRelu`, which models contain, and plans.
//! - [`profile`]: how much each block of each channel distorts the output, by one of the measures in [`distortion`].
//! - [`budget`], [`knapsack`] and [`solve`](mod@solve): from a profile and a budget to a plan, with a certificate.
//! - [`inference`]: a backend decorator for gradients of a network in evaluation mode.
//! - [`statistics`], [`digest`], [`backend`]: what the others share.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `costs`: budgets in bytes or seconds, from the costs that `burn-mpc` declares: the module `wire`.
//! - `train`: finetuning on Burn's training stack, and data loaders: the modules `finetune` and `data`.
//! - `tui`: Burn's terminal interface while finetuning. It turns `train` on.
//! - `plot`: figures as SVG and PNG: the module `plot`.
//! - `tch`, `cuda`: other backends for profiling and training. They need `LibTorch` 2.9.0, or a CUDA toolkit.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

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
