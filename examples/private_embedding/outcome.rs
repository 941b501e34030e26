//! The result: private and plaintext side by side, and the costs of all three parties.

use serde::Serialize;

use crate::bill::{megabytes, shorten};
use crate::estimate::{lookup, print_parts};
use crate::failure::Failure;
use crate::job::Job;
use crate::ledger::Part;
use crate::output::{Content, Output};
use crate::party::PartyResult;
use crate::roles::CLIENT;
use crate::similarity::{cosine, cosines, neighbours};

/// What every cosine must differ by less than from that of the plaintext.
const BOUND: f64 = 0.005;

/// What `--json` writes. Costs are those of all inferences together.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The network.
    pub model: &'static str,
    /// Whether its weights are random.
    pub random_weights: bool,
    /// Whether the table of token embeddings is public.
    pub public_embeddings: bool,
    /// Fractional bits of activations and weights.
    pub frac_bits: u32,
    /// `memory` or `tcp`.
    pub transport: String,
    /// Sentences per inference.
    pub batch: usize,
    /// The sentences.
    pub sentences: Vec<String>,
    /// Length of each in tokens.
    pub lengths: Vec<usize>,
    /// The token ids of each, which only the client has.
    pub token_ids: Vec<Vec<u32>>,
    /// Their embeddings, as the client learns them.
    pub embeddings: Vec<Vec<f32>>,
    /// The same in the clear.
    pub plaintext_embeddings: Vec<Vec<f32>>,
    /// Cosines of all pairs.
    pub cosines: Vec<Vec<f64>>,
    /// The same in the clear.
    pub plaintext_cosines: Vec<Vec<f64>>,
    /// The largest difference of a cosine of two sentences, and of that of an embedding and its plaintext from 1.
    pub max_cosine_err: f64,
    /// Sentences whose neighbours have the same order as in the clear.
    pub same_order: usize,
    /// Seconds, up to and including the reveal.
    pub seconds: f64,
    /// Length of the longest chain of dependent messages.
    pub rounds: u32,
    /// Bytes sent by each party, frame headers included.
    pub bytes_sent: [u64; 3],
    /// Bytes sent by all parties.
    pub bytes_total: u64,
    /// Those of the look-up.
    pub bytes_lookup: u64,
    /// Seconds of the look-up.
    pub seconds_lookup: f64,
    /// Number of values opened.
    pub reveals: usize,
    /// Their labels.
    pub reveal_labels: Vec<String>,
    /// Largest resident set, per process.
    pub peak_rss_bytes: Vec<u64>,
    /// Seconds of set-up: connecting, and sharing weights.
    pub setup_seconds: f64,
    /// Bytes of set-up, all parties.
    pub setup_bytes: u64,
    /// Cost of each part; adds up to the totals.
    pub parts: Vec<Part>,
}

impl Content for Outcome {
    const SCHEMA: &'static str = "burn-mpc/private_embedding/result";
    const VERSION: u32 = 1;
}

impl Outcome {
    /// Combines the parties' results and the plaintext embeddings.
    pub fn new(
        job: &Job,
        transport: &str,
        sentences: Vec<String>,
        mut parties: Vec<PartyResult>,
        plain: Vec<Vec<f32>>,
    ) -> Result<Self, Failure> {
        if parties.len() != 3 {
            return Err(Failure::Child("not all parties answered".into()));
        }
        let embeddings = parties[CLIENT.index()].embeddings.take();
        let embeddings = embeddings.unwrap_or_default();
        if embeddings.len() != plain.len() {
            return Err(Failure::Child("the client has not all embeddings".into()));
        }
        let (private, expected) = (cosines(&embeddings), cosines(&plain));
        let pairs = private.iter().flatten().zip(expected.iter().flatten());
        let own = embeddings.iter().zip(&plain);
        let differences = pairs
            .map(|(a, b)| (a - b).abs())
            .chain(own.map(|(a, b)| 1.0 - cosine(a, b)));
        // A cosine that is no number differs by more than anything.
        let larger = |a: f64, b: f64| if b.is_nan() { f64::INFINITY } else { a.max(b) };
        let max_cosine_err = differences.fold(0.0, larger);
        let same_order = (0..private.len())
            .filter(|&own| neighbours(&private[own], own) == neighbours(&expected[own], own))
            .count();
        let largest = |of: fn(&PartyResult) -> f64| parties.iter().map(of).fold(0.0, f64::max);
        let mut parts = parties[0].parts.clone();
        for other in &parties[1..] {
            for (part, more) in parts.iter_mut().zip(&other.parts) {
                part.seconds = part.seconds.max(more.seconds);
            }
        }
        let bytes_sent = [0, 1, 2].map(|i: usize| parties[i].bytes_sent);
        let peak: Vec<u64> = parties.iter().map(|party| party.peak_rss_bytes).collect();
        Ok(Self {
            model: job.model.name(),
            random_weights: job.weights.is_none(),
            public_embeddings: job.public_embeddings,
            frac_bits: job.config.frac_bits,
            transport: transport.to_owned(),
            batch: job.batch,
            sentences,
            lengths: job.lengths.clone(),
            token_ids: job.tokens.clone(),
            embeddings,
            plaintext_embeddings: plain,
            cosines: private,
            plaintext_cosines: expected,
            max_cosine_err,
            same_order,
            seconds: largest(|party| party.seconds),
            rounds: parties.iter().map(|party| party.rounds).max().unwrap_or(0),
            bytes_sent,
            bytes_total: bytes_sent.iter().sum(),
            bytes_lookup: lookup(&parts),
            seconds_lookup: parts
                .iter()
                .filter(|part| part.name == "look-up")
                .map(|part| part.seconds)
                .sum(),
            reveals: parties[0].reveal_labels.len(),
            reveal_labels: parties[0].reveal_labels.clone(),
            peak_rss_bytes: if transport == "memory" {
                peak[..1].to_vec()
            } else {
                peak
            },
            setup_seconds: largest(|party| party.setup_seconds),
            setup_bytes: parties.iter().map(|party| party.setup_bytes).sum(),
            parts,
        })
    }

