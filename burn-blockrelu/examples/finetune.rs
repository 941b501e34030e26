//! Finetunes the CIFAR-100 ResNet-20 of the examples, as it is or with a plan, and prints its
//! accuracy before and after.
//!
//! ```text
//! cargo run --release -p burn-blockrelu --example finetune -- --steps 20 --plan uniform:2x2
//! ```
//!
//! The data folder is `../shared/data`, or what `BURN_MPC_DATA` names. `--backend tch` and
//! `--backend cuda` need a build with the feature of that name.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu::backend::{BackendKind, BackendTask};
use burn_blockrelu::data::{ImageSource, Normalization, Split, Subset, open_sheets};
use burn_blockrelu::finetune::{
    Finetune, FinetuneConfig, Objective, Preset, ProgressKind, evaluate,
};
use burn_blockrelu::plan::PlanSpec;
use burn_blockrelu::{ReluPlan, layers};
use clap::Parser;
use example_models::AnyModel;
use example_models::assets::resnet20_cifar100;
use example_models::data::data_dir;
use indicatif::ProgressBar;

/// Finetunes a CIFAR-100 ResNet-20 and prints its accuracy before and after.
#[derive(Clone, Parser)]
struct Args {
    /// flex, tch or cuda.
    #[arg(long, default_value = "flex")]
    backend: BackendKind,
    /// Settings to start from: short, cifar100-resnet18, ...
    #[arg(long, default_value = "short")]
    preset: Preset,
    /// Settings from a .toml or .json file instead.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Compress the schedule to this many steps.
    #[arg(long)]
    steps: Option<usize>,
    /// Another learning rate.
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Plain cross-entropy, whatever the settings say.
    #[arg(long)]
    plain: bool,
    /// `uniform:HxW`, `random:RATIO` or a plan file.
    #[arg(long)]
    plan: Option<PlanSpec>,
    /// Training images, balanced over the classes.
    #[arg(long, default_value_t = 50_000)]
    train_images: usize,
    /// Test images, balanced over the classes.
    #[arg(long, default_value_t = 10_000)]
    test_images: usize,
    /// Folder of checkpoints, to go on from when started again.
    #[arg(long)]
    directory: Option<PathBuf>,
    /// Show no progress.
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match args.backend.run(Job(args)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(error.as_ref()),
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

struct Job(Args);

impl BackendTask for Job {
    type Output = Result<(), Box<dyn Error>>;

    fn run<B: Backend>(self, device: B::Device) -> Self::Output {
        let args = self.0;
        let config = config(&args)?;
        let folder = data_dir().join("cifar100");
        let images = |split, count| -> Result<Arc<dyn ImageSource>, Box<dyn Error>> {
            let images = open_sheets(&folder, split, None)?;
            Ok(Arc::new(Subset::balanced(images, count, 0)))
        };
        let train = images(Split::Train, args.train_images)?;
        let test = images(Split::Test, args.test_images)?;
        let model = match &args.plan {
            Some(spec) => planned::<B>(spec, &device)?,
            None => resnet20_cifar100::<B>(&device)?,
        };
        let measure = |model: &AnyModel<B>| {
            let bar = if args.quiet {
                ProgressBar::hidden()
            } else {
                ProgressBar::new(0)
            };
            evaluate(model, test.clone(), Normalization::CIFAR100, 250, &bar)
        };
        let before = measure(&model)?;
        println!("before: {:.2} % of {}", before.percent(), before.total);
        let mut run = Finetune::new(config, train, Normalization::CIFAR100)
            .teacher(resnet20_cifar100::<B>(&device)?)
            .progress(ProgressKind::detect(args.quiet));
        if let Some(directory) = &args.directory {
            run = run.directory(directory);
        }
        let done = run.run(model)?;
        let after = measure(&done.model)?;
        println!("after:  {:.2} % of {}", after.percent(), after.total);
        println!("{}", serde_json::to_string_pretty(&done.report)?);
        Ok(())
    }
}

fn config(args: &Args) -> Result<FinetuneConfig, Box<dyn Error>> {
    let mut config = match &args.config {
        Some(path) => FinetuneConfig::load(path)?,
        None => args.preset.config(),
    };
    if let Some(steps) = args.steps {
        config = config.in_steps(steps);
    }
    if let Some(rate) = args.learning_rate {
        config.optimizer.learning_rate = rate;
    }
    if args.plain {
        config.objective = Objective::CrossEntropy;
    }
    Ok(config)
}

fn planned<B: Backend>(spec: &PlanSpec, device: &B::Device) -> Result<AnyModel<B>, Box<dyn Error>> {
    let model = resnet20_cifar100::<B>(device)?;
    let image = Tensor::zeros([1, 3, 32, 32], device);
    let layers = layers(&model, |model: &AnyModel<B>| model.forward(image))?;
    let plan = spec.plan(ReluPlan::fingerprint(&model)?, &layers, 0)?;
    println!("signs:  {:.2} %", 100.0 * plan.ratio());
    Ok(plan.apply(model)?)
}
