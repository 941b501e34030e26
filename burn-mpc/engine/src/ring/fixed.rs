//! Fixed-point codes: `v` is held as `round(v * 2^frac)`.

use super::Ring;

/// A value that has no code. The value itself is secret and is not part of the error.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The magnitude reaches the limit.
    #[error("element {index} is not below {limit} in magnitude, the limit at {frac} fraction bits")]
    OutOfRange {
        /// Position of the first such element.
        index: usize,
        /// The magnitude that no element may reach.
        limit: f64,
        /// Fraction bits.
        frac: u32,
    },
    /// The value is infinite or not a number.
    #[error("element {index} is not a finite number")]
    NotFinite {
        /// Position of the first such element.
        index: usize,
    },
}

fn power_of_two(exponent: u32) -> f64 {
    2.0_f64.powi(exponent.min(1023).cast_signed())
}

#[inline(always)]
fn encode_all<R: Ring>(
    values: impl ExactSizeIterator<Item = f64>,
    frac: u32,
    limit_bits: u32,
) -> Result<Vec<R>, EncodeError> {
    let limit_bits = limit_bits.min(R::BITS - 1);
    let (scale, limit) = (power_of_two(frac), power_of_two(limit_bits));
    let mut codes = Vec::with_capacity(values.len());
    for (index, value) in values.enumerate() {
        if !value.is_finite() {
            return Err(EncodeError::NotFinite { index });
        }
        let scaled = (value * scale).round_ties_even();
        if scaled.abs() >= limit {
            return Err(EncodeError::OutOfRange {
                index,
                limit: limit / scale,
                frac,
            });
        }
        #[expect(clippy::cast_possible_truncation, reason = "an integer below 2^63")]
        codes.push(R::from_i64(scaled as i64));
    }
    Ok(codes)
}

/// Codes of `values` with `frac` fraction bits, rounded to the nearest, ties to even.
///
/// # Errors
///
/// [`EncodeError`] if a value is not finite or its code is not below `2^limit_bits` in magnitude
/// (`limit_bits` is cut to `k - 1`). The error names the element's position, not its value.
pub fn encode<R: Ring>(values: &[f32], frac: u32, limit_bits: u32) -> Result<Vec<R>, EncodeError> {
    encode_all(values.iter().map(|&v| f64::from(v)), frac, limit_bits)
}

/// Codes of double-precision `values` with `frac` fraction bits, rounded to the nearest, ties to even.
///
/// # Errors
///
/// Those of [`encode`].
pub fn encode_f64<R: Ring>(
    values: &[f64],
    frac: u32,
    limit_bits: u32,
) -> Result<Vec<R>, EncodeError> {
    encode_all(values.iter().copied(), frac, limit_bits)
}

/// Codes of whole numbers with `frac` fraction bits, none of them rounded.
///
/// # Errors
///
/// [`EncodeError::OutOfRange`] if a code is not below `2^limit_bits` in magnitude.
pub fn encode_integers<R: Ring>(
    values: impl ExactSizeIterator<Item = i128>,
    frac: u32,
    limit_bits: u32,
) -> Result<Vec<R>, EncodeError> {
    let limit_bits = limit_bits.min(R::BITS - 1);
    // `|value| * 2^frac < 2^limit_bits`, without the product.
    let limit = 1_u128 << limit_bits;
    let most = (limit - 1).checked_shr(frac).unwrap_or(0);
    let mut codes = Vec::with_capacity(values.len());
    for (index, value) in values.enumerate() {
        if value.unsigned_abs() > most {
            return Err(EncodeError::OutOfRange {
                index,
                limit: power_of_two(limit_bits) / power_of_two(frac),
                frac,
            });
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 2^63 in magnitude")]
        codes.push(R::from_i64((value << frac.min(limit_bits)) as i64));
    }
    Ok(codes)
}

/// The values of `codes` with `frac` fraction bits, rounded to single precision.
#[must_use]
pub fn decode<R: Ring>(codes: &[R], frac: u32) -> Vec<f32> {
    let unit = 1.0 / power_of_two(frac);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "rounds to the result's precision"
    )]
    codes
        .iter()
        .map(|code| (code.to_i64() as f64 * unit) as f32)
        .collect()
}