    /// Fails if a cosine is too far from that of the plaintext.
    pub fn check(&self) -> Result<(), Failure> {
        if self.max_cosine_err < BOUND {
            return Ok(());
        }
        Err(Failure::Inexact {
            error: self.max_cosine_err,
            bound: BOUND,
        })
    }

    /// Prints the result as text.
    pub fn print(&self, output: &Output) -> Result<(), Failure> {
        writeln!(
            output,
            "{}{} on Z_2^64, {} fractional bits, {} transport, batch {}, {} table of token embeddings",
            self.model,
            if self.random_weights {
                " with random weights"
            } else {
                ""
            },
            self.frac_bits,
            self.transport,
            self.batch,
            if self.public_embeddings {
                "public"
            } else {
                "secret"
            }
        )?;
        self.print_neighbours(output)?;
        writeln!(
            output,
            "\nlargest difference of a cosine {:.6}; neighbours in the same order for {} of {} sentences",
            self.max_cosine_err,
            self.same_order,
            self.sentences.len()
        )?;
        writeln!(
            output,
            "{:.3} s, {} rounds, {} sent ({})",
            self.seconds,
            self.rounds,
            megabytes(self.bytes_total),
            self.bytes_sent.map(megabytes).join(" + ")
        )?;
        writeln!(
            output,
            "  of it the look-up {:.3} s, {}; the rest {:.3} s, {}",
            self.seconds_lookup,
            megabytes(self.bytes_lookup),
            self.seconds - self.seconds_lookup,
            megabytes(self.bytes_total - self.bytes_lookup)
        )?;
        writeln!(
            output,
            "set-up {:.3} s, {} (weights)",
            self.setup_seconds,
            megabytes(self.setup_bytes)
        )?;
        writeln!(
            output,
            "opened: {} ({})",
            self.reveals,
            self.reveal_labels.join(", ")
        )?;
        let peak: Vec<String> = self.peak_rss_bytes.iter().map(|&b| megabytes(b)).collect();
        writeln!(output, "peak memory {}", peak.join(", "))?;
        print_parts(&self.parts, true, output)
    }

    /// Each sentence and those nearest to it.
    fn print_neighbours(&self, output: &Output) -> Result<(), Failure> {
        writeln!(
            output,
            "\n{:<34}{:>9}{:>11}  nearest",
            "cosines", "private", "plaintext"
        )?;
        for (own, sentence) in self.sentences.iter().enumerate() {
            let (private, plain) = (&self.cosines[own], &self.plaintext_cosines[own]);
            let Some(&nearest) = neighbours(private, own).first() else {
                let itself = cosine(&self.embeddings[own], &self.plaintext_embeddings[own]);
                writeln!(
                    output,
                    "{:<34}{itself:>9.4}{:>11.4}  itself in the clear",
                    shorten(sentence),
                    1.0
                )?;
                continue;
            };
            writeln!(
                output,
                "{:<34}{:>9.4}{:>11.4}  {}",
                shorten(sentence),
                private[nearest],
                plain[nearest],
                shorten(&self.sentences[nearest])
            )?;
        }
        Ok(())
    }
}
