//! Profiles that cannot be made, read or used.

use std::path::PathBuf;

use thiserror::Error;

use crate::distortion::DistortionError;

/// What can be wrong with a profile.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file that is not a profile, or a damaged one.
    #[error("{}: not a profile: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A profile of another version of this library.
    #[error("{}: profile schema {found}, this library reads {supported}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: u32,
        /// Version that is read.
        supported: u32,
    },
    /// A file that was changed or cut after it was written.
    #[error("{}: the checksum is {found}, the content has {computed}: the file is damaged", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// In the file.
        found: String,
        /// Checksum of its content.
        computed: String,
    },
    /// The file already holds a profile of other settings.
    #[error("{}: holds a profile of {what} {found}, not {wanted}; choose another name or remove it", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// Which setting differs.
        what: &'static str,
        /// In the file.
        found: String,
        /// In this run.
        wanted: String,
    },
    /// Tables that do not belong to one profile.
    #[error("the tables do not belong together: {0}")]
    Merge(String),
    /// A profile that was not run to its end.
    #[error(
        "the profile is not complete: {done} of {units} units are done; resume it, or merge all shards"
    )]
    Incomplete {
        /// Units done.
        done: usize,
        /// Units in all.
        units: usize,
    },
    /// A text that does not parse as a shard.
    #[error("`{0}` is no shard: expected I/N with 0 <= I < N, such as 0/4")]
    Shard(String),
    /// A distortion that could not be computed.
    #[error(transparent)]
    Distortion(#[from] DistortionError),
    /// A run that was asked to stop early.
    #[error("stopped after {0} units; run the same command to go on")]
    Stopped(usize),
}
