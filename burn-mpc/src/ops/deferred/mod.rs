//! The nodes of deferred work: what each is made of, and how it is computed.
//!
//! A node computes itself and does not know what it fuses with: that is in `rules`.

pub mod affine;
pub mod clamp;
mod folded;
pub mod function;
pub mod gate;
pub mod linear;
mod relu;
mod sign;
mod spread;
pub mod sum;

pub use affine::Affine;
pub use clamp::Clamp;
pub use gate::Gate;
pub use linear::{Linear, LinearMap};
pub use relu::{Relu, clamp_of};
pub use sign::Sign;
pub use spread::Spread;
pub use sum::Sum;
