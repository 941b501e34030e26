//! Beyond the paper: an objective in which the distortions of channels interact.
//!
//! A sketch `s_ji` in `R^K` of the output perturbation of option `i` in group `j` (its products with `K`
//! random probes of the network's Jacobian) makes `s . t / K` an unbiased estimate of the inner product of
//! two perturbations. The joint distortion of a choice is then estimated by
//!
//! `V = sum_j v_j + cross * (|sum_j s_j|^2 - sum_j |s_j|^2) / K`
//!
//! with the values `v` of the [`Problem`] as the diagonal. With `v_j = |s_j|^2 / K` ([`norms`]) and `cross`
//! = 1 this is `|sum_j s_j|^2 / K`; with `cross` = 0 it is the paper's additive objective. Perturbations are
//! taken to add in the first order; a sketch of finite `K` is noisy, and an optimum of the estimate is
//! optimistic: judge a choice by the network's output on other samples.
//!
//! [`improve`] descends from the additive optimum. Each step changes one group, or two groups of which one becomes
//! cheaper and the other does not. The search is deterministic, and no optimality is claimed.

use std::time::Instant;

use serde::Serialize;

use super::problem::Problem;
use super::solution::{Solution, VerifyError, chosen};

mod error;
mod sketches;
mod walk;

pub use error::QuadraticError;
pub use sketches::{SketchMatrix, Sketches};
use sketches::{check, check_row, square};
use walk::Walk;

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LocalSearch {
    /// Weight of the cross terms: 0 for none, 1 for all.
    pub cross: f64,
    /// Most rounds; each makes single changes or, if none improves, exchanges.
    pub rounds: usize,
    /// How many changes of each direction a round combines to exchanges: those of least value added at the start's
    /// price of cost.
    pub exchanges: usize,
}

impl Default for LocalSearch {
    /// All cross terms, 100 rounds, 256 changes of either direction.
    fn default() -> Self {
        Self {
            cross: 1.0,
            rounds: 100,
            exchanges: 256,
        }
    }
}

impl LocalSearch {
    /// With another weight of the cross terms.
    pub const fn with_cross(mut self, cross: f64) -> Self {
        self.cross = cross;
        self
    }

    /// With another limit on rounds.
    pub const fn with_rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// With another number of changes per direction that are combined to exchanges; the time of a round grows with its
    /// square.
    pub const fn with_exchanges(mut self, exchanges: usize) -> Self {
        self.exchanges = exchanges;
        self
    }
}

/// The result of the search.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Improvement {
    /// Index of the option chosen in each group.
    pub choice: Vec<usize>,
    /// Summed cost, within the budget.
    pub cost: u64,
    /// The objective of the choice, never above `start_value`.
    pub value: f64,
    /// The objective of the choice to begin with.
    pub start_value: f64,
    /// Changes of a single group.
    pub changes: usize,
    /// Changes of two groups.
    pub exchanges: usize,
    /// Rounds taken.
    pub rounds: usize,
    /// Whether the last round found nothing to improve, so that more rounds would not help.
    pub converged: bool,
    /// Time taken, in seconds.
    pub seconds: f64,
}

/// The problem with `|s|^2 / K` as the value of every option: the diagonal as the sketches see it.
///
/// # Errors
/// If a sketch is not of the announced length or not finite, or sums of squares could overflow.
pub fn norms(problem: &Problem, sketches: &impl Sketches) -> Result<Problem, QuadraticError> {
    check(problem, sketches)?;
    let norm = |group, option| square(sketches.row(group, option)) / sketches.length() as f64;
    Ok(problem.with_values(norm)?)
}

/// The objective of a choice.
///
/// # Errors
/// If the choice or a sketch of it does not fit the problem, or `cross` is not finite.
pub fn joint_value(
    problem: &Problem,
    sketches: &impl Sketches,
    choice: &[usize],
    cross: f64,
) -> Result<f64, QuadraticError> {
    chosen(problem, choice)?;
    for (group, &option) in choice.iter().enumerate() {
        check_row(sketches, group, option)?;
    }
    if !cross.is_finite() {
        return Err(QuadraticError::Cross(cross));
    }
    Ok(Walk::new(problem, sketches, choice.to_vec(), cross).value())
}

/// Improves a solution under the objective with cross terms, within the budget.
///
/// # Errors
/// If the solution or the sketches do not fit the problem, or the weight of the cross terms is not finite.
pub fn improve(
    problem: &Problem,
    sketches: &impl Sketches,
    start: &Solution,
    search: LocalSearch,
) -> Result<Improvement, QuadraticError> {
    let begin = Instant::now();
    let (cost, budget) = (chosen(problem, &start.choice)?.0, problem.budget());
    if cost > budget {
        return Err(VerifyError::Budget { cost, budget }.into());
    }
    if !search.cross.is_finite() {
        return Err(QuadraticError::Cross(search.cross));
    }
    check(problem, sketches)?;
    let mut walk = Walk::new(problem, sketches, start.choice.clone(), search.cross);
    let start_value = walk.value();
    let mut improvement = Improvement {
        choice: start.choice.clone(),
        cost,
        value: start_value,
        start_value,
        changes: 0,
        exchanges: 0,
        rounds: 0,
        converged: false,
        seconds: 0.0,
    };
    // Rounding may fake tiny gains, so only the recomputed value decides.
    while improvement.rounds < search.rounds && !improvement.converged {
        improvement.rounds += 1;
        let changes = walk.change_groups();
        let exchanges = match changes {
            0 => walk.exchange(search.exchanges, start.certificate.multiplier),
            _ => 0,
        };
        walk.refresh();
        let value = walk.value();
        if value >= improvement.value {
            improvement.converged = true;
            break;
        }
        improvement.changes += changes;
        improvement.exchanges += exchanges;
        improvement.value = value;
        improvement.cost = walk.cost;
        improvement.choice.clone_from(&walk.choice);
    }
    improvement.seconds = begin.elapsed().as_secs_f64();
    Ok(improvement)
}
