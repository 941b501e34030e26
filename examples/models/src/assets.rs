//! What comes with the crate: one trained network and three photographs. Sources and licences are
//! in `assets/ATTRIBUTION.md`.

use std::path::PathBuf;

use burn::tensor::backend::Backend;

use crate::spec::{AnyModel, ModelKind, ModelSpec};
use crate::weights::{WeightFile, WeightsError, load_weights_from_bytes};

/// Name of [`RESNET20_CIFAR100`] in errors.
pub const RESNET20_CIFAR100_NAME: &str = "resnet20_cifar100.f16.safetensors (embedded)";

/// A CIFAR ResNet-20 with projections, trained on CIFAR-100; safetensors in f16. It classifies
/// 62.22 % of the test images right.
pub const RESNET20_CIFAR100: &[u8] = include_bytes!("../assets/resnet20_cifar100.f16.safetensors");

/// The spec of [`RESNET20_CIFAR100`].
pub fn resnet20_cifar100_spec() -> ModelSpec {
    ModelSpec {
        classes: 100,
        ..ModelSpec::of(ModelKind::Resnet20)
    }
}

/// The network in [`RESNET20_CIFAR100`].
pub fn resnet20_cifar100<B: Backend>(device: &B::Device) -> Result<AnyModel<B>, WeightsError> {
    let spec = resnet20_cifar100_spec();
    load_weights_from_bytes(
        spec.init(device),
        &spec,
        RESNET20_CIFAR100_NAME,
        RESNET20_CIFAR100,
    )
}

/// The tensors of [`RESNET20_CIFAR100`].
pub fn resnet20_cifar100_weights() -> Result<WeightFile, WeightsError> {
    WeightFile::from_bytes(RESNET20_CIFAR100_NAME, RESNET20_CIFAR100)
}

/// The photographs, 32x32 pixels: name of the CIFAR-100 class (none for the cat, which the data set
/// does not have) and PNG file.
pub const PHOTOGRAPHS: [(Option<&str>, &[u8]); 3] = [
    (Some("rocket"), include_bytes!("../assets/rocket.png")),
    (Some("cup"), include_bytes!("../assets/coffee.png")),
    (None, include_bytes!("../assets/chelsea.png")),
];

/// The folder of these files in the source tree, for examples that want a path.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets")
}
