//! Windows: the bits of a value from which its sign is taken.

use crate::ring::Ring;

/// Bits `[low, high)` of a value: its sign is taken from these alone.
///
/// Right if `|x| <= 2^(high - 1) - 2^low`, which only a calibration can promise. A larger value gives a **wrong sign
/// without notice**. The sign is that of `floor(x / 2^low)` or of one less, so signs of `|x| < 2^low` may be wrong: an
/// approximation. Specification: `docs/spec/comparison.md`, "Windows".
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Window {
    /// Bits below are ignored.
    pub low: u32,
    /// Bits from here on are assumed to repeat the sign.
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

    /// The window as a range of bits.
    #[must_use]
    pub fn range(self) -> core::ops::Range<u32> {
        self.low..self.high
    }

    /// The window of values of which the lowest `shift` bits have been cut off.
    pub(super) fn above(self, shift: u32) -> Self {
        Self {
            low: self.low.saturating_sub(shift),
            high: self.high.saturating_sub(shift),
        }
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
