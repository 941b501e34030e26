//! The result: private and plaintext side by side, and the costs of all three parties.

use burn_mpc::net::shaped::LinkShape;
use burn_mpc::report::LayerCost;
use serde::Serialize;

use crate::bill::{megabytes, shorten};
use crate::failure::Failure;
use crate::job::Job;
use crate::output::{Content, Output};
use crate::party::{IMAGE_OWNER, PartyResult};
use crate::plan::Drelus;

/// Links between the parties, as given or as measured: the greatest latency and the least bandwidth of all links.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Network {
    /// Milliseconds one way.
    pub latency_ms: f64,
    /// Bandwidth in Mbit/s.
    pub mbit_per_second: f64,
}

impl From<LinkShape> for Network {
    #[expect(clippy::cast_precision_loss, reason = "for display")]
    fn from(shape: LinkShape) -> Self {
        Self {
            latency_ms: shape.latency.as_secs_f64() * 1e3,
            mbit_per_second: shape.bits_per_second as f64 / 1e6,
        }
    }
}

/// A label and its probability.
pub type Guess = (String, f64);

/// What `--json` writes.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Name of the model.
    pub model: String,
    /// Bits of the ring.
    pub ring: u32,
    /// Fractional bits of activations and weights.
    pub frac_bits: u32,
    /// `memory` or `tcp`.
    pub transport: String,
    /// Images per inference.
    pub batch: usize,
    /// The links that schedules were chosen for; absent if they were not chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// Signs per image; absent if the network has no Block-ReLU.
    #[serde(flatten)]
    pub drelus: Option<Drelus>,
    /// Per image, the five likeliest labels of the private run.
    pub top5: Vec<Vec<Guess>>,
    /// Per image, the five likeliest labels in plaintext.
    pub plaintext_top5: Vec<Vec<Guess>>,
    /// Largest difference of a logit from plaintext.
    pub max_abs_err: f64,
    /// Seconds of one inference, up to and including the reveal.
    pub seconds: f64,
    /// Length of the longest chain of dependent messages in it.
    pub rounds: u32,
    /// Bytes sent by each party in it, frame headers included.
    pub bytes_sent: [u64; 3],
    /// Bytes sent by all parties in it.
    pub bytes_total: u64,
    /// Those of them that depend on no share of any value, so that they could be sent before there is an image.
    pub bytes_offline: u64,
    /// Number of values opened in it.
    pub reveals: usize,
    /// Their labels.
    pub reveal_labels: Vec<String>,
    /// Largest resident set, per process.
    pub peak_rss_bytes: Vec<u64>,
    /// Seconds of set-up: connecting, sharing weights and images, folding constants.
    pub setup_seconds: f64,
    /// Rounds of set-up.
    pub setup_rounds: u32,
    /// Bytes of set-up, all parties.
    pub setup_bytes: u64,
    /// Cost of each layer, bytes of all parties; adds up to the totals.
    pub layers: Vec<LayerCost>,
}

impl Content for Outcome {
    const SCHEMA: &'static str = "burn-mpc/private_inference/result";
    const VERSION: u32 = 1;
}

/// The five likeliest classes by softmax.
pub fn top5(logits: &[f32], labels: Option<&[&str]>) -> Vec<Guess> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits
        .iter()
        .map(|&l| f64::from(l - largest).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
    let name = |class: usize| {
        labels.map_or_else(
            || format!("class {class}"),
            |labels| labels[class].to_owned(),
        )
    };
    order
        .into_iter()
        .take(5)
        .map(|class| (name(class), weights[class] / total))
        .collect()
}

/// Merges the costs of all parties layer by layer: bytes are added up, and seconds are those of the slowest party.
fn merge_layers(parties: &[PartyResult]) -> Vec<LayerCost> {
    let mut merged: Vec<LayerCost> = parties[0].report.layers.clone();
    for other in &parties[1..] {
        for (layer, more) in merged.iter_mut().zip(&other.report.layers) {
            layer.bytes += more.bytes;
            layer.seconds = layer.seconds.max(more.seconds);
        }
    }
    merged.retain(|layer| layer.bytes > 0 || layer.rounds > 0 || layer.seconds > 1e-4);
    merged
}

