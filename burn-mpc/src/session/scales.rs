//! Scales: how many fractional bits numbers of each kind have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::ProductRange;
use crate::session::{RangeReport, SessionConfig};

/// Fractional bits of the weights of linear layers that have a scale of their own. Layers that are not named use the
/// session's.
///
/// Activations share one scale, because every later op uses the value that a truncation leaves. Scales of weights may
/// differ from layer to layer: the scale of a product is the sum of both. A layer of small weights can take more bits;
/// a layer with wide results or block sums needs fewer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WeightScales {
    layers: BTreeMap<String, u32>,
}

/// The fewest significant bits of a layer's largest weight that calibration accepts.
const LEAST_SIGNIFICANT: u32 = 6;
/// The most that it gives, unless the session's own scale has more.
const MOST_SIGNIFICANT: u32 = 12;
/// The most fractional bits that it gives.
const MOST: u32 = 16;

impl WeightScales {
    /// Sets given scales, by the path of the layer: that of its weight without the last name.
    #[must_use]
    pub fn new(layers: BTreeMap<String, u32>) -> Self {
        Self { layers }
    }

    /// Chooses a scale for every linear layer of a calibration: as many bits as its weight can use, and few enough that
    /// the widest of its values fits with `margin` bits to spare. `config` is that of the calibration, but may have
    /// fewer fractional bits. Two bits of margin hold values four times as large.
    ///
    /// A layer whose weight would keep fewer than six significant bits keeps six, and does not fit. Another calibration
    /// reports that.
    #[must_use]
    pub fn calibrated(ranges: &RangeReport, config: &SessionConfig, margin: u32) -> Self {
        let scale = |product: &ProductRange| {
            let room = Room::of(product, ranges, margin);
            let most = room.most - i64::from(config.frac_bits);
            let wanted = room.wanted.max(config.frac_bits.into());
            let chosen = wanted.min(most).max(room.least);
            let chosen = chosen.clamp(1, i64::from(MOST.max(config.frac_bits)));
            (product.layer.clone(), chosen as u32)
        };
        Self {
            layers: ranges.products.iter().map(scale).collect(),
        }
    }

    /// The fractional bits of a layer's weight, if the layer is named.
    #[must_use]
    pub fn of(&self, layer: &str) -> Option<u32> {
        self.layers.get(layer).copied()
    }

    /// Layers and their fractional bits, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.layers
            .iter()
            .map(|(name, &bits)| (name.as_str(), bits))
    }

    /// The fewest and the most fractional bits of a layer.
    #[must_use]
    pub fn range(&self) -> Option<(u32, u32)> {
        let bits = || self.layers.values().copied();
        bits().min().zip(bits().max())
    }

    /// Whether all weights have the session's scale.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }
}

/// Path of the layer that a parameter belongs to.
#[must_use]
pub fn layer_of(parameter: &str) -> &str {
    parameter
        .rsplit_once('.')
        .map_or(parameter, |(layer, _)| layer)
}

/// What a calibration says about the scale of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// The most fractional bits of the product.
    pub(super) most: i64,
    /// The fewest fractional bits of the weight.
    pub(super) least: i64,
    /// Fractional bits beyond which more are of no use.
    wanted: i64,
}

impl Room {
    pub(super) fn of(product: &ProductRange, ranges: &RangeReport, margin: u32) -> Self {
        let frac = i64::from(product.frac_bits);
        let used = i64::from(product.bits) + i64::from(margin);
        let spare = i64::from(ranges.available) - used;
        // Fractional bits at which the largest weight has `bits` bits.
        let significant = |bits: u32| frac + i64::from(bits) - i64::from(product.weight_bits);
        let (least, wanted) = if product.weight_bits == 0 {
            (1, 1)
        } else {
            (
                significant(LEAST_SIGNIFICANT).max(1),
                significant(MOST_SIGNIFICANT),
            )
        };
        Self {
            most: i64::from(ranges.frac_bits) + frac + spare,
            least: least.min(MOST.into()),
            wanted,
        }
    }
}

/// Fractional bits by use, the same at all parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scales {
    /// `k`.
    pub ring_bits: u32,
    /// The ring whose headroom the scales obey.
    pub headroom_bits: u32,
    /// Activations, and weights without a scale of their own, `F`.
    pub value: u32,
    /// Products of two values, and one-dimensional parameters, `2F`.
    pub product: u32,
    /// The most fractional bits of a product with a public factor or of two constants, so that integers keep headroom
    /// below `2^(k-2)`.
    pub headroom: u32,
    /// The most fractional bits of a product of an activation and a weight: `F` and those of the finest weight, but at
    /// least `product`.
    pub finest: u32,
}

impl Scales {
    /// The most fractional bits of a sum.
    #[must_use]
    pub fn sum(&self) -> u32 {
        self.headroom.max(self.finest)
    }

    /// Magnitudes below this can be multiplied with each other once: their product fits at `2F` fractional bits. Values
    /// that are shared without a declared limit must be below it.
    #[must_use]
    pub fn once(&self) -> f64 {
        f64::from(self.limit().saturating_sub(self.product) / 2).exp2()
    }

    /// Parameters are below this: their product with a value of up to 1 fits at `2F` fractional bits.
    #[must_use]
    pub fn parameter(&self) -> f64 {
        f64::from(self.limit().saturating_sub(self.product)).exp2()
    }

    /// Bits that an encoded integer may use: `|int| < 2^limit`.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.headroom_bits - 2
    }
}

#[cfg(test)]
mod tests {
    use super::{ProductRange, RangeReport, WeightScales, layer_of};
    use crate::SessionConfig;

    /// The scale of a layer at 10 bits, of which the report says so much.
    fn chosen(bits: u32, weight_bits: u32) -> Option<u32> {
        let product = ProductRange {
            layer: "layer".into(),
            frac_bits: 10,
            weight_bits,
            bits,
            seen_at: "relu".into(),
        };
        let ranges = RangeReport {
            available: 30,
            frac_bits: 10,
            layers: Vec::new(),
            products: vec![product],
        };
        WeightScales::calibrated(&ranges, &SessionConfig::z32(), 2).of("layer")
    }

    #[test]
    fn wide_values_take_bits_from_the_weight_and_small_weights_get_more() {
        // The values leave no choice.
        assert_eq!(chosen(30, 12), Some(8));
        assert_eq!(chosen(27, 6), Some(11));
        // Twelve significant bits are enough, but never fewer than the session's scale gives.
        assert_eq!(chosen(18, 7), Some(15));
        assert_eq!(chosen(18, 14), Some(10));
        // Six stay, whatever the values.
        assert_eq!(chosen(40, 9), Some(7));
        // An empty weight.
        assert_eq!(chosen(0, 0), Some(10));
    }

    #[test]
    fn a_layer_is_named_by_its_path() {
        assert_eq!(layer_of("layer1.0.conv1.weight"), "layer1.0.conv1");
        assert_eq!(layer_of("weight"), "weight");
    }

    #[test]
    fn scales_travel_as_a_map() {
        let scales = WeightScales::new([("fc".to_owned(), 13)].into());
        let text = serde_json::to_string(&scales).unwrap();
        assert_eq!(text, r#"{"fc":13}"#);
        assert_eq!(serde_json::from_str::<WeightScales>(&text).unwrap(), scales);
    }
}
