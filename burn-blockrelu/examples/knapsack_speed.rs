//! Times the exact knapsack on instances of ImageNet-ResNet-50's size.
//!
//! `cargo run --release -p burn-blockrelu --example knapsack_speed`

#[path = "../tests/knapsack_support/mod.rs"]
mod support;

use burn_blockrelu::knapsack::{solve, verify};
use support::resnet50::{KINDS, problem};

fn main() {
    println!(
        "kind        ratio   seconds optimal   value          gap/value  core groups  options    states"
    );
    for kind in KINDS {
        for ratio in [0.03, 0.06, 0.25] {
            let problem = problem(kind, 1, ratio);
            let solution = solve(&problem);
            let proof = solution.certificate;
            println!(
                "{:11} {ratio:5.2} {:9.3} {:7} {:14.6} {:11.2e} {:12} {:8} {:9} least cost {}{}",
                format!("{kind:?}"),
                solution.seconds,
                solution.optimal,
                solution.value,
                (solution.value - proof.relaxation) / solution.value,
                proof.core_groups,
                proof.core_options,
                proof.states,
                proof.least_cost,
                verify(&problem, &solution).map_or_else(|e| format!(" {e}"), |()| String::new()),
            );
        }
    }
}
