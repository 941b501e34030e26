//! Names of classes.

use crate::spec::{ModelKind, ModelSpec};

/// The 10 classes of CIFAR-10.
pub fn cifar10() -> Vec<&'static str> {
    lines(include_str!("../assets/cifar10_classes.txt"))
}

/// The 100 fine classes of CIFAR-100.
pub fn cifar100() -> Vec<&'static str> {
    lines(include_str!("../assets/cifar100_classes.txt"))
}

/// The 1000 classes of ImageNet.
pub fn imagenet() -> Vec<&'static str> {
    lines(include_str!("../assets/imagenet_classes.txt"))
}

/// The two classes of the converted ResNet-50 at half width.
pub fn opennsfw() -> Vec<&'static str> {
    vec!["suitable", "not suitable"]
}

/// The classes of a network by index, or `None` if they are unknown: 1001 are those of ImageNet
/// after TensorFlow's `background`, and two are only known for the ResNet-50 at half width.
pub fn for_spec(spec: &ModelSpec) -> Option<Vec<&'static str>> {
    match (spec.classes, spec.kind) {
        (2, ModelKind::Resnet50Half) => Some(opennsfw()),
        (10, kind) if kind.is_cifar() => Some(cifar10()),
        (100, kind) if kind.is_cifar() => Some(cifar100()),
        (1000, _) => Some(imagenet()),
        (1001, _) => Some([vec!["background"], imagenet()].concat()),
        _ => None,
    }
}

fn lines(text: &'static str) -> Vec<&'static str> {
    text.lines().collect()
}
