//! What the pipeline found.

use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::failure::Failure;
use super::super::output::say;
use super::plans::Way;
use burn_blockrelu::finetune::FinetuneConfig;
use burn_blockrelu::plot::{AccuracyAgainstBudget, AccuracySeries, BudgetPoint, Stage};

/// Accuracy of one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// How its blocks were chosen.
    pub way: Way,
    /// Budget in percent of the DReLUs.
    pub budget_percent: f64,
    /// DReLUs of one image, counted where they run.
    pub drelus: u64,
    /// The same in percent.
    pub drelu_percent: f64,
    /// Summed distortion according to the profile.
    pub distortion: f64,
    /// Mean squared change of the outputs on held-out images with the whole plan, before finetuning.
    pub joint_distortion: f64,
    /// About the choice: the uniform block, whether it is proven optimal.
    pub remark: String,
    /// Accuracy in percent.
    pub before: f64,
    /// Accuracy in percent after finetuning, if there was any.
    pub after: Option<f64>,
    /// Seconds of finetuning.
    pub finetune_seconds: f64,
}

/// All results and the settings they hold for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Settings; results for other settings are not mixed in.
    pub settings: Settings,
    /// Accuracy of the unchanged network in percent.
    pub baseline: f64,
    /// Seconds of profiling.
    pub profile_seconds: f64,
    /// The plans.
    pub rows: Vec<Row>,
}

/// What the results depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Name of the network.
    pub network: String,
    /// Whether the stem pools by average.
    pub average_stem: bool,
    /// Fingerprint of the network.
    pub model: String,
    /// Digest of its weights.
    pub weights: String,
    /// How it was profiled.
    pub profile: String,
    /// Digest of the samples of the profile.
    pub samples: String,
    /// Number of samples of the profile.
    pub sample_count: usize,
    /// Test images.
    pub test_images: usize,
    /// Digest of the test images.
    pub test: String,
    /// Finetuning; none if plans are not finetuned.
    pub finetuning: Option<FinetuneConfig>,
    /// Backend.
    pub backend: String,
}

impl Results {
    /// Results in a file, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read, or its results are for other settings.
    pub(super) fn earlier(file: &Path, settings: &Settings) -> Result<Option<Self>, Failure> {
        if !file.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let results: Self =
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        if results.settings != *settings {
            return Err(format!(
                "{}: holds results of other settings: {:?}, not {settings:?}; choose another --out",
                file.display(),
                results.settings
            )
            .into());
        }
        Ok(Some(results))
    }

    /// The row of a plan, if it is there.
    pub fn row(&self, way: Way, budget: f64) -> Option<&Row> {
        let mut rows = self.rows.iter();
        rows.find(|row| row.way == way && row.budget_percent == budget)
    }

    /// Prints the rows.
    ///
    /// # Errors
    /// Standard output that takes nothing more.
    pub fn print(&self) -> Result<(), Failure> {
        say(format_args!(
            "unchanged network: {:.2} % of {} test images",
            self.baseline, self.settings.test_images
        ))?;
        say(format_args!("{}", self.table()))
    }

    /// The rows as a Markdown table, most DReLUs first.
    fn table(&self) -> String {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by(|a, b| {
            b.budget_percent
                .total_cmp(&a.budget_percent)
                .then(a.way.cmp(&b.way))
        });
        let mut text = String::from(
            "| budget | blocks | DReLUs executed | distortion: summed, and measured jointly | accuracy before | after finetuning |\n|---|---|---|---|---|---|\n",
        );
        for row in rows {
            let after = row
                .after
                .map_or("–".to_owned(), |after| format!("{after:.2} %"));
            let _ = writeln!(
                text,
                "| {} % | {} ({}) | {} ({:.2} %) | {:.3}, {:.3} | {:.2} % | {after} |",
                row.budget_percent,
                row.way.name(),
                row.remark,
                row.drelus,
                row.drelu_percent,
                row.distortion,
                row.joint_distortion,
                row.before,
            );
        }
        text
    }

    /// Settings, baseline and table for a document.
    pub fn markdown(&self) -> String {
        let s = &self.settings;
        let seconds: f64 = self.rows.iter().map(|row| row.finetune_seconds).sum();
        let finetuning = s.finetuning.as_ref().map_or("No finetuning".into(), |config| {
            format!(
                "Finetuning: {} steps of {} images for each plan, the unchanged network as teacher, {seconds:.0} s in all",
                config.duration, config.batch_size
            )
        });
        format!(
            "{} (fingerprint {}), {} test images, unchanged: **{:.2} %**. Profile: {}; {} training images, {:.0} s. \
             {finetuning}, on `{}`.\n\n{}",
            s.network,
            s.model,
            s.test_images,
            self.baseline,
            s.profile,
            s.sample_count,
            self.profile_seconds,
            s.backend,
            self.table()
        )
    }

    /// Accuracy against budget.
    pub fn plot(&self) -> AccuracyAgainstBudget {
        let ways: std::collections::BTreeSet<Way> = self.rows.iter().map(|row| row.way).collect();
        let series = |way: Way, stage: Stage| {
            let points = self
                .rows
                .iter()
                .filter(|row| row.way == way)
                .filter_map(|row| {
                    let accuracy_percent = match stage {
                        Stage::Before => row.before,
                        Stage::After => row.after?,
                    };
                    Some(BudgetPoint {
                        drelu_percent: row.drelu_percent,
                        accuracy_percent,
                    })
                });
            AccuracySeries {
                name: way.name().to_owned(),
                stage,
                points: points.collect(),
            }
        };
        let both = |way| [series(way, Stage::Before), series(way, Stage::After)];
        let series = ways.into_iter().flat_map(both);
        AccuracyAgainstBudget {
            title: format!("{} at fewer DReLUs", self.settings.network),
            baseline: Some(self.baseline),
            series: series.filter(|series| !series.points.is_empty()).collect(),
        }
    }
}
