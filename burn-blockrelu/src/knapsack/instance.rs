//! Instances and their solutions as JSON files.
//!
//! An instance is an object with
//! - `layers`: a list of `{name, channels, dim, block_sizes}`, where `dim` is the side of the square map and
//!   `block_sizes` the candidates `[h, w]` of every channel (`[0, 1]` identity, `[1, 0]` zero);
//! - `neg_distortion`: for each layer name a list of channels, each a list of minus the distortion of each
//!   candidate in order. If `[1, 0]` is the last candidate, it has no entry and is no option;
//! - `max_cost`: the budget in DReLUs.
//!
//! Other keys are ignored. The solution's file is a [`Report`].

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use burn_blockrelu_core::file::deliver;
use burn_blockrelu_core::{Block, BlockError};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::problem::{KnapsackError, Problem};
use super::solution::Solution;
use super::solve::solve;

/// A file that is not an instance, or cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// The instance cannot be read.
    #[error("cannot read the instance {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The solution cannot be written.
    #[error("cannot write the solution {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The text is not JSON of the expected shape. NaN and infinities are not JSON.
    #[error(
        "not an instance: {0}; expected layers, neg_distortion and max_cost, with finite numbers"
    )]
    Json(#[from] serde_json::Error),
    /// Two layers have the same name.
    #[error("the layer `{layer}` is listed twice: give each layer a name of its own")]
    DuplicateLayer {
        /// The layer.
        layer: String,
    },
    /// A layer has no distortions.
    #[error("`neg_distortion` has no layer `{layer}`: profile it, or leave it out of `layers`")]
    MissingLayer {
        /// The layer.
        layer: String,
    },
    /// A layer's map has no pixels.
    #[error("the layer `{layer}` has a map of side 0")]
    EmptyMap {
        /// The layer.
        layer: String,
    },
    /// A pair in `block_sizes` is not a block.
    #[error("layer `{layer}`: {source}")]
    Block {
        /// The layer.
        layer: String,
        /// Why.
        source: BlockError,
    },
    /// A layer has distortions for another number of channels.
    #[error("the layer `{layer}` has {expected} channels, but distortions for {found}")]
    Channels {
        /// The layer.
        layer: String,
        /// Channels of the layer.
        expected: usize,
        /// Channels in `neg_distortion`.
        found: usize,
    },
    /// A channel has distortions for another number of candidates.
    #[error(
        "channel {channel} of layer `{layer}` has {found} distortions: expected {expected}, one for each block size except a last (1, 0)"
    )]
    Options {
        /// The layer.
        layer: String,
        /// The channel.
        channel: usize,
        /// Candidates with a distortion.
        expected: usize,
        /// Distortions of the channel.
        found: usize,
    },
    /// A distortion is null, NaN or infinite.
    #[error(
        "entry {option} of channel {channel} of layer `{layer}` is not a finite number: profile that candidate again"
    )]
    NotFinite {
        /// The layer.
        layer: String,
        /// The channel.
        channel: usize,
        /// Index into the layer's `block_sizes`.
        option: usize,
    },
    /// `max_cost` is negative.
    #[error("max_cost is {0}: a budget cannot be negative")]
    NegativeBudget(i64),
    /// The instance is well-formed but cannot be solved.
    #[error(transparent)]
    Knapsack(#[from] KnapsackError),
}

/// A knapsack in terms of layers and channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The layers, in the order of the file.
    pub layers: Vec<Layer>,
    /// The budget in DReLUs.
    pub max_cost: u64,
}

/// The candidates of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Height and width of its map in pixels.
    pub map: [usize; 2],
    /// The options of every channel.
    pub blocks: Vec<Block>,
    /// The distortion of each option: `[channels][blocks]`.
    pub distortions: Vec<Vec<f64>>,
}

/// The solution of an instance, as written to a file.
///
/// Values have the sign of the instance's: minus the distortion. So `bound` is an *upper* bound on the
/// `total_value` of any choice within the budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// DReLUs.
    pub total_cost: u64,
    /// Minus the summed distortion.
    pub total_value: f64,
    /// Whether `total_value` is proven to be the greatest within the budget.
    pub optimal: bool,
    /// No choice within the budget has a greater `total_value`.
    pub bound: f64,
    /// Time taken by the solver.
    pub seconds: f64,
    /// The block of each channel of each layer as `[h, w]`, layers in the order of the instance.
    #[serde(serialize_with = "as_map")]
    pub block_sizes: Vec<(String, Vec<[i64; 2]>)>,
}

/// Solves the instance in one file and writes its [`Report`] to another, which is replaced whole or not at all.
///
/// # Errors
/// If the instance cannot be read, is not well-formed, or is infeasible, or the report cannot be written.
pub fn solve_file(instance: &Path, out: &Path) -> Result<Solution, InstanceError> {
    let instance = Instance::read(instance)?;
    let solution = solve(&instance.problem()?);
    instance.report(&solution).write(out)?;
    Ok(solution)
}

#[derive(Deserialize)]
struct InstanceFile {
    layers: Vec<FileLayer>,
    neg_distortion: BTreeMap<String, Vec<Vec<Option<f64>>>>,
    max_cost: i64,
}

