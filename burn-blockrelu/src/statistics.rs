//! Rank correlation and quantiles of samples.

/// The `p`-quantile of `values`, for `p` in `[0, 1]`, linear between order statistics: of `n` sorted values
/// `v[0..n]` it is `v` at the position `p (n - 1)` (definition 7 of Hyndman and Fan, "Sample Quantiles in
/// Statistical Packages", 1996). The order of `values` does not matter.
///
/// `None` where it is undefined: no values, a value that is NaN, `p` outside `[0, 1]`, or a
/// position between minus and plus infinity.
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = p * sorted.len().checked_sub(1)? as f64;
    let share = position.fract();
    let (low, high) = (sorted[position as usize], sorted[position.ceil() as usize]);
    if share == 0.0 || low == high {
        return Some(low);
    }
    let value = low * (1.0 - share) + high * share;
    (!value.is_nan()).then_some(value)
}

/// Spearman's rank correlation of pairs `(x[i], y[i])`: the Pearson correlation of their ranks, where equal
/// values share the average of the ranks they take (Spearman, "The Proof and Measurement of Association
/// between Two Things", 1904). In `[-1, 1]`.
///
/// `None` where it is undefined: lengths that differ, fewer than two pairs, a NaN, or one side constant.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.iter().chain(y).any(|value| value.is_nan()) {
        return None;
    }
    let (x, y) = (average_ranks(x), average_ranks(y));
    // Ranks average (n + 1) / 2 with or without ties, and twice a rank is an integer.
    let mean = f64::midpoint(1.0, x.len() as f64);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        let (x, y) = (x - mean, y - mean);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
}

/// Ranks from 1, in the order of `values`; ties share their average rank. No value is NaN.
fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    // `==`, so that 0 and -0, neighbours in the total order, tie.
    for ties in chunks_of_equals(&order, values) {
        let rank = (2 * ties.start + ties.len() + 1) as f64 / 2.0;
        for &index in &order[ties] {
            ranks[index] = rank;
        }
    }
    ranks
}

/// Ranges of `order` over which `values` are equal.
fn chunks_of_equals(order: &[usize], values: &[f64]) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    order
        .chunk_by(|&a, &b| values[a] == values[b])
        .map(|chunk| {
            let range = start..start + chunk.len();
            start = range.end;
            range
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{average_ranks, quantile, spearman};

    const NAN: f64 = f64::NAN;
    const INF: f64 = f64::INFINITY;

    #[test]
    fn quantiles_interpolate_between_order_statistics() {
        let values = [7.0, 1.0, 4.0, 2.0]; // sorted: 1 2 4 7
        for (p, expected) in [
            (0.0, 1.0),
            (0.25, 1.75),
            (0.5, 3.0),
            (0.75, 4.75),
            (1.0, 7.0),
        ] {
            assert_eq!(quantile(&values, p), Some(expected), "p = {p}");
        }
        assert_eq!(quantile(&[5.0], 0.3), Some(5.0));
        assert_eq!(quantile(&[INF, INF, 1.0], 0.9), Some(INF));
        assert_eq!(quantile(&[-INF, 1.0, 2.0], 0.5), Some(1.0));
    }

    #[test]
    fn undefined_quantiles_are_none() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[1.0, NAN], 0.5), None);
        assert_eq!(quantile(&[-INF, INF], 0.5), None);
        for p in [-0.1, 1.1, NAN] {
            assert_eq!(quantile(&[1.0, 2.0], p), None, "p = {p}");
        }
    }

    #[test]
    fn ties_share_their_average_rank() {
        assert_eq!(
            average_ranks(&[3.0, 1.0, 3.0, 3.0, -2.0]),
            [4.0, 2.0, 4.0, 4.0, 1.0]
        );
        assert_eq!(average_ranks(&[0.0, -0.0, 1.0]), [1.5, 1.5, 3.0]);
    }

    #[test]
    fn monotone_pairs_correlate_fully() {
        let x = [1.0, 5.0, 2.0, 9.0];
        let cubes: Vec<f64> = x.iter().map(|x| x * x * x).collect();
        let falling: Vec<f64> = x.iter().map(|x| -x.exp()).collect();
        assert_eq!(spearman(&x, &cubes), Some(1.0));
        assert_eq!(spearman(&x, &falling), Some(-1.0));
        assert_eq!(spearman(&[1.0, INF, -INF], &[0.0, 1.0, -1.0]), Some(1.0));
    }

    /// Without ties the coefficient is `1 - 6 sum d^2 / (n (n^2 - 1))`: here `d` is 1, 1, 0, 1, 1.
    #[test]
    fn distinct_values_follow_the_formula_of_rank_differences() {
        let found = spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[20.0, 10.0, 30.0, 50.0, 40.0]);
        assert!((found.unwrap() - 0.8).abs() < 1e-15, "{found:?}");
    }

    /// Ranks 1, 2.5, 2.5, 4 against 1, 2, 3.5, 3.5; centred, their squares sum to 4.5 on both sides.
    #[test]
    fn ties_follow_the_hand_computation() {
        let found = spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 3.0]).unwrap();
        // (-1.5)(-1.5) + 0 (-0.5) + 0 (1) + (1.5)(1) = 3.75
        assert!((found - 3.75 / 4.5).abs() < 1e-15, "{found}");
    }

    #[test]
    fn undefined_correlations_are_none() {
        assert_eq!(spearman(&[], &[]), None);
        assert_eq!(spearman(&[1.0], &[1.0]), None);
        assert_eq!(spearman(&[1.0, 2.0], &[1.0]), None);
        assert_eq!(spearman(&[1.0, 2.0], &[4.0, 4.0]), None);
        assert_eq!(spearman(&[1.0, NAN], &[1.0, 2.0]), None);
    }
}
