//! Names of classes.

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

/// The classes of a network with this number of outputs, by index; `None` if they are unknown.
/// 1001 are those of ImageNet after TensorFlow's `background`.
pub fn for_classes(classes: usize) -> Option<Vec<&'static str>> {
    match classes {
        2 => Some(vec!["suitable", "not suitable"]),
        10 => Some(cifar10()),
        100 => Some(cifar100()),
        1000 => Some(imagenet()),
        1001 => Some([vec!["background"], imagenet()].concat()),
        _ => None,
    }
}

fn lines(text: &'static str) -> Vec<&'static str> {
    text.lines().collect()
}
