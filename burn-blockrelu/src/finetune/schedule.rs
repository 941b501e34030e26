//! The learning rate of each step.
//!
//! Burn's schedulers can be multiplied and added but do not run one after another, and none has
//! milestones: one closed formula of the step is simpler than composing them.

use burn::lr_scheduler::LrScheduler;
use burn::tensor::backend::Backend;
use serde::{Deserialize, Serialize};

/// How the learning rate falls. Times count in the unit of the run's `duration`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScheduleConfig {
    /// Multiplied by `factor` at each milestone.
    MultiStep {
        /// Times at which the rate falls, increasing.
        milestones: Vec<usize>,
        /// Factor at each milestone, more than 0 and at most 1.
        factor: f64,
        /// Length of the linear warm-up; 0 for none.
        #[serde(default)]
        warm_up: usize,
    },
    /// From the initial rate to `min_learning_rate` as `(1 - t / duration)^power`.
    Poly {
        /// The exponent, more than 0; 1 is linear.
        power: f64,
        /// The rate at the end.
        #[serde(default)]
        min_learning_rate: f64,
        /// Length of the linear warm-up; 0 for none.
        #[serde(default)]
        warm_up: usize,
    },
    /// Always the same.
    Constant {
        /// Length of the linear warm-up; 0 for none.
        #[serde(default)]
        warm_up: usize,
    },
}

impl ScheduleConfig {
    /// Length of the warm-up.
    pub const fn warm_up(&self) -> usize {
        match self {
            Self::MultiStep { warm_up, .. }
            | Self::Poly { warm_up, .. }
            | Self::Constant { warm_up } => *warm_up,
        }
    }
}

/// A [`ScheduleConfig`] with all times in steps, as Burn's learner needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    config: ScheduleConfig,
    learning_rate: f64,
    unit_steps: usize,
    total_steps: usize,
    next: usize,
}

impl Schedule {
    /// The schedule of a run of `total_steps` that begins at `learning_rate`, where a unit of time
    /// has `unit_steps` steps.
    pub const fn new(
        config: ScheduleConfig,
        learning_rate: f64,
        unit_steps: usize,
        total_steps: usize,
    ) -> Self {
        Self {
            config,
            learning_rate,
            unit_steps,
            total_steps,
            next: 0,
        }
    }

    /// The learning rate of a step, counted from 0. In a warm-up of `W` steps, step `t` has
    /// `(t + 1) / W` of the rate without warm-up.
    pub fn at(&self, step: usize) -> f64 {
        let rate = match &self.config {
            ScheduleConfig::MultiStep {
                milestones, factor, ..
            } => {
                let passed = milestones
                    .iter()
                    .filter(|milestone| **milestone * self.unit_steps <= step);
                self.learning_rate * factor.powi(passed.count() as i32)
            }
            ScheduleConfig::Poly {
                power,
                min_learning_rate,
                ..
            } => {
                let left = 1.0 - (step as f64 / self.total_steps.max(1) as f64).min(1.0);
                (self.learning_rate - min_learning_rate) * left.powf(*power) + min_learning_rate
            }
            ScheduleConfig::Constant { .. } => self.learning_rate,
        };
        let warm_up = self.config.warm_up() * self.unit_steps;
        if step < warm_up {
            rate * (step + 1) as f64 / warm_up as f64
        } else {
            rate
        }
    }
}

impl LrScheduler for Schedule {
    type Record<B: Backend> = usize;

    fn step(&mut self) -> f64 {
        let rate = self.at(self.next);
        self.next += 1;
        rate
    }

    fn to_record<B: Backend>(&self) -> usize {
        self.next
    }

    fn load_record<B: Backend>(mut self, record: usize) -> Self {
        self.next = record;
        self
    }
}
