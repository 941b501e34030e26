//! The problem: groups of options, and a budget.

use thiserror::Error;

/// A knapsack that cannot be solved as given.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum KnapsackError {
    /// There is no group at all.
    #[error("the knapsack has no groups: give one group of options per channel")]
    NoGroups,
    /// A group has no option, so no choice exists.
    #[error("group {group} has no options: give each group at least one")]
    EmptyGroup {
        /// Index of the group.
        group: usize,
    },
    /// A value is NaN or infinite.
    #[error(
        "option {option} of group {group} has the value {value}: values must be finite; profile that option again or leave it out"
    )]
    NotFinite {
        /// Index of the group.
        group: usize,
        /// Index of the option within the group.
        option: usize,
        /// The value.
        value: f64,
    },
    /// Even the cheapest choice exceeds the budget.
    #[error(
        "a budget of {budget} is infeasible: the cheapest choice costs {least}; raise the budget or add cheaper options such as the identity"
    )]
    Infeasible {
        /// The budget asked for.
        budget: u64,
        /// The least cost of any choice.
        least: u64,
    },
    /// The most expensive choice costs more than a `u64` holds.
    #[error(
        "the costs up to group {group} can sum to more than 2^64 - 1: use a larger unit of cost"
    )]
    CostOverflow {
        /// The first group at which the sum of the largest costs overflows.
        group: usize,
    },
    /// Sums of values could overflow.
    #[error(
        "the values up to group {group} can sum to more than 2e307 in magnitude: scale all of them down"
    )]
    ValueOverflow {
        /// The first group at which the sum of the largest magnitudes is too large.
        group: usize,
    },
    /// More than 2^32 - 1 options in all.
    #[error(
        "more than 2^32 - 1 options in all: drop dominated options before building the problem"
    )]
    TooManyOptions,
}

/// Sums of magnitudes stay below this, so that differences of sums are finite.
const LARGEST_SUM: f64 = 2e307;

/// Groups of options `(cost, value)`, and a budget for the sum of costs. A choice takes exactly one option of each
/// group.
///
/// A problem always has at least one group, at least one option in each group, finite values and a feasible choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// First option of each group, and the number of options.
    starts: Vec<u32>,
    costs: Vec<u64>,
    values: Vec<f64>,
    budget: u64,
}

impl Problem {
    /// The problem of `groups`, each a sequence of `(cost, value)` with the value to be minimised.
    ///
    /// # Errors
    /// If there is no group, a group is empty, a value is NaN or infinite, sums could overflow, or no
    /// choice is within the budget.
    pub fn new<Groups, Group>(groups: Groups, budget: u64) -> Result<Self, KnapsackError>
    where
        Groups: IntoIterator<Item = Group>,
        Group: IntoIterator<Item = (u64, f64)>,
    {
        let mut problem = Self {
            starts: vec![0],
            costs: Vec::new(),
            values: Vec::new(),
            budget,
        };
        let (mut dearest, mut magnitude) = (0_u64, 0.0_f64);
        for (group, options) in groups.into_iter().enumerate() {
            let (mut most, mut largest) = (0, 0.0_f64);
            let mut count = 0;
            for (option, (cost, value)) in options.into_iter().enumerate() {
                if !value.is_finite() {
                    return Err(KnapsackError::NotFinite {
                        group,
                        option,
                        value,
                    });
                }
                most = most.max(cost);
                largest = largest.max(value.abs());
                count += 1;
                problem.costs.push(cost);
                problem.values.push(value);
            }
            if count == 0 {
                return Err(KnapsackError::EmptyGroup { group });
            }
            dearest = dearest
                .checked_add(most)
                .ok_or(KnapsackError::CostOverflow { group })?;
            magnitude += largest;
            if magnitude > LARGEST_SUM {
                return Err(KnapsackError::ValueOverflow { group });
            }
            let end = u32::try_from(problem.costs.len());
            problem
                .starts
                .push(end.map_err(|_| KnapsackError::TooManyOptions)?);
        }
        if problem.starts.len() == 1 {
            return Err(KnapsackError::NoGroups);
        }
        problem.with_budget(budget)
    }

