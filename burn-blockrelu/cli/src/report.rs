//! `blockrelu report` and `plot`.

use std::fmt::Write as _;
use std::path::PathBuf;

use burn_blockrelu_core::{Block, ReluPlan};
use serde::Serialize;

use super::failure::Failure;
use super::output::{note, say, write_json};
use burn_blockrelu::plot::{
    AgreementScatter, BlockHeatMap, CurvePoint, DistortionCurves, DistortionPair, LayerAgreement,
    LayerBlocks, LayerDistortions, Plot, Quartiles,
};
use burn_blockrelu::profile::{LayerTable, Table};
use burn_blockrelu::statistics::spearman;

/// Options of `report`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A profile.
    #[arg(long)]
    profile: PathBuf,
    /// Another profile of the same network by the definition, to compare with.
    #[arg(long)]
    exact: Option<PathBuf>,
    /// Stem of a scatter plot to write (with --exact) or of distortion curves (without).
    #[arg(long)]
    plot: Option<PathBuf>,
    /// Markdown file whose region between `<!-- agreement:begin -->` and `<!-- agreement:end -->` is written anew
    /// (with --exact).
    #[arg(long, requires = "exact")]
    document: Option<PathBuf>,
    /// Report for programs.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

/// How well a profile agrees with an exact one, in one layer or in all that they share.
#[derive(Clone, Debug, Serialize)]
pub struct Agreement {
    /// Path of the layer, or `all`.
    pub layer: String,
    /// (channel, block) pairs compared; those that change nothing are left out.
    pub pairs: usize,
    /// Spearman's rank correlation; none where it is not defined.
    pub spearman: Option<f64>,
    /// Sum of the exact distortions.
    pub exact_sum: f64,
    /// Sum of the other's.
    pub sketch_sum: f64,
    /// `sketch_sum / exact_sum - 1`.
    pub sum_error: f64,
}

impl Agreement {
    fn of(layer: &str, points: &[DistortionPair]) -> Self {
        let exact: Vec<f64> = points.iter().map(|point| point.exact).collect();
        let sketch: Vec<f64> = points.iter().map(|point| point.sketch).collect();
        let (exact_sum, sketch_sum) = (exact.iter().sum::<f64>(), sketch.iter().sum::<f64>());
        Self {
            layer: layer.to_owned(),
            pairs: points.len(),
            spearman: spearman(&exact, &sketch),
            exact_sum,
            sketch_sum,
            sum_error: sketch_sum / exact_sum - 1.0,
        }
    }
}

/// The comparison of two profiles.
#[derive(Clone, Debug, Serialize)]
struct Comparison {
    model: String,
    sketch: String,
    exact: String,
    sketch_samples: u64,
    exact_samples: u64,
    /// Seconds of the exact profile for one (channel, block) and sample, over the other's.
    speed_ratio: f64,
    sketch_seconds: f64,
    exact_seconds: f64,
    layers: Vec<Agreement>,
}

impl Comparison {
    /// For a document.
    fn markdown(&self) -> String {
        let mut text = format!(
            "{} over {} samples against the definition over {}: {:.0} times faster per distortion and sample ({:.0} s for \
             {:.0} s).\n\n| layer | pairs | Spearman | summed distortion, exact | sketched | error |\n|---|---|---|---|---|---|\n",
            self.sketch,
            self.sketch_samples,
            self.exact_samples,
            self.speed_ratio,
            self.sketch_seconds,
            self.exact_seconds
        );
        for row in &self.layers {
            let spearman = row.spearman.map_or("–".into(), |rho| format!("{rho:.3}"));
            let _ = writeln!(
                text,
                "| {} | {} | {spearman} | {:.3} | {:.3} | {:+.0} % |",
                row.layer,
                row.pairs,
                row.exact_sum,
                row.sketch_sum,
                100.0 * row.sum_error
            );
        }
        text
    }
}

