//! Options of `pipeline`, and what they are by default.

use std::path::PathBuf;

use burn_blockrelu::backend::BackendKind;
use burn_blockrelu::finetune::{FinetuneConfig, Preset};

use super::super::network::NetworkArgs;
use super::plans::Way;

/// Options of `pipeline`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) network: NetworkArgs,
    /// All test images, budgets 100 to 6 %, all ways to choose, and a longer finetuning.
    #[arg(long)]
    full: bool,
    /// Training images to profile on [default: 128, with --full 512].
    #[arg(long)]
    samples: Option<usize>,
    /// Random vectors per sample.
    #[arg(long, default_value_t = 8)]
    pub(super) probes: usize,
    /// Budgets in percent of the DReLUs [default: 6,10,25,50; with --full 6,10,15,25,50,100].
    #[arg(long, value_delimiter = ',')]
    pub(super) budgets: Vec<f64>,
    /// Ways to choose blocks [default: knapsack; with --full all].
    #[arg(long, value_enum, value_delimiter = ',')]
    ways: Vec<Way>,
    /// Test images, balanced over classes [default: 1000, with --full all].
    #[arg(long)]
    test_images: Option<usize>,
    /// Finetuning steps for each plan [default: 20, with --full 390]; 0 for none.
    #[arg(long)]
    steps: Option<usize>,
    /// Images of a finetuning step.
    #[arg(long)]
    batch: Option<usize>,
    /// flex, tch or cuda.
    #[arg(long, default_value = "flex")]
    pub(super) backend: BackendKind,
    /// Folder for profile, plans, results and plots; steps whose files are there already are skipped.
    #[arg(long, default_value = "blockrelu-pipeline")]
    pub(super) out: PathBuf,
    /// Markdown file whose region between `<!-- results:begin -->` and `<!-- results:end -->` is written anew.
    #[arg(long)]
    pub(super) document: Option<PathBuf>,
    /// Name of that region.
    #[arg(long, default_value = "results")]
    pub(super) region: String,
    /// No progress bars.
    #[arg(long)]
    pub(super) quiet: bool,
    /// Results for programs.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

impl Args {
    pub(super) fn samples(&self) -> usize {
        self.samples.unwrap_or(if self.full { 512 } else { 128 })
    }

    pub(super) fn budgets(&self) -> Vec<f64> {
        match (self.budgets.is_empty(), self.full) {
            (false, _) => self.budgets.clone(),
            (true, false) => vec![6.0, 10.0, 25.0, 50.0],
            (true, true) => vec![6.0, 10.0, 15.0, 25.0, 50.0, 100.0],
        }
    }

    pub(super) fn ways(&self) -> Vec<Way> {
        match (self.ways.is_empty(), self.full) {
            (false, _) => self.ways.clone(),
            (true, false) => vec![Way::Knapsack],
            (true, true) => vec![Way::Knapsack, Way::Uniform, Way::Random],
        }
    }

    pub(super) fn test_images(&self) -> usize {
        let default = if self.full { usize::MAX } else { 1000 };
        self.test_images.unwrap_or(default)
    }

    /// Finetuning, if any.
    pub(super) fn config(&self) -> Option<FinetuneConfig> {
        let steps = self.steps.unwrap_or(if self.full { 390 } else { 20 });
        let mut config = Preset::Short.config().in_steps(steps.max(1));
        config.batch_size = self.batch.unwrap_or(config.batch_size);
        (steps > 0).then_some(config)
    }
}
