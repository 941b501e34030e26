//! The network as Burn's learner needs it: with a training step and an inference step.

use std::fmt;
use std::marker::PhantomData;

use burn::module::{AutodiffModule, Devices, Module, ModuleMapper, ModuleVisitor};
use burn::tensor::Tensor;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn_train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};

use super::objective::{cross_entropy, distillation, feature_distance};
use super::{Classifier, Objective};
use crate::data::ImageBatch;

/// A network in training. Its parameters and records are those of the network alone.
#[derive(Clone, Debug)]
pub(super) struct Student<B: AutodiffBackend, M: AutodiffModule<B>> {
    pub(super) model: M,
    pub(super) teacher: Option<M::InnerModule>,
    pub(super) objective: Objective,
    backend: PhantomData<B>,
}

/// The network of a [`Student`] in inference.
#[derive(Clone, Debug)]
pub(super) struct Examinee<B: Backend, M> {
    pub(super) model: M,
    backend: PhantomData<B>,
}

impl<B: AutodiffBackend, M: AutodiffModule<B>> Student<B, M> {
    pub(super) const fn new(
        model: M,
        teacher: Option<M::InnerModule>,
        objective: Objective,
    ) -> Self {
        Self {
            model,
            teacher,
            objective,
            backend: PhantomData,
        }
    }

    fn with(self, change: impl FnOnce(M) -> M) -> Self {
        Self {
            model: change(self.model),
            ..self
        }
    }
}

impl<B: Backend, M: Module<B>> Examinee<B, M> {
    const fn new(model: M) -> Self {
        Self {
            model,
            backend: PhantomData,
        }
    }
}

/// Delegates every function to the network; `$change` rebuilds the wrapper.
macro_rules! delegate_module {
    ($backend:ty) => {
        type Record = M::Record;

        fn collect_devices(&self, devices: Devices<$backend>) -> Devices<$backend> {
            self.model.collect_devices(devices)
        }

        fn fork(self, device: &<$backend as burn::tensor::backend::BackendTypes>::Device) -> Self {
            self.with(|model| model.fork(device))
        }

        fn to_device(
            self,
            device: &<$backend as burn::tensor::backend::BackendTypes>::Device,
        ) -> Self {
            self.with(|model| model.to_device(device))
        }

        fn visit<V: ModuleVisitor<$backend>>(&self, visitor: &mut V) {
            self.model.visit(visitor);
        }

        fn map<V: ModuleMapper<$backend>>(self, mapper: &mut V) -> Self {
            self.with(|model| model.map(mapper))
        }

        fn load_record(self, record: M::Record) -> Self {
            self.with(|model| model.load_record(record))
        }

        fn into_record(self) -> M::Record {
            self.model.into_record()
        }
    };
}

impl<B: AutodiffBackend, M: AutodiffModule<B>> Module<B> for Student<B, M> {
    delegate_module!(B);
}

impl<B: Backend, M: Module<B>> Examinee<B, M> {
    fn with(self, change: impl FnOnce(M) -> M) -> Self {
        Self::new(change(self.model))
    }
}

impl<B: Backend, M: Module<B>> Module<B> for Examinee<B, M> {
    delegate_module!(B);
}

impl<B: AutodiffBackend, M: AutodiffModule<B>> AutodiffModule<B> for Student<B, M> {
    type InnerModule = Examinee<B::InnerBackend, M::InnerModule>;

    fn valid(&self) -> Self::InnerModule {
        Examinee::new(self.model.valid())
    }

    fn from_inner(module: Self::InnerModule) -> Self {
        Self::new(M::from_inner(module.model), None, Objective::CrossEntropy)
    }
}

impl<B: AutodiffBackend, M: AutodiffModule<B>> fmt::Display for Student<B, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a network of {} parameters", self.model.num_params())
    }
}

impl<B, M> Student<B, M>
where
    B: AutodiffBackend,
    M: AutodiffModule<B> + Classifier<B>,
    M::InnerModule: Classifier<B::InnerBackend>,
{
    /// Logits and the loss of each image.
    fn losses(&self, batch: &ImageBatch<B>) -> (Tensor<B, 2>, Tensor<B, 1>) {
        let images = batch.images.clone();
        let labels = batch.labels.clone();
        let (
            Some(teacher),
            Objective::Teacher {
                temperature,
                weight,
                features,
            },
        ) = (&self.teacher, self.objective)
        else {
            let logits = self.model.logits(images);
            return (logits.clone(), cross_entropy(logits, labels));
        };
        let inner = images.clone().inner();
        let (logits, losses) = if features > 0.0 {
            let (logits, shown) = self.model.logits_and_features(images);
            let (expected, wanted) = teacher.logits_and_features(inner);
            let wanted = wanted.into_iter().map(Tensor::from_inner).collect();
            let losses =
                distillation(logits.clone(), Tensor::from_inner(expected), temperature) * weight;
            let losses = match feature_distance(shown, wanted) {
                Some(distance) => losses + distance * features,
                None => losses,
            };
            (logits, losses)
        } else {
            let logits = self.model.logits(images);
            let expected = Tensor::from_inner(teacher.logits(inner));
            let losses = distillation(logits.clone(), expected, temperature) * weight;
            (logits, losses)
        };
        let losses = if weight < 1.0 {
            losses + cross_entropy(logits.clone(), labels) * (1.0 - weight)
        } else {
            losses
        };
        (logits, losses)
    }
}

impl<B, M> TrainStep for Student<B, M>
where
    B: AutodiffBackend,
    M: AutodiffModule<B> + Classifier<B>,
    M::InnerModule: Classifier<B::InnerBackend>,
{
    type Input = ImageBatch<B>;
    type Output = ClassificationOutput<B::InnerBackend>;

    fn step(&self, batch: ImageBatch<B>) -> TrainOutput<Self::Output> {
        let (logits, losses) = self.losses(&batch);
        let gradients = losses.clone().mean().backward();
        let output =
            ClassificationOutput::new(losses.inner(), logits.inner(), batch.labels.inner());
        TrainOutput::new(self, gradients, output)
    }
}

impl<B: Backend, M: Classifier<B>> InferenceStep for Examinee<B, M> {
    type Input = ImageBatch<B>;
    type Output = ClassificationOutput<B>;

    fn step(&self, batch: ImageBatch<B>) -> Self::Output {
        let logits = self.model.logits(batch.images);
        let losses = cross_entropy(logits.clone(), batch.labels.clone());
        ClassificationOutput::new(losses, logits, batch.labels)
    }
}
