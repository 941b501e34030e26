//! Maps values to places along an axis, and chooses the values that get a tick.

/// An interval of values, spaced evenly or by their logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    /// An evenly spaced scale with room for `values`, which lie in `[0, 100]`, and a margin cut to that range.
    pub(super) fn percent(values: impl IntoIterator<Item = f64>) -> Self {
        let [low, high] = range(values);
        let margin = (0.06 * (high - low)).max(0.5);
        Self {
            low: (low - margin).max(0.0),
            high: (high + margin).min(100.0),
            logarithmic: false,
        }
    }

    /// A logarithmic scale with room for `values` and a margin, whose ends differ by a factor of at least `least`.
    /// `values` are finite and positive.
    pub(super) fn logarithmic(values: impl IntoIterator<Item = f64>, least: f64) -> Self {
        let [low, high] = range(values);
        let ratio = high / low;
        let margin = ratio.powf(0.04).max((least / ratio).sqrt());
        Self {
            low: (low / margin).max(f64::from_bits(1)),
            high: (high * margin).min(f64::MAX),
            logarithmic: true,
        }
    }

    /// 0 at the low end, 1 at the high end.
    pub(super) fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// Values for about `most` ticks: round numbers, or on a logarithmic scale powers of ten and, where
    /// these are few, 2 and 5 times them.
    pub(super) fn ticks(&self, most: usize) -> Vec<f64> {
        if self.logarithmic {
            self.decades(most.max(2))
        } else {
            self.rounds(most.max(2))
        }
    }

    fn rounds(&self, most: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / most as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(|&step| step >= rough)
            .unwrap_or(10.0 * power);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        (0..=(last - first).max(0.0) as usize)
            .map(|index| (first + index as f64) * step)
            .collect()
    }

    fn decades(&self, most: usize) -> Vec<f64> {
        let (first, last) = (
            self.low.log10().floor() as i32,
            self.high.log10().ceil() as i32,
        );
        let inside = |digits: &[f64], step: usize| -> Vec<f64> {
            (first..=last)
                .filter(|exponent| exponent.rem_euclid(step as i32) == 0)
                .flat_map(|exponent| digits.iter().map(move |digit| digit * 10f64.powi(exponent)))
                .filter(|value| (self.low..=self.high).contains(value))
                .collect()
        };
        let fine = inside(&[1.0, 2.0, 5.0], 1);
        if fine.len() <= most {
            return fine;
        }
        (1..=(last - first).max(1) as usize)
            .map(|step| inside(&[1.0], step))
            .find(|ticks| ticks.len() <= most)
            .unwrap_or_default()
    }
}

fn range(values: impl IntoIterator<Item = f64>) -> [f64; 2] {
    values
        .into_iter()
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        })
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn all_values_lie_inside_and_ticks_too() {
        let check = |scale: Scale, values: &[f64]| {
            let inside = |value: f64| (0.0..=1.0).contains(&scale.share(value));
            assert!(values.iter().all(|&value| inside(value)), "{scale:?}");
            let ticks = scale.ticks(6);
            assert!(ticks.len() <= 8, "{scale:?}: {ticks:?}");
            assert!(ticks.iter().all(|&tick| inside(tick)), "{scale:?}");
        };
        for values in [vec![2.0, 62.0], vec![0.0], vec![100.0], vec![0.0, 100.0]] {
            check(Scale::percent(values.clone()), &values);
        }
        for values in [
            vec![5.0],
            vec![3e-7, 4e-7],
            vec![3e-7, 3.001e-7],
            vec![6e-7],
            vec![1e-300, 1e300],
            vec![f64::from_bits(1), f64::MAX],
        ] {
            let scale = Scale::logarithmic(values.clone(), 10.0);
            check(scale, &values);
            assert!(scale.ticks(6).len() >= 2, "{scale:?}");
        }
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            Scale::percent([2.0, 62.0]).ticks(7),
            [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
        );
        assert_eq!(Scale::logarithmic([1.0, 40.0], 10.0).ticks(8).len(), 5);
        assert_eq!(Scale::logarithmic([1.0, 1e6], 10.0).ticks(8).len(), 7);
        assert_eq!(Scale::logarithmic([1e-12, 1e6], 10.0).ticks(5).len(), 5);
    }
}
