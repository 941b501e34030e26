//! Trained networks reach their documented accuracy.

use std::path::PathBuf;

use burn::backend::Flex;
use example_models::data::Dataset;
use example_models::weights::load_weight_file;
use example_models::{AnyModel, ModelKind, ModelSpec, WeightFile, assets, open_image};

use super::{argmax, data, logits};

type Loaded = (ModelSpec, AnyModel<Flex>);

fn load(kind: ModelKind, data: &std::path::Path, name: &str) -> Loaded {
    let path = data.join(format!("weights/{name}.safetensors"));
    let weights = WeightFile::open(&path).unwrap();
    let spec = ModelSpec::detect(kind, &weights);
    let model = load_weight_file(spec.init(&Default::default()), &spec, weights).unwrap();
    (spec, model)
}

/// Checks that the accuracy on the first `count` images of each class is within four standard
/// deviations of a binomial distribution around the documented accuracy on the whole set. A correct
/// network fails this on one in 16,000 such subsets.
fn check((spec, model): &Loaded, set: Dataset, data: &std::path::Path, count: usize, percent: f64) {
    let set = set.open(data).unwrap();
    let images: Vec<_> = set.first_of_each(count).map(Result::unwrap).collect();
    let rule = spec.preprocessing();
    let mut right = 0;
    for batch in images.chunks(100) {
        let values = batch.iter().flat_map(|image| rule.pixels(&image.pixels));
        let logits = logits(model, values.collect(), rule.size);
        let pairs = logits.iter().zip(batch);
        right += pairs
            .filter(|(logits, image)| argmax(logits) == image.label)
            .count();
    }
    let (n, p) = (images.len() as f64, percent / 100.0);
    let deviation = (n * p * (1.0 - p)).sqrt();
    let off = (right as f64 - n * p) / deviation;
    assert!(
        off.abs() < 4.0,
        "{right} of {n} right, expected {percent} %: {off:.1} deviations"
    );
}

#[test]
fn embedded_resnet20_on_cifar100() {
    let Some(data) = data() else { return };
    let model = assets::resnet20_cifar100(&Default::default()).unwrap();
    let loaded = (assets::resnet20_cifar100_spec(), model);
    check(&loaded, Dataset::Cifar100, &data, 3, 62.22);
}

#[test]
fn resnet20_on_cifar10() {
    let Some(data) = data() else { return };
    let loaded = load(ModelKind::Resnet20, &data, "resnet20_cifar10");
    check(&loaded, Dataset::Cifar10, &data, 30, 91.73);
}

#[test]
fn resnet56_on_cifar10() {
    let Some(data) = data() else { return };
    let loaded = load(ModelKind::Resnet56, &data, "resnet56_cifar10");
    check(&loaded, Dataset::Cifar10, &data, 10, 93.39);
}

#[test]
fn embedded_resnet20_knows_the_rocket() {
    let model = assets::resnet20_cifar100(&Default::default()).unwrap();
    let rule = assets::resnet20_cifar100_spec().preprocessing();
    for (class, png) in assets::PHOTOGRAPHS {
        let image = image::load_from_memory(png).unwrap();
        let logits = logits(&model, rule.image(&image), rule.size);
        if class == Some("rocket") {
            assert_eq!(argmax(&logits[0]), 69);
        }
    }
}

/// `imagenet_NN_LABEL.jpg` and their labels.
fn photographs(data: &std::path::Path) -> Vec<(PathBuf, usize)> {
    let mut photographs = Vec::new();
    for entry in std::fs::read_dir(data.join("photos")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if let Some((_, label)) = stem
            .strip_prefix("imagenet_")
            .and_then(|s| s.split_once('_'))
        {
            photographs.push((path.clone(), label.parse().unwrap()));
        }
    }
    assert_eq!(photographs.len(), 8);
    photographs
}

#[test]
fn mobilenet_on_photographs() {
    let Some(data) = data() else { return };
    let (spec, model) = load(
        ModelKind::MobileNetV2,
        &data,
        "mobilenet_v2_imagenet_tf2ptq",
    );
    let rule = spec.preprocessing();
    let right = photographs(&data).into_iter().filter(|(path, label)| {
        let values = rule.image(&open_image(path).unwrap());
        argmax(&logits(&model, values, rule.size)[0]) == *label + 1 // 0 is the background
    });
    assert!(right.count() >= 7);
}

#[test]
fn opennsfw_finds_photographs_ordinary() {
    let Some(data) = data() else { return };
    let (spec, model) = load(ModelKind::Resnet50Half, &data, "opennsfw_resnet50thin");
    let rule = spec.preprocessing();
    for (path, _) in photographs(&data) {
        let values = rule.image(&open_image(&path).unwrap());
        let logits = &logits(&model, values, rule.size)[0];
        let score = 1.0 / (1.0 + (logits[0] - logits[1]).exp());
        assert!(score < 0.015, "{}: {score}", path.display());
    }
}

/// The reference ran the original ONNX graph in ONNX Runtime on the same numbers.
#[test]
fn opennsfw_agrees_with_its_reference() {
    let Some(data) = data() else { return };
    let (_, model) = load(ModelKind::Resnet50Half, &data, "opennsfw_resnet50thin");
    let values = (0..3 * 224 * 224).map(|i: usize| ((i * 7919) % 255) as f32 - 127.0);
    let logits = &logits(&model, values.collect(), [224, 224])[0];
    for (logit, expected) in logits.iter().zip([3.359_835_1, -4.373_218_5]) {
        assert!((logit - expected).abs() < 1e-3, "{logits:?}");
    }
}
