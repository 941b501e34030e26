//! What all ops are made of: the frame of a call, computing and resharing, and arithmetic without fusion.

pub mod arith;
pub mod bounds;
pub mod call;
pub mod concat;
mod deep;
pub mod elementary;
pub mod force;
pub mod gate;
pub mod indices;
pub mod input;
pub mod max_pool;
pub mod operand;
pub mod owned;
pub mod places;
pub mod planes;
pub mod quotient;
pub mod shape;
pub mod smooth;
pub mod source;
pub mod sums;
#[cfg(test)]
mod tests;
pub mod values;
pub mod whole;
