//! Block-ReLU for Burn models.

pub mod block;

pub use block::{Block, BlockError};
