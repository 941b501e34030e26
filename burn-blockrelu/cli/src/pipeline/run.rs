//! The steps of the pipeline. Each keeps its result in a file.

use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu_core::layers::count_drelus;
use burn_blockrelu_core::{Layer, ReluPlan};
use example_models::AnyModel;
use example_models::weights::save_weights;
use indicatif::ProgressBar;

use super::super::failure::Failure;
use super::super::network::samples;
use super::super::output::{note, write_json};
use super::super::report::{curves, heat_map};
use super::args::Args;
use super::cross::cross_plan;
use super::plans::{Way, distortion};
use super::results::{Results, Row, Settings};
use super::setup::Setup;
use burn_blockrelu::backend::BackendTask;
use burn_blockrelu::data::{ImageSource, Split};
use burn_blockrelu::distortion::Samples;
use burn_blockrelu::finetune::{Finetune, FinetuneConfig, ProgressKind, evaluate};
use burn_blockrelu::profile::Table;

/// Test images on which joint distortions are measured.
const HELD_OUT: usize = 500;

/// The whole pipeline on one backend.
pub(super) struct Task<'a>(pub(super) &'a Args);

impl BackendTask for Task<'_> {
    type Output = Result<Results, Failure>;

    fn run<B: Backend>(self, device: B::Device) -> Self::Output {
        let args = self.0;
        let (fingerprint, found) = args.network.layers()?;
        say(args, "profile");
        let setup = Setup::<B>::new(args, &fingerprint, &device)?;
        let table = setup.profile(args, &device)?;
        curves(&table).write(&args.out.join("distortion"))?;
        let test = args.network.source(Split::Test, args.test_images())?;
        let held_out = args.network.source(Split::Test, HELD_OUT)?;
        let held_out = samples(&*held_out, args.network.normalization()?)?;
        let mut work = Work::<B> {
            args,
            setup,
            layers: found,
            test,
            held_out,
            unchanged: Vec::new(),
            device,
        };
        let unchanged = args.network.load::<B>(&work.device)?;
        work.unchanged = work.outputs(&unchanged)?;
        let file = args.out.join("results.json");
        let settings = work.settings(&table)?;
        let mut results = match Results::earlier(&file, &settings)? {
            Some(results) => results,
            None => Results {
                baseline: work.accuracy(&unchanged)?,
                profile_seconds: table.seconds,
                settings,
                rows: Vec::new(),
            },
        };
        for budget in args.budgets() {
            for way in args.ways() {
                // At 100 % all ways are the ordinary ReLU: finetuned once, as a control.
                let known = results.row(way, budget).is_some();
                if known || budget == 100.0 && way != Way::Knapsack {
                    continue;
                }
                say(args, &format!("{} at {budget} %", way.name()));
                results.rows.push(work.row(&table, way, budget)?);
                write_json(Some(&file), &results)?;
            }
        }
        Ok(results)
    }
}

fn say(args: &Args, step: &str) {
    if !args.quiet {
        note(format_args!("== {step}"));
    }
}

/// What all plans need.
struct Work<'a, B: Backend> {
    args: &'a Args,
    setup: Setup<B>,
    layers: Vec<Layer>,
    test: Arc<dyn ImageSource>,
    /// Images on which the joint distortion of whole plans is measured.
    held_out: Samples,
    /// Outputs of the unchanged network on them.
    unchanged: Vec<f32>,
    device: B::Device,
}

