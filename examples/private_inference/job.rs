//! One job: which network, which weights, which images; and how to load each of them.

use std::path::{Path, PathBuf};

use burn::tensor::backend::Backend;
use burn_mpc::net::shaped::LinkShape;
use burn_mpc::net::shown;
use burn_mpc::{Party, SessionConfig};
use example_models::weights::load_weight_file;
use example_models::{
    AnyModel, ModelKind, ModelSpec, Padding, Stem, WeightFile, assets, random_weights,
};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::network;
use crate::options::{Options, Relu6Choice, StemChoice};
use crate::output::note;
use crate::plan::SharedPlan;

/// Seed of random weights: the plaintext run and the owner must make the same ones.
const RANDOM_SEED: u64 = 1;

/// Where weights come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weights {
    /// The CIFAR-100 ResNet-20 that comes with the example.
    Embedded,
    /// Random ones, for cost runs.
    Random,
    /// A file.
    File(PathBuf),
}

/// Everything that a party needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Name of the model.
    pub model: String,
    /// Whether the stem pools by maximum.
    pub max_stem: bool,
    /// Whether ReLU6 is kept.
    pub relu6: bool,
    /// Its weights, read by the model's owner.
    pub weights: Weights,
    /// Images, read by their owner; if empty, the ones that come with the example.
    pub images: Vec<PathBuf>,
    /// Images per inference.
    pub batch: usize,
    /// Public description of the network: read by all from the job, not from the weights.
    pub shape: Shape,
    /// The blocks of its ReLUs; none if it has no Block-ReLU.
    pub plan: Option<SharedPlan>,
    /// Parameters of the session.
    pub config: SessionConfig,
    /// The latency and bandwidth to which links are slowed down.
    #[serde(default)]
    pub link: Option<LinkShape>,
}

/// What all parties must know of the network besides its name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    classes: usize,
    folded: bool,
    option_a: bool,
    same_padding: bool,
    stride_in_1x1: bool,
    width: f64,
}

impl Job {
    /// Makes the job from the options. If there is a weight file, the shape of the network comes from it.
    pub fn new(options: &Options) -> Result<Self, Failure> {
        let weights = match &options.weights {
            Some(path) if path == Path::new("random") => Weights::Random,
            Some(path) => Weights::File(path.clone()),
            None if options.model == ModelKind::Resnet20 => Weights::Embedded,
            None => {
                note(format_args!(
                    "no --weights for {}: random ones, for costs only\n",
                    options.model
                ));
                Weights::Random
            }
        };
        let spec = match &weights {
            Weights::Embedded => assets::resnet20_cifar100_spec(),
            Weights::Random => ModelSpec::of(options.model),
            Weights::File(path) => ModelSpec::detect(options.model, &WeightFile::open(path)?),
        };
        let count = if options.image.is_empty() {
            assets::PHOTOGRAPHS.len()
        } else {
            options.image.len()
        };
        let mut job = Self {
            model: options.model.name().to_owned(),
            max_stem: options.stem == StemChoice::Max,
            relu6: options.relu6 == Relu6Choice::Keep,
            weights,
            images: options.image.clone(),
            batch: options.batch.map_or(count, |batch| batch as usize),
            shape: Shape {
                classes: spec.classes,
                // On 32 bits the owner folds batch normalisation in the clear: as a separate factor, a channel of tiny
                // variance would leave the range.
                folded: spec.norm == example_models::Norm::Folded || options.ring_bits() == 32,
                option_a: spec.shortcut == example_models::Shortcut::OptionA,
                same_padding: spec.padding == Padding::Same,
                stride_in_1x1: spec.stride_in_1x1,
                width: spec.width,
            },
            plan: None,
            config: options.config("")?,
            link: network::slowed(options.network, options.shaped)?,
        };
        job.plan = SharedPlan::new(&job.spec()?, options)?;
        job.config = options.config(&job.program())?;
        Ok(job)
    }

