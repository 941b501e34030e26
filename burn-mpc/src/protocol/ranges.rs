//! Magnitudes seen in a calibration run, where one process plays all three parties.
//!
//! Not a protocol: the board joins the three additive parts of a value, which only somebody who may
//! see the value can do, such as an owner who tries a model on sample data before offering it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::Party;
use crate::protocol::window::Window;
use crate::ring::Ring;

/// The widest value of one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRange {
    /// Name of the layer, as in the report.
    pub name: String,
    /// The smallest `b` with `|int| < 2^b` for every truncated or compared value of the layer.
    pub bits: u32,
    /// The same for the values, or sums of values, of which the layer takes signs; none if it takes none.
    #[serde(default)]
    pub sign_bits: Option<u32>,
    /// Values truncated.
    #[serde(default)]
    pub truncated: u64,
    /// Signs taken.
    #[serde(default)]
    pub signs: u64,
    /// Signs that the lower end of the window may have turned.
    #[serde(default)]
    pub uncertain: u64,
    /// Signs of values beyond the upper end of the window: they are worth nothing.
    #[serde(default)]
    pub outside: u64,
}

impl LayerRange {
    fn join(&mut self, other: &Self) {
        self.bits = self.bits.max(other.bits);
        self.sign_bits = self.sign_bits.max(other.sign_bits);
        self.truncated += other.truncated;
        self.signs += other.signs;
        self.uncertain += other.uncertain;
        self.outside += other.outside;
    }
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
        self.add(op, None, layer, part);
    }

    /// Adds one party's additive part of the value that `op` takes the sign of.
    pub fn deposit_signed<R: Ring>(&self, op: u64, layer: &str, part: &[R], window: Window) {
        self.add(op, Some(window), layer, part);
    }

    fn add<R: Ring>(&self, op: u64, window: Option<Window>, layer: &str, part: &[R]) {
        let signed = window.is_some();
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
        let magnitudes = sums
            .iter()
            .map(|&sum| R::from_u64(sum).to_i64().unsigned_abs());
        let largest = magnitudes.clone().max().unwrap_or(0);
        let bits = u64::BITS - largest.leading_zeros();
        let mut seen = LayerRange {
            name: layer.to_owned(),
            bits,
            sign_bits: signed.then_some(bits),
            ..LayerRange::default()
        };
        if window.is_none() {
            seen.truncated = sums.len() as u64;
        }
        if let Some(window) = window {
            let beyond = |x: u64| window.high < 64 && x >> (window.high - 1) > 0;
            let below = |x: u64| x > 0 && x >> window.low == 0;
            seen.signs = sums.len() as u64;
            seen.outside = magnitudes.clone().filter(|&x| beyond(x)).count() as u64;
            seen.uncertain = magnitudes.filter(|&x| below(x)).count() as u64;
        }
        match state.layers.iter_mut().find(|range| range.name == layer) {
            Some(range) => range.join(&seen),
            None => state.layers.push(seen),
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
