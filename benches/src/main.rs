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
mod median;
mod micro;
mod options;
mod rows;
mod table;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use error::BenchError;
use options::{Command, Options};

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

fn one_operation(
    name: &str,
    ring: u32,
    runs: usize,
    json: Option<&Path>,
) -> Result<(), BenchError> {
    let measured = micro::run(&micro::job(micro::Op::named(name)?, ring, runs.max(1))?)?;
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