#[derive(Deserialize)]
struct FileLayer {
    name: String,
    channels: usize,
    dim: usize,
    block_sizes: Vec<[i64; 2]>,
}

impl Instance {
    /// Reads an instance from a file.
    ///
    /// # Errors
    /// If the file cannot be read or is no instance.
    pub fn read(path: &Path) -> Result<Self, InstanceError> {
        let text = fs::read_to_string(path).map_err(|source| InstanceError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::from_json(&text)
    }

    /// Parses an instance.
    ///
    /// # Errors
    /// If the text is no instance.
    pub fn from_json(text: &str) -> Result<Self, InstanceError> {
        let file: InstanceFile = serde_json::from_str(text)?;
        let max_cost = u64::try_from(file.max_cost)
            .map_err(|_| InstanceError::NegativeBudget(file.max_cost))?;
        let mut distortions = file.neg_distortion;
        let mut names = std::collections::BTreeSet::new();
        let mut layers = Vec::with_capacity(file.layers.len());
        for layer in file.layers {
            if !names.insert(layer.name.clone()) {
                return Err(InstanceError::DuplicateLayer { layer: layer.name });
            }
            match distortions.remove(&layer.name) {
                Some(rows) => layers.push(layer.check(rows)?),
                None => return Err(InstanceError::MissingLayer { layer: layer.name }),
            }
        }
        Ok(Self { layers, max_cost })
    }

    /// The knapsack: one group per channel, layer after layer; costs are DReLUs, values distortions.
    ///
    /// # Errors
    /// If there are no channels, a channel has no options, or the budget is infeasible.
    pub fn problem(&self) -> Result<Problem, KnapsackError> {
        let groups = self.layers.iter().flat_map(|layer| {
            let costs: Vec<u64> = layer
                .blocks
                .iter()
                .map(|block| block.drelus(layer.map) as u64)
                .collect();
            layer.distortions.iter().map(move |row| {
                let costs = costs.clone();
                costs.into_iter().zip(row.iter().copied())
            })
        });
        Problem::new(groups, self.max_cost)
    }

    /// A solution of [`Instance::problem`] as a report.
    pub fn report(&self, solution: &Solution) -> Report {
        let mut choice = solution.choice.iter();
        let blocks = |layer: &Layer| {
            let chosen = choice.by_ref().take(layer.distortions.len());
            chosen.map(|&i| layer.blocks[i].to_pair()).collect()
        };
        let blocks: Vec<Vec<[i64; 2]>> = self.layers.iter().map(blocks).collect();
        let names = self.layers.iter().map(|layer| layer.name.clone());
        Report {
            total_cost: solution.cost,
            // `0.0 -` instead of `-` avoids -0.0.
            total_value: 0.0 - solution.value,
            optimal: solution.optimal,
            bound: 0.0 - solution.bound,
            seconds: solution.seconds,
            block_sizes: names.zip(blocks).collect(),
        }
    }
}

impl FileLayer {
    fn check(self, rows: Vec<Vec<Option<f64>>>) -> Result<Layer, InstanceError> {
        let layer = self.name;
        if self.dim == 0 {
            return Err(InstanceError::EmptyMap { layer });
        }
        let blocks: Result<Vec<_>, _> =
            self.block_sizes.into_iter().map(Block::from_pair).collect();
        let mut blocks = match blocks {
            Ok(blocks) => blocks,
            Err(source) => return Err(InstanceError::Block { layer, source }),
        };
        if blocks.last() == Some(&Block::Zero) {
            blocks.pop();
        }
        let (expected, found) = (self.channels, rows.len());
        if expected != found {
            return Err(InstanceError::Channels {
                layer,
                expected,
                found,
            });
        }
        let mut distortions = Vec::with_capacity(rows.len());
        for (channel, row) in rows.into_iter().enumerate() {
            let (expected, found) = (blocks.len(), row.len());
            if expected != found {
                return Err(InstanceError::Options {
                    layer,
                    channel,
                    expected,
                    found,
                });
            }
            let mut values = Vec::with_capacity(row.len());
            for (option, value) in row.into_iter().enumerate() {
                match value.filter(|value| value.is_finite()) {
                    Some(value) => values.push(0.0 - value),
                    None => {
                        return Err(InstanceError::NotFinite {
                            layer,
                            channel,
                            option,
                        });
                    }
                }
            }
            distortions.push(values);
        }
        Ok(Layer {
            name: layer,
            map: [self.dim; 2],
            blocks,
            distortions,
        })
    }
}

impl Report {
    /// Writes the report as JSON. The file at `path` is replaced whole; if this fails, it stays as it was.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), InstanceError> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        deliver(path, &text).map_err(|source| InstanceError::Write {
            path: path.to_owned(),
            source,
        })
    }
}

fn as_map<S: Serializer>(
    layers: &[(String, Vec<[i64; 2]>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(layers.len()))?;
    for (name, blocks) in layers {
        map.serialize_entry(name, blocks)?;
    }
    map.end()
}
