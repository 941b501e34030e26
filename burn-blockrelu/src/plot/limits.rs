//! How much a figure shows.

/// Most layers that one figure shows.
pub const MAX_LAYERS: usize = 120;
