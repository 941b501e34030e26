//! Settings of a run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Objective, ScheduleConfig};
use crate::data::Augmentation;

/// What `duration`, milestones and warm-up count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Passes over the training images.
    Epochs,
    /// Batches.
    Steps,
}

/// Stochastic gradient descent, with the semantics of PyTorch's `SGD` without dampening: weight
/// decay is added to the gradients of all parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// The rate that the schedule starts from.
    pub learning_rate: f64,
    /// 0 for none, less than 1.
    #[serde(default)]
    pub momentum: f64,
    /// Nesterov's momentum.
    #[serde(default)]
    pub nesterov: bool,
    /// Factor with which the weights are added to the gradient.
    #[serde(default)]
    pub weight_decay: f64,
}

/// Settings of a run. [`FinetuneConfig::load`] reads them from TOML or JSON;
/// [`Preset::config`](super::Preset::config) has the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinetuneConfig {
    /// Length of the run.
    pub duration: usize,
    /// What `duration`, milestones and warm-up count.
    pub unit: Unit,
    /// Images per step.
    pub batch_size: usize,
    /// The optimiser.
    pub optimizer: OptimizerConfig,
    /// The learning rate over time.
    pub schedule: ScheduleConfig,
    /// What is minimised.
    #[serde(default)]
    pub objective: Objective,
    /// How training images are changed.
    #[serde(default)]
    pub augmentation: Augmentation,
    /// Steps of a round, after which the network is tested and a checkpoint written; a pass over
    /// the training images by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_every: Option<usize>,
    /// Order of the images and augmentation derive from it.
    #[serde(default)]
    pub seed: u64,
}

/// Settings that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that is missing or not readable.
    #[error("{}: cannot read the settings: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file whose name ends in neither `.toml` nor `.json`.
    #[error("{}: the name of a settings file ends in .toml or .json", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
    },
    /// A text that does not follow its format, or a key that is unknown, missing or of another
    /// type.
    #[error("the settings cannot be understood: {reason}")]
    Parse {
        /// What the parser said.
        reason: String,
    },
    /// A value out of its range.
    #[error("`{key}` is {value}, but must be {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// The allowed values.
        expected: &'static str,
    },
    /// An error with the file it is in.
    #[error("{}: {error}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong there.
        #[source]
        error: Box<ConfigError>,
    },
}

impl FinetuneConfig {
    /// The same schedule compressed or stretched to a number of steps: milestones and warm-up keep
    /// their places relative to the whole.
    #[must_use]
    pub fn in_steps(mut self, steps: usize) -> Self {
        let old = self.duration.max(1);
        let scale = |time: usize| (time * steps + old / 2) / old;
        match &mut self.schedule {
            ScheduleConfig::MultiStep {
                milestones,
                warm_up,
                ..
            } => {
                *milestones = milestones.iter().map(|time| scale(*time)).collect();
                milestones.dedup();
                milestones.retain(|time| (1..steps).contains(time));
                *warm_up = scale(*warm_up).min(steps.saturating_sub(1));
            }
            ScheduleConfig::Poly { warm_up, .. } | ScheduleConfig::Constant { warm_up } => {
                *warm_up = scale(*warm_up).min(steps.saturating_sub(1));
            }
        }
        self.duration = steps;
        self.unit = Unit::Steps;
        self
    }

    /// Steps of a unit of time, if a pass over the images has `pass_steps`.
    pub fn unit_steps(&self, pass_steps: usize) -> usize {
        match self.unit {
            Unit::Epochs => pass_steps,
            Unit::Steps => 1,
        }
    }

    /// Checks every value; [`FinetuneConfig::load`] and [`super::Finetune::run`] do so.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] for the first value out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let optimizer = &self.optimizer;
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let at_least_0 = |value: f64| value.is_finite() && value >= 0.0;
        require("duration", self.duration, self.duration > 0, "at least 1")?;
        let batch_size = self.batch_size;
        require("batch_size", batch_size, batch_size > 0, "at least 1")?;
        if let Some(steps) = self.checkpoint_every {
            require("checkpoint_every", steps, steps > 0, "at least 1")?;
        }
        let rate = optimizer.learning_rate;
        let key = "optimizer.learning_rate";
        require(key, rate, positive(rate), "a number above 0")?;
        let momentum = optimizer.momentum;
        let in_range = (0.0..1.0).contains(&momentum);
        let expected = "at least 0 and less than 1";
        require("optimizer.momentum", momentum, in_range, expected)?;
        let nesterov = optimizer.nesterov;
        let possible = !nesterov || momentum > 0.0;
        let expected = "false without momentum";
        require("optimizer.nesterov", nesterov, possible, expected)?;
        let decay = optimizer.weight_decay;
        let key = "optimizer.weight_decay";
        require(key, decay, at_least_0(decay), "at least 0")?;
        let warm_up = self.schedule.warm_up();
        let expected = "less than `duration`";
        require(
            "schedule.warm_up",
            warm_up,
            warm_up < self.duration,
            expected,
        )?;
        match &self.schedule {
            ScheduleConfig::MultiStep {
                milestones, factor, ..
            } => {
                let inside = |time: &usize| (1..self.duration).contains(time);
                let fits = milestones.iter().all(inside) && milestones.is_sorted_by(|a, b| a < b);
                require(
                    "schedule.milestones",
                    format!("{milestones:?}"),
                    fits,
                    "increasing, from 1 and less than `duration`",
                )?;
                let expected = "above 0 and at most 1";
                let fits = positive(*factor) && *factor <= 1.0;
                require("schedule.factor", factor, fits, expected)?;
            }
            ScheduleConfig::Poly {
                power,
                min_learning_rate: min,
                ..
            } => {
                require(
                    "schedule.power",
                    power,
                    positive(*power),
                    "a number above 0",
                )?;
                let fits = at_least_0(*min) && *min <= rate;
                let expected = "at least 0 and at most the learning rate";
                require("schedule.min_learning_rate", min, fits, expected)?;
            }
            ScheduleConfig::Constant { .. } => {}
        }
        if let Objective::Teacher {
            temperature,
            weight,
            features,
        } = self.objective
        {
            let key = "objective.temperature";
            require(key, temperature, positive(temperature), "a number above 0")?;
            let fits = (0.0..=1.0).contains(&weight);
            require("objective.weight", weight, fits, "from 0 to 1")?;
            let fits = at_least_0(features);
            require("objective.features", features, fits, "at least 0")?;
        }
        Ok(())
    }
}

fn require(
    key: &'static str,
    value: impl ToString,
    fits: bool,
    expected: &'static str,
) -> Result<(), ConfigError> {
    if fits {
        return Ok(());
    }
    Err(ConfigError::Value {
        key,
        value: value.to_string(),
        expected,
    })
}
