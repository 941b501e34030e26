//! Which bits of a value its sign is taken from.

use crate::ring::Ring;

/// Bits `[low, high)` of a value: its sign is taken from these alone.
///
/// Exact in the upper bits if `|x| < 2^(high - 1)`, which nothing but a calibration can promise; a larger value
/// gives a **wrong sign without notice**. In the lower bits `x` is taken for `floor(x / 2^low)` or one less, so
/// that signs of `|x| < 2^low` may be wrong, which is an approximation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Window {
    /// Bits below are ignored.
    pub low: u32,
    /// Bits from here on are taken to repeat the sign.
    pub high: u32,
}

impl Window {
    /// All bits of the ring.
    #[must_use]
    pub fn full<R: Ring>() -> Self {
        Self {
            low: 0,
            high: R::BITS,
        }
    }

    /// Number of bits.
    #[must_use]
    pub fn width(self) -> u32 {
        self.high.saturating_sub(self.low)
    }

    /// From a range of bits.
    pub(super) fn of(range: &core::ops::Range<u32>) -> Self {
        Self {
            low: range.start,
            high: range.end,
        }
    }

    /// The same as a range of bits.
    #[must_use]
    pub fn range(self) -> core::ops::Range<u32> {
        self.low..self.high
    }

    /// The part of the window that lies in the ring, of at least two bits.
    #[must_use]
    pub fn within<R: Ring>(self) -> Self {
        let high = self.high.clamp(2, R::BITS);
        Self {
            low: self.low.min(high - 2),
            high,
        }
    }
}
