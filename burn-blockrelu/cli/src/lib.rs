//! The `blockrelu` command: what its subcommands do, on the networks of `example-models`.

mod apply;
mod document;
mod failure;
mod network;
mod output;
pub mod pipeline;
mod profile;
mod report;
mod solve;
mod train;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::Failure;
use failure::Unwritten;
pub use network::{NetworkArgs, samples};
use output::{note, writable};
pub use report::{Agreement, agreement, curves, heat_map};

/// Shown by `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0  done, and everything that was asked for is written
  1  failed: the message on standard error says why
  2  the command line is wrong; nothing was run
  4  the reader of standard output went away before all was written; there is no message
Any other code is a fault of this program.";

/// Exit code if the reader of standard output went away.
const UNREAD: u8 = 4;

/// One sign per patch of pixels instead of one per pixel: profile a network, choose patches, finetune.
#[derive(Debug, Parser)]
#[command(name = "blockrelu", version, after_help = EXIT_CODES)]
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
    /// Compares two profiles of one network, or describes one profile.
    Report(report::Args),
    /// Runs all steps: profile, plans, accuracy, finetuning, plots.
    Pipeline(pipeline::Args),
    /// Draws a plot from its JSON description, or a profile or plan.
    Plot(report::PlotArgs),
}

impl Command {
    /// The file to which the command writes JSON after its work. None for commands that first make a folder, in which
    /// the file may lie.
    fn json(&self) -> Option<&PathBuf> {
        match self {
            Self::Profile(args) => args.json.as_ref(),
            Self::Merge(args) => args.json.as_ref(),
            Self::Solve(args) => args.json.as_ref(),
            Self::Apply(args) => args.json.as_ref(),
            Self::Finetune(args) if args.directory.is_none() => args.planned.json.as_ref(),
            Self::Evaluate(args) => args.planned.json.as_ref(),
            Self::Report(args) => args.json.as_ref(),
            Self::Plot(args) => args.json.as_ref(),
            Self::Finetune(_) | Self::Pipeline(_) => None,
        }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(told) => {
            let code = u8::try_from(told.exit_code()).unwrap_or(1);
            let result = told.print().map_err(|error| Unwritten(error).into());
            return ended(result, code);
        }
    };
    if let Err(failure) = writable(command.json()) {
        return ended(Err(failure), 0);
    }
    let result = match command {
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
    ended(result, 0)
}

/// Prints the message of a command that failed, if there is one, and returns its exit code.
pub fn ended(result: Result<(), Failure>, code: u8) -> ExitCode {
    let Err(failure) = result else {
        return ExitCode::from(code);
    };
    if let Some(Unwritten(error)) = failure.downcast_ref()
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        // Its reader has what it wanted.
        return ExitCode::from(UNREAD);
    }
    note(format_args!("error: {failure}"));
    ExitCode::FAILURE
}
