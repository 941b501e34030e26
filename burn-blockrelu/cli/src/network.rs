//! Which network, which weights, which images.

use std::path::PathBuf;
use std::sync::Arc;

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu_core::{Layer, ReluPlan, layers};
use clap::Args;
use example_models::weights::load_weight_file;
use example_models::{AnyModel, ModelKind, ModelSpec, Stem, WeightFile, assets, random_weights};

use super::failure::Failure;
use burn_blockrelu::data::{
    FolderSize, ImageFolder, ImageSource, Labels, Normalization, Split, Subset,
};
use burn_blockrelu::data::{open_cifar10_binary, open_cifar100_binary, open_sheets};
use burn_blockrelu::distortion::Samples;

/// The network and its data.
#[derive(Clone, Debug, Args)]
pub struct NetworkArgs {
    /// Network: resnet20, resnet56, resnet18-cifar, resnet18, resnet50, mobilenetv2 (with ReLU6 replaced), ...
    #[arg(long, default_value = "resnet20")]
    pub model: ModelKind,
    /// Safetensors or PyTorch file with torchvision's names, or `random`; by default the embedded CIFAR-100 ResNet-20.
    #[arg(long)]
    pub weights: Option<PathBuf>,
    /// Average instead of max pooling in the stem of an ImageNet ResNet, as the paper does.
    #[arg(long)]
    pub average_stem: bool,
    /// Folder of images: CIFAR tile sheets (`train_*.webp`, `test_*.webp`), an original CIFAR binary folder, or one
    /// folder per class; by default cifar100 in `$BURN_MPC_DATA` (default ../shared/data).
    #[arg(long)]
    pub images: Option<PathBuf>,
}

impl NetworkArgs {
    /// The full description of the network, with its ReLU6 replaced by Block-ReLU.
    ///
    /// # Errors
    /// A weight file that cannot be read.
    pub fn spec(&self) -> Result<ModelSpec, Failure> {
        let spec = match &self.weights {
            Some(path) if path.as_os_str() == "random" => ModelSpec::of(self.model),
            Some(path) => ModelSpec::detect(self.model, &WeightFile::open(path)?),
            None if self.model == ModelKind::Resnet20 => assets::resnet20_cifar100_spec(),
            None => return Err("--weights FILE (or `random`) is needed for this model".into()),
        };
        Ok(ModelSpec {
            relu6: false,
            stem: if self.average_stem {
                Stem::Avg
            } else {
                Stem::Max
            },
            ..spec
        })
    }

    /// The network with its weights.
    ///
    /// # Errors
    /// A weight file that cannot be read or does not fit.
    pub fn load<B: Backend>(&self, device: &B::Device) -> Result<AnyModel<B>, Failure> {
        let spec = self.spec()?;
        let model = spec.init::<B>(device);
        let file = match &self.weights {
            Some(path) if path.as_os_str() == "random" => return Ok(random_weights(model, 1)),
            Some(path) => WeightFile::open(path)?,
            None => assets::resnet20_cifar100_weights()?,
        };
        Ok(load_weight_file(model, &spec, file)?)
    }

    /// Fingerprint and layers, without weights.
    ///
    /// # Errors
    /// Those of [`NetworkArgs::spec`]; a network without Block-ReLU.
    pub fn layers(&self) -> Result<(String, Vec<Layer>), Failure> {
        let spec = self.spec()?;
        let device = Default::default();
        let model = random_weights(spec.init::<Flex>(&device), 1);
        let [channels, height, width] = spec.input_shape();
        let image = Tensor::zeros([1, channels, height, width], &device);
        let found = layers(&model, |model| model.forward(image))?;
        Ok((ReluPlan::fingerprint::<Flex, _>(&model)?, found))
    }

    /// How pixels are normalised.
    ///
    /// # Errors
    /// A network whose channels are in another order.
    pub fn normalization(&self) -> Result<Normalization, Failure> {
        let preprocessing = self.spec()?.preprocessing();
        if preprocessing.order != example_models::preprocess::ChannelOrder::Rgb {
            return Err("networks for BGR images are not supported here".into());
        }
        Ok(Normalization {
            mean: preprocessing.mean,
            std: preprocessing.std,
        })
    }

    /// The labelled images of a split; at most `count`, balanced over classes.
    ///
    /// # Errors
    /// Images that cannot be read, or of more classes than the network knows.
    pub fn source(&self, split: Split, count: usize) -> Result<Arc<dyn ImageSource>, Failure> {
        let images = self.unlabelled(split, count)?;
        let (found, known) = (images.classes().len(), self.spec()?.classes);
        if found > known {
            return Err(format!(
                "the {split} images have {found} classes, the network {known}; give its own images with --images FOLDER"
            )
            .into());
        }
        Ok(images)
    }

    /// Images for which labels do not matter, as in [`NetworkArgs::source`].
    ///
    /// # Errors
    /// Images that cannot be read.
    pub fn unlabelled(&self, split: Split, count: usize) -> Result<Arc<dyn ImageSource>, Failure> {
        let spec = self.spec()?;
        let folder = self.images.clone().unwrap_or_else(|| {
            let name = if spec.classes == 10 && split == Split::Test {
                "cifar10_test"
            } else {
                "cifar100"
            };
            example_models::data::data_dir().join(name)
        });
        let has = |name: &str| folder.join(name).is_file();
        let images: Arc<dyn ImageSource> = if has("data_batch_1.bin") {
            Arc::new(open_cifar10_binary(&folder, split)?)
        } else if has("train.bin") {
            Arc::new(open_cifar100_binary(&folder, split, Labels::Fine)?)
        } else if spec.kind.is_cifar() && !folder.join("train").is_dir() {
            Arc::new(open_sheets(&folder, split, None)?)
        } else {
            let inner = folder.join(split.to_string());
            let folder = if inner.is_dir() { inner } else { folder };
            let [_, height, width] = spec.input_shape();
            let shorter_side = if spec.kind.is_cifar() { height } else { 256 };
            let size = FolderSize {
                shorter_side,
                crop: [height, width],
            };
            Arc::new(ImageFolder::open(&folder, size)?)
        };
        if count >= images.len() {
            return Ok(images);
        }
        Ok(Arc::new(Subset::balanced(images, count, 0)))
    }
}

/// All images of a source, preprocessed for profiling.
///
/// # Errors
/// Images that cannot be read.
pub fn samples(images: &dyn ImageSource, normalization: Normalization) -> Result<Samples, Failure> {
    let mut values = Vec::new();
    for index in 0..images.len() {
        values.extend(normalization.apply(&images.image(index)?));
    }
    Ok(Samples::new(values, images.shape())?)
}
