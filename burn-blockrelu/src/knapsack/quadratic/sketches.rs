//! Sketches: a row of numbers for every option.

use super::error::QuadraticError;
use crate::knapsack::problem::Problem;

/// A row of numbers for every option of a problem.
pub trait Sketches {
    /// `K`: the length of every row, at least 1.
    fn length(&self) -> usize;

    /// The sketch of an option of a group, `length` finite numbers.
    fn row(&self, group: usize, option: usize) -> &[f32];
}

/// Sketches in one matrix: row after row, in the order of the problem's options.
#[derive(Clone, Debug)]
pub struct SketchMatrix<'a> {
    starts: Vec<usize>,
    length: usize,
    numbers: &'a [f32],
}

impl<'a> SketchMatrix<'a> {
    /// A matrix of shape `[options of all groups, length]`.
    ///
    /// # Errors
    /// If the number of values does not match that shape.
    pub fn new(
        problem: &Problem,
        length: usize,
        numbers: &'a [f32],
    ) -> Result<Self, QuadraticError> {
        let options = problem.options();
        if options.checked_mul(length) != Some(numbers.len()) {
            return Err(QuadraticError::Size {
                options,
                length,
                found: numbers.len(),
            });
        }
        let counts = (0..problem.groups()).map(|group| problem.costs(group).len());
        let starts = counts.scan(0, |start, count| {
            *start += count;
            Some(*start - count)
        });
        Ok(Self {
            starts: starts.collect(),
            length,
            numbers,
        })
    }
}

impl Sketches for SketchMatrix<'_> {
    fn length(&self) -> usize {
        self.length
    }

    fn row(&self, group: usize, option: usize) -> &[f32] {
        let row = self.starts[group] + option;
        &self.numbers[row * self.length..][..self.length]
    }
}

pub(super) fn check(problem: &Problem, sketches: &impl Sketches) -> Result<(), QuadraticError> {
    for group in 0..problem.groups() {
        for option in 0..problem.costs(group).len() {
            check_row(sketches, group, option)?;
        }
    }
    Ok(())
}

pub(super) fn check_row(
    sketches: &impl Sketches,
    group: usize,
    option: usize,
) -> Result<(), QuadraticError> {
    let (row, expected) = (sketches.row(group, option), sketches.length());
    if row.len() != expected || expected == 0 {
        return Err(QuadraticError::Row {
            group,
            option,
            expected,
            found: row.len(),
        });
    }
    if row.iter().all(|number| number.is_finite()) {
        Ok(())
    } else {
        Err(QuadraticError::NotFinite { group, option })
    }
}

/// `total += sign * row`.
pub(super) fn add(total: &mut [f64], row: &[f32], sign: f64) {
    for (total, &number) in total.iter_mut().zip(row) {
        *total += sign * f64::from(number);
    }
}

/// Partial sums of a product of rows, so that it vectorises; in a fixed order, so that it is reproducible.
const LANES: usize = 8;

pub(super) fn product(a: &[f64], b: &[f32]) -> f64 {
    lanes(a, b, |&x, &y| x * f64::from(y))
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    lanes(a, b, |&x, &y| f64::from(x) * f64::from(y))
}

pub(super) fn square(row: &[f32]) -> f64 {
    dot(row, row)
}

fn lanes<A, B>(a: &[A], b: &[B], term: impl Fn(&A, &B) -> f64) -> f64 {
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a.remainder().iter().zip(b.remainder());
    let rest: f64 = rest.map(|(x, y)| term(x, y)).sum();
    let mut sums = [0.0; LANES];
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += term(&a[lane], &b[lane]);
        }
    }
    sums.iter().sum::<f64>() + rest
}
