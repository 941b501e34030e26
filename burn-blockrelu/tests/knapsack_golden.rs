//! The solver reaches the independently computed optimum of every golden instance.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../../tests/needed.rs"]
mod needed;

use std::fs;
use std::path::PathBuf;

use burn_blockrelu::Block;
use burn_blockrelu::knapsack::instance::Instance;
use burn_blockrelu::knapsack::{Solution, solve, solve_file, verify};
use serde_json::Value;

/// The folder of golden files, if there is one.
fn golden() -> Option<PathBuf> {
    Some(needed::needed("BURN_MPC_GOLDEN", "golden", &["knapsack"])?.join("knapsack"))
}

fn check_report(golden: &Value, report: &Value, solution: &Solution) {
    let number = |value: &Value| value.as_f64().unwrap();
    let optimum = number(&golden["independent"]["optimum_cost_le_max_cost"]);
    let name = &golden["name"];
    let total = number(&report["total_value"]);
    assert!(
        (total - optimum).abs() <= 1e-9,
        "{name}: {total} is not {optimum}"
    );
    assert_eq!(report["optimal"], true, "{name}");
    assert!(number(&report["bound"]) >= total, "{name}");
    assert!(number(&report["bound"]) <= number(&golden["independent"]["lp_upper_bound"]) + 1e-9);
    assert_eq!(report["total_cost"], solution.cost, "{name}");
    assert!(number(&report["total_cost"]) <= number(&golden["max_cost"]));

    // Cost and value once more, from the blocks in the report alone.
    let (mut cost, mut value) = (0, 0.0);
    for layer in golden["layers"].as_array().unwrap() {
        let layer_name = layer["name"].as_str().unwrap();
        let side = layer["dim"].as_u64().unwrap() as usize;
        let candidates = layer["block_sizes"].as_array().unwrap();
        let blocks = report["block_sizes"][layer_name].as_array().unwrap();
        assert_eq!(blocks.len() as u64, layer["channels"].as_u64().unwrap());
        for (channel, block) in blocks.iter().enumerate() {
            let option = candidates.iter().position(|other| other == block).unwrap();
            let pair = [0, 1].map(|i| block[i].as_i64().unwrap());
            cost += Block::from_pair(pair).unwrap().drelus([side, side]) as u64;
            value += number(&golden["neg_distortion"][layer_name][channel][option]);
        }
    }
    assert_eq!(cost, solution.cost, "{name}");
    assert!((value - total).abs() <= 1e-9, "{name}");
}

#[test]
fn golden_instances_are_solved_to_their_optimum() {
    let Some(folder) = golden() else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let mut tested = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let golden: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let report = out.path().join("report.json");
        let solution = solve_file(&path, &report).unwrap();
        let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
        check_report(&golden, &report, &solution);
        verify(
            &Instance::read(&path).unwrap().problem().unwrap(),
            &solution,
        )
        .unwrap();
        eprintln!(
            "{}: {solution:.3?}",
            path.display(),
            solution = (solution.seconds, solution.certificate)
        );
        tested += 1;
    }
    assert!(tested >= 4);
}

#[test]
fn the_network_of_the_paper_takes_a_fifth_of_a_second() {
    let Some(folder) = golden() else {
        return;
    };
    let instance = Instance::read(&folder.join("real1_resnet18_cifar_0.06.json")).unwrap();
    let problem = instance.problem().unwrap();
    assert_eq!(problem.groups(), 3904);
    // The best of three: the machine may be busy.
    let seconds = (0..3).map(|_| solve(&problem).seconds);
    let best = seconds.fold(f64::INFINITY, f64::min);
    assert!(best < 0.2, "{best} s");
}
