//! Scales: how many fractional bits numbers of each kind have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Fractional bits of the weights of linear layers that have their own scale. Layers that are not named use the
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

impl WeightScales {
    /// Makes scales from a map by layer path: the path of the layer's weight without its last name.
    #[must_use]
    pub fn new(layers: BTreeMap<String, u32>) -> Self {
        Self { layers }
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

/// Fractional bits by use, the same at all parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scales {
    /// `k`.
    pub ring_bits: u32,
    /// The ring whose headroom the scales obey.
    pub headroom_bits: u32,
    /// Activations, and weights without their own scale, `F`.
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

    /// The integer bits that a long sum leaves each of its summands on average: three quarters of those of a product.
    /// By default 16 on 64 bits, for squares of 8-bit numbers, and 7 on 32.
    #[must_use]
    pub fn summand(&self) -> u32 {
        self.limit().saturating_sub(self.product) * 3 / 4
    }

    /// The number that stands for an infinity: an eighth of what fits at the session's scale, so that sums and
    /// differences of a few such numbers fit as well.
    #[must_use]
    pub fn infinity(&self) -> f64 {
        let bits = self.limit().saturating_sub(self.value + 3);
        f64::from(bits).exp2()
    }

    /// Bits that an encoded integer may use: `|int| < 2^limit`.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.headroom_bits - 2
    }
}

#[cfg(test)]
mod tests {
    use super::{WeightScales, layer_of};

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
