//! Arithmetic on single words that several protocols share.

use crate::ring::Ring;

/// `2^bits - 1`.
pub(crate) fn low_mask<R: Ring>(bits: u32) -> R {
    R::ONE.shl(bits) - R::ONE
}

/// `x` with the sign `1 - 2 bit`.
pub(crate) fn signed<R: Ring>(bit: R, x: R) -> R {
    (x ^ -bit) + bit
}
