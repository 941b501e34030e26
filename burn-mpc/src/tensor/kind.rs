//! Burn's kinds of tensors.

/// Burn's kind of tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fixed-point numbers.
    Float,
    /// Integers.
    Int,
    /// Truth values.
    Bool,
}
