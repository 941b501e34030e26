//! The whole Block-ReLU pipeline on a trained network: profile, choose blocks with the knapsack, count accuracy,
//! finetune, and plot.
//!
//! `cargo run --release --example blockrelu_pipeline` takes minutes; `-- --full` uses all test images, more budgets and
//! more methods to choose blocks; `-- --help` lists the options. The images are CIFAR-100's, in the folder that
//! `BURN_MPC_DATA` names (default `../shared/data`), or `--images FOLDER`.

use std::process::ExitCode;

use blockrelu::ended;
use blockrelu::pipeline::{self, Args};
use clap::Parser;

/// Profile, plan, finetune and plot a network with Block-ReLU.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    pipeline: Args,
}

fn main() -> ExitCode {
    ended(pipeline::run(&Options::parse().pipeline), 0)
}
