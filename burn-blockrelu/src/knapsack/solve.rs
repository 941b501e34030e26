//! The solver: from a problem to a solution with its certificate.

use std::time::Instant;

use super::core_groups::Core;
use super::dominance::Frontier;
use super::incumbent::incumbent;
use super::integer::{Instance, Multiplier};
use super::limits::Limits;
use super::problem::Problem;
use super::relax::{Relaxation, relax};
use super::scale::{Scaled, Unit, decimal_digits};
use super::search::search;
use super::solution::{Certificate, Solution, lagrangian};
use super::sum::sum;

/// Bits that losses must have beyond the number of groups for the sum of their roundings to be negligible.
const SPARE_BITS: u32 = 44;

/// Losses that differ by less than `2^-42` of the better one, about `2e-13`, count as equal.
const NEGLIGIBLE_BITS: u32 = 42;
/// Different losses never count as equal.
const EXACT: u32 = 127;

/// Live states of the first search.
const FIRST_LIVE: usize = 1 << 11;
/// Factor from the live states of one search to those of the next.
const LIVE_GROWTH: usize = 1 << 4;

/// The best choice of one option per group within the budget.
pub fn solve(problem: &Problem) -> Solution {
    solve_within(problem, Limits::default())
}

/// Solves a problem within given limits on memory and time.
pub fn solve_within(problem: &Problem, limits: Limits) -> Solution {
    let begin = Instant::now();
    let Prepared { scaled, start } = prepare(problem);
    let instance = &scaled.instance;
    let best = match start {
        Some((relaxation, choice)) => {
            let grain = match scaled.unit {
                Unit::Decimal { .. } => EXACT,
                Unit::Binary { .. } => NEGLIGIBLE_BITS,
            };
            minimise(instance, &relaxation, choice, grain, limits)
        }
        None => Best::unbound(instance),
    };
    let (choice, least_cost) = cheapest(instance, &best, limits);
    let options = scaled.options_of(&choice);
    let cost = (0..).zip(&options).map(|(j, &i)| problem.costs(j)[i]).sum();
    let value = sum((0..).zip(&options).map(|(j, &i)| problem.values(j)[i]));
    let ideal = sum((0..problem.groups()).map(|group| {
        let values = problem.values(group).iter().copied();
        values.fold(f64::INFINITY, f64::min)
    }));
    let multiplier = best.multiplier.map_or(0.0, |multiplier| {
        scaled
            .unit
            .value(multiplier.weight as f64 / multiplier.loss as f64)
            / scaled.cost_unit as f64
    });
    let optimal = best.least == best.loss;
    let bound = if optimal {
        value
    } else {
        let slop = rounding(&scaled, ideal);
        (ideal + scaled.unit.value(best.least as f64) - slop).min(value)
    };
    let certificate = Certificate {
        options: problem.options(),
        undominated: instance.points.len(),
        core_groups: best.core_groups,
        core_options: best.core_options,
        states: best.states,
        multiplier,
        relaxation: lagrangian(problem, multiplier).min(bound),
        least_cost,
    };
    Solution {
        choice: options,
        cost,
        value,
        bound,
        optimal,
        seconds: begin.elapsed().as_secs_f64(),
        certificate,
    }
}

/// Largest error of losses rounded to the unit and of their sum as an `f64`.
fn rounding(scaled: &Scaled, ideal: f64) -> f64 {
    let units = match scaled.unit {
        Unit::Decimal { .. } => 0.0,
        Unit::Binary { .. } => scaled.instance.groups() as f64,
    };
    scaled.unit.value(units) + 4.0 * f64::EPSILON * ideal.abs()
}

/// A problem in integers, with its relaxation and a first choice if the budget binds.
struct Prepared {
    scaled: Scaled,
    start: Option<(Relaxation, Vec<u32>)>,
}

/// Finds a scale on which rounding is negligible against the value of the best choice.
///
/// Drops options that lose more than a whole good choice does, until all that are left are of similar size.
fn prepare(problem: &Problem) -> Prepared {
    let mut frontier = Frontier::of(problem);
    let digits = decimal_digits(problem);
    loop {
        let scaled = Scaled::new(problem, &frontier, digits);
        let instance = &scaled.instance;
        let choice = relax(instance).map(|relaxation| {
            let choice = incumbent(instance, &relaxation);
            (relaxation, choice)
        });
        let loss = choice
            .as_ref()
            .map_or(0, |(_, choice)| instance.total(choice).loss);
        let groups = instance.groups() as i128;
        let coarse = matches!(scaled.unit, Unit::Binary { .. }) && loss >> SPARE_BITS < groups;
        let most = loss + groups + 2;
        if coarse && instance.points.iter().any(|point| point.loss > most) {
            frontier = scaled.clip(&frontier, most);
        } else {
            return Prepared {
                scaled,
                start: choice,
            };
        }
    }
}

