//! From a profile and a budget to a plan.

use burn_blockrelu_core::{Block, ReluPlan};
use thiserror::Error;

use crate::budget::UnitCosts;
use crate::knapsack::{KnapsackError, Problem, Solution, solve};
use crate::profile::{ProfileError, Table};

/// A plan that cannot be chosen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SolveError {
    /// No choice fits, or a distortion is NaN or infinite.
    #[error(transparent)]
    Knapsack(#[from] KnapsackError),
    /// A profile that cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// The options of every channel of a profile, layer after layer: the least distorting block of each DReLU count.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Blocks of each channel, in the order of the problem's options.
    pub blocks: Vec<Vec<Block>>,
    /// Cost and distortion of each.
    pub values: Vec<Vec<(u64, f64)>>,
}

impl Options {
    /// The options of a finished profile under a cost model.
    ///
    /// # Errors
    /// [`ProfileError::Incomplete`].
    pub fn of(table: &Table, costs: UnitCosts) -> Result<Self, ProfileError> {
        let mut options = Self {
            blocks: Vec::new(),
            values: Vec::new(),
        };
        for layer in &table.complete()?.layers {
            for channel in 0..layer.channels {
                let collapsed = layer.collapsed(channel);
                let value = |&(block, _, distortion): &(Block, u64, f64)| {
                    (costs.channel(block, layer.map), distortion)
                };
                options.values.push(collapsed.iter().map(value).collect());
                options
                    .blocks
                    .push(collapsed.into_iter().map(|(block, ..)| block).collect());
            }
        }
        Ok(options)
    }

    /// The plan of a choice of one option per channel.
    pub fn plan(&self, table: &Table, choice: &[usize]) -> ReluPlan {
        let mut chosen = choice
            .iter()
            .zip(&self.blocks)
            .map(|(&option, blocks)| blocks[option]);
        let layers = table.plan_layers();
        let blocks = layers
            .iter()
            .map(|layer| chosen.by_ref().take(layer.channels()).collect());
        ReluPlan::new(table.model.clone(), &layers, blocks.collect())
    }
}

/// The plan of least summed distortion whose cost is at most `budget`, and how it was found.
///
/// # Errors
/// An unfinished profile, or a budget that no choice meets.
pub fn solve_table(
    table: &Table,
    costs: UnitCosts,
    budget: u64,
) -> Result<(ReluPlan, Solution), SolveError> {
    let options = Options::of(table, costs)?;
    let problem = Problem::new(options.values.clone(), budget)?;
    let solution = solve(&problem);
    let mut plan = options.plan(table, &solution.choice);
    plan.notes.insert("method".into(), table.method.clone());
    plan.notes.insert("budget".into(), budget.to_string());
    plan.notes.insert("cost".into(), solution.cost.to_string());
    plan.notes
        .insert("distortion".into(), format!("{:e}", solution.value));
    Ok((plan, solution))
}
