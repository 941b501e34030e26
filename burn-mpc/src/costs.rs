//! Predicts what layers will cost before anything runs, for planners.
//!
//! Predictions add up what the protocols declare, so that a plan and a report agree to the byte. [`Cost::sent`]
//! includes frame headers, as a report does: some hundred bytes per layer, whatever its size. The costs per unit do
//! not.
//!
//! ```
//! use burn_mpc::net::shaped::LinkShape;
//! use burn_mpc::{BlockReluSize, CostModel, SessionConfig};
//!
//! let costs = CostModel::new(&SessionConfig::z64())?;
//! // The sign, its forwarded sum and two seeds.
//! assert_eq!(costs.bits_per_drelu(), 285.0 + 64.0 + 2.0 * 128.0);
//! // 64 channels of 32 by 32 pixels: a sign per pixel, and a sign per 4x4 patch.
//! let pixels = 64 * 32 * 32;
//! let relu = costs.block_relu(BlockReluSize::relu(pixels));
//! let block = costs.block_relu(BlockReluSize::default().with_patches(pixels / 16, 16));
//! assert_eq!(block.rounds(), relu.rounds() + 1);
//! assert!(3 * block.payload_bytes() < 2 * relu.payload_bytes());
//! let seconds = LinkShape::WAN.seconds(block.sent(), block.rounds());
//! assert!(seconds < LinkShape::WAN.seconds(relu.sent(), relu.rounds()));
//! # Ok::<(), burn_mpc::MpcError>(())
//! ```

use crate::error::MpcError;
use crate::protocol::{
    Cost, GateSize, Truncation, Window, b2a_cost, gate_cost, gate_masked_cost, gate_rounds_cost,
    msb_cost, reshare_cost, reshare_halves_cost, truncate_cost,
};
use crate::ring::{Ring, Z32, Z64};
use crate::session::{Schedule, SessionConfig, Way};
use burn_mpc_engine::Rotation;

/// Enough elements that no byte is padded.
const MANY: usize = 1 << 12;

/// How large a Block-ReLU layer is, for one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockReluSize {
    /// Patches whose sign is evaluated.
    pub drelus: usize,
    /// Pixels of the channels that have patches.
    pub signed_pixels: usize,
    /// Pixels of the other channels: identity and zero.
    pub passed_pixels: usize,
    /// How many of the patches have 1, 2, 3 and 4 pixels; they cost less than larger ones.
    pub small: [usize; 4],
}

impl BlockReluSize {
    /// The ordinary ReLU: every pixel is a patch.
    #[must_use]
    pub fn relu(pixels: usize) -> Self {
        Self::default().with_patches(pixels, 1)
    }

    /// Adds `count` patches of `area` pixels each.
    #[must_use]
    pub fn with_patches(mut self, count: usize, area: usize) -> Self {
        self.drelus += count;
        self.signed_pixels += count * area;
        if let Some(small) = area.checked_sub(1).and_then(|i| self.small.get_mut(i)) {
            *small += count;
        }
        self
    }

    /// Adds pixels of identity and zero channels.
    #[must_use]
    pub fn with_passed(mut self, pixels: usize) -> Self {
        self.passed_pixels += pixels;
        self
    }

    fn gate<R: Ring>(self) -> GateSize {
        let small = (1..).zip(self.small);
        let unseeded = small.filter(|(area, _)| area * R::BYTES <= 16);
        let (patches, pads) = unseeded.fold((0, 0), |(patches, pads), (area, count)| {
            (patches + count, pads + area * count)
        });
        GateSize {
            elements: self.signed_pixels + self.passed_pixels,
            signed: self.signed_pixels,
            patches: self.drelus,
            seeds: self.drelus.saturating_sub(patches),
            pads,
            // No choice depends on it beyond whether every pixel is a patch.
            largest: self.signed_pixels.div_ceil(self.drelus.max(1)),
        }
    }
}

/// Costs under the parameters of a session. Where weights have their own scales, every layer counts as having the
/// finest: a layer with `f` bits fewer sends `f` bits less per pixel. Under [`Schedule::Fastest`] a large layer runs in
/// lanes, which are not counted: their parts round up to whole bytes, and there are three times as many frame headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostModel {
    ring_bits: u32,
    /// The bits by which a product is truncated.
    shift: u32,
    truncation: Truncation,
    schedule: Schedule,
}

