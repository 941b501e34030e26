//! Protocols that send nothing of their own: calls of others, one after the other.

pub(crate) mod maximum;
pub(crate) mod reciprocal;
