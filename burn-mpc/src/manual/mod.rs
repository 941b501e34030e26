//! The manual: what the crate promises and how it works, without a line of code.
//!
//! - [`threat_model`]: who may learn what, and what is not protected.
//! - [`protocols`]: the primitives, and how an inference is made of them.
//! - [`fixed_point`]: numbers, scales, headroom, lazy states.
//! - [`network`]: links, frames, failures.
//! - [`costs`]: how rounds and bytes are declared, measured and predicted.
//!
//! Pages link to code rather than repeat its numbers.

pub mod costs;
pub mod fixed_point;
pub mod network;
pub mod protocols;
pub mod threat_model;