impl Outcome {
    /// Combines the parties' results and the plaintext logits.
    pub fn new(
        job: &Job,
        transport: &str,
        mut parties: Vec<PartyResult>,
        plain: &[Vec<f32>],
        labels: Option<&[&str]>,
    ) -> Result<Self, Failure> {
        if parties.len() != 3 {
            return Err(Failure::Child("not all parties answered".into()));
        }
        let logits = parties[IMAGE_OWNER.index()]
            .logits
            .take()
            .unwrap_or_default();
        let differences = logits
            .iter()
            .flatten()
            .zip(plain.iter().flatten())
            .map(|(a, b)| f64::from((a - b).abs()));
        let reports = || parties.iter().map(|party| &party.report);
        let bytes_sent = [0, 1, 2].map(|i: usize| parties[i].report.bytes_sent);
        let first = |i: usize| reports().map(|report| report.clock[i]).max().unwrap_or(0);
        let peak: Vec<u64> = parties.iter().map(|party| party.peak_rss_bytes).collect();
        Ok(Self {
            model: job.model.clone(),
            ring: job.config.ring_bits,
            frac_bits: job.config.frac_bits,
            transport: transport.to_owned(),
            batch: job.batch,
            network: parties[0].network.map(Network::from),
            drelus: job.plan.as_ref().map(|plan| plan.drelus(parties[0].drelus)),
            top5: logits.iter().map(|logits| top5(logits, labels)).collect(),
            plaintext_top5: plain.iter().map(|logits| top5(logits, labels)).collect(),
            max_abs_err: differences.fold(0.0, f64::max),
            seconds: reports().map(|report| report.seconds).fold(0.0, f64::max),
            rounds: first(1) - first(0),
            bytes_sent,
            bytes_total: bytes_sent.iter().sum(),
            // Every party knows what all declare.
            bytes_offline: parties[0].report.offline_bytes.iter().sum(),
            reveals: parties[0].report.reveal_labels.len(),
            reveal_labels: parties[0].report.reveal_labels.clone(),
            peak_rss_bytes: if transport == "memory" {
                peak[..1].to_vec()
            } else {
                peak
            },
            setup_seconds: parties
                .iter()
                .map(|party| party.setup_seconds)
                .fold(0.0, f64::max),
            setup_rounds: parties
                .iter()
                .map(|party| party.setup_rounds)
                .max()
                .unwrap_or(0),
            setup_bytes: parties.iter().map(|party| party.setup_bytes).sum(),
            layers: merge_layers(&parties),
        })
    }

    /// Prints the result as text.
    pub fn print(&self, output: &Output, images: &[String]) -> Result<(), Failure> {
        writeln!(
            output,
            "{} on Z_2^{}, {} fractional bits, {} transport, batch {}",
            self.model, self.ring, self.frac_bits, self.transport, self.batch
        )?;
        for ((name, private), plain) in images.iter().zip(&self.top5).zip(&self.plaintext_top5) {
            writeln!(output, "\n{name}\n  {:<38} {:<38}", "private", "plaintext")?;
            for ((a, p), (b, q)) in private.iter().zip(plain) {
                writeln!(
                    output,
                    "  {:5.1} % {:<30} {:5.1} % {:<30}",
                    100.0 * p,
                    shorten(a),
                    100.0 * q,
                    shorten(b)
                )?;
            }
        }
        writeln!(output, "\nlargest logit difference {:.6}", self.max_abs_err)?;
        writeln!(
            output,
            "{:.3} s, {} rounds, {} sent ({}), {} of it depends on no input",
            self.seconds,
            self.rounds,
            megabytes(self.bytes_total),
            self.bytes_sent.map(megabytes).join(" + "),
            megabytes(self.bytes_offline)
        )?;
        if let Some(drelus) = &self.drelus {
            writeln!(output, "{}", drelus.line())?;
        }
        if let Some(network) = &self.network {
            writeln!(
                output,
                "schedules for links of {:.3} ms one way and {:.1} Mbit/s",
                network.latency_ms, network.mbit_per_second
            )?;
        }
        writeln!(
            output,
            "set-up {:.3} s, {} rounds, {} (weights, images, folding)",
            self.setup_seconds,
            self.setup_rounds,
            megabytes(self.setup_bytes)
        )?;
        writeln!(
            output,
            "opened: {} ({})",
            self.reveals,
            self.reveal_labels.join(", ")
        )?;
        writeln!(
            output,
            "peak memory {}",
            self.peak_rss_bytes
                .iter()
                .map(|&b| megabytes(b))
                .collect::<Vec<_>>()
                .join(", ")
        )?;
        writeln!(
            output,
            "\nmost expensive layers{:>24}{:>10}{:>12}",
            "rounds", "seconds", "sent"
        )?;
        let mut layers: Vec<&LayerCost> = self.layers.iter().collect();
        layers.sort_by_key(|layer| std::cmp::Reverse(layer.bytes));
        for layer in layers.iter().take(8) {
            writeln!(
                output,
                "  {:<36}{:>7}{:>10.4}{:>12}",
                shorten(&layer.name),
                layer.rounds,
                layer.seconds,
                megabytes(layer.bytes)
            )?;
        }
        Ok(())
    }
}
