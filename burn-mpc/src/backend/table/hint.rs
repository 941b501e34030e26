//! Why a method refuses secrets, and what to do instead.

pub(super) const ARGWHERE: &str =
    "how many elements are set is itself a secret; reveal the mask first";
