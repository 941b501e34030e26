//! A solution, what proves it, and an independent check.

use serde::Serialize;
use thiserror::Error;

use super::problem::Problem;
use super::sum::sum;

/// A choice of one option per group.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Solution {
    /// Index of the option chosen in each group.
    pub choice: Vec<usize>,
    /// Summed cost, within the budget.
    pub cost: u64,
    /// Summed value.
    pub value: f64,
    /// No choice within the budget has a value below this, up to rounding; the value itself if `optimal`.
    pub bound: f64,
    /// Whether the value is proven to be the least within the budget.
    pub optimal: bool,
    /// Time taken, in seconds.
    pub seconds: f64,
    /// How the bound was proven.
    pub certificate: Certificate,
}

/// The numbers of a proof: with the multiplier anyone can recompute the relaxation's bound and the reduced
/// costs by which options were excluded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Certificate {
    /// Options of the problem.
    pub options: usize,
    /// Options not dominated by another of their group.
    pub undominated: usize,
    /// Groups that were left to decide; all others were fixed by reduced costs.
    pub core_groups: usize,
    /// Options of those groups that reduced costs did not exclude, besides the relaxed choice.
    pub core_options: usize,
    /// States that the search over the core visited.
    pub states: u64,
    /// The Lagrange multiplier: value saved by one more unit of cost. 0 if the budget does not bind.
    pub multiplier: f64,
    /// The bound of the linear relaxation, before the search.
    pub relaxation: f64,
    /// Whether the cost is proven to be the least among choices of this value.
    pub least_cost: bool,
}

/// A solution that does not fit its problem.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is not one option per group.
    #[error("the solution chooses for {found} groups, the problem has {expected}")]
    Groups {
        /// Groups of the problem.
        expected: usize,
        /// Options chosen.
        found: usize,
    },
    /// An option does not exist.
    #[error("group {group} has {options} options, so none has the index {option}")]
    Option {
        /// The group.
        group: usize,
        /// The index chosen.
        option: usize,
        /// The number of options of the group.
        options: usize,
    },
    /// The stated cost is not the cost of the choice.
    #[error("the choice costs {actual}, not {stated}")]
    Cost {
        /// The cost of the choice.
        actual: u64,
        /// The cost stated.
        stated: u64,
    },
    /// The choice exceeds the budget.
    #[error("the choice costs {cost}, more than the budget of {budget}")]
    Budget {
        /// The cost of the choice.
        cost: u64,
        /// The budget.
        budget: u64,
    },
    /// The stated value is not the value of the choice.
    #[error("the choice has the value {actual}, not {stated}")]
    Value {
        /// The value of the choice.
        actual: f64,
        /// The value stated.
        stated: f64,
    },
    /// The stated relaxation is not the Lagrangian bound of the stated multiplier.
    #[error("the multiplier proves the bound {actual}, not {stated}")]
    Relaxation {
        /// The bound recomputed.
        actual: f64,
        /// The bound stated.
        stated: f64,
    },
    /// The bounds and the value are out of order, or an optimal value is not its bound.
    #[error(
        "expected relaxation <= bound <= value, and bound = value if optimal, but found {relaxation}, {bound}, {value}"
    )]
    Order {
        /// The relaxation's bound.
        relaxation: f64,
        /// The bound.
        bound: f64,
        /// The value.
        value: f64,
    },
}

/// Checks a solution against its problem, independently of the solver: choice, cost, value, budget, the bound of the
/// relaxation and the order of the bounds.
///
/// It cannot check the search, which raises the relaxation's bound to `bound`.
///
/// # Errors
/// The first claim that does not hold; values may differ by `1e-9` of the sum of their magnitudes.
pub fn verify(problem: &Problem, solution: &Solution) -> Result<(), VerifyError> {
    let (cost, values) = chosen(problem, &solution.choice)?;
    if cost != solution.cost {
        return Err(VerifyError::Cost {
            actual: cost,
            stated: solution.cost,
        });
    }
    let budget = problem.budget();
    if cost > budget {
        return Err(VerifyError::Budget { cost, budget });
    }
    let value = sum(values.iter().copied());
    let magnitude = sum(values.iter().map(|value| value.abs()));
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * magnitude.max(a.abs());
    if !close(value, solution.value) {
        return Err(VerifyError::Value {
            actual: value,
            stated: solution.value,
        });
    }
    let Certificate {
        multiplier,
        relaxation,
        ..
    } = solution.certificate;
    let actual = lagrangian(problem, multiplier);
    if !close(actual, relaxation) {
        return Err(VerifyError::Relaxation {
            actual,
            stated: relaxation,
        });
    }
    let bound = solution.bound;
    let ordered = (relaxation <= bound || close(relaxation, bound)) && bound <= solution.value;
    if !ordered || (solution.optimal && bound != solution.value) {
        return Err(VerifyError::Order {
            relaxation,
            bound,
            value: solution.value,
        });
    }
    Ok(())
}

/// The cost of a choice, and the value of each of its options.
pub(super) fn chosen(problem: &Problem, choice: &[usize]) -> Result<(u64, Vec<f64>), VerifyError> {
    let (expected, found) = (problem.groups(), choice.len());
    if expected != found {
        return Err(VerifyError::Groups { expected, found });
    }
    let mut cost = 0;
    let mut values = Vec::with_capacity(expected);
    for (group, &option) in choice.iter().enumerate() {
        let options = problem.costs(group).len();
        if option >= options {
            return Err(VerifyError::Option {
                group,
                option,
                options,
            });
        }
        cost += problem.costs(group)[option];
        values.push(problem.values(group)[option]);
    }
    Ok((cost, values))
}

/// `sum_j min_i (v_ij + lambda c_ij) - lambda B`, with costs counted from the cheapest of each group.
pub(super) fn lagrangian(problem: &Problem, multiplier: f64) -> f64 {
    let room = problem.budget() - problem.least_cost();
    let groups = (0..problem.groups()).map(|group| {
        let (costs, values) = (problem.costs(group), problem.values(group));
        let cheapest = costs.iter().min().copied().unwrap_or(0);
        let combined =
            |(&cost, &value): (&u64, &f64)| value + multiplier * (cost - cheapest) as f64;
        costs
            .iter()
            .zip(values)
            .map(combined)
            .fold(f64::INFINITY, f64::min)
    });
    sum(groups.chain([-multiplier * room as f64]))
}
