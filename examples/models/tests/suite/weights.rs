//! Loading weights.

use std::path::{Path, PathBuf};

use burn::backend::Flex;
use example_models::assets::{self, resnet20_cifar100_spec};
use example_models::weights::{expected_weights, save_weights};
use example_models::{
    AnyModel, ModelKind, ModelSpec, Norm, Shortcut, WeightFile, WeightsError, load_weights,
    load_weights_from_bytes,
};

use super::{data, logits, noise, torch_file};

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn load(spec: &ModelSpec, path: &Path) -> Result<AnyModel<Flex>, WeightsError> {
    load_weights(spec.init(&Default::default()), spec, path)
}

#[test]
fn embedded_weights_are_what_detect_says() {
    let weights = assets::resnet20_cifar100_weights().unwrap();
    let spec = ModelSpec::detect(ModelKind::Resnet20, &weights);
    assert_eq!(spec, resnet20_cifar100_spec());
    assets::resnet20_cifar100::<Flex>(&Default::default()).unwrap();
}

#[test]
fn a_torch_checkpoint_gives_the_same_network() {
    let weights = assets::resnet20_cifar100_weights().unwrap();
    let tensors: Vec<_> = weights
        .into_tensors()
        .map(|(name, data)| {
            let shape = data.shape.to_vec();
            (
                format!("module.{name}"),
                shape,
                data.to_vec::<f32>().unwrap(),
            )
        })
        .collect();
    let bytes = torch_file::write(&tensors, "module.bn1.num_batches_tracked");
    for extension in ["pt", "pth"] {
        let path = file(&format!("resnet20.{extension}"), &bytes);
        let from_torch = load(&resnet20_cifar100_spec(), &path).unwrap();
        let embedded = assets::resnet20_cifar100(&Default::default()).unwrap();
        let images = noise(3 * 32 * 32);
        assert_eq!(
            logits(&from_torch, images.clone(), [32, 32]),
            logits(&embedded, images, [32, 32])
        );
    }
}

#[test]
fn every_mismatch_is_listed_at_once() {
    let weights = assets::resnet20_cifar100_weights().unwrap();
    let tensors: Vec<_> = weights
        .into_tensors()
        .filter(|(name, _)| name != "conv1.weight" && !name.starts_with("layer2.1.bn1"))
        .map(|(name, data)| {
            let name = name.replace("layer3.2.conv2", "layer3.2.conv9");
            (name, data.shape.to_vec(), data.to_vec::<f32>().unwrap())
        })
        .collect();
    let path = file(
        "mismatch.pt",
        &torch_file::write(&tensors, "bn1.num_batches_tracked"),
    );
    let spec = ModelSpec::of(ModelKind::Resnet20); // 10 classes instead of 100
    let error = load(&spec, &path).unwrap_err();
    let text = error.to_string();
    let WeightsError::Mismatch {
        missing,
        surplus,
        shapes,
        ..
    } = error
    else {
        panic!("{text}");
    };
    let expected_missing = [
        "conv1.weight",
        "layer2.1.bn1.bias",
        "layer2.1.bn1.running_mean",
        "layer2.1.bn1.running_var",
        "layer2.1.bn1.weight",
        "layer3.2.conv2.weight",
    ];
    assert_eq!(missing, expected_missing);
    assert_eq!(surplus, ["layer3.2.conv9.weight"]);
    let names: Vec<_> = shapes.iter().map(|shape| shape.name.as_str()).collect();
    assert_eq!(names, ["fc.bias", "fc.weight"]);
    assert_eq!(shapes[1].expected, [10, 64]);
    assert_eq!(shapes[1].found, [100, 64]);
    for name in missing
        .iter()
        .chain(&surplus)
        .map(String::as_str)
        .chain(names)
    {
        assert!(text.contains(name), "{name} is not in: {text}");
    }
    assert!(
        text.contains("mismatch.pt") && text.contains("resnet20"),
        "{text}"
    );
}

