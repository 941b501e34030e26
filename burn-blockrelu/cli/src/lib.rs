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
use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burn_blockrelu_core::file::{check, deliver};
use clap::{Parser, Subcommand};
use serde::Serialize;

pub use network::{NetworkArgs, samples};
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

/// Standard output takes nothing more.
#[derive(Debug, thiserror::Error)]
#[error("cannot write standard output: {0}")]
struct Unwritten(#[source] io::Error);

/// Anything that ends a command; its text is shown to the user.
pub type Failure = Box<dyn Error + Send + Sync>;

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

/// Writes a line for people. A full disk or a closed pipe is an error, no panic.
fn say(line: fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    Ok(writeln!(output, "{line}").map_err(Unwritten)?)
}

/// Writes a line to standard error. A failure to do so cannot be reported.
fn note(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
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

/// Checks that a report can be written, before hours of work rather than after.
fn writable(file: Option<&PathBuf>) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(()) };
    check(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// Writes a file atomically, replacing one of that name, or writes into a pipe. Errors name the path.
fn write_file(file: &Path, content: &[u8]) -> Result<(), Failure> {
    deliver(file, content).map_err(|error| format!("{}: {error}", file.display()).into())
}