/// Pairs of distortions of the layers, channels and blocks that both tables hold.
fn pairs(sketch: &Table, exact: &Table) -> Vec<(String, Vec<DistortionPair>)> {
    let mut all = Vec::new();
    for layer in &exact.layers {
        let Some(other) = sketch.layers.iter().find(|other| other.path == layer.path) else {
            continue;
        };
        let mut points = Vec::new();
        for channel in 0..layer.channels.min(other.channels) {
            let others: Vec<(Block, f64)> = other.channel(channel).collect();
            points.extend(layer.channel(channel).filter_map(|(block, exact)| {
                let (_, sketch) = others.iter().find(|(candidate, _)| *candidate == block)?;
                let own = exact == 0.0 && *sketch == 0.0;
                (!own).then_some(DistortionPair {
                    exact,
                    sketch: *sketch,
                })
            }));
        }
        all.push((layer.path.clone(), points));
    }
    all
}

/// Agreement of a profile with an exact one, layer by layer and then over all.
pub fn agreement(sketch: &Table, exact: &Table) -> Vec<Agreement> {
    let pairs = pairs(sketch, exact);
    let all: Vec<DistortionPair> = pairs
        .iter()
        .flat_map(|(_, points)| points.clone())
        .collect();
    let mut rows: Vec<Agreement> = pairs
        .iter()
        .map(|(path, points)| Agreement::of(path, points))
        .collect();
    rows.push(Agreement::of("all", &all));
    rows
}

/// Seconds for one (channel, block) and sample.
fn pace(table: &Table) -> f64 {
    let work = |layer: &LayerTable| layer.sums.len() as f64 * layer.samples as f64;
    table.seconds / table.layers.iter().map(work).sum::<f64>().max(1.0)
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let table = Table::read(&args.profile)?;
    let Some(exact) = &args.exact else {
        return describe(args, &table);
    };
    let exact = Table::read(exact)?;
    if exact.model != table.model {
        return Err(format!(
            "the profiles are of models {} and {}",
            table.model, exact.model
        )
        .into());
    }
    let (table, exact) = (table.complete()?.clone(), exact.complete()?.clone());
    let rows = agreement(&table, &exact);
    if rows.iter().all(|row| row.pairs == 0) {
        return Err("the profiles have no layer with blocks in common".into());
    }
    if table.samples != exact.samples {
        note(format_args!(
            "note: the profiles are of different samples, which lowers their agreement"
        ));
    }
    say(format_args!(
        "{:<24}{:>9}{:>10}{:>14}{:>14}{:>9}",
        "layer", "pairs", "Spearman", "exact sum", "other sum", "error"
    ))?;
    for row in &rows {
        say(format_args!(
            "{:<24}{:>9}{:>10.4}{:>14.6}{:>14.6}{:>8.1}%",
            row.layer,
            row.pairs,
            row.spearman.unwrap_or(f64::NAN),
            row.exact_sum,
            row.sketch_sum,
            100.0 * row.sum_error
        ))?;
    }
    let samples = |table: &Table| {
        table
            .layers
            .iter()
            .map(|layer| layer.samples)
            .max()
            .unwrap_or(0)
    };
    let comparison = Comparison {
        model: table.model.clone(),
        sketch: table.method.clone(),
        exact: exact.method.clone(),
        sketch_samples: samples(&table),
        exact_samples: samples(&exact),
        speed_ratio: pace(&exact) / pace(&table),
        sketch_seconds: table.seconds,
        exact_seconds: exact.seconds,
        layers: rows,
    };
    say(format_args!(
        "per distortion and sample {:.0} times faster ({:.1} s and {:.1} s in all)",
        comparison.speed_ratio, comparison.sketch_seconds, comparison.exact_seconds
    ))?;
    if let Some(stem) = &args.plot {
        let layer = |(name, points)| LayerAgreement { name, points };
        let scatter = AgreementScatter {
            title: "Sketched against exact distortions".into(),
            layers: pairs(&table, &exact).into_iter().map(layer).collect(),
        };
        scatter.write(stem)?;
    }
    if let Some(document) = &args.document {
        super::document::update(document, "agreement", &comparison.markdown())?;
    }
    write_json(args.json.as_ref(), &comparison)
}

