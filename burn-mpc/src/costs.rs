//! What layers will cost, before anything runs: for whoever plans them.
//!
//! Composed of what the protocols declare, so that a plan and a bill agree to the byte. [`Cost::sent`] includes
//! frame headers, as a bill does: some hundred bytes per layer, whatever its size. The costs per unit do not.
//!
//! ```
//! use burn_mpc::net::shaped::LinkShape;
//! use burn_mpc::{BlockReluSize, CostModel, SessionConfig};
//!
//! let costs = CostModel::new(&SessionConfig::z64())?;
//! assert_eq!(costs.bits_per_drelu(), 335.0 + 3.0 * 64.0);
//! // 64 channels of 32 by 32 pixels: a sign per pixel, and a sign per 4x4 patch.
//! let pixels = 64 * 32 * 32;
//! let relu = costs.block_relu(BlockReluSize { drelus: pixels, signed_pixels: pixels, passed_pixels: 0 });
//! let block = costs.block_relu(BlockReluSize { drelus: pixels / 16, signed_pixels: pixels, passed_pixels: 0 });
//! assert_eq!(block.rounds(), relu.rounds());
//! assert!(block.payload_bytes() < relu.payload_bytes() / 2);
//! let seconds = LinkShape::WAN.seconds(block.sent(), block.rounds());
//! assert!(seconds < LinkShape::WAN.seconds(relu.sent(), relu.rounds()));
//! # Ok::<(), burn_mpc::MpcError>(())
//! ```

use crate::Party;
use crate::error::MpcError;
use crate::protocol::{Cost, Truncation, b2a_cost, msb_cost, reshare_cost, truncate_cost};
use crate::ring::{Ring, Z32, Z64};
use crate::session::SessionConfig;

/// Enough elements that no byte is padded.
const MANY: usize = 1 << 12;

/// How large a Block-ReLU layer is, for one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockReluSize {
    /// Patches of which the sign is evaluated.
    pub drelus: usize,
    /// Pixels of the channels that have patches.
    pub signed_pixels: usize,
    /// Pixels of the other channels: identity and zero.
    pub passed_pixels: usize,
}

/// Costs under the parameters of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostModel {
    ring_bits: u32,
    frac_bits: u32,
    truncation: Truncation,
}

/// The parties in the roles of the `n`th protocol call of a layer.
fn roles(n: usize) -> [Party; 3] {
    [n, n + 1, n + 2].map(Party::of)
}

impl CostModel {
    /// The model for sessions of that config.
    ///
    /// # Errors
    /// [`MpcError::Config`] as [`SessionConfig::scales`].
    pub fn new(config: &SessionConfig) -> Result<Self, MpcError> {
        let scales = config.scales()?;
        if ![Z32::BITS, Z64::BITS].contains(&scales.ring_bits) {
            return Err(MpcError::Config {
                reason: format!("ring of {} bits; choose 64 or 32", scales.ring_bits),
            });
        }
        Ok(Self {
            ring_bits: scales.ring_bits,
            frac_bits: scales.value,
            truncation: config.truncation,
        })
    }

    /// All of a Block-ReLU layer between two convolutions: [`Self::signs`], then [`Self::hand_over`] of every
    /// pixel. The all-pixel layer (`drelus = signed_pixels`) is the ordinary ReLU.
    pub fn block_relu(&self, size: BlockReluSize) -> Cost {
        let pixels = size.signed_pixels + size.passed_pixels;
        self.signs(size).then(self.hand_over(pixels))
    }

    /// What the choice of blocks decides: resharing of the signed pixels, which come out of a convolution, one
    /// sign call and one bit conversion for all patches. Nothing without a patch. The product of bits and
    /// pixels is local.
    pub fn signs(&self, size: BlockReluSize) -> Cost {
        if self.ring_bits == Z32::BITS {
            signs::<Z32>(size)
        } else {
            signs::<Z64>(size)
        }
    }

