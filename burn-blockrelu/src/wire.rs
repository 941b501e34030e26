//! Budgets on the wire: the costs that burn-mpc declares for Block-ReLUs.

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
    /// The costs in sessions with `config`.
    ///
    /// # Errors
    /// Those of [`CostModel::new`].
    pub fn new(config: &SessionConfig) -> Result<Self, MpcError> {
        CostModel::new(config).map(|model| Self { model })
    }

    /// Bits of a sign and of pixels. Every marginal cost is a whole number of bits.
    pub fn units(&self) -> UnitCosts {
        // The fixed cost of a large patch; a small patch pays a part of it, by its pixels.
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

    /// Costs of a network's Block-ReLUs if each evaluates at least one sign.
    fn layers(&self, table: &Table) -> impl Iterator<Item = Cost> {
        table.layers.iter().map(|layer| {
            let area = layer.full_drelus() as usize / layer.channels.max(1);
            let size = BlockReluSize::default().with_patches(layer.channels, area);
            self.model.block_relu(size)
        })
    }

    /// Rounds of a network's Block-ReLUs if each evaluates at least one sign. A layer of passing channels alone would
    /// save its rounds; no budget here counts on that.
    pub fn rounds(&self, table: &Table) -> u32 {
        self.layers(table).map(|cost| cost.rounds()).sum()
    }

    /// Bits of a network's frame headers, and of the padding of its messages to whole bytes. The costs of any plan
    /// exceed its marginal costs by at most this.
    pub fn headers(&self, table: &Table) -> u64 {
        let frames = |cost: Cost| {
            let sent: u64 = cost.sent().iter().sum();
            // Allows two bytes of padding per frame, beside its header of 32.
            let header = sent - cost.payload_bytes();
            8 * header + header / 2
        };
        self.layers(table).map(frames).sum()
    }

    /// The bits that all parties together can send within `seconds` on a link, after the rounds and headers of a
    /// network; `None` if rounds and headers alone take longer. Links are loaded evenly; computing is not counted.
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
