//! Magnitudes seen in a calibration run, where one process plays all three parties.
//!
//! Not a protocol: the board joins the three additive parts of a value, which only somebody who may
//! see the value can do, such as an owner who tries a model on sample data before offering it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::Party;
use crate::ring::Ring;

/// The widest value of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRange {
    /// Name of the layer, as in the report.
    pub name: String,
    /// The smallest `b` with `|int| < 2^b` for every truncated or compared value of the layer.
    pub bits: u32,
    /// The same for the values, or sums of values, of which the layer takes signs; none if it takes none.
    #[serde(default)]
    pub sign_bits: Option<u32>,
}

/// Collects the parts of every observed value and keeps the magnitudes.
#[derive(Debug, Default)]
pub struct RangeBoard {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Parts that arrived so far, added up, and how many.
    open: HashMap<(u64, bool), (Vec<u64>, u32)>,
    layers: Vec<LayerRange>,
}

impl RangeBoard {
    /// Adds one party's additive part of the value of `op`.
    pub fn deposit<R: Ring>(&self, op: u64, _party: Party, layer: &str, part: &[R]) {
        self.add(op, false, layer, part);
    }

    /// Adds one party's additive part of the value that `op` takes the sign of.
    pub fn deposit_signed<R: Ring>(&self, op: u64, _party: Party, layer: &str, part: &[R]) {
        self.add(op, true, layer, part);
    }

    fn add<R: Ring>(&self, op: u64, signed: bool, layer: &str, part: &[R]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (sums, parts) = state
            .open
            .entry((op, signed))
            .or_insert_with(|| (vec![0; part.len()], 0));
        sums.iter_mut()
            .zip(part)
            .for_each(|(sum, x)| *sum = sum.wrapping_add(x.to_u64()));
        *parts += 1;
        if *parts < 3 {
            return;
        }
        let (sums, _) = state.open.remove(&(op, signed)).unwrap_or_default();
        let largest = sums
            .iter()
            .map(|&sum| R::from_u64(sum).to_i64().unsigned_abs())
            .max()
            .unwrap_or(0);
        let bits = u64::BITS - largest.leading_zeros();
        let sign_bits = signed.then_some(bits);
        match state.layers.iter_mut().find(|range| range.name == layer) {
            Some(range) => {
                range.bits = range.bits.max(bits);
                range.sign_bits = range.sign_bits.max(sign_bits);
            }
            None => state.layers.push(LayerRange {
                name: layer.to_owned(),
                bits,
                sign_bits,
            }),
        }
    }

    /// The widest value of every layer, in order of execution.
    #[must_use]
    pub fn layers(&self) -> Vec<LayerRange> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .layers
            .clone()
    }
}