    /// The same groups under another budget.
    ///
    /// # Errors
    /// If no choice is within the budget.
    pub fn with_budget(mut self, budget: u64) -> Result<Self, KnapsackError> {
        let least = self.least_cost();
        if least > budget {
            return Err(KnapsackError::Infeasible { budget, least });
        }
        self.budget = budget;
        Ok(self)
    }

    /// The same costs with other values, which must be finite: `value(group, option)`.
    ///
    /// # Errors
    /// If a value is NaN or infinite, or sums of values could overflow.
    pub fn with_values(&self, value: impl Fn(usize, usize) -> f64) -> Result<Self, KnapsackError> {
        let groups = (0..self.groups()).map(|group| {
            let costs = self.costs(group).iter().copied().enumerate();
            costs
                .map(|(option, cost)| (cost, value(group, option)))
                .collect::<Vec<_>>()
        });
        Self::new(groups, self.budget)
    }

    /// The largest sum of costs allowed.
    pub const fn budget(&self) -> u64 {
        self.budget
    }

    /// The number of groups, at least 1.
    pub const fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of options of all groups together.
    pub const fn options(&self) -> usize {
        self.costs.len()
    }

    /// The costs of the options of a group, in the order given.
    pub fn costs(&self, group: usize) -> &[u64] {
        &self.costs[self.range(group)]
    }

    /// The values of the options of a group, in the order given.
    pub fn values(&self, group: usize) -> &[f64] {
        &self.values[self.range(group)]
    }

    /// The cost of the cheapest choice.
    pub fn least_cost(&self) -> u64 {
        (0..self.groups())
            .map(|group| self.costs(group).iter().min().copied().unwrap_or(0))
            .sum()
    }

    fn range(&self, group: usize) -> std::ops::Range<usize> {
        self.starts[group] as usize..self.starts[group + 1] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{KnapsackError, Problem};

    #[test]
    fn what_cannot_be_solved_is_refused_with_its_place() {
        let build = |groups: Vec<Vec<(u64, f64)>>, budget| Problem::new(groups, budget).err();
        assert_eq!(build(vec![], 1), Some(KnapsackError::NoGroups));
        assert_eq!(
            build(vec![vec![(0, 1.0)], vec![]], 1),
            Some(KnapsackError::EmptyGroup { group: 1 })
        );
        for value in [f64::INFINITY, f64::NEG_INFINITY] {
            let error = KnapsackError::NotFinite {
                group: 0,
                option: 1,
                value,
            };
            assert_eq!(build(vec![vec![(0, 1.0), (1, value)]], 1), Some(error));
        }
        assert!(matches!(
            build(vec![vec![(0, f64::NAN)]], 1),
            Some(KnapsackError::NotFinite {
                group: 0,
                option: 0,
                ..
            })
        ));
        assert_eq!(
            build(vec![vec![(3, 1.0), (5, 0.0)], vec![(4, 1.0)]], 6),
            Some(KnapsackError::Infeasible {
                budget: 6,
                least: 7
            })
        );
        assert_eq!(
            build(vec![vec![(u64::MAX, 1.0)], vec![(1, 1.0)]], u64::MAX),
            Some(KnapsackError::CostOverflow { group: 1 })
        );
        assert_eq!(
            build(vec![vec![(1, 1e307)], vec![(1, -1.5e307)]], 2),
            Some(KnapsackError::ValueOverflow { group: 1 })
        );
    }

    #[test]
    fn another_budget_is_checked_again() {
        let problem = Problem::new([[(2, 1.0), (5, 0.0)]], 5).unwrap();
        assert_eq!(problem.clone().with_budget(2).unwrap().budget(), 2);
        assert!(problem.with_budget(1).is_err());
    }
}
