//! Why a method refuses secrets, and what to do instead.

pub(super) const SCAN: &str = "no protocol for running products and extrema; reveal first";
pub(super) const SORT: &str =
    "sorting by secrets has no protocol; use max_dim or argmax, or reveal first";
pub(super) const ARGWHERE: &str =
    "how many elements are set is itself a secret; reveal the mask first";
pub(super) const TRAINING: &str = "training through this layer has no protocol; train in the clear";
pub(super) const CTC: &str = "no protocol for logarithms of secrets; reveal first";
