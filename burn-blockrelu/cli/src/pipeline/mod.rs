//! `blockrelu pipeline`: all steps from a trained network to planned and finetuned ones, and the results.

mod args;
mod cross;
mod plans;
mod results;
mod run;
mod setup;

use super::failure::Failure;
use super::output::{writable, write_json};

pub use args::Args;
pub use plans::Way;
pub use results::{Results, Row};

/// Runs the pipeline.
///
/// # Errors
/// Anything that cannot be read, written or computed.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Some(budget) = args.budgets.iter().find(|&&b| !(b > 0.0 && b <= 100.0)) {
        return Err(format!("--budgets: {budget} is no percentage").into());
    }
    std::fs::create_dir_all(&args.out).map_err(|e| format!("{}: {e}", args.out.display()))?;
    writable(args.json.as_ref())?;
    let results = args.backend.run(run::Task(args))??;
    results.plot().write(&args.out.join("accuracy"))?;
    if let Some(document) = &args.document {
        super::document::update(document, &args.region, &results.markdown())?;
    }
    write_json(args.json.as_ref(), &results)?;
    results.print()
}
