//! Plans: which block each channel of each layer of a model uses, as a file that people can read.

mod apply;
mod error;
mod file;
mod make;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Block, Layer};

pub use error::{Mismatch, PlanError};
pub use make::PlanSpec;

/// The blocks of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedLayer {
    /// Dotted path of the module.
    pub path: String,
    /// `[height, width]` of the map for which the plan was made.
    pub map: [usize; 2],
    /// Signs that the blocks evaluate on one image.
    pub drelus: u64,
    /// One block per channel.
    #[serde(with = "file::words")]
    pub blocks: Vec<Block>,
}

/// Which block each channel of each layer of a model uses.
///
/// Made by a solver or by [`ReluPlan::uniform`] and [`ReluPlan::random`]; read and written as JSON with a
/// schema version and a checksum; applied to a model by [`ReluPlan::apply`].
#[derive(Clone, Debug, PartialEq)]
pub struct ReluPlan {
    /// Fingerprint of the model for which it was made, see [`ReluPlan::fingerprint`].
    pub model: String,
    /// Layers in the order of a forward pass.
    pub layers: Vec<PlannedLayer>,
    /// Facts about how the plan was made, for people and reports.
    pub notes: BTreeMap<String, String>,
}

impl ReluPlan {
    /// A plan for the layers of a model, with `blocks` for each of them. The fingerprint is that of
    /// [`ReluPlan::fingerprint`].
    ///
    /// # Panics
    /// If the number of layers, or of channels in a layer, differs.
    pub fn new(model: String, layers: &[Layer], blocks: Vec<Vec<Block>>) -> Self {
        assert!(
            layers.len() == blocks.len(),
            "ReluPlan: {} layers, but blocks for {}",
            layers.len(),
            blocks.len()
        );
        let planned = layers.iter().zip(blocks).map(|(layer, blocks)| {
            assert!(
                layer.channels() == blocks.len(),
                "ReluPlan: `{}` has {} channels, but there are {} blocks",
                layer.path,
                layer.channels(),
                blocks.len()
            );
            PlannedLayer {
                path: layer.path.clone(),
                map: layer.map,
                drelus: drelus(&blocks, layer.map),
                blocks,
            }
        });
        Self {
            model,
            layers: planned.collect(),
            notes: BTreeMap::new(),
        }
    }

    /// Signs evaluated on one image.
    pub fn drelus(&self) -> u64 {
        sum(self.layers.iter().map(|layer| layer.drelus))
    }

    /// Signs that ordinary ReLUs evaluate on one image.
    pub fn full_drelus(&self) -> u64 {
        sum(self.layers.iter().map(|layer| {
            let [height, width] = layer.map.map(|side| side as u64);
            let pixels = height.saturating_mul(width);
            pixels.saturating_mul(layer.blocks.len() as u64)
        }))
    }

    /// [`ReluPlan::drelus`] as a share of [`ReluPlan::full_drelus`].
    pub fn ratio(&self) -> f64 {
        self.drelus() as f64 / self.full_drelus() as f64
    }
}

/// Signs that the blocks of a layer evaluate on one image.
fn drelus(blocks: &[Block], map: [usize; 2]) -> u64 {
    sum(blocks.iter().map(|block| block.drelus(map) as u64))
}

/// Saturates: files may state counts whose sum overflows.
fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}
