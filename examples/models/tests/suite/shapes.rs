//! Every network runs, with every option, on random weights.

use burn::backend::Flex;
use example_models::{
    AnyModel, ModelKind, ModelSpec, Norm, Padding, Shortcut, Stem, random_weights,
};

use super::{logits, noise};

fn run(spec: &ModelSpec, side: usize) -> Vec<f32> {
    let model: AnyModel<Flex> = random_weights(spec.init(&Default::default()), 7);
    let logits = logits(&model, noise(2 * 3 * side * side), [side, side]);
    assert_eq!(logits.len(), 2);
    for logits in &logits {
        assert_eq!(logits.len(), spec.classes, "{spec:?}");
        let most = logits
            .iter()
            .fold(0_f32, |most, logit| most.max(logit.abs()));
        assert!(
            (1.0..20.0).contains(&most),
            "{spec:?}: largest logit {most}"
        );
    }
    logits.concat()
}

#[test]
fn every_model_runs() {
    for kind in ModelKind::ALL {
        let spec = ModelSpec::of(kind);
        let [channels, height, width] = spec.input_shape();
        let side = if kind.is_cifar() { 32 } else { 224 };
        assert_eq!([channels, height, width], [3, side, side]);
        run(&spec, if kind.is_cifar() { 32 } else { 64 });
    }
}

#[test]
fn every_option_runs() {
    let resnet20 = ModelSpec::of(ModelKind::Resnet20);
    let resnet18 = ModelSpec::of(ModelKind::Resnet18);
    let resnet50 = ModelSpec::of(ModelKind::Resnet50);
    let half = ModelSpec::of(ModelKind::Resnet50Half);
    let mobilenet = ModelSpec::of(ModelKind::MobileNetV2);
    let (folded, same) = (Norm::Folded, Padding::Same);
    let a = Shortcut::OptionA;
    #[rustfmt::skip]
    let specs = [
        (ModelSpec { shortcut: a, classes: 7, ..resnet20 }, 32),
        (ModelSpec { shortcut: a, norm: folded, ..resnet20 }, 32),
        (ModelSpec { stem: Stem::Avg, ..resnet18 }, 64),
        (ModelSpec { stem: Stem::Avg, padding: same, ..resnet18 }, 64),
        (ModelSpec { norm: folded, stride_in_1x1: true, ..resnet50 }, 64),
        (ModelSpec { norm: Norm::BatchNorm, padding: Padding::Symmetric, ..half }, 64),
        (ModelSpec { relu6: false, classes: 1001, ..mobilenet }, 64),
        (ModelSpec { width: 0.5, padding: same, norm: folded, ..mobilenet }, 64),
        (ModelSpec { width: 1.4, ..mobilenet }, 33),
    ];
    for (spec, side) in specs {
        run(&spec, side);
    }
}

#[test]
fn random_weights_repeat() {
    let spec = ModelSpec::of(ModelKind::Resnet20);
    assert_eq!(run(&spec, 32), run(&spec, 32));
    let other: AnyModel<Flex> = random_weights(spec.init(&Default::default()), 8);
    let images = noise(2 * 3 * 32 * 32);
    assert_ne!(run(&spec, 32), logits(&other, images, [32, 32]).concat());
}

#[test]
fn names_of_models_are_read_back() {
    for kind in ModelKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    let error = "vgg16".parse::<ModelKind>().unwrap_err().to_string();
    assert!(
        error.contains("vgg16") && error.contains("mobilenetv2"),
        "{error}"
    );
}
