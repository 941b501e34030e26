//! The `blockrelu` command: what its subcommands do, on the networks of `example-models`.

mod apply;
mod document;
mod network;
pub mod pipeline;
mod profile;
mod report;
mod solve;
mod train;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burn_blockrelu_core::file::replace;
use clap::{Parser, Subcommand};
use serde::Serialize;

pub use network::{NetworkArgs, samples};
pub use report::{Agreement, agreement, curves, heat_map};

/// Anything that ends a command; its text goes to the person.
pub type Failure = Box<dyn Error + Send + Sync>;

/// One sign per patch of pixels instead of one per pixel: profile a network, choose patches, finetune.
#[derive(Debug, Parser)]
#[command(name = "blockrelu", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures how much each block distorts the output in each channel of each layer.
    Profile(profile::Args),
    /// Adds up the shards of one profile.
    Merge(profile::MergeArgs),
    /// Chooses blocks under a budget: from a profile, or from a knapsack instance.
    Solve(solve::Args),
    /// Runs the module on tensors of a file: x, `block_sizes` and maybe `grad_y` to y, mask and `grad_x`.
    Apply(apply::Args),
    /// Trains a network with a plan a little further.
    Finetune(train::FinetuneArgs),
    /// Classifies test images with a network, with or without a plan.
    Evaluate(train::EvaluateArgs),
    /// Compares two profiles of one network, or tells what a profile holds.
    Report(report::Args),
    /// The whole way: profile, plans, accuracy, finetuning, plots.
    Pipeline(pipeline::Args),
    /// Draws a plot from its JSON description, or a profile or plan.
    Plot(report::PlotArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Profile(args) => profile::run(&args),
        Command::Merge(args) => profile::merge(&args),
        Command::Solve(args) => solve::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Finetune(args) => train::finetune(&args),
        Command::Evaluate(args) => train::evaluate(&args),
        Command::Report(args) => report::run(&args),
        Command::Pipeline(args) => pipeline::run(&args),
        Command::Plot(args) => report::plot(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a report as JSON, replacing a file of that name; without a file, nothing.
fn write_json(file: Option<&PathBuf>, report: &impl Serialize) -> Result<(), Failure> {
    if let Some(file) = file {
        write_file(
            file,
            format!("{}\n", serde_json::to_string_pretty(report)?).as_bytes(),
        )?;
    }
    Ok(())
}

/// Writes a file at once, replacing one of that name; errors name it.
fn write_file(file: &Path, content: &[u8]) -> Result<(), Failure> {
    replace(file, content).map_err(|error| format!("{}: {error}", file.display()).into())
}