impl<B: Backend> Work<'_, B> {
    fn settings(&self, table: &Table) -> Result<Settings, Failure> {
        let args = self.args;
        Ok(Settings {
            network: args.network.spec()?.kind.to_string(),
            average_stem: args.network.average_stem,
            model: table.model.clone(),
            weights: table.weights.clone(),
            profile: table.method.clone(),
            samples: table.samples.clone(),
            sample_count: args.samples(),
            test_images: self.test.len(),
            test: blake3::Hash::from_bytes(self.test.digest()).to_hex()[..16].to_owned(),
            finetuning: args.config(),
            backend: args.backend.to_string(),
        })
    }

    fn accuracy(&self, model: &AnyModel<B>) -> Result<f64, Failure> {
        let bar = if self.args.quiet {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(0)
        };
        let normalization = self.args.network.normalization()?;
        let accuracy = evaluate::<B, _>(model, self.test.clone(), normalization, 100, &bar)?;
        bar.finish_and_clear();
        Ok(accuracy.percent())
    }

    /// Outputs on the held-out images.
    fn outputs(&self, model: &AnyModel<B>) -> Result<Vec<f32>, Failure> {
        let mut outputs = Vec::new();
        for from in (0..self.held_out.count()).step_by(100) {
            let to = self.held_out.count().min(from + 100);
            let output = model.forward(self.held_out.batch(from, to, &self.device));
            outputs.extend(
                output
                    .try_into_data()
                    .map_err(|e| e.to_string())?
                    .iter::<f32>(),
            );
        }
        Ok(outputs)
    }

    /// Mean squared difference of the outputs from the unchanged network's.
    fn joint_distortion(&self, model: &AnyModel<B>) -> Result<f64, Failure> {
        let outputs = self.outputs(model)?;
        let squares = outputs
            .iter()
            .zip(&self.unchanged)
            .map(|(a, b)| f64::from(a - b).powi(2));
        Ok(squares.sum::<f64>() / self.unchanged.len().max(1) as f64)
    }

    /// Plans, evaluates, finetunes and evaluates again.
    fn row(&self, table: &Table, way: Way, budget: f64) -> Result<Row, Failure> {
        let args = self.args;
        let (plan, remark) = match way {
            Way::Cross => cross_plan(&self.setup, args.probes, table, budget, &self.device)?,
            _ => way.plan(table, budget)?,
        };
        let stem = format!("{}-{budget}", way.name().replace(' ', "-"));
        plan.write(&args.out.join(format!("{stem}.plan.json")))?;
        if way == Way::Knapsack {
            let title = format!("Chosen block areas at {budget} % of the DReLUs");
            heat_map(&plan, &title).write(&args.out.join(format!("blocks-{budget}")))?;
        }
        let model = self.planned(&plan)?;
        let [channels, height, width] = args.network.spec()?.input_shape();
        let image = Tensor::<B, 4>::zeros([1, channels, height, width], &self.device);
        let (_, drelus) = count_drelus::<B, _>(|| model.forward(image));
        if drelus != plan.drelus() {
            let planned = plan.drelus();
            return Err(
                format!("the plan has {planned} DReLUs, but {drelus} were executed").into(),
            );
        }
        let before = self.accuracy(&model)?;
        let mut row = Row {
            way,
            budget_percent: budget,
            drelus,
            drelu_percent: 100.0 * plan.ratio(),
            distortion: distortion(table, &plan),
            joint_distortion: self.joint_distortion(&model)?,
            remark,
            before,
            after: None,
            finetune_seconds: 0.0,
        };
        if let Some(config) = args.config() {
            let (model, seconds) = self.finetuned(model, config, &stem)?;
            row.after = Some(self.accuracy(&model)?);
            row.finetune_seconds = seconds;
            let file = args.out.join(format!("{stem}.safetensors"));
            save_weights(&model, &file).map_err(|e| format!("{}: {e}", file.display()))?;
        }
        Ok(row)
    }

    fn planned(&self, plan: &ReluPlan) -> Result<AnyModel<B>, Failure> {
        let model = self.args.network.load::<B>(&self.device)?;
        // The ids in `layers` belong to another instance; only paths and maps are compared.
        Ok(plan.apply_checked(model, &self.layers)?)
    }

    fn finetuned(
        &self,
        model: AnyModel<B>,
        config: FinetuneConfig,
        stem: &str,
    ) -> Result<(AnyModel<B>, f64), Failure> {
        let args = self.args;
        let train = args.network.source(Split::Train, usize::MAX)?;
        let done = Finetune::new(config, train, args.network.normalization()?)
            .teacher(args.network.load::<B>(&self.device)?)
            .progress(if args.quiet {
                ProgressKind::Silent
            } else {
                ProgressKind::detect(false)
            })
            .directory(&args.out.join(format!("{stem}.training")))
            .run(model)?;
        Ok((done.model, done.report.seconds))
    }
}
