//! The error model.

/// How far a result on secrets may be from the result in the clear, in units `u = 2^-F`.
///
/// - Encoding rounds to the nearest, so a secret operand, and a public one used as a term, is off by at
///   most `u / 2`. Where the result changes by at most `L` per change of the operand, that is `L / 2`.
/// - A public factor `y` gets at least `F` significant bits, so that it is off by at most
///   `max(1, max |y|) u / 2`: it counts as an operand with `L = |x|`.
/// - Every truncation, faithful or probabilistic, errs by less than one unit of its result, times the derivative `T` of
///   what follows. Products are opened at the product's scale, without a further error.
/// - Comparisons, selections, movement, sums and resharing are exact.
/// - The plaintext backend rounds to single precision: a relative `2^-24` per operation, for which
///   `2^-21` of the expected value is allowed, and `2^-21` times `magnitude` where larger terms cancel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Sum over the operands of the derivatives by them.
    pub operands: f64,
    /// Sum over the truncations of the derivatives by their results.
    pub truncations: f64,
    /// Largest magnitude of a term that the plaintext backend adds up.
    pub magnitude: f64,
}

/// Single-precision slack: three bits above the rounding unit.
const SINGLE: f64 = 1.0 / (1 << 21) as f64;

impl Bound {
    /// No error at all: integers, truth values, and fixed-point numbers moved or added.
    pub const EXACT: Self = Self {
        operands: 0.0,
        truncations: 0.0,
        magnitude: 0.0,
    };

    /// The model's bound for these derivatives.
    #[must_use]
    pub const fn of(operands: f64, truncations: f64) -> Self {
        Self {
            operands,
            truncations,
            magnitude: 0.0,
        }
    }

    /// The same where terms of that magnitude cancel in single precision.
    #[must_use]
    pub const fn cancelling(mut self, magnitude: f64) -> Self {
        self.magnitude = magnitude;
        self
    }

    /// The tolerance for a result whose plaintext value is `expected`.
    #[must_use]
    pub fn tolerance(&self, expected: f64, frac_bits: u32) -> f64 {
        if *self == Self::EXACT {
            return 0.0;
        }
        let unit = (-f64::from(frac_bits)).exp2();
        (self.operands / 2.0 + self.truncations) * unit
            + SINGLE * expected.abs().max(self.magnitude)
    }
}
