//! What is public of a smooth function: bound, tails and coefficients.

/// `f(x) = constant + x / 2 + r(x)` (`x / 2` only if `half`) for `-b <= x <= b`, with an even or an odd `r`; outside it
/// goes on as a line of slope 0 or 1. `b` and the coefficients depend on the ring.
#[derive(Clone, Copy, Debug)]
pub struct Smooth {
    /// Whether `r` is odd, else it is even.
    pub(super) odd: bool,
    /// Whether there is `x / 2`.
    pub(super) half: bool,
    pub(super) constant: f64,
    /// The slopes below and above, 0 or 1.
    pub(super) slopes: [u8; 2],
    pub(super) on_64: Polynomial,
    pub(super) on_32: Polynomial,
}

/// `r(x)`, or `r(x) / t` if `r` is odd, as a Chebyshev series in `u = 2 t^2 - 1`, where `t = x / b`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polynomial {
    /// `b = 2^shift / multiplier`, so that `t` is a product with an integer.
    pub(super) multiplier: i64,
    pub(super) shift: u32,
    /// Lowest degree first.
    pub(super) coefficients: &'static [f64],
}

impl Polynomial {
    pub(super) fn bound(&self) -> f64 {
        f64::from(self.shift).exp2() / self.multiplier as f64
    }
}

impl Smooth {
    /// The series for a ring of `bits` bits.
    pub(super) fn on(&self, bits: u32) -> &Polynomial {
        if bits >= 64 { &self.on_64 } else { &self.on_32 }
    }

    /// The most fractional bits with which a value may come, so that the square of `t` fits a ring of `bits` bits.
    #[must_use]
    pub fn most_frac(&self, bits: u32) -> u32 {
        (bits - 3) / 2 - self.on(bits).shift
    }
}

/// `e^x` for `-2^shift <= x <= 0`: a Chebyshev series of `e^(x / 2^squarings)` in `u = 2^(1 - shift) x + 1`, and
/// squarings. `floor` is what comes out for `x = -2^shift`, and is subtracted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exponential {
    pub(crate) shift: u32,
    pub(crate) squarings: u32,
    pub(crate) floor: f64,
    /// Lowest degree first.
    pub(crate) coefficients: &'static [f64],
}

/// Fractional bits of Chebyshev polynomials on a ring of `bits` bits: `|2 T T| <= 2` at twice the scale stays below
/// `2^(bits - 2)`.
#[must_use]
pub fn working_bits(bits: u32) -> u32 {
    if bits >= 64 { 26 } else { 14 }
}
