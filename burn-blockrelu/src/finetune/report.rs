//! The report of a run.

use serde::{Deserialize, Serialize};

use super::FinetuneConfig;

/// Loss and accuracy over some images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean loss: the run's objective in training, the cross-entropy in validation.
    pub loss: f64,
    /// Images classified right, in percent.
    pub accuracy_percent: f64,
}

/// One round: training steps, and a test if there are validation images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundReport {
    /// Number of the round, from 1.
    pub round: usize,
    /// Steps of the run up to its end.
    pub steps: usize,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// Score on the augmented training images, while the weights change.
    pub train: Option<Score>,
    /// Score on the validation images, after the last step.
    pub valid: Option<Score>,
    /// Wall time, in seconds.
    pub seconds: f64,
}

/// A whole run, the rounds before an interruption included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinetuneReport {
    /// The settings.
    pub config: FinetuneConfig,
    /// Number of training images.
    pub train_images: usize,
    /// Number of validation images.
    pub valid_images: usize,
    /// Steps of the run.
    pub steps: usize,
    /// The round whose checkpoint the run continued from.
    pub resumed_from: Option<usize>,
    /// Wall time of all rounds, in seconds.
    pub seconds: f64,
    /// The rounds.
    pub rounds: Vec<RoundReport>,
}

impl FinetuneReport {
    /// Validation score after the last round.
    pub fn last_valid(&self) -> Option<Score> {
        self.rounds.last().and_then(|round| round.valid)
    }
}
