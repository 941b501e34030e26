//! Laws of the knapsack: it equals brute force and the textbook dynamic program, and never exceeds the
//! budget.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod knapsack_support;

use burn_blockrelu::knapsack::{Limits, Problem, Solution, solve, solve_within, verify};
use knapsack_support::{Random, brute_force};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn seeded(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Costs of one of several sizes: few ties, many ties, all 0 or 1, or near 10^12 with a common divisor.
fn costs() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..4_u64,
        0..100_u64,
        0..1_000_000_u64,
        (0..9_u64).prop_map(|c| c * 123_456_789_000)
    ]
}

fn options<V: Strategy<Value = f64>>(value: V) -> impl Strategy<Value = Vec<Vec<(u64, f64)>>> {
    let group = prop::collection::vec((costs(), value), 1..6);
    prop::collection::vec(group, 1..6)
}

/// Small integers, decimals, anything between -1 and 1, so that ties are exact or absent.
fn ordinary() -> impl Strategy<Value = Vec<Vec<(u64, f64)>>> {
    prop_oneof![
        options((0..4_i32).prop_map(f64::from)),
        options((-30..30_i32).prop_map(|n| f64::from(n) / 100.0)),
        options(-1.0..1.0_f64),
        // Strongly correlated: the value falls as the cost rises.
        options(Just(0.0)).prop_map(|mut groups| {
            groups
                .iter_mut()
                .flatten()
                .for_each(|o| o.1 = -(o.0 as f64));
            groups
        }),
    ]
}

/// Values between 10^-300 and 10^300.
fn magnitudes() -> impl Strategy<Value = Vec<Vec<(u64, f64)>>> {
    options((-300..300_i32, 1.0..10.0_f64).prop_map(|(power, x)| x * 10_f64.powi(power)))
}

/// A problem with a budget at `share` of the way from the cheapest choice to a little beyond the most expensive.
fn budgeted(groups: Vec<Vec<(u64, f64)>>, share: f64) -> Problem {
    let problem = Problem::new(groups, u64::MAX).unwrap();
    let dearest: u64 = (0..problem.groups())
        .map(|group| *problem.costs(group).iter().max().unwrap())
        .sum();
    let least = problem.least_cost();
    let budget = least + ((dearest - least + 3) as f64 * share) as u64;
    problem.with_budget(budget).unwrap()
}

fn magnitude(problem: &Problem, solution: &Solution) -> f64 {
    let chosen = (0..).zip(&solution.choice);
    chosen.map(|(j, &i)| problem.values(j)[i].abs()).sum()
}

proptest! {
    #![proptest_config(seeded(3000))]

    #[test]
    fn small_problems_are_solved_as_by_brute_force(groups in ordinary(), share in 0.0..1.0_f64) {
        let problem = budgeted(groups, share);
        let solution = solve(&problem);
        let (value, cost) = brute_force(&problem);
        prop_assert!(solution.optimal && solution.certificate.least_cost);
        prop_assert_eq!(verify(&problem, &solution), Ok(()));
        let margin = 1e-12 * magnitude(&problem, &solution);
        prop_assert!((solution.value - value).abs() <= margin, "{} {value}", solution.value);
        prop_assert_eq!(solution.cost, cost);
    }

    #[test]
    fn values_of_any_magnitude_are_weighed(groups in magnitudes(), share in 0.0..1.0_f64) {
        let problem = budgeted(groups, share);
        let solution = solve(&problem);
        let (value, _) = brute_force(&problem);
        prop_assert!(solution.optimal);
        prop_assert_eq!(verify(&problem, &solution), Ok(()));
        prop_assert!((solution.value - value).abs() <= 1e-12 * value, "{} {value}", solution.value);
    }

    #[test]
    fn the_extremes_of_the_budget_are_the_extremes_of_the_choice(groups in ordinary()) {
        let cheapest = budgeted(groups.clone(), 0.0);
        prop_assert_eq!(solve(&cheapest).cost, cheapest.least_cost());
        let boundless = cheapest.with_budget(u64::MAX).unwrap();
        let solution = solve(&boundless);
        for (group, &option) in solution.choice.iter().enumerate() {
            let values = boundless.values(group);
            prop_assert!(values.iter().all(|&value| value >= values[option]));
        }
    }
}

