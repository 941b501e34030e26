//! What a calibration reports: how wide the integers of every layer got.

use serde::{Deserialize, Serialize};

use crate::error::MpcError;
use crate::protocol::{LayerRange, ProductRange};

/// The widest values of every layer in a calibration run, against what the ring can hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeReport {
    /// Values must stay below `2^available` in magnitude: `k - 2`.
    pub available: u32,
    /// Fractional bits of activations.
    #[serde(default)]
    pub frac_bits: u32,
    /// Per layer, in order of execution.
    pub layers: Vec<LayerRange>,
    /// Per linear layer, in order of execution: how wide its values got.
    #[serde(default)]
    pub products: Vec<ProductRange>,
}

impl RangeReport {
    /// The widest layer.
    #[must_use]
    pub fn widest(&self) -> Option<&LayerRange> {
        self.layers.iter().max_by_key(|layer| layer.bits)
    }

    /// How many signs may be wrong because windows ignore low bits, and how many signs were taken.
    #[must_use]
    pub fn uncertain_signs(&self) -> (u64, u64) {
        let sum = |of: fn(&LayerRange) -> u64| self.layers.iter().map(of).sum();
        (sum(|layer| layer.uncertain), sum(|layer| layer.signs))
    }

    /// Refuses a model whose values do not fit.
    ///
    /// # Errors
    /// [`MpcError::Overflow`] naming the first layer that does not fit; [`MpcError::Outside`] if values of a layer lie
    /// outside the window of its signs.
    pub fn check(&self) -> Result<(), MpcError> {
        if let Some(layer) = self.layers.iter().find(|layer| layer.outside > 0) {
            return Err(MpcError::Outside {
                layer: layer.name.clone(),
                outside: layer.outside,
                signs: layer.signs,
            });
        }
        match self.layers.iter().find(|layer| layer.bits > self.available) {
            None => Ok(()),
            Some(layer) => Err(MpcError::Overflow {
                layer: layer.name.clone(),
                needed: layer.bits,
                available: self.available,
            }),
        }
    }
}
