//! `--explain-error`: how far every layer is from plaintext.

use std::time::Instant;

use burn_mpc::session::{LayerError, explain};
use serde::Serialize;

use crate::bill::shorten;
use crate::failure::Failure;
use crate::job::Job;
use crate::output::{Content, Output};
use crate::{party, progress};

/// How many layers are named as losing most.
const NAMED: usize = 3;

/// What `--json` writes.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// Name of the model.
    pub model: String,
    /// Bits of the ring.
    pub ring: u32,
    /// Fractional bits of activations.
    pub frac_bits: u32,
    /// Images per inference.
    pub batch: usize,
    /// The errors of every layer, in the order of the network.
    pub layers: Vec<LayerError>,
    /// Those of them that add most to the relative error, the worst first.
    pub worst: Vec<LayerError>,
    /// Ops whose values could not be compared.
    pub unknown: Vec<String>,
}

impl Content for Explained {
    const SCHEMA: &'static str = "burn-mpc/private_inference/errors";
    const VERSION: u32 = 1;
}

/// Runs the job in this process beside the same network in the clear, and compares all layers.
pub fn run(job: &Job) -> Result<Explained, Failure> {
    let _line = progress::show("explaining errors");
    let started = Instant::now();
    let (results, report) = explain(&job.config, |device| party::play(job, &device, started))?;
    for result in results {
        result?;
    }
    Ok(Explained {
        model: job.model.clone(),
        ring: job.config.ring_bits,
        frac_bits: job.config.frac_bits,
        batch: job.batch,
        worst: report.worst(NAMED).into_iter().cloned().collect(),
        layers: report.layers,
        unknown: report.unknown,
    })
}

impl Explained {
    /// Prints the layers as text.
    pub fn print(&self, output: &Output) -> Result<(), Failure> {
        writeln!(
            output,
            "{} on Z_2^{}, {} fractional bits, batch {}: distance of every layer from plaintext",
            self.model, self.ring, self.frac_bits, self.batch
        )?;
        writeln!(
            output,
            "  {:<31}{:<24}{:>5}{:>11}{:>11}{:>11}{:>11}{:>11}",
            "layer", "op", "bits", "rms value", "rms error", "largest", "relative", "added"
        )?;
        for layer in &self.layers {
            writeln!(
                output,
                "  {:<31}{:<24}{:>5}{:>11.2e}{:>11.2e}{:>11.2e}{:>11.2e}{:>11.2e}",
                shorten(&layer.layer),
                shorten(&layer.op),
                layer.frac_bits,
                layer.rms,
                layer.rms_error,
                layer.largest_error,
                layer.relative,
                layer.added
            )?;
        }
        for name in &self.unknown {
            writeln!(output, "nothing to compare from here on: {}", shorten(name))?;
        }
        writeln!(output, "layers that lose most:")?;
        for layer in &self.worst {
            writeln!(
                output,
                "  {} ({}): adds {:.2e} of its values",
                layer.layer, layer.op, layer.added
            )?;
        }
        Ok(())
    }
}