impl CostModel {
    /// The model for sessions of that config.
    ///
    /// # Errors
    /// [`MpcError::Config`] from [`SessionConfig::scales`] and [`Schedule::unmeasured`].
    pub fn new(config: &SessionConfig) -> Result<Self, MpcError> {
        let scales = config.scales()?;
        if ![Z32::BITS, Z64::BITS].contains(&scales.ring_bits) {
            return Err(MpcError::Config {
                reason: format!("ring of {} bits; choose 64 or 32", scales.ring_bits),
            });
        }
        let weights = config.weight_scales.range().map(|(_, most)| most);
        Ok(Self {
            ring_bits: scales.ring_bits,
            shift: weights.map_or(scales.value, |most| most.max(scales.value)),
            truncation: config.truncation,
            schedule: config.schedule.unmeasured()?,
        })
    }

    /// All of a Block-ReLU layer between two convolutions: [`Self::signs`], then [`Self::hand_over`] of every
    /// pixel. The all-pixel layer ([`BlockReluSize::relu`]) is the ordinary ReLU.
    pub fn block_relu(&self, size: BlockReluSize) -> Cost {
        let pixels = size.signed_pixels + size.passed_pixels;
        self.signs(size).then(self.hand_over(size, pixels))
    }

    /// The layer itself, after a convolution; without a patch it costs nothing. [`Schedule::Classic`]: resharing of the
    /// signed pixels, one sign call and one bit conversion for all patches; the product of bits and pixels is local,
    /// and the next layer pays for its truncation. [`Schedule::Bytes`]: the gate, which truncates all pixels, also
    /// those that pass; where every pixel is a patch, and under the other schedules: also what [`Self::hand_over`] does.
    pub fn signs(&self, size: BlockReluSize) -> Cost {
        if self.ring_bits == Z32::BITS {
            self.signs_on::<Z32>(size)
        } else {
            self.signs_on::<Z64>(size)
        }
    }

    /// What the next convolution sends to use `pixels` of a layer of that size: signed, identity and zero ones alike.
    /// Pooling before the convolution leaves fewer pixels.
    pub fn hand_over(&self, size: BlockReluSize, pixels: usize) -> Cost {
        if self.ring_bits == Z32::BITS {
            self.hand_over_on::<Z32>(size, pixels)
        } else {
            self.hand_over_on::<Z64>(size, pixels)
        }
    }

    /// How the layer is computed; `None` without a patch.
    fn way<R: Ring>(&self, size: BlockReluSize) -> Option<Way> {
        let window = Window::full::<R>();
        let gate = size.gate::<R>();
        let way = || {
            self.schedule
                .way::<R>(gate, self.shift, window, self.truncation)
        };
        (size.drelus > 0).then(way)
    }

    fn signs_on<R: Ring>(&self, size: BlockReluSize) -> Cost {
        let (window, mode, shift) = (Window::full::<R>(), self.truncation, self.shift);
        match self.way::<R>(size) {
            None => Cost::local(),
            Some(Way::Bytes) => gate_cost::<R>(
                size.gate::<R>(),
                shift,
                window,
                mode,
                Rotation::of(0).roles(),
            ),
            Some(Way::Masked) => {
                let gate = size.gate::<R>();
                gate_masked_cost::<R>(gate, shift, window, mode, Rotation::of(0).roles())
            }
            Some(Way::Rounds(comparison)) => {
                let gate = size.gate::<R>();
                gate_rounds_cost::<R>(
                    gate,
                    shift,
                    window,
                    mode,
                    comparison,
                    Rotation::of(0).roles(),
                )
            }
            Some(Way::Classic) => reshare_cost::<R>(size.signed_pixels)
                .then(msb_cost::<R>(size.drelus, Rotation::of(1).roles()))
                .then(b2a_cost::<R>(size.drelus, Rotation::of(2).roles())),
        }
    }

    fn hand_over_on<R: Ring>(&self, size: BlockReluSize, pixels: usize) -> Cost {
        if pixels == 0 {
            return Cost::local();
        }
        match self.way::<R>(size) {
            Some(Way::Rounds(_) | Way::Masked) => Cost::local(),
            Some(Way::Bytes) => reshare_halves_cost::<R>(pixels, Rotation::of(0).roles()),
            Some(Way::Classic) | None => {
                let shift = self.shift;
                let mode = self.schedule.truncation(self.truncation);
                truncate_cost::<R>(pixels, shift, mode, Rotation::of(0).roles())
            }
        }
    }

    /// Payload bits of all parties for one more patch of `area` pixels, its pixels not counted, in a layer that has
    /// other patches or pixels that pass. A layer where every pixel is a patch costs less: see [`Self::block_relu`].
    #[must_use]
    pub fn bits_per_patch(&self, area: usize) -> f64 {
        let size = |count| {
            BlockReluSize::default()
                .with_patches(count, area)
                .with_passed(8)
        };
        let more = bits(&self.block_relu(size(2 * MANY))) - bits(&self.block_relu(size(MANY)));
        more / MANY as f64 - area as f64 * self.bits_per_signed_pixel()
    }

