//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures networks and operations over three processes, beside what the machine allows.
#[derive(Parser, Debug)]
#[command(name = "burn-mpc-bench")]
pub struct Options {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Only operations and small networks.
    #[arg(long)]
    pub small: bool,
    /// Only rows whose name and mode contain this.
    #[arg(long, default_value = "")]
    pub only: String,
    /// Timed runs of each row.
    #[arg(long, default_value_t = 5)]
    pub runs: usize,
    /// The example. Default: beside this program.
    #[arg(long)]
    pub program: Option<PathBuf>,
    /// Folder with trained weights and photographs. Default: what `BURN_MPC_DATA` names, or `../shared/data`.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Region of the document that is written.
    #[arg(long, default_value = "results")]
    pub region: String,
    /// Document of which a region is written.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../BENCHMARKS.md"))]
    pub document: PathBuf,
    /// File for all figures.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/results.csv"))]
    pub csv: PathBuf,
    /// Writes no file.
    #[arg(long)]
    pub dry: bool,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Measures one operation: relu-2^20, mul-2^20 or matmul-1024.
    Micro {
        /// Its name.
        op: String,
        /// Bits of the ring, 64 or 32.
        #[arg(long, default_value_t = 64)]
        ring: u32,
        /// Timed runs, after one that warms up.
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// Writes the result as one JSON object.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Plays one of three processes; the job comes on standard input.
    #[command(hide = true)]
    Play {
        /// Which party.
        party: usize,
    },
}