/// `groups` groups of up to `options` options with costs below `largest`, values falling with cost, noisy,
/// rounded to `unit`.
fn random_problem(
    random: &mut Random,
    groups: u64,
    options: u64,
    largest: u64,
    unit: f64,
) -> Problem {
    let groups: Vec<Vec<(u64, f64)>> = (0..groups)
        .map(|_| {
            let scale = 10_f64.powf(2.0 * random.uniform());
            (0..=random.below(options))
                .map(|_| {
                    let cost = random.below(largest);
                    let saved = (cost as f64 / largest as f64).sqrt();
                    let value = scale * (1.0 - saved) * (1.0 + 0.3 * random.uniform());
                    (cost, (value / unit).round() * unit)
                })
                .collect()
        })
        .collect();
    budgeted(groups, 0.05 + 0.9 * random.uniform())
}

/// The least value within the budget by the textbook dynamic program over costs.
fn textbook(problem: &Problem) -> f64 {
    let columns = problem.budget() as usize + 1;
    let mut best = vec![0.0; columns];
    for group in 0..problem.groups() {
        let mut next = vec![f64::INFINITY; columns];
        for (&cost, &value) in problem.costs(group).iter().zip(problem.values(group)) {
            for column in cost as usize..columns {
                next[column] = next[column].min(best[column - cost as usize] + value);
            }
        }
        best = next;
    }
    best[columns - 1]
}

#[test]
fn medium_problems_are_solved_as_by_the_textbook_program() {
    for seed in 0..150 {
        let mut random = Random(seed);
        let unit = [1e-9, 0.01, 0.5][seed as usize % 3];
        let problem = random_problem(&mut random, 40, 12, 60, unit);
        let solution = solve(&problem);
        let expected = textbook(&problem);
        assert!(solution.optimal, "seed {seed}");
        assert_eq!(verify(&problem, &solution), Ok(()), "seed {seed}");
        assert!(
            (solution.value - expected).abs() <= 1e-11 * expected.abs(),
            "seed {seed}: {} is not {expected}",
            solution.value
        );
    }
}

#[test]
fn a_larger_budget_never_worsens_the_value() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let problem = random_problem(&mut random, 30, 8, 1000, 1e-9);
        let mut last = f64::INFINITY;
        for step in 0..40 {
            let budget = problem.least_cost() + step * 400;
            let solution = solve(&problem.clone().with_budget(budget).unwrap());
            assert!(solution.cost <= budget, "seed {seed}");
            assert!(solution.value >= solution.bound, "seed {seed}");
            assert!(solution.value <= last, "seed {seed}");
            last = solution.value;
        }
    }
}

#[test]
fn the_same_problem_gives_the_same_solution() {
    for seed in 0..20 {
        let problem = random_problem(&mut Random(seed), 60, 10, 1000, 0.01);
        let [mut one, mut two] = [solve(&problem), solve(&problem)];
        (one.seconds, two.seconds) = (0.0, 0.0);
        assert_eq!(one, two, "seed {seed}");
    }
}

#[test]
fn short_of_space_a_solution_is_feasible_and_its_bound_true() {
    let mut unproven = 0;
    for seed in 0..200 {
        let problem = random_problem(&mut Random(seed), 25, 10, 1 << 30, 1e-9);
        let best = solve(&problem);
        assert!(best.optimal, "seed {seed}");
        let [few, brief] = [
            Limits::default().with_live(2),
            Limits::default().with_visited(3).with_stored(9),
        ];
        for limits in [few, brief] {
            let solution = solve_within(&problem, limits);
            assert_eq!(verify(&problem, &solution), Ok(()), "seed {seed}");
            assert!(solution.bound <= best.value * (1.0 + 1e-12), "seed {seed}");
            assert!(solution.value >= best.value, "seed {seed}");
            if solution.optimal {
                assert_eq!(solution.value, best.value, "seed {seed}");
            } else {
                unproven += 1;
            }
        }
    }
    assert!(unproven > 50, "{unproven}");
}

#[test]
fn a_false_solution_is_found_out() {
    let problem = random_problem(&mut Random(1), 10, 5, 100, 1e-9);
    let solution = solve(&problem);
    assert_eq!(verify(&problem, &solution), Ok(()));
    let falsify = |change: fn(&mut Solution)| {
        let mut copy = solution.clone();
        change(&mut copy);
        verify(&problem, &copy)
    };
    assert!(falsify(|s| s.value *= 0.99).is_err());
    assert!(falsify(|s| s.cost += 1).is_err());
    assert!(falsify(|s| s.bound = s.value + 1.0).is_err());
    assert!(falsify(|s| s.certificate.multiplier *= 2.0).is_err());
    assert!(falsify(|s| s.choice[0] = 99).is_err());
    assert!(falsify(|s| s.choice.truncate(9)).is_err());
    let poor = problem.clone().with_budget(problem.least_cost()).unwrap();
    assert!(verify(&poor, &solution).is_err());
}
