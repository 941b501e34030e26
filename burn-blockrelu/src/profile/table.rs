//! Distortions of a network, as sums over samples.

use burn_blockrelu_core::{Block, Layer};

use super::{Facts, ProfileError};
use crate::distortion::{Contribution, Target};

/// Distortions of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerTable {
    /// Dotted path of the module.
    pub path: String,
    /// `[height, width]` of its map.
    pub map: [usize; 2],
    /// Number of channels.
    pub channels: usize,
    /// The blocks that were tried in each channel.
    pub candidates: Vec<Block>,
    /// Samples in the sums.
    pub samples: u64,
    /// Sums of distortions over samples, `[channels, candidates]` row by row.
    pub sums: Vec<f64>,
}

impl LayerTable {
    fn new(target: &Target) -> Self {
        Self {
            path: target.layer.path.clone(),
            map: target.layer.map,
            channels: target.layer.channels(),
            candidates: target.candidates.clone(),
            samples: 0,
            sums: vec![0.0; target.pairs()],
        }
    }

    /// Mean distortions of the candidates in one channel.
    pub fn channel(&self, channel: usize) -> impl Iterator<Item = (Block, f64)> {
        let count = self.candidates.len();
        let row = &self.sums[channel * count..(channel + 1) * count];
        let samples = self.samples.max(1) as f64;
        let blocks = self.candidates.iter().copied();
        blocks
            .zip(row)
            .map(move |(block, sum)| (block, sum / samples))
    }

    /// The candidates of one channel, the least distorting of each DReLU count: `(block, count, distortion)` in
    /// descending order of counts. Of equal ones the first candidate is kept.
    pub fn collapsed(&self, channel: usize) -> Vec<(Block, u64, f64)> {
        let mut best: std::collections::BTreeMap<u64, (Block, f64)> =
            std::collections::BTreeMap::new();
        for (block, distortion) in self.channel(channel) {
            let count = block.drelus(self.map) as u64;
            let entry = best.entry(count).or_insert((block, distortion));
            if distortion < entry.1 {
                *entry = (block, distortion);
            }
        }
        let descending = best.into_iter().rev();
        descending
            .map(|(count, (block, value))| (block, count, value))
            .collect()
    }

    /// Signs that an ordinary ReLU evaluates on one image.
    pub fn full_drelus(&self) -> u64 {
        (self.channels * self.map[0] * self.map[1]) as u64
    }

    fn same_shape(&self, other: &Self) -> bool {
        (&self.path, self.map, self.channels, &self.candidates)
            == (&other.path, other.map, other.channels, &other.candidates)
    }
}

/// Distortions of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Fingerprint of the model, see [`ReluPlan::fingerprint`](burn_blockrelu_core::ReluPlan::fingerprint).
    pub model: String,
    /// Digest of the weights, see [`weights_digest`](crate::digest::weights_digest).
    pub weights: String,
    /// Method and settings.
    pub method: String,
    /// Digest of the samples.
    pub samples: String,
    /// Units of work in the whole profile.
    pub units: usize,
    /// Units that are in the sums.
    pub done: Vec<usize>,
    /// Layers in the order of a forward pass.
    pub layers: Vec<LayerTable>,
    /// Seconds spent on computing it.
    pub seconds: f64,
}

impl Table {
    /// An empty table.
    pub(super) fn new(facts: Facts, method: String, units: usize, targets: &[Target]) -> Self {
        Self {
            model: facts.model,
            weights: facts.weights,
            method,
            samples: facts.samples,
            units,
            done: Vec::new(),
            layers: targets.iter().map(LayerTable::new).collect(),
            seconds: 0.0,
        }
    }

    pub(super) fn add(&mut self, unit: usize, contributions: Vec<Contribution>) {
        for contribution in contributions {
            let layer = &mut self.layers[contribution.target];
            layer.samples += contribution.samples;
            for (sum, value) in layer.sums.iter_mut().zip(contribution.sums) {
                *sum += value;
            }
        }
        self.done.push(unit);
    }

    /// Whether every unit is in the sums.
    pub fn is_complete(&self) -> bool {
        self.done.len() == self.units
    }

    /// Returns the table if it is complete.
    ///
    /// # Errors
    /// [`ProfileError::Incomplete`].
    pub fn complete(&self) -> Result<&Self, ProfileError> {
        if self.is_complete() {
            return Ok(self);
        }
        Err(ProfileError::Incomplete {
            done: self.done.len(),
            units: self.units,
        })
    }

    /// Signs that ordinary ReLUs evaluate on one image.
    pub fn full_drelus(&self) -> u64 {
        self.layers.iter().map(LayerTable::full_drelus).sum()
    }

    /// The layers as a plan needs them. Their ids are new, since a table does not hold the ids of a process.
    pub fn plan_layers(&self) -> Vec<Layer> {
        let layer = |layer: &LayerTable| Layer {
            path: layer.path.clone(),
            id: burn::module::ParamId::new(),
            map: layer.map,
            blocks: vec![Block::RELU; layer.channels],
        };
        self.layers.iter().map(layer).collect()
    }

    /// Adds up the shards of one profile. It sorts them by their first units, so the order given does not matter.
    ///
    /// # Errors
    /// [`ProfileError::Merge`] if model, weights, method, samples or candidates differ, or a unit is in two of them.
    pub fn merge(mut tables: Vec<Self>) -> Result<Self, ProfileError> {
        let failed = |what: &str| ProfileError::Merge(what.to_owned());
        tables.sort_by_key(|table| table.done.first().copied());
        let mut tables = tables.into_iter();
        let mut merged = tables.next().ok_or_else(|| failed("there is none"))?;
        for table in tables {
            let facts = |t: &Self| {
                let texts = [&t.model, &t.weights, &t.method, &t.samples];
                (texts.map(String::clone), t.units)
            };
            if facts(&merged) != facts(&table) {
                return Err(failed(
                    "model, weights, method, samples or number of units differ",
                ));
            }
            let same = |(a, b): (&LayerTable, &LayerTable)| a.same_shape(b);
            if merged.layers.len() != table.layers.len()
                || !merged.layers.iter().zip(&table.layers).all(same)
            {
                return Err(failed("layers or candidates differ"));
            }
            if let Some(unit) = table.done.iter().find(|unit| merged.done.contains(unit)) {
                return Err(failed(&format!("unit {unit} is in two of them")));
            }
            merged.seconds += table.seconds;
            merged.done.extend(table.done);
            for (layer, other) in merged.layers.iter_mut().zip(table.layers) {
                layer.samples += other.samples;
                let pairs = layer.sums.iter_mut().zip(other.sums);
                pairs.for_each(|(sum, value)| *sum += value);
            }
        }
        merged.done.sort_unstable();
        Ok(merged)
    }
}
