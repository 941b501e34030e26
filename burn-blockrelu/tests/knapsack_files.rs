//! Instance files: what is refused, and what is written.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;

use burn_blockrelu::knapsack::instance::{Instance, InstanceError};
use burn_blockrelu::knapsack::{KnapsackError, solve_file};
use serde_json::{Value, json};

/// Two layers; the second has no zero among its candidates.
fn instance() -> Value {
    json!({
        "name": "tiny", "unknown": {"keys": ["are", "ignored"]},
        "layers": [
            {"name": "z", "channels": 2, "dim": 4, "block_sizes": [[1, 1], [2, 2], [0, 1], [1, 0]], "more": 1},
            {"name": "a", "channels": 1, "dim": 2, "block_sizes": [[1, 1], [2, 2]]},
        ],
        "neg_distortion": {"z": [[-0.0, -1, -3], [0, -0.5, -0.6]], "a": [[0, -0.25]]},
        "max_cost": 6,
    })
}

fn refusal(change: impl FnOnce(&mut Value)) -> InstanceError {
    let mut instance = instance();
    change(&mut instance);
    Instance::from_json(&instance.to_string()).unwrap_err()
}

#[test]
fn the_report_names_the_blocks_of_every_channel() {
    let folder = tempfile::tempdir().unwrap();
    let [input, output] = ["in.json", "out.json"].map(|name| folder.path().join(name));
    fs::write(&input, instance().to_string()).unwrap();
    fs::write(
        &output,
        "what was here before, which is longer than the report".repeat(99),
    )
    .unwrap();
    let solution = solve_file(&input, &output).unwrap();
    assert_eq!(solution.choice, [1, 2, 1]);
    let report: Value = serde_json::from_str(&fs::read_to_string(&output).unwrap()).unwrap();
    let expected = json!({
        "total_cost": 5, "total_value": -1.85, "optimal": true, "bound": -1.85,
        "seconds": solution.seconds,
        "block_sizes": {"z": [[2, 2], [0, 1]], "a": [[2, 2]]},
    });
    assert_eq!(report, expected);
    let text = fs::read_to_string(&output).unwrap();
    assert!(
        text.find("\"z\"") < text.find("\"a\""),
        "layers keep their order"
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        2,
        "nothing else is left"
    );
}

#[test]
fn malformed_instances_are_refused_with_their_place() {
    assert!(matches!(
        refusal(|i| drop(i["neg_distortion"].as_object_mut().unwrap().remove("a"))),
        InstanceError::MissingLayer { layer } if layer == "a"
    ));
    assert!(matches!(
        refusal(|i| i["layers"][1]["name"] = json!("z")),
        InstanceError::DuplicateLayer { layer } if layer == "z"
    ));
    assert!(matches!(
        refusal(|i| i["layers"][0]["channels"] = json!(3)),
        InstanceError::Channels {
            expected: 3,
            found: 2,
            ..
        }
    ));
    assert!(matches!(
        refusal(|i| i["neg_distortion"]["z"][1] = json!([0, -1, -2, -3])),
        InstanceError::Options {
            channel: 1,
            expected: 3,
            found: 4,
            ..
        }
    ));
    assert!(matches!(
        refusal(|i| i["neg_distortion"]["z"][1][2] = Value::Null),
        InstanceError::NotFinite {
            channel: 1,
            option: 2,
            ..
        }
    ));
    assert!(matches!(
        refusal(|i| i["layers"][1]["block_sizes"][1] = json!([2, -2])),
        InstanceError::Block { layer, .. } if layer == "a"
    ));
    assert!(matches!(
        refusal(|i| i["layers"][1]["dim"] = json!(0)),
        InstanceError::EmptyMap { layer } if layer == "a"
    ));
    assert!(matches!(
        refusal(|i| i["max_cost"] = json!(-1)),
        InstanceError::NegativeBudget(-1)
    ));
    for key in ["layers", "neg_distortion", "max_cost"] {
        let error = refusal(|i| drop(i.as_object_mut().unwrap().remove(key)));
        assert!(matches!(error, InstanceError::Json(_)) && error.to_string().contains(key));
    }
    for number in ["NaN", "Infinity", "1e999"] {
        let text = instance().to_string().replace("-0.25", number);
        assert!(
            matches!(Instance::from_json(&text), Err(InstanceError::Json(_))),
            "{number}"
        );
    }
}

#[test]
fn infeasible_and_empty_instances_are_refused_by_the_solver() {
    let problem = |change: fn(&mut Value)| {
        let mut instance = instance();
        change(&mut instance);
        Instance::from_json(&instance.to_string())
            .unwrap()
            .problem()
            .unwrap_err()
    };
    assert_eq!(
        problem(|i| i["max_cost"] = json!(0)),
        KnapsackError::Infeasible {
            budget: 0,
            least: 1
        }
    );
    assert_eq!(
        problem(|i| i["layers"] = json!([])),
        KnapsackError::NoGroups
    );
    let empty = |i: &mut Value| {
        i["layers"][1]["block_sizes"] = json!([[1, 0]]);
        i["neg_distortion"]["a"] = json!([[]]);
    };
    assert_eq!(problem(empty), KnapsackError::EmptyGroup { group: 2 });
}

#[test]
fn an_unreadable_instance_leaves_the_output_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [input, output] = ["in.json", "out.json"].map(|name| folder.path().join(name));
    fs::write(&output, "before").unwrap();
    assert!(matches!(
        solve_file(&input, &output),
        Err(InstanceError::Read { .. })
    ));
    fs::write(&input, "{").unwrap();
    assert!(matches!(
        solve_file(&input, &output),
        Err(InstanceError::Json(_))
    ));
    assert_eq!(fs::read_to_string(&output).unwrap(), "before");
    fs::write(&input, instance().to_string()).unwrap();
    let nowhere = folder.path().join("missing").join("out.json");
    assert!(matches!(
        solve_file(&input, &nowhere),
        Err(InstanceError::Write { .. })
    ));
}
