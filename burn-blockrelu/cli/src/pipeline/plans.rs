//! The ways to choose blocks that are compared.

use burn_blockrelu_core::{Block, ReluPlan};

use super::super::failure::Failure;
use burn_blockrelu::budget::UnitCosts;
use burn_blockrelu::profile::Table;
use burn_blockrelu::solve::solve_table;

/// How blocks are chosen.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    clap::ValueEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The knapsack on the profile.
    Knapsack,
    /// The knapsack, then local search on an objective in which channels interact (beyond the paper).
    Cross,
    /// One block for all channels: of those within the budget, the one of least summed distortion.
    Uniform,
    /// Drawn at random from the paper's candidates.
    Random,
}

impl Way {
    /// Name in tables and plots.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Knapsack => "knapsack",
            Self::Cross => "knapsack and cross terms",
            Self::Uniform => "best uniform block",
            Self::Random => "random",
        }
    }

    /// The plan at a budget of `percent` of the DReLUs, and what to say about it.
    pub(super) fn plan(self, table: &Table, percent: f64) -> Result<(ReluPlan, String), Failure> {
        let limit = (percent / 100.0 * table.full_drelus() as f64).floor() as u64;
        match self {
            Self::Knapsack | Self::Cross => {
                let (plan, solution) = solve_table(table, UnitCosts::DRELUS, limit)?;
                let proof = if solution.optimal {
                    "optimal"
                } else {
                    "not proven optimal"
                };
                Ok((plan, proof.to_owned()))
            }
            Self::Uniform => {
                let layers = table.plan_layers();
                let plans = uniform_blocks(table).into_iter().map(|block| {
                    let plan = ReluPlan::uniform(table.model.clone(), &layers, block);
                    (distortion(table, &plan), block, plan)
                });
                let within = plans.filter(|(_, _, plan)| plan.drelus() <= limit);
                let best = within.min_by(|a, b| a.0.total_cmp(&b.0));
                let (_, block, plan) = best.ok_or("no uniform block is within the budget")?;
                Ok((plan, block.to_string()))
            }
            Self::Random => {
                let (model, layers) = (table.model.clone(), table.plan_layers());
                let plan = ReluPlan::random(model, &layers, percent / 100.0, 0)?;
                Ok((plan, "seed 0".into()))
            }
        }
    }
}

/// The patches among the candidates of the layer with the largest map. On smaller maps they are cut.
fn uniform_blocks(table: &Table) -> Vec<Block> {
    let largest = table
        .layers
        .iter()
        .max_by_key(|layer| layer.map[0] * layer.map[1]);
    let candidates = largest
        .map(|layer| layer.candidates.clone())
        .unwrap_or_default();
    candidates
        .into_iter()
        .filter(|block| matches!(block, Block::Patch { .. }))
        .collect()
}

/// Summed distortion of a plan according to a profile. A block that was not profiled counts as the profiled one that
/// tiles the map alike, or else as the nearest coarser one.
pub(super) fn distortion(table: &Table, plan: &ReluPlan) -> f64 {
    let mut sum = 0.0;
    for (layer, planned) in table.layers.iter().zip(&plan.layers) {
        for (channel, &block) in planned.blocks.iter().enumerate() {
            let grid = block.grid(layer.map);
            let coarser = |other: Block| {
                let [rows, columns] = other.grid(layer.map);
                rows <= grid[0] && columns <= grid[1]
            };
            // Without any such block, the largest value measured.
            let mut nearest = (
                0,
                layer.channel(channel).map(|(_, d)| d).fold(0.0, f64::max),
            );
            for (candidate, value) in layer.channel(channel) {
                if candidate == block
                    || matches!(block, Block::Patch { .. }) && candidate.grid(layer.map) == grid
                {
                    nearest = (usize::MAX, value);
                    break;
                }
                let count = candidate.drelus(layer.map);
                if matches!(candidate, Block::Patch { .. })
                    && coarser(candidate)
                    && count > nearest.0
                {
                    nearest = (count, value);
                }
            }
            sum += nearest.1;
        }
    }
    sum
}
