//! What can go wrong in a run.

use std::path::PathBuf;

use thiserror::Error;

use super::ConfigError;
use crate::data::DataError;

/// Why a run gave no network.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FinetuneError {
    /// Settings that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Images that cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Nothing to learn from.
    #[error("there are no training images")]
    NoImages,
    /// An objective that needs a teacher, without one.
    #[error("the objective asks for a teacher: pass the unchanged network to `Finetune::teacher`")]
    NoTeacher,
    /// An objective with features, for a network that has none.
    #[error(
        "the objective compares features, but the network shows {student} and its teacher \
         {teacher}: implement `Classifier::logits_and_features`, or set `objective.features` to 0"
    )]
    Features {
        /// Features of the network.
        student: usize,
        /// Features of the teacher.
        teacher: usize,
    },
    /// A file of the run's directory that could not be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// A directory that belongs to another run.
    #[error(
        "{}: holds another run, which differs in {differences}: choose another directory, or \
         delete this one to begin anew",
        path.display()
    )]
    OtherRun {
        /// The directory.
        path: PathBuf,
        /// How the runs differ.
        differences: String,
    },
    /// A checkpoint that exists but cannot be read.
    #[error(
        "{}: the checkpoint of round {round} is damaged ({reason}): delete its files to go on \
         from the one before",
        path.display()
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Its round.
        round: usize,
        /// What the reader said.
        reason: String,
    },
    /// A loss that became NaN or infinite.
    #[error("the loss of round {round} is {loss}: lower `optimizer.learning_rate`")]
    Diverged {
        /// The round.
        round: usize,
        /// Its mean loss.
        loss: f64,
    },
    /// A run that was stopped before its end.
    #[error(
        "stopped after {rounds} of {total} rounds ({reason}): a run with a directory goes on when \
         it is started again"
    )]
    Interrupted {
        /// Rounds that are done.
        rounds: usize,
        /// Rounds of the run.
        total: usize,
        /// Why.
        reason: String,
    },
}
