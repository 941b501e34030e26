//! The cost report: rounds, bytes, seconds and reveals, per layer and in all.

mod meter;

use serde::{Deserialize, Serialize};

pub(crate) use meter::is_numbered;
pub use meter::{Meter, Reading};

/// Cost of one layer at one party.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerCost {
    /// Path of the layer's weight as recorded when it was shared, else `op#n`.
    pub name: String,
    /// Links that the layer adds to the longest chain of dependent messages.
    pub rounds: u32,
    /// Bytes this party sent, frame headers included.
    pub bytes: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// One party's cost report of a measured span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Index of the party.
    pub party: usize,
    /// Wall-clock seconds of the span.
    pub seconds: f64,
    /// Links of the longest chain of dependent messages within the span.
    pub rounds: u32,
    /// Bytes this party sent, frame headers included, as the transport counted them.
    pub bytes_sent: u64,
    /// This party's logical clock (see `net::Counters::round`) at the start and the end of the span.
    pub clock: [u32; 2],
    /// Frames this party sent.
    pub frames_sent: u64,
    /// Bytes that the protocols declared for each party.
    pub declared_bytes: [u64; 3],
    /// Those of them that depend on no share of any value, so that they could be sent before there are any ("offline").
    #[serde(default)]
    pub offline_bytes: [u64; 3],
    /// Values opened in the span.
    #[serde(default)]
    pub reveals: u64,
    /// Labels of the values opened in the span, in order: the first 16,384.
    pub reveal_labels: Vec<String>,
    /// Per layer, in order of execution: the same layers at all parties. They add up to the totals. A span of more
    /// than 16,384 lines charges the rest to lines of the same name.
    pub layers: Vec<LayerCost>,
}