    /// What the next convolution sends to use `pixels` of a layer, signed or not, identity and zero included:
    /// truncation, merged with the resharing of the products that they are. Pooling that comes before it leaves
    /// fewer pixels.
    pub fn hand_over(&self, pixels: usize) -> Cost {
        let (shift, mode) = (self.frac_bits, self.truncation);
        match (pixels, self.ring_bits) {
            (0, _) => Cost::local(),
            (_, Z32::BITS) => truncate_cost::<Z32>(pixels, shift, mode, roles(3)),
            _ => truncate_cost::<Z64>(pixels, shift, mode, roles(3)),
        }
    }

    /// Payload bits of all parties for one more patch with a sign.
    #[must_use]
    pub fn bits_per_drelu(&self) -> f64 {
        let size = |drelus| BlockReluSize {
            drelus,
            signed_pixels: MANY,
            passed_pixels: 0,
        };
        (bits(&self.signs(size(2 * MANY))) - bits(&self.signs(size(MANY)))) / MANY as f64
    }

    /// Payload bits of all parties for one more pixel of a channel that has patches.
    #[must_use]
    pub fn bits_per_signed_pixel(&self) -> f64 {
        let size = |signed_pixels| BlockReluSize {
            drelus: 8,
            signed_pixels,
            passed_pixels: 0,
        };
        (bits(&self.block_relu(size(2 * MANY))) - bits(&self.block_relu(size(MANY)))) / MANY as f64
    }

    /// Payload bits of all parties for one more pixel of an identity or zero channel.
    #[must_use]
    pub fn bits_per_passed_pixel(&self) -> f64 {
        bits(&self.hand_over(MANY)) / MANY as f64
    }
}

fn bits(cost: &Cost) -> f64 {
    cost.payload_bytes() as f64 * 8.0
}

fn signs<R: Ring>(size: BlockReluSize) -> Cost {
    if size.drelus == 0 {
        return Cost::local();
    }
    reshare_cost::<R>(size.signed_pixels)
        .then(msb_cost::<R>(size.drelus, roles(1)))
        .then(b2a_cost::<R>(size.drelus, roles(2)))
}

#[cfg(test)]
mod tests {
    use super::{BlockReluSize, CostModel};
    use crate::SessionConfig;
    use crate::protocol::Truncation;

    #[test]
    fn marginal_costs_are_those_of_the_specification() {
        let wide = CostModel::new(&SessionConfig::z64()).unwrap();
        let narrow = CostModel::new(&SessionConfig::z32()).unwrap();
        assert_eq!(wide.bits_per_drelu(), f64::from(335 + 3 * 64));
        assert_eq!(narrow.bits_per_drelu(), f64::from(159 + 3 * 32));
        assert_eq!(wide.bits_per_signed_pixel(), f64::from(6 * 64 + 20 + 2));
        assert_eq!(narrow.bits_per_signed_pixel(), f64::from(6 * 32 + 10 + 2));
        assert_eq!(wide.bits_per_passed_pixel(), f64::from(3 * 64 + 20 + 2));
        let config = SessionConfig::z64().with_truncation(Truncation::Probabilistic);
        let cheap = CostModel::new(&config).unwrap();
        assert_eq!(cheap.bits_per_passed_pixel(), f64::from(3 * 64));
    }

    #[test]
    fn a_layer_without_patches_sends_nothing_but_its_truncation() {
        let costs = CostModel::new(&SessionConfig::z64()).unwrap();
        let identity = BlockReluSize {
            passed_pixels: 1000,
            ..BlockReluSize::default()
        };
        assert_eq!(costs.signs(identity).payload_bytes(), 0);
        assert_eq!(costs.block_relu(identity), costs.hand_over(1000));
    }

    #[test]
    fn rounds_depend_on_no_size() {
        for config in [SessionConfig::z64(), SessionConfig::z32()] {
            let costs = CostModel::new(&config).unwrap();
            let rounds = |drelus, signed_pixels, passed_pixels| {
                costs
                    .block_relu(BlockReluSize {
                        drelus,
                        signed_pixels,
                        passed_pixels,
                    })
                    .rounds()
            };
            assert_eq!(rounds(1, 1, 0), rounds(100_000, 100_000, 0));
            assert_eq!(rounds(1, 9, 0), rounds(77, 1000, 500));
        }
    }
}
