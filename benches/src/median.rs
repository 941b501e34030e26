//! The middle of several measurements.

/// Sorts the numbers and gives the one in the middle; 0 for none.
pub fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}
