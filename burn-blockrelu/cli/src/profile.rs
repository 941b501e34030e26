//! `blockrelu profile` and `merge`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use burn::module::Module as _;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu_core::candidates::Candidates;
use burn_blockrelu_core::{Block, Layer, ReluPlan, layers};
use example_models::AnyModel;
use serde::Serialize;

use super::failure::Failure;
use super::network::{NetworkArgs, samples};
use super::output::{say, write_json};
use burn_blockrelu::backend::{BackendKind, BackendTask};
use burn_blockrelu::data::Split;
use burn_blockrelu::digest::weights_digest;
use burn_blockrelu::distortion::{Exact, Sketch, Sketched, Target};
use burn_blockrelu::inference::transfer;
use burn_blockrelu::profile::{Facts, Progress, RunOptions, Shard, Table, profile};

/// How distortions are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum MethodName {
    /// By the definition, block by block.
    Exact,
    /// From random backward passes.
    Sketch,
}

/// Options of `profile`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    network: NetworkArgs,
    /// How distortions are found.
    #[arg(long, value_enum, default_value = "sketch")]
    method: MethodName,
    /// Training images, balanced over classes.
    #[arg(long, default_value_t = 256)]
    samples: usize,
    /// Random vectors per sample (sketch).
    #[arg(long, default_value_t = 8)]
    probes: usize,
    /// Samples of one unit of work (sketch), or variants of one batch (exact).
    #[arg(long)]
    batch: Option<usize>,
    /// Seed of the random vectors (sketch).
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Blocks to try: `rectangles:BOUND`, `paper`, or a list such as 1x2,2x2,4x4.
    #[arg(long, default_value = "rectangles:16")]
    candidates: CandidatesArg,
    /// Only these layers.
    #[arg(long, value_delimiter = ',')]
    layers: Vec<String>,
    /// This process's part of the work: I/N.
    #[arg(long, default_value = "0/1")]
    shard: Shard,
    /// Table to write; an unfinished one of the same profile there is resumed.
    #[arg(long)]
    out: PathBuf,
    /// flex, tch or cuda.
    #[arg(long, default_value = "flex")]
    backend: BackendKind,
    /// Seconds between two writes of the growing table.
    #[arg(long, default_value_t = 20)]
    save_seconds: u64,
    /// No progress bar.
    #[arg(long)]
    quiet: bool,
    /// Summary for programs.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

/// [`Candidates`] on a command line.
#[derive(Clone, Debug)]
struct CandidatesArg(Candidates);

impl FromStr for CandidatesArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "paper" {
            return Ok(Self(Candidates::Paper));
        }
        if let Some(bound) = text.strip_prefix("rectangles:") {
            let bound = bound.parse().ok().filter(|&bound| bound > 0);
            let bound = bound.ok_or_else(|| format!("`{text}`: expected rectangles:16"))?;
            return Ok(Self(Candidates::Rectangles { bound }));
        }
        let blocks = text.split(',').map(str::parse::<Block>);
        let blocks = blocks.collect::<Result<_, _>>();
        blocks
            .map(|list| Self(Candidates::List(list)))
            .map_err(|error| error.to_string())
    }
}

/// What `--json` writes.
#[derive(Debug, Serialize)]
struct Summary {
    model: String,
    method: String,
    samples: u64,
    layers: usize,
    /// (layer, channel, block) triples.
    entries: usize,
    units_done: usize,
    units: usize,
    /// Seconds of computing, in all.
    seconds: f64,
    /// Seconds for one entry and one sample.
    seconds_per_entry_and_sample: f64,
}

impl Summary {
    fn of(table: &Table) -> Self {
        let entries = table.layers.iter().map(|layer| layer.sums.len()).sum();
        let work: f64 = table
            .layers
            .iter()
            .map(|layer| layer.sums.len() as f64 * layer.samples as f64)
            .sum();
        Self {
            model: table.model.clone(),
            method: table.method.clone(),
            samples: table
                .layers
                .iter()
                .map(|layer| layer.samples)
                .max()
                .unwrap_or(0),
            layers: table.layers.len(),
            entries,
            units_done: table.done.len(),
            units: table.units,
            seconds: table.seconds,
            seconds_per_entry_and_sample: table.seconds / work.max(1.0),
        }
    }

