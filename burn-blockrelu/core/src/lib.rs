//! Block-ReLU for Burn models: one sign per patch of pixels instead of one per pixel.
//!
//! [`BlockRelu`] is a plain Burn module that takes the place of a ReLU; a [`ReluPlan`] says which block each
//! channel of each layer uses. [`layers()`] finds them in any model by visiting it and watching one forward
//! pass.
//!
//! ```
//! use burn::backend::Flex;
//! use burn::tensor::Tensor;
//! use burn_blockrelu_core::{Block, BlockReluConfig};
//!
//! let device = Default::default();
//! let blocks = vec![Block::RELU, Block::patch(2, 2)?, Block::Identity];
//! let relu = BlockReluConfig::new(3).with_blocks(Some(blocks)).init::<Flex>(&device);
//! let x = Tensor::<Flex, 4>::ones([1, 3, 4, 4], &device).neg();
//! let y = relu.forward(x); // zero, zero, and the third channel unchanged
//! assert_eq!(y.sum().into_scalar(), -16.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod block;
pub mod candidates;
mod classifier;
pub mod file;
mod functional;
pub mod layers;
mod layout;
mod memory;
mod module;
pub mod observe;
pub mod plan;

pub use block::{Block, BlockError};
pub use classifier::Classifier;
pub use functional::block_relu;
pub use layers::{Layer, LayersError, layers};
pub use module::{BlockRelu, BlockReluConfig};
pub use plan::{PlanError, ReluPlan};
