//! Settings and schedules.

use burn::lr_scheduler::LrScheduler as _;
use burn_blockrelu::finetune::{
    ConfigError, FinetuneConfig, Objective, Preset, Schedule, ScheduleConfig, Unit,
};

#[test]
fn presets_are_valid_and_survive_both_formats() {
    for preset in Preset::ALL {
        let config = preset.config();
        config.validate().unwrap();
        let toml = config.to_toml().unwrap();
        assert_eq!(FinetuneConfig::from_toml(&toml).unwrap(), config, "{toml}");
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(FinetuneConfig::from_json(&json).unwrap(), config);
        assert_eq!(preset.name().parse(), Ok(preset));
        let named = format!("preset = \"{preset}\"");
        assert_eq!(FinetuneConfig::from_toml(&named).unwrap(), config);
    }
    assert!(
        "long"
            .parse::<Preset>()
            .unwrap_err()
            .to_string()
            .contains("voc-deeplab")
    );
}

#[test]
fn presets_have_the_numbers_of_the_paper() {
    let cifar = Preset::Cifar100Resnet18.config();
    assert_eq!(
        (cifar.duration, cifar.unit, cifar.batch_size),
        (120, Unit::Epochs, 128)
    );
    assert_eq!(cifar.optimizer.learning_rate, 0.005);
    assert_eq!(
        (cifar.optimizer.momentum, cifar.optimizer.weight_decay),
        (0.9, 1e-3)
    );
    let rate = |config: &FinetuneConfig, pass_steps: usize, step: usize| {
        let unit = config.unit_steps(pass_steps);
        let rate = config.optimizer.learning_rate;
        Schedule::new(config.schedule.clone(), rate, unit, config.duration * unit).at(step)
    };
    // 390 steps a pass, 5 passes of warm-up, a quarter after 30, 60 and 90.
    let expected = [
        (0, 0.005 / 1950.0),
        (1949, 0.005),
        (11_699, 0.005),
        (11_700, 0.00125),
        (23_400, 0.000_312_5),
        (35_100, 0.000_078_125),
        (46_799, 0.000_078_125),
    ];
    for (step, expected) in expected {
        assert!(
            (rate(&cifar, 390, step) - expected).abs() < 1e-12,
            "step {step}"
        );
    }
    let imagenet = Preset::ImagenetResnet50.config();
    assert_eq!((imagenet.duration, imagenet.batch_size), (25, 256));
    assert_eq!(rate(&imagenet, 10, 0), 0.005);
    assert_eq!(rate(&imagenet, 10, 219), 0.005 / 16.0);
    assert_eq!(rate(&imagenet, 10, 220), 0.005 / 64.0);
    let voc = Preset::VocDeeplab.config();
    assert_eq!((voc.duration, voc.unit), (20_000, Unit::Steps));
    let middle = 4e-4 * 0.5_f64.powf(0.9) + 1e-4;
    assert!((rate(&voc, 91, 10_000) - middle).abs() < 1e-12);
    assert!(rate(&voc, 91, 19_999) > 1e-4);
    let start = rate(&voc, 91, 499);
    let unwarmed = 4e-4 * (1.0 - 499.0 / 20_000.0_f64).powf(0.9) + 1e-4;
    assert!((start - unwarmed / 2.0).abs() < 1e-12);
    assert_eq!(Preset::Ade20kDeeplab.config().duration, 40_000);
}

