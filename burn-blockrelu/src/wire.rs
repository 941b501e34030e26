//! Budgets on the wire: what burn-mpc declares that Block-ReLUs cost.

use burn_mpc::Cost;
use burn_mpc::net::shaped::LinkShape;
use burn_mpc::{BlockReluSize, CostModel, MpcError, SessionConfig};

use crate::budget::{Link, UnitCosts};
use crate::profile::Table;

/// Costs of Block-ReLU layers in bits that all parties send, under the parameters of a session. Marginal costs are
/// payload; frame headers are a constant for each layer, see [`WireCosts::headers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireCosts {
    model: CostModel,
}

impl WireCosts {
    /// For sessions of that config.
    ///
    /// # Errors
    /// Those of [`CostModel::new`].
    pub fn new(config: &SessionConfig) -> Result<Self, MpcError> {
        CostModel::new(config).map(|model| Self { model })
    }

    /// Bits of a sign and of pixels. Every marginal cost is a whole number of bits.
    pub fn units(&self) -> UnitCosts {
        // What a large patch costs that does not grow with it, of which a small one pays its share by pixels.
        let seed = self.model.seed_bits();
        let passed = self.model.bits_per_passed_pixel().ceil() as u64;
        UnitCosts {
            drelu: (self.model.bits_per_drelu() - seed) as u64,
            pad: (self.model.bits_per_patch(1) - (self.model.bits_per_drelu() - seed)) as u64,
            seed: seed as u64,
            pixel: self.model.bits_per_signed_pixel().ceil() as u64,
            passed,
        }
    }

    /// Costs of the Block-ReLUs of a network with at least one sign in each.
    fn layers(&self, table: &Table) -> impl Iterator<Item = Cost> {
        table.layers.iter().map(|layer| {
            let area = layer.full_drelus() as usize / layer.channels.max(1);
            let size = BlockReluSize::default().with_patches(layer.channels, area);
            self.model.block_relu(size)
        })
    }

    /// Rounds of all Block-ReLUs of a network with at least one sign in each; a layer of passing channels alone would
    /// save its rounds, which no budget here counts on.
    pub fn rounds(&self, table: &Table) -> u32 {
        self.layers(table).map(|cost| cost.rounds()).sum()
    }

    /// Bits of frame headers of a network, and of the bytes to which every message is filled up: at most this much comes
    /// on top of the marginal costs of any plan.
    pub fn headers(&self, table: &Table) -> u64 {
        let frames = |cost: Cost| {
            let sent: u64 = cost.sent().iter().sum();
            // One byte of filling for each frame, beside its header.
            let header = sent - cost.payload_bytes();
            8 * header + header / 2
        };
        self.layers(table).map(frames).sum()
    }

    /// The bits of all parties that leave room for the rounds of a network within `seconds` on a link; `None` if
    /// rounds and headers alone take longer. Links are loaded evenly; computing is not counted.
    pub fn bits_within(&self, seconds: f64, link: Link, table: &Table) -> Option<u64> {
        let shape = match link {
            Link::Lan => LinkShape::LAN,
            Link::Wan => LinkShape::WAN,
        };
        let left = seconds - shape.seconds_of_total(0, self.rounds(table));
        let per_byte = shape.seconds_of_total(1 << 30, 0) / f64::from(1 << 30);
        let bits = (8.0 * left.max(0.0) / per_byte) as u64;
        bits.checked_sub(self.headers(table))
    }
}