    /// The part of [`Self::bits_per_drelu`] that a small patch pays by its pixels instead: two seeds, or nothing.
    #[must_use]
    pub fn seed_bits(&self) -> f64 {
        let bits = self.bits_per_patch(64) - self.bits_per_patch(1);
        if bits > 0.0 { 2.0 * 128.0 } else { 0.0 }
    }

    /// Payload bits of all parties for one more patch of many pixels, its pixels not counted.
    #[must_use]
    pub fn bits_per_drelu(&self) -> f64 {
        self.bits_per_patch(64)
    }

    /// Payload bits of all parties for one more pixel of a channel that has patches.
    #[must_use]
    pub fn bits_per_signed_pixel(&self) -> f64 {
        let size = |area| BlockReluSize::default().with_patches(8, area);
        let more = bits(&self.block_relu(size(2 * MANY))) - bits(&self.block_relu(size(MANY)));
        more / (8 * MANY) as f64
    }

    /// Payload bits of all parties for one more pixel of an identity or zero channel.
    #[must_use]
    pub fn bits_per_passed_pixel(&self) -> f64 {
        let size = |passed| {
            BlockReluSize::default()
                .with_patches(8, 64)
                .with_passed(passed)
        };
        let more = bits(&self.block_relu(size(2 * MANY))) - bits(&self.block_relu(size(MANY)));
        more / MANY as f64
    }
}

fn bits(cost: &Cost) -> f64 {
    cost.payload_bytes() as f64 * 8.0
}

#[cfg(test)]
mod tests {
    use super::{BlockReluSize, CostModel};
    use crate::SessionConfig;
    use crate::protocol::Truncation;
    use crate::session::Schedule;

    #[test]
    fn marginal_costs_are_those_of_the_specification() {
        let of = |config: SessionConfig, schedule| {
            CostModel::new(&config.with_schedule(schedule)).unwrap()
        };
        let wide = of(SessionConfig::z64(), Schedule::Classic);
        let narrow = of(SessionConfig::z32(), Schedule::Classic);
        assert_eq!(wide.bits_per_drelu(), f64::from(285 + 3 * 64));
        assert_eq!(narrow.bits_per_drelu(), f64::from(136 + 3 * 32));
        assert_eq!(wide.bits_per_signed_pixel(), f64::from(6 * 64 + 20 + 2));
        assert_eq!(narrow.bits_per_signed_pixel(), f64::from(6 * 32 + 10 + 2));
        let wide = of(SessionConfig::z64(), Schedule::Bytes);
        let narrow = of(SessionConfig::z32(), Schedule::Bytes);
        for (area, chosen) in [(1, 64), (2, 128), (3, 128), (64, 128)] {
            assert_eq!(
                wide.bits_per_patch(area),
                f64::from(285 + 64 + 2 * chosen),
                "{area}"
            );
        }
        for (area, chosen) in [(1, 32), (3, 96), (4, 128), (5, 128)] {
            assert_eq!(
                narrow.bits_per_patch(area),
                f64::from(136 + 32 + 2 * chosen),
                "{area}"
            );
        }
        assert_eq!(wide.bits_per_signed_pixel(), f64::from(5 * 64 + 20 + 2));
        assert_eq!(narrow.bits_per_signed_pixel(), f64::from(5 * 32 + 10 + 2));
        for schedule in [Schedule::Classic, Schedule::Bytes] {
            let wide = of(SessionConfig::z64(), schedule);
            assert_eq!(wide.bits_per_passed_pixel(), f64::from(3 * 64 + 20 + 2));
            let config = SessionConfig::z64().with_truncation(Truncation::Probabilistic);
            let cheap = of(config, schedule);
            assert_eq!(cheap.bits_per_passed_pixel(), f64::from(3 * 64));
        }
    }

    #[test]
    fn a_layer_without_patches_sends_nothing_but_its_truncation() {
        let costs = CostModel::new(&SessionConfig::z64()).unwrap();
        let identity = BlockReluSize::default().with_passed(1000);
        assert_eq!(costs.signs(identity).payload_bytes(), 0);
        assert_eq!(costs.block_relu(identity), costs.hand_over(identity, 1000));
    }

    #[test]
    fn rounds_depend_on_no_size() {
        for config in [SessionConfig::z64(), SessionConfig::z32()] {
            for schedule in [Schedule::Classic, Schedule::Bytes] {
                let costs = CostModel::new(&config.clone().with_schedule(schedule)).unwrap();
                let rounds = |count, area, passed| {
                    let size = BlockReluSize::default().with_patches(count, area);
                    costs.block_relu(size.with_passed(passed)).rounds()
                };
                assert_eq!(rounds(1, 1, 0), rounds(100_000, 1, 0));
                assert_eq!(rounds(1, 9, 0), rounds(77, 13, 500));
            }
        }
    }
}
