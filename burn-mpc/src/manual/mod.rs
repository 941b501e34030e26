//! The manual: what the crate promises, how it works, and how to use it.
//!
//! - [`threat_model`]: who may learn what, and what is not protected.
//! - [`protocols`]: the primitives, and how an inference is made of them.
//! - [`fixed_point`]: numbers, scales, headroom, lazy states.
//! - [`functions`]: where approximated functions are right, how exact they are, what they cost.
//! - [`porting`]: a model of your own, errors and what to do about them, choosing the ring.
//! - [`embeddings`]: tables looked up by secret ids.
//! - [`network`]: links, frames, failures.
//! - [`costs`]: how rounds and bytes are declared, measured and predicted.
//!
//! Pages link to code rather than repeat its numbers.

pub mod costs;
pub mod embeddings;
pub mod fixed_point;
pub mod functions;
pub mod network;
pub mod porting;
pub mod protocols;
pub mod threat_model;
