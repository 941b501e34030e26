//! Why a bench stopped.

use std::path::PathBuf;

/// Why a bench stopped.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A session failed.
    #[error(transparent)]
    Mpc(#[from] burn_mpc::MpcError),
    /// A file, socket or process failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A message between processes or a report was malformed.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A party's process ended early; its own message was printed before.
    #[error("party {0} ended without an answer")]
    Party(usize),
    /// A program to drive is not there.
    #[error("{0} is missing; build it: cargo build --release --example private_inference")]
    Missing(PathBuf),
    /// A program that was driven failed.
    #[error("{0}")]
    Run(String),
    /// No micro operation has that name.
    #[error("no micro operation is called `{0}`: relu-2^20, mul-2^20 or matmul-1024")]
    UnknownMicro(String),
    /// A document lacks the markers of a region.
    #[error("{0} has no region `{1}`")]
    NoRegion(PathBuf, String),
    /// A thread of a measurement panicked.
    #[error("a measuring thread panicked")]
    Thread,
}
