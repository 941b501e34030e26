//! Sums of many numbers of different size.

/// The sum of `terms`, compensated (Neumaier 1974): the error is about one rounding, not one per term.
pub(super) fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut total = 0.0_f64;
    let mut lost = 0.0_f64;
    for term in terms {
        let (high, low) = two_sum(total, term);
        total = high;
        lost += low;
    }
    total + lost
}

/// `a + b` as `(high, low)`: `high` is the rounded sum and `high + low` the exact one (Knuth), unless it
/// overflows.
pub(super) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let high = a + b;
    let part = high - a;
    (high, (a - (high - part)) + (b - part))
}

#[cfg(test)]
mod tests {
    use super::{sum, two_sum};

    #[test]
    fn small_terms_survive_a_large_one() {
        let terms = [1e16, 1.0, 1.0, -1e16, 1e-3];
        assert_eq!(sum(terms), 2.001);
        assert_ne!(terms.iter().sum::<f64>(), 2.001);
    }

    #[test]
    fn two_sum_loses_nothing() {
        assert_eq!(two_sum(1e16, 1.0), (1e16, 1.0));
        assert_eq!(two_sum(-0.1, 0.3).0, 0.3 - 0.1);
    }
}
