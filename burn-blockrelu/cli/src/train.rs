//! `blockrelu finetune` and `evaluate`.

use std::path::PathBuf;
use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu_core::Layer;
use burn_blockrelu_core::layers::count_drelus;
use burn_blockrelu_core::plan::PlanSpec;
use example_models::AnyModel;
use example_models::weights::save_weights;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::failure::Failure;
use super::network::NetworkArgs;
use super::output::{say, write_json};
use burn_blockrelu::backend::{BackendKind, BackendTask};
use burn_blockrelu::data::{ImageSource, Split};
use burn_blockrelu::finetune::{
    Accuracy, Finetune, FinetuneConfig, FinetuneReport, Objective, Preset, ProgressKind,
    evaluate as classify,
};

/// A network with a plan, and where it is tested.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct PlannedArgs {
    #[command(flatten)]
    network: NetworkArgs,
    /// A plan file, `uniform:HxW` or `random:RATIO`; by default ordinary ReLUs.
    #[arg(long)]
    plan: Option<PlanSpec>,
    /// Seed of a random plan.
    #[arg(long, default_value_t = 0)]
    plan_seed: u64,
    /// Test images, balanced over classes.
    #[arg(long, default_value_t = usize::MAX)]
    test_images: usize,
    /// flex, tch or cuda.
    #[arg(long, default_value = "flex")]
    backend: BackendKind,
    /// No progress bar.
    #[arg(long)]
    quiet: bool,
    /// Result for programs.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

/// Options of `evaluate`.
#[derive(Clone, Debug, clap::Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
}

/// Options of `finetune`.
#[derive(Clone, Debug, clap::Args)]
pub struct FinetuneArgs {
    #[command(flatten)]
    pub(super) planned: PlannedArgs,
    /// Settings: short, cifar100-resnet18, imagenet-resnet50, voc-deeplab, ade20k-deeplab.
    #[arg(long, default_value = "short")]
    preset: Preset,
    /// Settings from a .toml or .json file instead.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Runs the schedule in this many steps.
    #[arg(long)]
    steps: Option<usize>,
    /// Another learning rate.
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Plain cross-entropy, whatever the settings say.
    #[arg(long)]
    plain: bool,
    /// Training images, balanced over classes.
    #[arg(long, default_value_t = usize::MAX)]
    train_images: usize,
    /// Folder of checkpoints, from which an interrupted run resumes.
    #[arg(long)]
    pub(super) directory: Option<PathBuf>,
    /// Weights to write, as safetensors.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Accuracy of a network with a plan.
#[derive(Clone, Debug, Serialize)]
struct Evaluation {
    drelus_planned: u64,
    drelus_executed: u64,
    full_drelus: u64,
    accuracy: Accuracy,
    accuracy_percent: f64,
}

/// What `finetune --json` writes.
#[derive(Clone, Debug, Serialize)]
struct Summary {
    before: Evaluation,
    after: Evaluation,
    report: FinetuneReport,
}

impl PlannedArgs {
    /// The network with its plan, and the signs that the plan evaluates on one image.
    fn model<B: Backend>(&self, device: &B::Device) -> Result<(AnyModel<B>, u64), Failure> {
        let model = self.network.load::<B>(device)?;
        let (fingerprint, layers) = self.network.layers()?;
        let Some(spec) = &self.plan else {
            return Ok((model, layers.iter().map(Layer::full_drelus).sum()));
        };
        let plan = spec.plan(fingerprint, &layers, self.plan_seed)?;
        Ok((plan.apply_checked(model, &layers)?, plan.drelus()))
    }

