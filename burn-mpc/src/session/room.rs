//! Chooses the scales of weights for which a calibration leaves room.

use crate::protocol::ProductRange;
use crate::session::{RangeReport, SessionConfig, WeightScales};

/// The fewest significant bits of a layer's largest weight that calibration accepts.
const LEAST_SIGNIFICANT: u32 = 6;
/// The largest number of significant bits that it gives, unless the session's own scale gives more.
const MOST_SIGNIFICANT: u32 = 12;
/// The most fractional bits that it gives a weight.
const MOST: u32 = 16;

impl WeightScales {
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
        Self::new(ranges.products.iter().map(scale).collect())
    }
}

/// What a calibration says about the scale of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// The most fractional bits of the product.
    pub(super) most: i64,
    /// The fewest fractional bits of the weight.
    pub(super) least: i64,
    /// The most fractional bits that are of use.
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

#[cfg(test)]
mod tests {
    use super::{ProductRange, RangeReport, SessionConfig, WeightScales};

    /// The scale chosen for a layer at 10 bits whose values and weight have these widths.
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
}