#[test]
fn the_scheduler_steps_as_the_formula_says_and_resumes() {
    let config = ScheduleConfig::MultiStep {
        milestones: vec![2, 3],
        factor: 0.5,
        warm_up: 1,
    };
    let mut schedule = Schedule::new(config, 0.8, 2, 8);
    let rates: Vec<f64> = (0..8).map(|_| schedule.step()).collect();
    assert_eq!(rates, [0.4, 0.8, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
    let record = schedule.to_record::<burn::backend::Flex>();
    assert_eq!(record, 8);
    let mut back = schedule.load_record::<burn::backend::Flex>(5);
    assert_eq!([back.step(), back.step()], [0.4, 0.2]);
}

#[test]
fn a_file_changes_a_preset_key_by_key_and_kinds_as_a_whole() {
    let text = r#"
        preset = "cifar100-resnet18"
        seed = 9
        checkpoint_every = 50
        [optimizer]
        learning_rate = 1
        [objective]
        kind = "teacher"
        weight = 0.5
        [augmentation]
        flip = false
    "#;
    let config = FinetuneConfig::from_toml(text).unwrap();
    let base = Preset::Cifar100Resnet18.config();
    assert_eq!(config.optimizer.learning_rate, 1.0);
    assert_eq!(config.optimizer.weight_decay, base.optimizer.weight_decay);
    assert_eq!((config.seed, config.checkpoint_every), (9, Some(50)));
    assert_eq!(config.augmentation.crop_padding, 4);
    assert!(!config.augmentation.flip);
    let teacher = Objective::Teacher {
        temperature: 4.0,
        weight: 0.5,
        features: 0.0,
    };
    assert_eq!(config.objective, teacher);
    let constant = "preset = \"voc-deeplab\"\nschedule = { kind = \"constant\" }";
    let config = FinetuneConfig::from_toml(constant).unwrap();
    assert_eq!(config.schedule, ScheduleConfig::Constant { warm_up: 0 });
}

#[test]
fn shortening_keeps_the_proportions() {
    let short = Preset::Cifar100Resnet18.config().in_steps(40);
    short.validate().unwrap();
    assert_eq!((short.duration, short.unit), (40, Unit::Steps));
    let expected = ScheduleConfig::MultiStep {
        milestones: vec![10, 20, 30],
        factor: 0.25,
        warm_up: 2,
    };
    assert_eq!(short.schedule, expected);
    for steps in 1..6 {
        for preset in Preset::ALL {
            preset.config().in_steps(steps).validate().unwrap();
        }
    }
}

#[test]
fn unknown_keys_and_values_out_of_range_are_named() {
    let with = |change: &str| {
        let text = format!("preset = \"short\"\n{change}");
        FinetuneConfig::from_toml(&text).unwrap_err()
    };
    for (change, words) in [
        ("learning_rate = 1", "unknown field `learning_rate`"),
        ("[optimizer]\nlr = 1", "unknown field `lr`"),
        (
            "[objective]\nkind = \"teacher\"\ntemp = 1",
            "unknown field `temp`",
        ),
        ("[objective]\nkind = \"magic\"", "unknown variant `magic`"),
        (
            "[schedule]\nkind = \"multi-step\"",
            "missing field `milestones`",
        ),
        ("duration = \"long\"", "invalid type"),
        ("duration = 20 20", "settings cannot be understood"),
    ] {
        let error = with(change);
        assert!(matches!(error, ConfigError::Parse { .. }), "{change}");
        assert!(error.to_string().contains(words), "{change}: {error}");
    }
    for (change, wrong) in [
        ("duration = 0", "duration"),
        ("batch_size = 0", "batch_size"),
        ("checkpoint_every = 0", "checkpoint_every"),
        (
            "optimizer = { learning_rate = 0.0 }",
            "optimizer.learning_rate",
        ),
        (
            "optimizer = { learning_rate = nan }",
            "optimizer.learning_rate",
        ),
        ("optimizer = { momentum = 1.0 }", "optimizer.momentum"),
        (
            "optimizer = { momentum = 0.0, nesterov = true }",
            "optimizer.nesterov",
        ),
        (
            "optimizer = { weight_decay = -1 }",
            "optimizer.weight_decay",
        ),
        ("schedule = { warm_up = 20 }", "schedule.warm_up"),
        ("schedule = { power = 0 }", "schedule.power"),
        (
            "schedule = { min_learning_rate = 9 }",
            "schedule.min_learning_rate",
        ),
        (
            "schedule = { kind = \"multi-step\", milestones = [5, 5], factor = 0.1 }",
            "schedule.milestones",
        ),
        (
            "schedule = { kind = \"multi-step\", milestones = [20], factor = 0.1 }",
            "schedule.milestones",
        ),
        (
            "schedule = { kind = \"multi-step\", milestones = [5], factor = 2 }",
            "schedule.factor",
        ),
        ("objective = { temperature = 0 }", "objective.temperature"),
        ("objective = { weight = 1.5 }", "objective.weight"),
        ("objective = { features = -1 }", "objective.features"),
    ] {
        match with(change) {
            ConfigError::Value { key, .. } => assert_eq!(key, wrong, "{change}"),
            error => assert!(change.contains("nan"), "{change}: {error}"),
        }
    }
}

#[test]
fn a_file_is_named_in_its_errors() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        FinetuneConfig::load(&path)
    };
    write("good.toml", "preset = \"short\"").unwrap();
    write("good.json", "{\"preset\": \"short\", \"seed\": 3}").unwrap();
    let error = write("bad.json", "{\"preset\": \"long\"}").unwrap_err();
    assert!(matches!(error, ConfigError::InFile { .. }));
    let text = error.to_string();
    assert!(
        text.contains("bad.json") && text.contains("unknown preset `long`"),
        "{text}"
    );
    assert!(matches!(
        write("bad.yaml", ""),
        Err(ConfigError::Kind { .. })
    ));
    let missing = FinetuneConfig::load(&folder.path().join("none.toml"));
    assert!(matches!(missing, Err(ConfigError::Read { .. })));
}