/// What one profile holds.
fn describe(args: &Args, table: &Table) -> Result<(), Failure> {
    let curves = curves(table);
    say(format_args!(
        "model {}, {}, {} of {} units",
        table.model,
        table.method,
        table.done.len(),
        table.units
    ))?;
    for layer in &table.layers {
        let [height, width] = layer.map;
        say(format_args!(
            "{:<24}{:>5} channels of {height}x{width}, {} candidates, {} samples",
            layer.path,
            layer.channels,
            layer.candidates.len(),
            layer.samples
        ))?;
    }
    if let Some(stem) = &args.plot {
        curves.write(stem)?;
    }
    write_json(args.json.as_ref(), &Plot::DistortionCurves(curves))
}

/// Distortion against DReLUs for every layer.
pub fn curves(table: &Table) -> DistortionCurves {
    let layer = |layer: &LayerTable| {
        let mut by_count = std::collections::BTreeMap::<u64, Vec<f64>>::new();
        for channel in 0..layer.channels {
            for (_, count, distortion) in layer.collapsed(channel) {
                by_count.entry(count).or_default().push(distortion);
            }
        }
        let identity = by_count
            .remove(&0)
            .and_then(|values| Quartiles::of(&values));
        // The ordinary ReLU distorts nothing and has no place on a logarithmic axis.
        by_count.remove(&((layer.map[0] * layer.map[1]) as u64));
        let point = |(drelus, values): (u64, Vec<f64>)| {
            Some(CurvePoint {
                drelus,
                distortion: Quartiles::of(&values)?,
            })
        };
        LayerDistortions {
            name: layer.path.clone(),
            curve: by_count.into_iter().filter_map(point).collect(),
            identity,
        }
    };
    DistortionCurves {
        title: "Distortion of one channel against its DReLUs".into(),
        layers: table.layers.iter().map(layer).collect(),
    }
}

/// Chosen blocks of every layer.
pub fn heat_map(plan: &ReluPlan, title: &str) -> BlockHeatMap {
    let layers = plan.layers.iter().map(|layer| LayerBlocks {
        name: layer.path.clone(),
        map: layer.map,
        blocks: layer.blocks.clone(),
    });
    BlockHeatMap {
        title: title.to_owned(),
        layers: layers.collect(),
    }
}

/// Options of `plot`.
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true).args(["description", "profile", "plan"]))]
pub struct PlotArgs {
    /// A plot as JSON, as `report --json` writes it.
    #[arg(long)]
    description: Option<PathBuf>,
    /// A profile: its distortion curves.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// A plan: its chosen block areas.
    #[arg(long)]
    plan: Option<PathBuf>,
    /// Writes OUT.svg and OUT.png.
    #[arg(long)]
    out: PathBuf,
    /// Names of the files for programs.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

pub(super) fn plot(args: &PlotArgs) -> Result<(), Failure> {
    let plot = if let Some(path) = &args.profile {
        Plot::DistortionCurves(curves(&Table::read(path)?))
    } else if let Some(path) = &args.plan {
        let plan = ReluPlan::read(path)?;
        let title = format!(
            "Chosen block areas at {:.1} % of the DReLUs",
            100.0 * plan.ratio()
        );
        Plot::BlockHeatMap(heat_map(&plan, &title))
    } else {
        let path = args.description.clone().unwrap_or_default();
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?
    };
    let files = plot.write(&args.out)?;
    for file in &files {
        say(format_args!("{}", file.display()))?;
    }
    write_json(args.json.as_ref(), &files)
}