    /// The same job on 32 bits.
    pub fn on_32_bits(&self, options: &Options) -> Result<Self, Failure> {
        let mut job = self.clone();
        job.shape.folded = true;
        job.config = options.on_ring(32).config(&job.program())?;
        Ok(job)
    }

    /// What a party is told of it: all, since images are read from files by their owner.
    pub fn of(&self, _: Party) -> &Self {
        self
    }

    /// What all parties must run.
    fn program(&self) -> String {
        let plan = self.plan.as_ref().map(SharedPlan::checksum);
        format!(
            "{} stem-max {} relu6 {} batch {} {:?} plan {}",
            self.model,
            self.max_stem,
            self.relu6,
            self.batch,
            self.shape,
            plan.as_deref().unwrap_or("none")
        )
    }

    /// The network in all details.
    pub fn spec(&self) -> Result<ModelSpec, Failure> {
        let kind: ModelKind = self.model.parse()?;
        Ok(ModelSpec {
            stem: if self.max_stem { Stem::Max } else { Stem::Avg },
            relu6: self.relu6,
            classes: self.shape.classes,
            norm: if self.shape.folded {
                example_models::Norm::Folded
            } else {
                example_models::Norm::BatchNorm
            },
            shortcut: if self.shape.option_a {
                example_models::Shortcut::OptionA
            } else {
                example_models::Shortcut::Projection
            },
            padding: if self.shape.same_padding {
                Padding::Same
            } else {
                Padding::Symmetric
            },
            stride_in_1x1: self.shape.stride_in_1x1,
            width: self.shape.width,
            ..ModelSpec::of(kind)
        })
    }

    /// The network without its weights, with the blocks of the plan.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Result<AnyModel<B>, Failure> {
        let model = self.spec()?.init::<B>(device);
        match &self.plan {
            Some(plan) => Ok(plan.plan.apply(model)?),
            None => Ok(model),
        }
    }

    /// The network with its weights: for the model's owner, and for the run in plaintext.
    pub fn load_model<B: Backend>(&self, device: &B::Device) -> Result<AnyModel<B>, Failure> {
        let spec = self.spec()?;
        let model = self.init::<B>(device)?;
        let file = match &self.weights {
            Weights::Random => return Ok(random_weights(model, RANDOM_SEED)),
            Weights::Embedded => assets::resnet20_cifar100_weights()?,
            Weights::File(path) => WeightFile::open(path)?,
        };
        let file = if self.shape.folded {
            file.fold_batch_norm()
        } else {
            file
        };
        Ok(load_weight_file(model, &spec, file)?)
    }

    /// How many images there are.
    pub fn image_count(&self) -> usize {
        if self.images.is_empty() {
            assets::PHOTOGRAPHS.len()
        } else {
            self.images.len()
        }
    }

    /// The images, preprocessed, one `[3, H, W]` after the other.
    pub fn load_images(&self) -> Result<Vec<Vec<f32>>, Failure> {
        let preprocessing = self.spec()?.preprocessing();
        if self.images.is_empty() {
            return assets::PHOTOGRAPHS
                .iter()
                .map(|(_, png)| Ok(preprocessing.image(&image::load_from_memory(png)?)))
                .collect();
        }
        self.images
            .iter()
            .map(|path| Ok(preprocessing.load(path)?))
            .collect()
    }

    /// Names of the images, for the report.
    pub fn image_names(&self) -> Vec<String> {
        if self.images.is_empty() {
            return ["rocket.png", "coffee.png", "chelsea.png"]
                .map(str::to_owned)
                .to_vec();
        }
        self.images
            .iter()
            .map(|path| shown(&path.to_string_lossy()).into_owned())
            .collect()
    }

    /// The images of each inference; the last one is filled up by repetition.
    pub fn batches(&self) -> Vec<Vec<usize>> {
        let count = self.image_count();
        (0..count.div_ceil(self.batch))
            .map(|i| {
                (0..self.batch)
                    .map(|j| (i * self.batch + j) % count)
                    .collect()
            })
            .collect()
    }
}
