//! Speed of burn-mpc on this machine. `benches/run.sh` builds all that is needed and runs it:
//!
//! ```text
//! benches/run.sh                          # every row, into BENCHMARKS.md and benches/results.csv
//! benches/run.sh --small --runs 3 --dry   # the small ones, printed only
//! ```
//!
//! Networks are runs of the example `private_inference`, operations are run here; both in three processes over
//! TCP on loopback. All rows are measured in turn, round after round.

mod error;
mod example;
mod floors;
mod macs;
mod measure;
mod micro;
mod rows;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use burn_mpc::SessionConfig;
use clap::{Parser, Subcommand};

use error::BenchError;

/// Measures networks and operations over three processes, beside what the machine allows.
#[derive(Parser, Debug)]
#[command(name = "burn-mpc-bench")]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only operations and small networks.
    #[arg(long)]
    small: bool,
    /// Only rows whose name and mode contain this.
    #[arg(long, default_value = "")]
    only: String,
    /// Timed runs of each row.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The example. Default: beside this program.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Folder with trained weights and photographs. Default: what `BURN_MPC_DATA` names, or `../shared/data`.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Region of the document that is written.
    #[arg(long, default_value = "results")]
    region: String,
    /// Document of which a region is written.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../BENCHMARKS.md"))]
    document: PathBuf,
    /// File for all figures.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/results.csv"))]
    csv: PathBuf,
    /// Writes no file.
    #[arg(long)]
    dry: bool,
}

#[derive(Subcommand, Debug)]
enum Command {
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

fn main() -> ExitCode {
    let options = Options::parse();
    let result = match &options.command {
        Some(Command::Play { party }) => micro::play(*party),
        Some(Command::Micro {
            op,
            ring,
            runs,
            json,
        }) => one_operation(op, *ring, *runs, json.as_deref()),
        None => measure::table(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sorts the numbers and gives the one in the middle; 0 for none.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}

fn job(op: micro::Op, ring: u32, runs: usize) -> Result<micro::Job, BenchError> {
    let config = SessionConfig::for_ring(ring)?
        .with_program(op.name())
        .with_deadline(Duration::from_mins(2));
    Ok(micro::Job { op, runs, config })
}

fn one_operation(
    name: &str,
    ring: u32,
    runs: usize,
    json: Option<&Path>,
) -> Result<(), BenchError> {
    let measured = micro::run(&job(micro::Op::named(name)?, ring, runs.max(1))?)?;
    println!(
        "{name} on Z_2^{ring}: {:.4} s ({:.4} s at best), {:.1} B an element, {} rounds, error {:.1e}",
        measured.seconds,
        measured.best,
        measured.bytes_total as f64 / f64::from(1 << 20),
        measured.rounds,
        measured.max_abs_err
    );
    match json {
        Some(path) => Ok(std::fs::write(path, serde_json::to_string(&measured)?)?),
        None => Ok(()),
    }
}
