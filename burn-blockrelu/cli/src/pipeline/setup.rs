//! What a profile is made from: the network, training images and candidates.

use burn::module::Module as _;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu_core::candidates::Candidates;
use burn_blockrelu_core::{Layer, layers};
use example_models::AnyModel;

use super::super::failure::Failure;
use super::super::network::samples;
use super::args::Args;
use burn_blockrelu::data::Split;
use burn_blockrelu::digest::weights_digest;
use burn_blockrelu::distortion::{Samples, Sketch, Sketched, Target};
use burn_blockrelu::inference::transfer;
use burn_blockrelu::profile::{Facts, Progress, RunOptions, Table, profile};

/// What a profile is made from.
pub(super) struct Setup<B: Backend> {
    facts: Facts,
    samples: Samples,
    targets: Vec<Target>,
    eval: AnyModel<Sketched<B>>,
}

impl<B: Backend> Setup<B> {
    pub(super) fn new(args: &Args, fingerprint: &str, device: &B::Device) -> Result<Self, Failure> {
        let model = args.network.load::<B>(device)?;
        let images = args.network.unlabelled(Split::Train, args.samples())?;
        let samples = samples(&*images, args.network.normalization()?)?;
        let image = samples.batch::<B>(0, 1, device);
        let found = layers(&model, |model| model.forward(image))?;
        let target = |layer: Layer| Target {
            candidates: Candidates::default().of(layer.map),
            layer,
        };
        let eval = args.network.spec()?.init::<Sketched<B>>(device);
        Ok(Self {
            facts: Facts {
                model: fingerprint.to_owned(),
                weights: weights_digest::<B>(&model),
                samples: samples.digest(),
            },
            samples,
            targets: found.into_iter().map(target).collect(),
            eval: transfer::<B, Sketched<B>, _, _>(&model, eval, device)?.no_grad(),
        })
    }

    /// Sketches, `probes` for each sample.
    #[allow(
        clippy::type_complexity,
        reason = "a forward function from tensor to tensor has no shorter type"
    )]
    pub(super) fn sketch(
        &self,
        probes: usize,
        device: &B::Device,
    ) -> Sketch<'_, B, impl Fn(Tensor<Sketched<B>, 4>) -> Tensor<Sketched<B>, 2>> {
        let forward = |x| self.eval.forward(x);
        let settings = (probes, 8, 0);
        Sketch::new(
            forward,
            &self.targets,
            &self.samples,
            device.clone(),
            settings,
        )
    }

    /// The profile, from its file if it is there.
    pub(super) fn profile(&self, args: &Args, device: &B::Device) -> Result<Table, Failure> {
        let mut method = self.sketch(args.probes, device);
        let options = RunOptions {
            file: Some(args.out.join("profile.safetensors")),
            progress: if args.quiet {
                Progress::Quiet
            } else {
                Progress::Bar
            },
            ..RunOptions::default()
        };
        Ok(profile(
            &mut method,
            self.facts.clone(),
            &self.targets,
            &options,
        )?)
    }
}
