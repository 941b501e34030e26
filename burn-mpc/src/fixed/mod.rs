//! Fixed-point values: shares with their scale, and how scales meet, coarsen and refine.
//!
//! The layer between the protocols, which compute on ring elements without a scale, and the ops, which compute on
//! tensors.

pub mod constant;
mod form;
pub mod reshare;
pub mod scale;
mod value;

pub use form::Form;
pub use value::Fixed;
