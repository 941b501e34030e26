//! `blockrelu solve`.

use std::path::PathBuf;

use burn_mpc::SessionConfig;
use serde::Serialize;

use super::failure::Failure;
use super::output::{say, write_json};
use burn_blockrelu::budget::{Budget, UnitCosts};
use burn_blockrelu::knapsack::{Solution, solve_file};
use burn_blockrelu::profile::Table;
use burn_blockrelu::solve::solve_table;
use burn_blockrelu::wire::WireCosts;

/// Options of `solve`.
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true).args(["instance", "profile"]))]
pub struct Args {
    /// A knapsack instance as JSON: layers, `neg_distortion`, `max_cost`. The result goes to --json.
    #[arg(long, requires = "json")]
    instance: Option<PathBuf>,
    /// A profile. The plan goes to --plan.
    #[arg(long, requires = "budget", requires = "plan")]
    profile: Option<PathBuf>,
    /// What the plan may cost: 6% or 0.06 of the DReLUs, 33423 DReLUs, 25MB, or 0.4s@lan.
    #[arg(long)]
    budget: Option<Budget>,
    /// Bits of the ring on which budgets in bytes and seconds are counted: 64 or 32.
    #[arg(long, default_value_t = 64)]
    ring: u32,
    /// Plan file to write.
    #[arg(long)]
    plan: Option<PathBuf>,
    /// Result for programs.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

/// What `--profile --json` writes.
#[derive(Debug, Serialize)]
struct Summary {
    drelus: u64,
    full_drelus: u64,
    ratio: f64,
    cost: u64,
    budget: u64,
    distortion: f64,
    solution: Solution,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let (Some(instance), Some(out)) = (&args.instance, &args.json) {
        let solution = solve_file(instance, out)?;
        return say(format_args!(
            "cost {}, value {:.9}, {} in {:.3} s",
            solution.cost,
            -solution.value,
            proof(&solution),
            solution.seconds
        ));
    }
    let (Some(profile), Some(budget), Some(out)) = (&args.profile, args.budget, &args.plan) else {
        return Err("give --instance with --json, or --profile with --budget and --plan".into());
    };
    let table = Table::read(profile)?;
    let (costs, limit) = cost_model(budget, args.ring, &table)?;
    let (plan, solution) = solve_table(&table, costs, limit)?;
    plan.write(out)?;
    let summary = Summary {
        drelus: plan.drelus(),
        full_drelus: plan.full_drelus(),
        ratio: plan.ratio(),
        cost: solution.cost,
        budget: limit,
        distortion: solution.value,
        solution,
    };
    write_json(args.json.as_ref(), &summary)?;
    say(format_args!(
        "{} of {} DReLUs ({:.2} %), distortion {:.6e}, {} in {:.3} s",
        plan.drelus(),
        plan.full_drelus(),
        100.0 * plan.ratio(),
        summary.distortion,
        proof(&summary.solution),
        summary.solution.seconds
    ))
}

fn proof(solution: &Solution) -> &'static str {
    if solution.optimal {
        "proven optimal"
    } else {
        "not proven optimal"
    }
}

/// Costs and limit of a budget in integers.
fn cost_model(budget: Budget, ring: u32, table: &Table) -> Result<(UnitCosts, u64), Failure> {
    let config = match ring {
        64 => SessionConfig::z64(),
        32 => SessionConfig::z32(),
        _ => return Err(format!("--ring {ring}: choose 64 or 32").into()),
    };
    let wire = WireCosts::new(&config)?;
    match budget {
        Budget::Ratio(ratio) => {
            let limit = (ratio * table.full_drelus() as f64).floor() as u64;
            Ok((UnitCosts::DRELUS, limit))
        }
        Budget::Drelus(limit) => Ok((UnitCosts::DRELUS, limit)),
        Budget::Bytes(bytes) => {
            let headers = wire.headers(table);
            let limit = bytes.saturating_mul(8).checked_sub(headers);
            let limit =
                limit.ok_or_else(|| format!("frame headers alone take {} bytes", headers / 8))?;
            Ok((wire.units(), limit))
        }
        Budget::Seconds(seconds, link) => {
            let limit = wire.bits_within(seconds, link, table).ok_or_else(|| {
                let rounds = wire.rounds(table);
                format!("{rounds} rounds alone, with a sign in every layer, take longer than {seconds} s")
            })?;
            Ok((wire.units(), limit))
        }
    }
}
