//! An owner's values in their original type, so that none is rounded on its way into the ring.

use std::sync::Arc;

use crate::ring::{self, EncodeError, Ring};

/// Clear values of one type.
#[derive(Clone, Copy)]
pub enum Values<'a> {
    /// Single precision.
    Single(&'a [f32]),
    /// Double precision.
    Double(&'a [f64]),
    /// Integers.
    Signed(&'a [i64]),
    /// Integers that are not negative.
    Unsigned(&'a [u64]),
}

impl Values<'_> {
    /// Codes with `frac` fraction bits: numbers rounded to the nearest, integers exact.
    ///
    /// # Errors
    /// [`EncodeError`] for a value that is not finite or whose code is not below `2^limit` in magnitude.
    pub fn encode<R: Ring>(self, frac: u32, limit: u32) -> Result<Vec<R>, EncodeError> {
        match self {
            Self::Single(values) => ring::encode(values, frac, limit),
            Self::Double(values) => ring::encode_f64(values, frac, limit),
            Self::Signed(values) => {
                ring::encode_integers(values.iter().map(|&v| i128::from(v)), frac, limit)
            }
            Self::Unsigned(values) => {
                ring::encode_integers(values.iter().map(|&v| i128::from(v)), frac, limit)
            }
        }
    }
}

impl Values<'_> {
    /// Position of the first value beyond `limit` in magnitude. A NaN is beyond no limit.
    pub fn first_beyond(self, limit: f64) -> Option<usize> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "integers that a double rounds have no code"
        )]
        match self {
            Self::Single(values) => values.iter().position(|v| f64::from(v.abs()) > limit),
            Self::Double(values) => values.iter().position(|v| v.abs() > limit),
            Self::Signed(values) => values.iter().position(|v| v.unsigned_abs() as f64 > limit),
            Self::Unsigned(values) => values.iter().position(|&v| v as f64 > limit),
        }
    }
}

/// Values that their owner keeps, in their original type.
#[derive(Clone)]
pub enum Kept {
    Single(Arc<[f32]>),
    Double(Arc<Vec<f64>>),
    Signed(Arc<[i64]>),
    Unsigned(Arc<[u64]>),
}

impl Kept {
    pub fn of(values: Values<'_>) -> Self {
        match values {
            Values::Single(values) => Self::Single(values.into()),
            Values::Double(values) => Self::Double(Arc::new(values.to_vec())),
            Values::Signed(values) => Self::Signed(values.into()),
            Values::Unsigned(values) => Self::Unsigned(values.into()),
        }
    }

    pub fn values(&self) -> Values<'_> {
        match self {
            Self::Single(values) => Values::Single(values),
            Self::Double(values) => Values::Double(values),
            Self::Signed(values) => Values::Signed(values),
            Self::Unsigned(values) => Values::Unsigned(values),
        }
    }

    /// In double precision, for arithmetic.
    pub fn numbers(&self) -> Vec<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "parameters of a network are no integers beyond 2^53"
        )]
        match self {
            Self::Single(values) => values.iter().map(|&v| v.into()).collect(),
            Self::Double(values) => values.to_vec(),
            Self::Signed(values) => values.iter().map(|&v| v as f64).collect(),
            Self::Unsigned(values) => values.iter().map(|&v| v as f64).collect(),
        }
    }
}

impl core::fmt::Debug for Kept {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl<'a> From<&'a [f32]> for Values<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self::Single(values)
    }
}

impl core::fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}
