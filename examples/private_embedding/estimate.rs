//! `--estimate`: predicts the costs of an inference from declared costs alone.

use burn_mpc::net::shaped::LinkShape;
use burn_mpc::{MpcDevice, ShareOptions, share_model};
use example_models::bert::Watch as _;
use serde::Serialize;

use crate::bill::megabytes;
use crate::failure::Failure;
use crate::job::Job;
use crate::ledger::{Ledger, Part, of_all_layers};
use crate::output::{Content, Output};
use crate::party::{self, Private};
use crate::roles::MODEL_OWNER;

/// Predicted cost of the first inference.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// The network.
    pub model: &'static str,
    /// Whether the table of token embeddings is public.
    pub public_embeddings: bool,
    /// Length of each sentence in tokens.
    pub lengths: Vec<usize>,
    /// Length of the longest chain of dependent messages.
    pub rounds: u32,
    /// Bytes sent by each party, frame headers included.
    pub bytes_sent: [u64; 3],
    /// Bytes sent by all parties.
    pub bytes_total: u64,
    /// Those of them that depend on no share of any value, so that they could be sent before there is a sentence.
    pub bytes_offline: u64,
    /// Bytes of the look-up.
    pub bytes_lookup: u64,
    /// Seconds on the wire at 1 Gbit/s and 0.25 ms one way, computing not counted.
    pub lan_seconds: f64,
    /// Seconds on the wire at 100 Mbit/s and 20 ms one way, computing not counted.
    pub wan_seconds: f64,
    /// What each part costs.
    pub parts: Vec<Part>,
}

impl Content for Estimate {
    const SCHEMA: &'static str = "burn-mpc/private_embedding/estimate";
    const VERSION: u32 = 1;
}

/// Runs the network once on a device that only adds up declared costs.
pub fn run(job: &Job) -> Result<Estimate, Failure> {
    let device = MpcDevice::estimate(job.config.clone())?;
    device.set_current();
    let session = device.online("estimate")?;
    let model = job.spec().init::<Private>(&device);
    let model = share_model(model, &device, MODEL_OWNER, ShareOptions::default())?;
    let batches = job.batches();
    let batch = batches.first().cloned().unwrap_or(0..0);
    // The first pass shares what depends on weights alone; later passes find it.
    let embeddings = party::embed(job, &device, &model, &batch, None, &())?;
    party::open(embeddings)?;
    session.synchronise()?;
    session.start_measuring();
    let ledger = Ledger::new(&device);
    let embeddings = party::embed(job, &device, &model, &batch, None, &ledger)?;
    ledger.part("reveal", || party::open(embeddings))?;
    let report = session.report();
    let parts = ledger.parts();
    let seconds = |link: LinkShape| link.seconds(report.declared_bytes, report.rounds);
    Ok(Estimate {
        model: job.model.name(),
        public_embeddings: job.public_embeddings,
        lengths: job.lengths[batch].to_vec(),
        rounds: report.rounds,
        bytes_sent: report.declared_bytes,
        bytes_total: report.declared_bytes.iter().sum(),
        bytes_offline: report.offline_bytes.iter().sum(),
        bytes_lookup: lookup(&parts),
        lan_seconds: seconds(LinkShape::LAN),
        wan_seconds: seconds(LinkShape::WAN),
        parts,
    })
}

/// Bytes of the look-up.
pub fn lookup(parts: &[Part]) -> u64 {
    let lookups = parts.iter().filter(|part| part.name == "look-up");
    lookups.map(|part| part.bytes).sum()
}

/// Prints what the parts of a network cost; without seconds where none were measured.
pub fn print_parts(parts: &[Part], timed: bool, output: &Output) -> Result<(), Failure> {
    let seconds = if timed { "seconds" } else { "" };
    writeln!(
        output,
        "\n{:<28}{:>8}{seconds:>11}{:>14}",
        "part", "rounds", "sent"
    )?;
    for part in of_all_layers(parts) {
        let seconds = if timed {
            format!("{:.4}", part.seconds)
        } else {
            String::new()
        };
        writeln!(
            output,
            "  {:<26}{:>8}{seconds:>11}{:>14}",
            part.name,
            part.rounds,
            megabytes(part.bytes)
        )?;
    }
    Ok(())
}

impl Estimate {
    /// Prints the estimate as text.
    pub fn print(&self, output: &Output) -> Result<(), Failure> {
        writeln!(
            output,
            "{}, {} sentences of up to {} tokens, predicted for one inference (set-up not counted):",
            self.model,
            self.lengths.len(),
            self.lengths.iter().max().unwrap_or(&0)
        )?;
        writeln!(
            output,
            "  {} rounds, {} sent ({}), {} of it depends on no input",
            self.rounds,
            megabytes(self.bytes_total),
            self.bytes_sent.map(megabytes).join(" + "),
            megabytes(self.bytes_offline)
        )?;
        writeln!(
            output,
            "  on the wire, computing not counted: LAN (1 Gbit/s, 0.25 ms one way) {:.2} s, WAN (100 Mbit/s, 20 ms one way) {:.2} s",
            self.lan_seconds, self.wan_seconds
        )?;
        print_parts(&self.parts, false, output)
    }
}
