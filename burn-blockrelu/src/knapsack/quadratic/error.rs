//! Why there is no joint objective of a choice.

use thiserror::Error;

use crate::knapsack::problem::KnapsackError;
use crate::knapsack::solution::VerifyError;

/// Sketches that do not fit the problem, or a start that does not.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum QuadraticError {
    /// A matrix of another size.
    #[error(
        "a matrix of {options} rows of {length} numbers was expected, but there are {found} numbers"
    )]
    Size {
        /// Options of the problem.
        options: usize,
        /// Length of a row.
        length: usize,
        /// Numbers in the matrix.
        found: usize,
    },
    /// A row of another length, or rows of length 0.
    #[error(
        "the sketch of option {option} of group {group} has {found} numbers, expected {expected} and at least 1"
    )]
    Row {
        /// Index of the group.
        group: usize,
        /// Index of the option within the group.
        option: usize,
        /// The length announced.
        expected: usize,
        /// The length of the row.
        found: usize,
    },
    /// A sketch with NaN or an infinity.
    #[error(
        "the sketch of option {option} of group {group} is not finite: sketch that option again"
    )]
    NotFinite {
        /// Index of the group.
        group: usize,
        /// Index of the option within the group.
        option: usize,
    },
    /// The weight of the cross terms is NaN or infinite.
    #[error("the weight of the cross terms is {0}: it must be finite")]
    Cross(f64),
    /// The squares of the sketches do not form a valid problem.
    #[error("the squares of the sketches make no problem: {0}")]
    Norms(#[from] KnapsackError),
    /// The choice does not fit the problem.
    #[error("the choice to begin with does not fit the problem: {0}")]
    Start(#[from] VerifyError),
}
