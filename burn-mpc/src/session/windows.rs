//! Windows of signs per layer, which only a calibration can justify.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::Window;
use crate::report;
use crate::session::RangeReport;

/// From which bits each layer takes its signs. Layers that are not named use all bits.
///
/// A window placed too low gives wrong signs without notice. So a window comes from a calibration, which saw how wide
/// the values of a layer get, or from a configuration that was written after one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Windows {
    layers: BTreeMap<String, Window>,
}

impl Windows {
    /// All bits everywhere.
    #[must_use]
    pub fn full() -> Self {
        Self::default()
    }

    /// Gives every layer that took signs in the calibration a window: the bits that its values had, `margin` bits and
    /// the sign. Two bits of margin hold values four times as large. Bits below `low` are ignored; 0 gives exact signs.
    /// A layer without a name of its own (`relu#5`) keeps all bits: its number is when it ran, and may be another layer's
    /// in a run that remembers constants; [`MpcDevice::scope`](crate::MpcDevice::scope) gives a name.
    /// A window with ignored bits has a margin of at least one bit, since it holds values up to `2^(high - 1) - 2^low`.
    #[must_use]
    pub fn calibrated(ranges: &RangeReport, margin: u32, low: u32) -> Self {
        let window = |bits: u32| {
            let low = low.min(bits.saturating_sub(1));
            let margin = if low > 0 { margin.max(1) } else { margin };
            Window {
                low,
                high: bits + margin + 1,
            }
        };
        let signed = |layer: &crate::protocol::LayerRange| {
            Some((layer.name.clone(), window(layer.sign_bits?)))
        };
        let named = ranges.layers.iter();
        let named = named.filter(|layer| !report::is_numbered(&layer.name));
        Self {
            layers: named.filter_map(signed).collect(),
        }
    }

    /// Windows without a calibration, for tests: signs of larger values are **wrong without notice**.
    #[cfg(any(test, feature = "testkit"))]
    #[must_use]
    pub fn unchecked(layers: BTreeMap<String, Window>) -> Self {
        Self { layers }
    }

    /// The window of a layer, if it has one.
    #[must_use]
    pub fn of(&self, layer: &str) -> Option<Window> {
        self.layers.get(layer).copied()
    }

    /// Layers and their windows, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Window)> {
        self.layers
            .iter()
            .map(|(name, &window)| (name.as_str(), window))
    }

    /// Whether all layers use all bits.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.layers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{RangeReport, Windows};
    use crate::protocol::LayerRange;

    #[test]
    fn a_window_holds_every_value_of_its_calibration() {
        for (bits, margin, low) in [(10, 0, 0), (10, 0, 3), (10, 2, 3), (1, 0, 5), (0, 2, 0)] {
            let layer = LayerRange {
                name: "relu".into(),
                sign_bits: Some(bits),
                ..LayerRange::default()
            };
            let ranges = RangeReport {
                available: 62,
                frac_bits: 20,
                layers: vec![layer],
                products: Vec::new(),
            };
            let windows = Windows::calibrated(&ranges, margin, low);
            let window = windows.of("relu").expect("the layer took signs");
            let most = (1_u64 << bits) - 1;
            assert!(
                most <= (1 << (window.high - 1)) - (1 << window.low),
                "{window:?}"
            );
            assert!(window.high <= bits + margin + 2, "{window:?}");
        }
    }

    /// The number of a layer without a name says when it ran, and may be another layer's once constants are remembered.
    #[test]
    fn layers_without_a_name_keep_all_bits() {
        let layer = |name: &str| LayerRange {
            name: name.into(),
            sign_bits: Some(10),
            ..LayerRange::default()
        };
        let ranges = RangeReport {
            available: 62,
            frac_bits: 20,
            layers: vec![layer("relu#5"), layer("layer1.relu")],
            products: Vec::new(),
        };
        let windows = Windows::calibrated(&ranges, 2, 0);
        let named: Vec<&str> = windows.iter().map(|(name, _)| name).collect();
        assert_eq!(named, ["layer1.relu"]);
    }
}