    fn print(&self) -> Result<(), Failure> {
        say(format_args!(
            "{}: {} layers, {} distortions over {} samples in {:.1} s; {} of {} units done",
            self.method,
            self.layers,
            self.entries,
            self.samples,
            self.seconds,
            self.units_done,
            self.units
        ))
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let table = args.backend.run(Task(args))??;
    let summary = Summary::of(&table);
    write_json(args.json.as_ref(), &summary)?;
    summary.print()
}

struct Task<'a>(&'a Args);

impl BackendTask for Task<'_> {
    type Output = Result<Table, Failure>;

    fn run<B: Backend>(self, device: B::Device) -> Self::Output {
        let args = self.0;
        let model = args.network.load::<B>(&device)?;
        let images = args.network.unlabelled(Split::Train, args.samples)?;
        let samples = samples(&*images, args.network.normalization()?)?;
        let facts = Facts {
            model: ReluPlan::fingerprint::<B, _>(&model)?,
            weights: weights_digest::<B>(&model),
            samples: samples.digest(),
        };
        let options = RunOptions {
            file: Some(args.out.clone()),
            shard: args.shard,
            progress: if args.quiet {
                Progress::Quiet
            } else {
                Progress::Bar
            },
            save_every: Duration::from_secs(args.save_seconds),
            stop_after: None,
        };
        let image = samples.batch::<B>(0, 1, &device);
        let found = layers(&model, |model| model.forward(image))?;
        let targets = args.targets(found)?;
        match args.method {
            MethodName::Exact => {
                let variants = args.batch.unwrap_or(128);
                let forward = |x| model.forward(x);
                let mut method = Exact::new(forward, &targets, &samples, device, variants);
                Ok(profile(&mut method, facts, &targets, &options)?)
            }
            MethodName::Sketch => {
                let eval = args.network.spec()?.init::<Sketched<B>>(&device);
                let eval: AnyModel<Sketched<B>> =
                    transfer::<B, Sketched<B>, _, _>(&model, eval, &device)?.no_grad();
                let forward = |x: Tensor<Sketched<B>, 4>| eval.forward(x);
                let settings = (args.probes, args.batch.unwrap_or(8), args.seed);
                let mut method = Sketch::new(forward, &targets, &samples, device, settings);
                Ok(profile(&mut method, facts, &targets, &options)?)
            }
        }
    }
}

impl Args {
    /// The layers to profile and their candidates.
    fn targets(&self, found: Vec<Layer>) -> Result<Vec<Target>, Failure> {
        if let Some(name) = self
            .layers
            .iter()
            .find(|name| !found.iter().any(|l| l.path == **name))
        {
            let known: Vec<&str> = found.iter().map(|layer| layer.path.as_str()).collect();
            return Err(format!("no layer `{name}`; there are {}", known.join(", ")).into());
        }
        let wanted = |layer: &Layer| self.layers.is_empty() || self.layers.contains(&layer.path);
        let target = |layer: Layer| Target {
            candidates: self.candidates.0.of(layer.map),
            layer,
        };
        Ok(found.into_iter().filter(wanted).map(target).collect())
    }
}

/// Options of `merge`.
#[derive(Clone, Debug, clap::Args)]
pub struct MergeArgs {
    /// The shards' tables.
    #[arg(required = true)]
    tables: Vec<PathBuf>,
    /// Table to write.
    #[arg(long)]
    out: PathBuf,
    /// Summary for programs.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

pub(super) fn merge(args: &MergeArgs) -> Result<(), Failure> {
    let tables = args.tables.iter().map(|path| Table::read(path));
    let table = Table::merge(tables.collect::<Result<_, _>>()?)?;
    table.write(&args.out)?;
    let summary = Summary::of(&table);
    write_json(args.json.as_ref(), &summary)?;
    summary.print()
}
