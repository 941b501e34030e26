//! Why the example stopped.

use std::path::{Path, PathBuf};

use burn_mpc::net::shown;

/// Why the example stopped.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A session failed.
    #[error(transparent)]
    Mpc(#[from] burn_mpc::MpcError),
    /// Weights could not be loaded.
    #[error(transparent)]
    Weights(#[from] example_models::WeightsError),
    /// There is no weight file in the folder.
    #[error("{}: holds neither model_f16.safetensors nor model.safetensors", path(.0))]
    NoWeights(PathBuf),
    /// A tokenizer or the reference's sentences could not be read.
    #[error("{}: {reason}", path(.file))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// A sentence that the network has no positions for.
    #[error("sentence {number} has {tokens} tokens; the network takes 1 to {most}")]
    Length {
        /// Counted from 1.
        number: usize,
        /// Its tokens.
        tokens: usize,
        /// The most.
        most: usize,
    },
    /// The private embeddings are not those of the plaintext.
    #[error(
        "a cosine differs by {error:.6} from that in the clear; less than {bound} was promised"
    )]
    Inexact {
        /// The largest difference.
        error: f64,
        /// What it should be below.
        bound: f64,
    },
    /// A pipe, thread or process failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A result could not be written.
    #[error("cannot write {to}: {source}")]
    Output {
        /// The file, or `standard output`.
        to: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The reader of standard output has closed it. No message is printed.
    #[error("standard output was closed")]
    Unread,
    /// A message between processes or the report was malformed.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The parent of this process, which plays a party, has ended.
    #[error("the process that started this one has ended")]
    Orphaned,
    /// A child process failed; it has printed its own message.
    #[error("a party failed: {0}")]
    Child(String),
}

fn path(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}