#[test]
fn unreadable_files_are_named() {
    let spec = resnet20_cifar100_spec();
    let cases = [
        file("no.safetensors", b"this is no safetensors file"),
        file("no.pt", b"nor is this a checkpoint"),
        file("weights.onnx", b""),
        PathBuf::from("absent/weights.pth"),
        PathBuf::from("absent/weights.safetensors"),
    ];
    for path in cases {
        let text = load(&spec, &path).unwrap_err().to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
    }
    let device = Default::default();
    let cut = &assets::RESNET20_CIFAR100[..1000];
    load_weights_from_bytes(spec.init::<Flex>(&device), &spec, "cut", cut).unwrap_err();
}

#[test]
fn names_are_those_of_torchvision() {
    let device = Default::default();
    let expected = |spec: ModelSpec| expected_weights(&spec.init::<Flex>(&device));
    let resnet = expected(ModelSpec::of(ModelKind::Resnet50));
    // torchvision's state dict has 320 entries, 53 of them num_batches_tracked.
    assert_eq!(resnet.len(), 320 - 53);
    assert_eq!(resnet["layer1.0.downsample.0.weight"], [256, 64, 1, 1]);
    assert_eq!(resnet["layer4.2.bn3.running_var"], [2048]);
    assert_eq!(resnet["fc.weight"], [1000, 2048]);
    let mobilenet = expected(ModelSpec::of(ModelKind::MobileNetV2));
    // Here 314 with 52 counters.
    assert_eq!(mobilenet.len(), 314 - 52);
    assert_eq!(mobilenet["features.0.0.weight"], [32, 3, 3, 3]);
    assert_eq!(mobilenet["features.1.conv.0.0.weight"], [32, 1, 3, 3]);
    assert_eq!(mobilenet["features.1.conv.1.weight"], [16, 32, 1, 1]);
    assert_eq!(mobilenet["features.2.conv.1.1.running_mean"], [96]);
    assert_eq!(mobilenet["features.17.conv.3.bias"], [320]);
    assert_eq!(mobilenet["classifier.1.weight"], [1000, 1280]);
    let parameters = |expected: &example_models::weights::Expected| -> usize {
        let learned = expected
            .iter()
            .filter(|(name, _)| !name.contains("running_"));
        learned
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum()
    };
    let count = |kind| parameters(&expected(ModelSpec::of(kind)));
    assert_eq!(count(ModelKind::Resnet18), 11_689_512);
    assert_eq!(count(ModelKind::Resnet34), 21_797_672);
    assert_eq!(count(ModelKind::Resnet50), 25_557_032);
    assert_eq!(count(ModelKind::Resnet101), 44_549_160);
    assert_eq!(count(ModelKind::MobileNetV2), 3_504_872);
}

#[test]
fn files_of_the_data_folder_are_recognised() {
    let Some(data) = data() else { return };
    let cases = [
        ("resnet20_cifar10", ModelKind::Resnet20),
        ("resnet56_cifar10", ModelKind::Resnet56),
        ("mobilenet_v2_imagenet_tf2ptq", ModelKind::MobileNetV2),
        ("opennsfw_resnet50thin", ModelKind::Resnet50Half),
    ];
    for (name, kind) in cases {
        let path = data.join(format!("weights/{name}.safetensors"));
        let spec = ModelSpec::detect(kind, &WeightFile::open(&path).unwrap());
        match kind {
            ModelKind::MobileNetV2 => {
                assert_eq!((spec.classes, spec.norm), (1001, Norm::Folded));
            }
            ModelKind::Resnet50Half => assert_eq!(spec, ModelSpec::of(kind)),
            _ => assert_eq!((spec.classes, spec.shortcut), (10, Shortcut::OptionA)),
        }
        load(&spec, &path).unwrap();
    }
}

#[test]
fn saved_weights_load_again_to_the_last_bit() {
    let device = Default::default();
    for kind in [ModelKind::Resnet20, ModelKind::MobileNetV2] {
        let spec = ModelSpec::of(kind);
        let model = example_models::random_weights(spec.init::<Flex>(&device), 3);
        let path = file(&format!("saved-{kind}.safetensors"), b"old");
        save_weights(&model, &path).unwrap();
        let detected = ModelSpec::detect(kind, &WeightFile::open(&path).unwrap());
        assert_eq!(detected, spec);
        let again = load(&spec, &path).unwrap();
        let size = [32, 32];
        let images = noise(3 * 32 * 32);
        let (a, b) = (
            logits(&model, images.clone(), size),
            logits(&again, images, size),
        );
        assert_eq!(a, b, "{kind}");
    }
}