/// The outcome of a minimisation.
struct Best {
    choice: Vec<u32>,
    loss: i128,
    /// No choice loses less than this.
    least: i128,
    multiplier: Option<Multiplier>,
    core_groups: usize,
    core_options: usize,
    states: u64,
}

impl Best {
    /// The best choice where the capacity does not bind.
    fn unbound(instance: &Instance) -> Self {
        let last = |group| instance.group(group).len() as u32 - 1;
        Self {
            choice: (0..instance.groups()).map(last).collect(),
            loss: 0,
            least: 0,
            multiplier: None,
            core_groups: 0,
            core_options: 0,
            states: 0,
        }
    }
}

/// The choice of least loss, searched from `start`. Improvements by at most `2^-grain` of the loss are not searched
/// for.
///
/// A search with few live states often finds the optimum, and proves it if it skipped no state. Otherwise a search with
/// more states follows, with the better incumbent.
fn minimise(
    instance: &Instance,
    relaxation: &Relaxation,
    start: Vec<u32>,
    grain: u32,
    limits: Limits,
) -> Best {
    let multiplier = relaxation.multiplier;
    let mut best = Best {
        loss: instance.total(&start).loss,
        choice: start,
        least: 0,
        multiplier: Some(multiplier),
        core_groups: 0,
        core_options: 0,
        states: 0,
    };
    let mut live = FIRST_LIVE.min(limits.live);
    loop {
        let limit = multiplier.loss * (best.loss - 1 - (best.loss >> grain));
        let core = Core::new(instance, multiplier, &best.choice, limit);
        best.core_groups = core.groups();
        best.core_options = core.changes.len();
        if core.bound > limit {
            best.least = best.loss;
            return best;
        }
        let rest = Limits {
            live,
            visited: limits.visited.saturating_sub(best.states),
            ..limits
        };
        let step = multiplier.loss + (core.bound.max(0) >> grain);
        let found = search(instance, &core, multiplier, limit, step, rest);
        best.states += found.states;
        if let Some(choice) = found.choice {
            best.loss = instance.total(&choice).loss;
            best.choice = choice;
        }
        let Some(bound) = found.left_out else {
            best.least = best.loss;
            return best;
        };
        let least = divide_up(bound, multiplier.loss).min(best.loss);
        best.least = best.least.max(least);
        if best.least == best.loss || live == limits.live || best.states > limits.visited {
            return best;
        }
        live = (live * LIVE_GROWTH).min(limits.live);
    }
}

/// The lightest of the choices that lose no more than the best one, and whether it is proven to be the lightest.
fn cheapest(instance: &Instance, best: &Best, limits: Limits) -> (Vec<u32>, bool) {
    let Some(multiplier) = best.multiplier else {
        return (best.choice.clone(), true);
    };
    let weight = instance.total(&best.choice).weight;
    // The reduced costs of a lighter choice are at most `room`.
    let least: Vec<i128> = (0..instance.groups())
        .map(|group| {
            let points = instance.group(group).iter();
            points.map(|&point| multiplier.combined(point)).min()
        })
        .map(|least| least.unwrap_or(0))
        .collect();
    let room =
        multiplier.loss * best.loss + multiplier.weight * (weight - 1) - least.iter().sum::<i128>();
    let exchanged = instance.exchanged(best.loss, |group, point| {
        multiplier.combined(point) - least[group] <= room
    });
    let Some((exchanged, origins, lightest)) = exchanged else {
        return (best.choice.clone(), true);
    };
    let found = match relax(&exchanged) {
        None => Best::unbound(&exchanged),
        Some(relaxation) => {
            let start = incumbent(&exchanged, &relaxation);
            minimise(&exchanged, &relaxation, start, EXACT, limits)
        }
    };
    let proven = found.least >= (weight - lightest).min(found.loss);
    if found.loss + lightest >= weight {
        return (best.choice.clone(), proven);
    }
    let choice = found
        .choice
        .iter()
        .zip(&exchanged.starts)
        .map(|(&index, &start)| origins[(start + index) as usize])
        .collect();
    (choice, proven)
}

/// `a / b` rounded up, for positive `b`.
const fn divide_up(a: i128, b: i128) -> i128 {
    a.div_euclid(b) + (a.rem_euclid(b) != 0) as i128
}
