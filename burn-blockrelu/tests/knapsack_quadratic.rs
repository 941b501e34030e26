//! Laws of the local search under the objective with cross terms.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod knapsack_support;

use burn_blockrelu::knapsack::quadratic::{
    LocalSearch, QuadraticError, SketchMatrix, Sketches, improve, joint_value, norms,
};
use burn_blockrelu::knapsack::{Problem, solve};
use knapsack_support::Random;

/// A problem whose values are the squares of its sketches, and the sketches. The sketches of all
/// options lean towards `common` in a direction shared by all groups, with a sign for each group.
fn sketched(
    seed: u64,
    groups: u64,
    options: u64,
    length: usize,
    common: f64,
) -> (Problem, Vec<f32>) {
    let mut random = Random(seed);
    let mut numbers = Vec::new();
    let shared: Vec<f64> = (0..length).map(|_| random.normal()).collect();
    let costs: Vec<Vec<(u64, f64)>> = (0..groups)
        .map(|_| {
            let sign = if random.below(2) == 0 { -1.0 } else { 1.0 };
            (0..options)
                .map(|option| {
                    let size = (options - 1 - option) as f64 * (0.5 + random.uniform());
                    for shared in &shared {
                        let number = common * sign * shared + (1.0 - common) * random.normal();
                        numbers.push((size * number) as f32);
                    }
                    (option * (1 + random.below(4)), 0.0)
                })
                .collect()
        })
        .collect();
    let budget = groups * options;
    let problem = Problem::new(costs, budget).unwrap();
    let sketches = SketchMatrix::new(&problem, length, &numbers).unwrap();
    (norms(&problem, &sketches).unwrap(), numbers)
}

/// `|sum s|^2 / K`, plainly.
fn square_of_sum(sketches: &impl Sketches, choice: &[usize]) -> f64 {
    let entry = |k| {
        let chosen = choice.iter().enumerate();
        chosen
            .map(|(j, &i)| f64::from(sketches.row(j, i)[k]))
            .sum::<f64>()
    };
    (0..sketches.length())
        .map(|k| entry(k).powi(2))
        .sum::<f64>()
        / sketches.length() as f64
}

#[test]
fn the_objective_is_the_square_of_the_sum_of_sketches() {
    for seed in 0..20 {
        let (problem, numbers) = sketched(seed, 12, 5, 37, 0.5);
        let sketches = SketchMatrix::new(&problem, 37, &numbers).unwrap();
        let choice = solve(&problem).choice;
        let expected = square_of_sum(&sketches, &choice);
        let joint = joint_value(&problem, &sketches, &choice, 1.0).unwrap();
        assert!(
            (joint - expected).abs() <= 1e-10 * expected.max(1.0),
            "seed {seed}"
        );
        let additive = joint_value(&problem, &sketches, &choice, 0.0).unwrap();
        assert!(
            (additive - solve(&problem).value).abs() <= 1e-10 * additive,
            "seed {seed}"
        );
    }
}

#[test]
fn the_search_never_worsens_the_start_nor_exceeds_the_budget() {
    let mut improved = 0;
    for seed in 0..60 {
        let (problem, numbers) = sketched(seed, 30, 6, 24, 0.6);
        let sketches = SketchMatrix::new(&problem, 24, &numbers).unwrap();
        let start = solve(&problem);
        let cross = [1.0, 0.5, -0.2][seed as usize % 3];
        let search = LocalSearch::default().with_cross(cross);
        let end = improve(&problem, &sketches, &start, search).unwrap();
        let cost: u64 = (0..)
            .zip(&end.choice)
            .map(|(j, &i)| problem.costs(j)[i])
            .sum();
        assert_eq!(end.cost, cost, "seed {seed}");
        assert!(end.cost <= problem.budget(), "seed {seed}");
        assert!(end.converged, "seed {seed}");
        let value = joint_value(&problem, &sketches, &end.choice, cross).unwrap();
        assert_eq!(end.value, value, "seed {seed}");
        assert!(end.value <= end.start_value, "seed {seed}");
        improved += usize::from(end.value < 0.9 * end.start_value);
    }
    assert!(improved > 20, "{improved}");
}

#[test]
fn without_cross_terms_the_additive_optimum_stays() {
    let (problem, numbers) = sketched(3, 30, 6, 24, 0.6);
    let sketches = SketchMatrix::new(&problem, 24, &numbers).unwrap();
    let start = solve(&problem);
    let search = LocalSearch::default().with_cross(0.0);
    let end = improve(&problem, &sketches, &start, search).unwrap();
    assert_eq!(end.choice, start.choice);
    assert_eq!((end.changes, end.exchanges), (0, 0));
}

