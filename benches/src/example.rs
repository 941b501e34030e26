//! One run of the example `private_inference`: three processes over TCP.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::error::BenchError;
use crate::rows::Row;

/// What the bench reads of the example's `--json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Outcome {
    /// Seconds of one inference, up to and including the reveal.
    pub seconds: f64,
    /// Links of the longest chain of dependent messages.
    pub rounds: u32,
    /// Bytes sent by each party.
    pub bytes_sent: [u64; 3],
    /// Bytes of all parties that depend on no share of any value.
    pub bytes_offline: u64,
    /// Largest resident set of each process.
    pub peak_rss_bytes: Vec<u64>,
    /// Largest difference of a logit from plaintext.
    pub max_abs_err: f64,
    /// Likeliest labels per image.
    top5: Vec<Vec<(String, f64)>>,
    /// Likewise in plaintext.
    plaintext_top5: Vec<Vec<(String, f64)>>,
    /// Seconds of set-up.
    pub setup_seconds: f64,
    /// Bytes of set-up.
    pub setup_bytes: u64,
}

impl Outcome {
    /// How many images have the same likeliest class as in plaintext, and how many images there are.
    pub fn agreement(&self) -> (usize, usize) {
        let pairs = self.top5.iter().zip(&self.plaintext_top5);
        let first = |guesses: &[(String, f64)]| guesses.first().map(|guess| guess.0.clone());
        (
            pairs.filter(|(a, b)| first(a) == first(b)).count(),
            self.top5.len(),
        )
    }
}

/// Runs a row once.
pub fn run(program: &Path, row: &Row, all_images: bool) -> Result<Outcome, BenchError> {
    if !program.is_file() {
        return Err(BenchError::Missing(program.to_owned()));
    }
    let json = std::env::temp_dir().join(format!("burn-mpc-bench-{}.json", std::process::id()));
    let output = Command::new(program)
        .args(row.arguments(all_images))
        .args(["--batch", &row.batch().to_string()])
        .args(["--transport", "tcp", "--json"])
        .arg(&json)
        .output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let reason = errors.lines().last().unwrap_or("no message").to_owned();
        return Err(BenchError::Run(reason));
    }
    let text = std::fs::read_to_string(&json)?;
    std::fs::remove_file(&json)?;
    Ok(serde_json::from_str(&text)?)
}
