//! Protocols that send nothing of their own: calls of others, one after the other.

pub(crate) mod arithmetic;
pub(crate) mod maximum;
pub(crate) mod newton;
pub(crate) mod piecewise;
pub(crate) mod polynomial;
pub(crate) mod reciprocal;