#[test]
fn the_same_input_gives_the_same_choice() {
    let (problem, numbers) = sketched(5, 40, 6, 32, 0.7);
    let sketches = SketchMatrix::new(&problem, 32, &numbers).unwrap();
    let start = solve(&problem);
    let [mut one, mut two] =
        [(); 2].map(|()| improve(&problem, &sketches, &start, LocalSearch::default()).unwrap());
    (one.seconds, two.seconds) = (0.0, 0.0);
    assert_eq!(one, two);
    assert!(one.changes + one.exchanges > 0);
}

/// All choices within the budget, with their objectives.
fn all(problem: &Problem, sketches: &impl Sketches) -> Vec<(Vec<usize>, f64)> {
    let mut choices = vec![Vec::new()];
    for group in 0..problem.groups() {
        let options = 0..problem.costs(group).len();
        choices = choices
            .into_iter()
            .flat_map(|choice: Vec<usize>| {
                options.clone().map(move |option| {
                    let mut longer = choice.clone();
                    longer.push(option);
                    longer
                })
            })
            .collect();
    }
    let cost =
        |choice: &[usize]| -> u64 { (0..).zip(choice).map(|(j, &i)| problem.costs(j)[i]).sum() };
    choices.retain(|choice| cost(choice) <= problem.budget());
    let valued = |choice: Vec<usize>| {
        let value = square_of_sum(sketches, &choice);
        (choice, value)
    };
    choices.into_iter().map(valued).collect()
}

#[test]
fn no_neighbour_of_the_end_is_better_and_neighbouring_optima_are_found() {
    let (mut optima, mut neighbours) = (0, 0);
    for seed in 0..60 {
        let (problem, numbers) = sketched(seed, 5, 4, 6, 0.7);
        let sketches = SketchMatrix::new(&problem, 6, &numbers).unwrap();
        let start = solve(&problem);
        let end = improve(&problem, &sketches, &start, LocalSearch::default()).unwrap();
        let all = all(&problem, &sketches);
        let (best, least) = all.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        let distance = |a: &[usize], b: &[usize]| a.iter().zip(b).filter(|(x, y)| x != y).count();
        let margin = 1e-9 * end.start_value;
        let cost = |choice: &[usize]| -> u64 {
            (0..).zip(choice).map(|(j, &i)| problem.costs(j)[i]).sum()
        };
        for (choice, value) in &all {
            let single = distance(choice, &end.choice) == 1;
            assert!(
                !single || *value >= end.value - margin,
                "seed {seed}: {choice:?}"
            );
        }
        // If no single change improves the start and the optimum is one exchange away, the search
        // must find it.
        let downhill = all.iter().any(|(choice, value)| {
            distance(choice, &start.choice) == 1 && *value < end.start_value - margin
        });
        let exchanged: Vec<_> = (0..best.len())
            .filter(|&j| best[j] != start.choice[j])
            .collect();
        let opposite = exchanged.len() == 2 && {
            let change = |j: usize| {
                let costs = problem.costs(j);
                i128::from(costs[best[j]]) - i128::from(costs[start.choice[j]])
            };
            change(exchanged[0]).signum() * change(exchanged[1]).signum() < 0
        };
        if !downhill && opposite {
            neighbours += 1;
            assert!(end.value <= least + margin, "seed {seed}");
        }
        assert!(cost(&end.choice) <= problem.budget());
        optima += usize::from(end.value <= least + margin);
    }
    eprintln!("{optima} of 60 ends are optima, {neighbours} were one exchange away");
    assert!(optima >= 20, "{optima}");
    assert!(neighbours > 0);
}

#[test]
fn sketches_that_do_not_fit_are_refused() {
    let (problem, mut numbers) = sketched(1, 4, 3, 5, 0.5);
    assert!(matches!(
        SketchMatrix::new(&problem, 4, &numbers),
        Err(QuadraticError::Size {
            options: 12,
            length: 4,
            found: 60
        })
    ));
    let start = solve(&problem);
    numbers[5 * 4 + 2] = f32::NAN;
    let sketches = SketchMatrix::new(&problem, 5, &numbers).unwrap();
    assert_eq!(
        improve(&problem, &sketches, &start, LocalSearch::default()),
        Err(QuadraticError::NotFinite {
            group: 1,
            option: 1
        })
    );
    numbers[5 * 4 + 2] = 0.0;
    let sketches = SketchMatrix::new(&problem, 5, &numbers).unwrap();
    assert!(matches!(
        joint_value(&problem, &sketches, &[0, 0, 0], 1.0),
        Err(QuadraticError::Start(_))
    ));
    assert!(matches!(
        joint_value(&problem, &sketches, &[0, 0, 0, 0], f64::NAN),
        Err(QuadraticError::Cross(_))
    ));
    let poor = problem.clone().with_budget(problem.least_cost()).unwrap();
    assert!(matches!(
        improve(&poor, &sketches, &start, LocalSearch::default()),
        Err(QuadraticError::Start(_))
    ));
}
