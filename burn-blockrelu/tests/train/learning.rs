//! What a run does to a network.

use burn_blockrelu::data::ImageSource as _;
use burn_blockrelu::finetune::{
    Finetune, FinetuneConfig, FinetuneError, Objective, OptimizerConfig, ScheduleConfig, evaluate,
};
use indicatif::ProgressBar;

use super::network::{Floats, NORMALIZATION, Plain, SIZES, config, digest, images, network};

fn run(config: FinetuneConfig) -> Finetune<Plain> {
    Finetune::new(config, images(60, 0), NORMALIZATION).valid(images(30, 1000))
}

#[test]
fn the_loss_falls_and_accuracy_rises() {
    let before = network();
    let bar = ProgressBar::hidden();
    let valid = images(30, 1000);
    let old = evaluate(&before, valid.clone(), NORMALIZATION, 7, &bar).unwrap();
    let done = run(config()).run(before).unwrap();
    let new = evaluate(&done.model, valid.clone(), NORMALIZATION, 7, &bar).unwrap();
    assert_eq!((old.total, new.total), (30, 30));
    let report = done.report;
    assert!(new.correct > old.correct + 8, "{old:?} {new:?} {report:?}");
    assert_eq!((report.steps, report.rounds.len()), (12, 3));
    assert_eq!(
        (report.train_images, report.valid_images),
        (60, valid.len())
    );
    assert_eq!(report.resumed_from, None);
    let losses: Vec<f64> = report
        .rounds
        .iter()
        .map(|r| r.train.unwrap().loss)
        .collect();
    assert!(losses[2] < 0.7 * losses[0], "{losses:?}");
    // What the learner measured is what `evaluate` measures.
    let last = report.last_valid().unwrap();
    assert!((last.accuracy_percent - new.percent()).abs() < 1e-9);
    assert_eq!(
        report.rounds.iter().map(|r| r.steps).collect::<Vec<_>>(),
        [4, 8, 12]
    );
}

#[test]
fn a_run_repeats_bit_for_bit_and_leaves_its_input_alone() {
    let model = network();
    let (old, mean) = (digest(&model), model.running_mean());
    let first = run(config()).run(model.clone()).unwrap();
    assert_eq!(digest(&model), old);
    assert_eq!(model.running_mean(), mean);
    assert_ne!(first.model.running_mean(), mean);
    let second = run(config()).run(model.clone()).unwrap();
    assert_eq!(digest(&first.model), digest(&second.model));
    let seed = 4;
    let other = run(FinetuneConfig { seed, ..config() }).run(model).unwrap();
    assert_ne!(digest(&first.model), digest(&other.model));
}

#[test]
fn every_float_is_trained_also_those_that_were_loaded() {
    let before = Floats::of(&network());
    let after = Floats::of(&run(config()).run(network()).unwrap().model);
    // Convolution, normalisation with its statistics, classifier.
    assert_eq!((before.len(), after.len()), (8, 8));
    for (at, (old, new)) in before.iter().zip(&after).enumerate() {
        assert!(
            old.iter().zip(new).all(|(old, new)| old != new),
            "parameter {at}"
        );
    }
}

#[test]
fn statistics_move_to_those_of_the_batches_whatever_the_rate() {
    // At a tiny learning rate only the statistics change: they follow the batches, not a gradient.
    let slow = |weight_decay| FinetuneConfig {
        optimizer: OptimizerConfig {
            learning_rate: 1e-30,
            momentum: 0.0,
            nesterov: false,
            weight_decay,
        },
        schedule: ScheduleConfig::Constant { warm_up: 0 },
        ..config()
    };
    let kept = run(slow(0.0)).run(network()).unwrap().model;
    let decayed = run(slow(0.5)).run(network()).unwrap().model;
    assert_ne!(kept.running_mean(), network().running_mean());
    assert_eq!(kept.running_mean(), decayed.running_mean());
}

#[test]
fn integers_and_booleans_travel_unchanged() {
    let trained = run(config()).run(network()).unwrap().model;
    let expected: Vec<i64> = SIZES.concat().into_iter().map(i64::from).collect();
    assert_eq!(trained.sizes(), expected);
    assert_eq!(trained.mask(), [true, false]);
}

#[test]
fn a_teacher_of_the_same_weights_holds_the_student() {
    // Without labels, weight decay and a batch norm that drifts, nothing pulls at the weights but
    // the difference between the statistics of a batch and those of training: little.
    let teacher = run(config()).run(network()).unwrap().model;
    let distil = |features| {
        let config = FinetuneConfig {
            objective: Objective::Teacher {
                temperature: 2.0,
                weight: 1.0,
                features,
            },
            optimizer: OptimizerConfig {
                learning_rate: 0.01,
                momentum: 0.0,
                nesterov: false,
                weight_decay: 0.0,
            },
            ..config()
        };
        let run = run(config).teacher(teacher.clone());
        run.run(teacher.clone()).unwrap().report
    };
    let held = distil(0.0);
    let untaught = distil(0.5);
    let first = held.rounds[0].train.unwrap();
    assert!(first.loss >= 0.0 && first.loss < 0.2, "{first:?}");
    assert!(
        held.last_valid().unwrap().accuracy_percent >= 60.0,
        "{held:?}"
    );
    assert!(untaught.rounds[0].train.unwrap().loss > first.loss);
}

#[test]
fn a_teacher_teaches_without_labels() {
    let teacher = run(config()).run(network()).unwrap().model;
    let config = FinetuneConfig {
        objective: Objective::Teacher {
            temperature: 2.0,
            weight: 1.0,
            features: 0.1,
        },
        ..config()
    };
    let report = run(config).teacher(teacher).run(network()).unwrap().report;
    let losses: Vec<f64> = report
        .rounds
        .iter()
        .map(|r| r.train.unwrap().loss)
        .collect();
    assert!(losses[2] < 0.7 * losses[0], "{losses:?}");
}

#[test]
fn what_cannot_run_says_why() {
    let teacher = FinetuneConfig {
        objective: Objective::TEACHER,
        ..config()
    };
    let error = run(teacher).run(network()).unwrap_err();
    assert!(matches!(error, FinetuneError::NoTeacher), "{error}");
    let none = FinetuneConfig {
        duration: 0,
        ..config()
    };
    let error = run(none).run(network()).unwrap_err();
    assert!(error.to_string().contains("`duration` is 0"), "{error}");
    let error = Finetune::new(config(), images(0, 0), NORMALIZATION)
        .run(network())
        .unwrap_err();
    assert!(matches!(error, FinetuneError::NoImages), "{error}");
}

#[test]
fn a_loss_that_is_no_number_is_an_error() {
    let wild = FinetuneConfig {
        optimizer: OptimizerConfig {
            learning_rate: 1e30,
            ..config().optimizer
        },
        schedule: ScheduleConfig::Constant { warm_up: 0 },
        ..config()
    };
    let error = run(wild).run(network()).unwrap_err();
    assert!(matches!(error, FinetuneError::Diverged { .. }), "{error}");
}

#[test]
fn a_run_may_be_shorter_than_a_pass_and_a_batch_larger_than_the_data() {
    let short = FinetuneConfig {
        duration: 1,
        batch_size: 1000,
        checkpoint_every: None,
        schedule: ScheduleConfig::Constant { warm_up: 0 },
        ..config()
    };
    let done = Finetune::new(short, images(20, 0), NORMALIZATION).run(network());
    let report = done.unwrap().report;
    assert_eq!((report.steps, report.rounds.len()), (1, 1));
    assert_eq!(report.rounds[0].valid, None);
}