/// The values of `codes` with `frac` fraction bits, rounded to double precision.
#[must_use]
pub fn decode_f64<R: Ring>(codes: &[R], frac: u32) -> Vec<f64> {
    let unit = 1.0 / power_of_two(frac);
    #[expect(
        clippy::cast_precision_loss,
        reason = "rounds to the result's precision"
    )]
    codes
        .iter()
        .map(|code| code.to_i64() as f64 * unit)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Ring, Z4, Z32, Z64};
    use super::{EncodeError, decode, decode_f64, encode, encode_f64, encode_integers};

    #[test]
    fn decoding_inverts_encoding() {
        let values = [0.0_f32, 1.0, -1.0, 0.5, -1234.625, 8191.9375];
        assert_eq!(decode::<Z64>(&encode(&values, 16, 40).unwrap(), 16), values);
        assert_eq!(decode::<Z32>(&encode(&values, 12, 31).unwrap(), 12), values);
        let wide = [1.5_f64, -3.25e9];
        assert_eq!(
            decode_f64::<Z64>(&encode_f64(&wide, 20, 60).unwrap(), 20),
            wide
        );
        assert_eq!(
            decode::<Z4>(&encode(&[-1.75, 1.5], 2, 3).unwrap(), 2),
            [-1.75, 1.5]
        );
    }

    #[test]
    fn rounds_to_the_nearest() {
        let codes = encode::<Z64>(&[0.49, 0.51, -0.51, 1.5, 2.5, -2.5], 0, 40).unwrap();
        assert_eq!(decode(&codes, 0), [0.0, 1.0, -1.0, 2.0, 2.0, -2.0]);
    }

    #[test]
    fn integers_are_not_rounded() {
        let integers = |values: &[i128], frac, limit| {
            encode_integers::<Z64>(values.iter().copied(), frac, limit)
        };
        let values = [0, -1, 16_777_217, -(1 << 57) - 1, (1 << 58) - 1];
        let codes = integers(&values, 4, 62).unwrap();
        for (code, value) in codes.iter().zip(values) {
            assert_eq!(i128::from(code.to_i64()), value * 16);
        }
        for bad in [
            1 << 58,
            -(1 << 58),
            i128::from(u64::MAX),
            i128::MIN,
            i128::MAX,
        ] {
            let error = integers(&[0, bad], 4, 62).unwrap_err();
            assert!(matches!(error, EncodeError::OutOfRange { index: 1, .. }));
        }
        assert!(integers(&[1], 64, 62).is_err());
        assert!(integers(&[0], 200, 62).is_ok());
    }

    #[test]
    fn errors_name_the_place_and_not_the_value() {
        let error = encode::<Z64>(&[1.0, 12345.0], 4, 10).unwrap_err();
        assert_eq!(
            error,
            EncodeError::OutOfRange {
                index: 1,
                limit: 64.0,
                frac: 4
            }
        );
        assert!(!error.to_string().contains("12345"));
        assert!(encode::<Z64>(&[64.0], 4, 10).is_err());
        assert!(encode::<Z64>(&[-64.0], 4, 10).is_err());
        assert!(
            encode::<Z64>(&[63.99], 4, 10).is_err(),
            "rounds up to the limit"
        );
        assert!(encode::<Z64>(&[63.9], 4, 10).is_ok());
        assert!(encode_f64::<Z64>(&[1e300], 60, 63).is_err());
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = encode::<Z32>(&[0.0, bad], 4, 10).unwrap_err();
            assert_eq!(error, EncodeError::NotFinite { index: 1 });
        }
    }
}
