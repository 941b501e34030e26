//! Points that a figure cannot show, counted for the note under it.

use std::fmt;

/// Points left out of a figure, by reason.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// NaN or infinite.
    pub infinite: usize,
    /// Zero or negative, where the axis is logarithmic.
    pub not_positive: usize,
    /// A percentage below 0 or above 100.
    pub no_percentage: usize,
}

impl Dropped {
    /// Whether all of `values` are finite. Otherwise one point is counted.
    pub(super) fn keep_finite<const N: usize>(&mut self, values: [f64; N]) -> bool {
        let keep = values.iter().all(|value| value.is_finite());
        self.infinite += usize::from(!keep);
        keep
    }

    /// Whether all of `values` are finite and positive. Otherwise one point is counted.
    pub(super) fn keep_positive<const N: usize>(&mut self, values: [f64; N]) -> bool {
        let keep = self.keep_finite(values);
        let positive = values.iter().all(|&value| value > 0.0);
        self.not_positive += usize::from(keep && !positive);
        keep && positive
    }

    /// Whether `value` is a percentage. Otherwise one point is counted.
    pub(super) fn keep_percent(&mut self, value: f64) -> bool {
        let keep = self.keep_finite([value]);
        let percent = (0.0..=100.0).contains(&value);
        self.no_percentage += usize::from(keep && !percent);
        keep && percent
    }

    /// The note of a figure, if there is anything to say.
    pub(super) fn note(self) -> Option<String> {
        (self != Self::default()).then(|| format!("Not drawn: {self}."))
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [
            (self.infinite, "NaN or infinite"),
            (self.not_positive, "zero or negative on a logarithmic axis"),
            (self.no_percentage, "outside 0 to 100 %"),
        ]
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, reason)| {
            format!(
                "{count} point{} {reason}",
                if count == 1 { "" } else { "s" }
            )
        })
        .collect();
        if parts.is_empty() {
            return f.write_str("no points");
        }
        f.write_str(&parts.join(", "))
    }
}