    /// Accuracy, and the signs that really are evaluated.
    fn evaluate<B: Backend>(
        &self,
        (model, drelus_planned): (&AnyModel<B>, u64),
        images: &Arc<dyn ImageSource>,
        device: &B::Device,
    ) -> Result<Evaluation, Failure> {
        let bar = bar(self.quiet);
        let normalization = self.network.normalization()?;
        let accuracy = classify::<B, _>(model, images.clone(), normalization, 100, &bar)?;
        bar.finish_and_clear();
        let [channels, height, width] = self.network.spec()?.input_shape();
        let image = Tensor::<B, 4>::zeros([1, channels, height, width], device);
        let (_, drelus_executed) = count_drelus::<B, _>(|| model.forward(image));
        let (_, layers) = self.network.layers()?;
        Ok(Evaluation {
            drelus_planned,
            drelus_executed,
            full_drelus: layers.iter().map(Layer::full_drelus).sum(),
            accuracy,
            accuracy_percent: accuracy.percent(),
        })
    }
}

impl Evaluation {
    fn print(&self, when: &str) -> Result<(), Failure> {
        say(format_args!(
            "{when}{:.2} % of {} images right, {} of {} DReLUs ({:.2} %)",
            self.accuracy_percent,
            self.accuracy.total,
            self.drelus_executed,
            self.full_drelus,
            100.0 * self.drelus_executed as f64 / self.full_drelus.max(1) as f64
        ))
    }
}

/// A bar over images.
fn bar(quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    match ProgressStyle::with_template("classify {bar:40} {pos}/{len} images, {eta} left") {
        Ok(style) => ProgressBar::new(0).with_style(style),
        Err(_) => ProgressBar::new(0),
    }
}

struct Evaluate<'a>(&'a PlannedArgs);

impl BackendTask for Evaluate<'_> {
    type Output = Result<Evaluation, Failure>;

    fn run<B: Backend>(self, device: B::Device) -> Self::Output {
        let args = self.0;
        let images = args.network.source(Split::Test, args.test_images)?;
        let (model, planned) = args.model::<B>(&device)?;
        args.evaluate((&model, planned), &images, &device)
    }
}

pub(super) fn evaluate(args: &EvaluateArgs) -> Result<(), Failure> {
    let evaluation = args.planned.backend.run(Evaluate(&args.planned))??;
    write_json(args.planned.json.as_ref(), &evaluation)?;
    evaluation.print("")
}

impl FinetuneArgs {
    fn config(&self) -> Result<FinetuneConfig, Failure> {
        let mut config = match &self.config {
            Some(path) => FinetuneConfig::load(path)?,
            None => self.preset.config(),
        };
        if let Some(steps) = self.steps {
            config = config.in_steps(steps);
        }
        if let Some(rate) = self.learning_rate {
            config.optimizer.learning_rate = rate;
        }
        if self.plain {
            config.objective = Objective::CrossEntropy;
        }
        Ok(config)
    }
}

struct Train<'a>(&'a FinetuneArgs);

impl BackendTask for Train<'_> {
    type Output = Result<Summary, Failure>;

    fn run<B: Backend>(self, device: B::Device) -> Self::Output {
        let (args, planned) = (self.0, &self.0.planned);
        let config = args.config()?;
        let train = planned.network.source(Split::Train, args.train_images)?;
        let test = planned.network.source(Split::Test, planned.test_images)?;
        let (model, drelus) = planned.model::<B>(&device)?;
        let before = planned.evaluate((&model, drelus), &test, &device)?;
        before.print("before: ")?;
        let mut run = Finetune::new(config, train, planned.network.normalization()?)
            .teacher(planned.network.load::<B>(&device)?)
            .progress(ProgressKind::detect(planned.quiet));
        if let Some(directory) = &args.directory {
            run = run.directory(directory);
        }
        let done = run.run(model)?;
        let after = planned.evaluate((&done.model, drelus), &test, &device)?;
        if let Some(out) = &args.out {
            save_weights(&done.model, out)
                .map_err(|error| format!("{}: {error}", out.display()))?;
        }
        after.print("after:  ")?;
        Ok(Summary {
            before,
            after,
            report: done.report,
        })
    }
}

pub(super) fn finetune(args: &FinetuneArgs) -> Result<(), Failure> {
    let summary = args.planned.backend.run(Train(args))??;
    write_json(args.planned.json.as_ref(), &summary)
}
