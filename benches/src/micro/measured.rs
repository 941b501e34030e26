//! What is measured: by each party, and in all.

use serde::{Deserialize, Serialize};

use crate::median::median;

/// What a party measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartyResult {
    /// Seconds of each run.
    pub seconds: Vec<f64>,
    /// Bytes sent in the last run.
    pub bytes: u64,
    /// Bytes of all parties in it that depend on no share of any value.
    pub offline: u64,
    /// This party's round clock before and after the last run.
    pub clock: [u32; 2],
    /// Bytes and clock of the operation that consumes the result, alone.
    pub consumer: (u64, [u32; 2]),
    /// Largest difference of an element from plaintext; at the owner of the result.
    pub max_abs_err: f64,
    /// Largest resident set.
    pub peak_rss_bytes: u64,
}

/// What all parties measured.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Median of the runs, each by its slowest party.
    pub seconds: f64,
    /// The quickest run.
    pub best: f64,
    /// Bytes sent by each party.
    pub bytes_sent: [u64; 3],
    /// Bytes sent by all parties.
    pub bytes_total: u64,
    /// Those of them that depend on no share of any value.
    pub bytes_offline: u64,
    /// Links of the longest chain of dependent messages.
    pub rounds: u32,
    /// Largest difference of an element from plaintext.
    pub max_abs_err: f64,
    /// Largest resident set of each process.
    pub peak_rss_bytes: Vec<u64>,
}

impl Measured {
    /// The figures of all runs, from those of the three parties.
    pub(super) fn of(parties: &[PartyResult; 3]) -> Self {
        let runs = parties[0].seconds.len();
        let slowest = |run: usize| {
            let seconds = parties.iter().map(|party| party.seconds[run]);
            seconds.fold(0.0, f64::max)
        };
        let mut seconds: Vec<f64> = (0..runs).map(slowest).collect();
        let rounds = |clock: fn(&PartyResult) -> [u32; 2]| {
            let last = |i: usize| parties.iter().map(|party| clock(party)[i]).max();
            last(1).unwrap_or(0) - last(0).unwrap_or(0)
        };
        let bytes_sent = [0, 1, 2].map(|i: usize| parties[i].bytes - parties[i].consumer.0);
        Self {
            seconds: median(&mut seconds),
            best: seconds.first().copied().unwrap_or(0.0),
            bytes_sent,
            bytes_total: bytes_sent.iter().sum(),
            bytes_offline: parties[0].offline,
            rounds: rounds(|party| party.clock) - rounds(|party| party.consumer.1),
            max_abs_err: parties.iter().map(|p| p.max_abs_err).fold(0.0, f64::max),
            peak_rss_bytes: parties.iter().map(|p| p.peak_rss_bytes).collect(),
        }
    }
}
