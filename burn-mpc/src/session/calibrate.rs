//! Trying a model on sample data to see how wide its integers get: the check that a ring and its
//! scales leave no value to wrap.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::MpcError;
use crate::net::{Transport, memory};
use crate::protocol::{LayerRange, ProductRange, RangeBoard};
use crate::session::local;
use crate::session::{MpcDevice, SessionConfig};

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
    /// Per linear layer, in order of execution: how wide the values got that came out of it.
    #[serde(default)]
    pub products: Vec<ProductRange>,
}

impl RangeReport {
    /// The widest layer.
    #[must_use]
    pub fn widest(&self) -> Option<&LayerRange> {
        self.layers.iter().max_by_key(|layer| layer.bits)
    }

    /// Signs that the lower ends of the session's windows may have turned, and signs taken.
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

/// Runs `program` under `config`'s scales on the 64-bit ring, in one process that sees all values, and
/// reports how many bits every layer needs. `program` must use `Mpc<_, Z64>`, also for a 32-bit config:
/// there the 32-bit session is played where nothing wraps.
///
/// A layer of a 64-bit config whose values exceed `2^63` would wrap here too; layers close to the limit
/// deserve fewer fractional bits.
///
/// # Errors
/// As [`local::three_parties`].
pub fn calibrate<T: Send>(
    config: &SessionConfig,
    program: impl Fn(MpcDevice) -> T + Sync,
) -> Result<([T; 3], RangeReport), MpcError> {
    let mut twin = config.clone();
    twin.ring_bits = 64;
    let available = twin.scales()?.limit();
    let board = Arc::new(RangeBoard::default());
    let transports =
        memory::mesh3(twin.deadline).map(|transport| Box::new(transport) as Box<dyn Transport>);
    let results = local::over(transports, &twin, |device| {
        if let Some(session) = device.session() {
            session.observe_ranges(&board);
        }
        program(device)
    })?;
    Ok((
        results,
        RangeReport {
            available,
            frac_bits: config.frac_bits,
            layers: board.layers(),
            products: board.products(),
        },
    ))
}
