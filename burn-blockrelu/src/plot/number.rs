//! Numbers as text, and from JSON.

use serde::{Deserialize, Deserializer};

/// JSON has no NaN: it is written as `null`, and read back from it.
pub(super) fn f64_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Formats `value` with at most `digits` digits after the point and no trailing zeros.
pub(super) fn plain(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" { "0" } else { text }.replace('-', "−")
}

/// A tick of a logarithmic axis, a digit times a power of ten: `200`, `10³`, `2×10⁻³`.
pub(super) fn scientific(value: f64) -> String {
    let exponent = (value.log10() + 1e-9).floor() as i32;
    // In two steps: the power of a subnormal value is out of range.
    let half = exponent / 2;
    let digit = (value / 10f64.powi(half) / 10f64.powi(exponent - half)).round();
    if (0..=2).contains(&exponent) {
        return plain(digit * 10f64.powi(exponent), 0);
    }
    let power = format!("10{}", superscript(exponent));
    if digit == 1.0 {
        power
    } else {
        format!("{digit}×{power}")
    }
}

fn superscript(number: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = number.unsigned_abs().to_string();
    let sign = if number < 0 { "⁻" } else { "" };
    let digits = digits
        .bytes()
        .map(|digit| DIGITS[usize::from(digit - b'0')]);
    sign.chars().chain(digits).collect()
}

/// 1234567 as `1,234,567`.
pub(super) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{grouped, plain, scientific};

    #[test]
    fn numbers_read_as_in_print() {
        assert_eq!(plain(12.50, 2), "12.5");
        assert_eq!(plain(100.0, 1), "100");
        assert_eq!(plain(-0.001, 1), "0");
        assert_eq!(plain(-2.0, 0), "−2");
        for (value, text) in [
            (1.0, "1"),
            (200.0, "200"),
            (5000.0, "5×10³"),
            (1e4, "10⁴"),
            (0.1, "10⁻¹"),
            (2e-3, "2×10⁻³"),
            (1e-12, "10⁻¹²"),
            (0.2 + 0.1, "3×10⁻¹"),
            (5e-320, "5×10⁻³²⁰"),
        ] {
            assert_eq!(scientific(value), text);
        }
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(123_456), "123,456");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
