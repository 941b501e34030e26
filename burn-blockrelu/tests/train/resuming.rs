//! Checkpoints.

use std::path::Path;

use burn_blockrelu::data::Normalization;
use burn_blockrelu::finetune::{Finetune, FinetuneError, FinetuneReport};

use super::network::{NORMALIZATION, SIZES, config, digest, images, network, run_in};

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory.join("checkpoint"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Undoes the rounds after `round`, as if the process had been killed before it wrote them.
fn forget_after(directory: &Path, round: usize, last: usize) {
    for round in round + 1..=last {
        for part in ["model", "optim", "scheduler"] {
            let file = directory.join(format!("checkpoint/{part}-{round}.mpk"));
            std::fs::remove_file(file).unwrap();
        }
    }
}

fn without_seconds(mut report: FinetuneReport) -> FinetuneReport {
    report.seconds = 0.0;
    report.resumed_from = None;
    for round in &mut report.rounds {
        round.seconds = 0.0;
        // A number that was read from JSON may differ in its last bit.
        for score in round.train.iter_mut().chain(&mut round.valid) {
            score.loss = (score.loss * 1e9).round();
            score.accuracy_percent = (score.accuracy_percent * 1e9).round();
        }
        round.learning_rate = (round.learning_rate * 1e9).round();
    }
    report
}

#[test]
fn a_resumed_run_ends_like_an_uninterrupted_one() {
    let directory = tempfile::tempdir().unwrap();
    let whole = run_in(directory.path()).run(network()).unwrap();
    let parts = [
        "model-2",
        "model-3",
        "optim-2",
        "optim-3",
        "scheduler-2",
        "scheduler-3",
    ];
    assert_eq!(
        files(directory.path()),
        parts.map(|part| format!("{part}.mpk"))
    );

    forget_after(directory.path(), 2, 3);
    // What a kill leaves of a file being written.
    let half = directory.path().join("checkpoint/model-3-partial.mpk");
    std::fs::write(half, b"half").unwrap();
    let resumed = run_in(directory.path()).run(network()).unwrap();
    assert_eq!(resumed.report.resumed_from, Some(2));
    assert_eq!(digest(&resumed.model), digest(&whole.model));
    assert_eq!(
        without_seconds(resumed.report),
        without_seconds(whole.report.clone())
    );

    let ended = run_in(directory.path()).run(network()).unwrap();
    assert_eq!(ended.report.resumed_from, Some(3));
    assert_eq!(digest(&ended.model), digest(&whole.model));
    assert_eq!(without_seconds(ended.report), without_seconds(whole.report));
    let expected: Vec<i64> = SIZES.concat().into_iter().map(i64::from).collect();
    assert_eq!(ended.model.sizes(), expected);
}

#[test]
fn a_run_without_checkpoints_is_the_same_run() {
    let directory = tempfile::tempdir().unwrap();
    let with = run_in(directory.path()).run(network()).unwrap();
    let without = Finetune::new(config(), images(60, 0), NORMALIZATION).run(network());
    assert_eq!(digest(&with.model), digest(&without.unwrap().model));
}

#[test]
fn another_run_in_the_directory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    run_in(directory.path()).run(network()).unwrap();
    let refused = |run: Finetune<_>, model| match run.run(model).unwrap_err() {
        FinetuneError::OtherRun { differences, .. } => differences,
        error => panic!("{error}"),
    };
    let mut other = config();
    other.seed += 1;
    let normalization = Normalization {
        mean: [0.0; 3],
        ..NORMALIZATION
    };
    let run = Finetune::new(other, images(57, 0), normalization).directory(directory.path());
    let differences = refused(run, network());
    assert_eq!(
        differences,
        "the settings, the normalisation, the training images, the validation images"
    );
    let trained = run_in(directory.path()).run(network()).unwrap().model;
    assert_eq!(refused(run_in(directory.path()), trained), "the network");
    std::fs::remove_file(directory.path().join("run.json")).unwrap();
    assert!(refused(run_in(directory.path()), network()).contains("no run.json"));
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_serves() {
    let directory = tempfile::tempdir().unwrap();
    let whole = run_in(directory.path()).run(network()).unwrap();
    for part in ["model", "optim", "scheduler"] {
        let file = directory.path().join(format!("checkpoint/{part}-3.mpk"));
        let content = std::fs::read(&file).unwrap();
        std::fs::write(&file, &content[..content.len() / 2]).unwrap();
        let error = run_in(directory.path()).run(network()).unwrap_err();
        match error {
            FinetuneError::Checkpoint { path, round, .. } => {
                assert_eq!((path, round), (file.clone(), 3));
            }
            error => panic!("{error}"),
        }
        std::fs::write(&file, content).unwrap();
    }
    forget_after(directory.path(), 2, 3);
    let resumed = run_in(directory.path()).run(network()).unwrap();
    assert_eq!(digest(&resumed.model), digest(&whole.model));
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = run_in(&file).run(network()).unwrap_err();
    assert!(matches!(error, FinetuneError::File { .. }), "{error}");
}
