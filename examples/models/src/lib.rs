//! Networks in plain Burn: image classifiers with their weights and preprocessing, and [BERT](bert) with its weights.
//!
//! Everything is generic over the backend. It uses `burn`, and `burn-blockrelu-core` for the ReLUs: each is a
//! `BlockRelu`, which acts as an ordinary ReLU until a plan changes it.
//!
//! ```
//! use burn::backend::Flex;
//! use burn::tensor::Tensor;
//! use example_models::{ModelKind, ModelSpec, random_weights};
//!
//! let spec = ModelSpec::of(ModelKind::Resnet20);
//! let device = Default::default();
//! let model = random_weights(spec.init::<Flex>(&device), 1);
//! let [channels, height, width] = spec.input_shape();
//! let logits = model.forward(Tensor::zeros([1, channels, height, width], &device));
//! assert_eq!(logits.dims(), [1, 10]);
//! ```

// Output belongs to the caller.
#![warn(clippy::print_stdout, clippy::print_stderr)]
#![allow(
    clippy::missing_errors_doc,
    reason = "every error is one of reading files, and its type says so"
)]
// Layers live in `Vec`s under torchvision's names; a process holds few of them, and none moves often.
#![allow(clippy::large_enum_variant)]

pub mod assets;
pub mod bert;
pub mod cifar;
pub mod data;
pub mod labels;
pub mod layers;
pub mod mobilenet;
pub mod photograph;
pub mod preprocess;
pub mod random;
pub mod resnet;
mod scale;
pub mod spec;
mod text;
pub mod weights;

pub use bert::{Bert, BertSpec};
pub use cifar::Shortcut;
pub use layers::{Activation, ActivationLayer, Norm, Padding, Stem};
pub use photograph::{ImageError, open_image};
pub use preprocess::Preprocessing;
pub use random::{random_bert, random_weights};
pub use spec::{AnyModel, ModelKind, ModelSpec, UnknownModel};
pub use weights::{WeightFile, WeightsError, load_weights, load_weights_from_bytes};
