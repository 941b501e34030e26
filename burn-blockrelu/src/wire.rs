//! Budgets on the wire: what burn-mpc declares that Block-ReLUs cost.

use burn_mpc::net::shaped::LinkShape;
use burn_mpc::{BlockReluSize, CostModel, MpcError, SessionConfig};

use crate::budget::{Link, UnitCosts};
use crate::profile::Table;

/// Costs of Block-ReLU layers in bits that all parties send, under the parameters of a session. Frame headers, some
/// hundred bytes a layer, come on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireCosts {
    model: CostModel,
}

impl WireCosts {
    /// For sessions of that config.
    ///
    /// # Errors
    /// As [`CostModel::new`].
    pub fn new(config: &SessionConfig) -> Result<Self, MpcError> {
        CostModel::new(config).map(|model| Self { model })
    }

    /// Bits of a sign and of pixels. Every marginal cost is a whole number of bits.
    pub fn units(&self) -> UnitCosts {
        let passed = self.model.bits_per_passed_pixel().ceil() as u64;
        UnitCosts {
            drelu: self.model.bits_per_drelu().ceil() as u64,
            pixel: self.model.bits_per_signed_pixel().ceil() as u64,
            passed,
        }
    }

    /// Rounds of all Block-ReLUs of a network, every one with at least one sign.
    pub fn rounds(&self, table: &Table) -> u32 {
        let one = |layer: &crate::profile::LayerTable| {
            let pixels = layer.full_drelus() as usize;
            let size = BlockReluSize {
                drelus: layer.channels,
                signed_pixels: pixels,
                passed_pixels: 0,
            };
            self.model.block_relu(size).rounds()
        };
        table.layers.iter().map(one).sum()
    }

    /// The bits of all parties that leave room for the rounds of a network within `seconds` on a link; `None` if the
    /// rounds alone take longer. Links are loaded evenly; computing is not counted.
    pub fn bits_within(&self, seconds: f64, link: Link, table: &Table) -> Option<u64> {
        let shape = match link {
            Link::Lan => LinkShape::LAN,
            Link::Wan => LinkShape::WAN,
        };
        let left = seconds - shape.seconds_of_total(0, self.rounds(table));
        let per_byte = shape.seconds_of_total(1 << 30, 0) / f64::from(1 << 30);
        (left > 0.0).then(|| (8.0 * left / per_byte) as u64)
    }
}
