//! The solver agrees with an integer linear program.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod knapsack_support;

use burn_blockrelu::knapsack::{Problem, solve, verify};
use knapsack_support::Random;
use microlp::{ComparisonOp, OptimizationDirection};

/// The value of the choice that the integer program finds.
fn integer_program(problem: &Problem) -> f64 {
    let mut program = microlp::Problem::new(OptimizationDirection::Minimize);
    let mut spending = Vec::new();
    let mut groups = Vec::new();
    for group in 0..problem.groups() {
        let values = problem.values(group).iter();
        let variables: Vec<_> = values.map(|&value| program.add_binary_var(value)).collect();
        let costs = problem.costs(group).iter();
        spending.extend(
            variables
                .iter()
                .copied()
                .zip(costs.map(|&cost| cost as f64)),
        );
        let one: Vec<_> = variables.iter().map(|&variable| (variable, 1.0)).collect();
        program.add_constraint(&one, ComparisonOp::Eq, 1.0);
        groups.push(variables);
    }
    program.add_constraint(&spending, ComparisonOp::Le, problem.budget() as f64);
    let solution = program.solve().unwrap().into_solution().unwrap();
    let chosen = groups.iter().enumerate().map(|(group, variables)| {
        let chosen = |&variable: &microlp::Variable| solution.var_value(variable) > 0.5;
        problem.values(group)[variables.iter().position(chosen).unwrap()]
    });
    chosen.sum()
}

#[test]
fn medium_problems_are_solved_as_by_an_integer_program() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let rounded = seed % 2 == 0;
        let groups: Vec<Vec<(u64, f64)>> = (0..15)
            .map(|_| {
                let option = |_| {
                    let cost = random.below(200);
                    let value = 20.0 - (cost as f64).sqrt() + 4.0 * random.uniform();
                    (cost, if rounded { value.round() } else { value })
                };
                (0..6).map(option).collect()
            })
            .collect();
        let problem = Problem::new(groups, 15 * 199).unwrap();
        let least = problem.least_cost();
        let problem = problem.with_budget(least + random.below(1000)).unwrap();
        let solution = solve(&problem);
        let expected = integer_program(&problem);
        assert!(solution.optimal, "seed {seed}");
        assert_eq!(verify(&problem, &solution), Ok(()), "seed {seed}");
        assert!(
            (solution.value - expected).abs() <= 1e-9 * expected,
            "seed {seed}: {} is not {expected}",
            solution.value
        );
    }
}
