//! Collects the metrics of each round from Burn's event store.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use burn_train::Interrupter;
use burn_train::logger::MetricLogger;
use burn_train::metric::store::{EpochSummary, MetricsUpdate, Split};
use burn_train::metric::{MetricDefinition, MetricId, NumericEntry};

use super::{RoundReport, Schedule, Score};
use crate::data::Fault;

/// How long a checkpoint waits for the metrics of its round, which other threads compute.
const METRICS_TIMEOUT: Duration = Duration::from_secs(600);

/// Shape of the run: steps of a round, and of all.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    pub(super) schedule: Schedule,
    pub(super) round_steps: usize,
    pub(super) total_steps: usize,
}

impl Rounds {
    /// Number of rounds.
    pub(super) const fn count(&self) -> usize {
        self.total_steps.div_ceil(self.round_steps)
    }

    /// Steps up to the end of a round.
    pub(super) fn steps(&self, round: usize) -> usize {
        (round * self.round_steps).min(self.total_steps)
    }
}

/// State shared by the run and the logger in Burn's threads.
#[derive(Clone)]
pub(super) struct History {
    shared: Arc<(Mutex<State>, Condvar)>,
    rounds: Arc<Rounds>,
    faults: Vec<Fault>,
    interrupter: Interrupter,
}

struct State {
    reports: Vec<RoundReport>,
    loss: Option<f64>,
    accuracy: Option<f64>,
    train: Option<Score>,
    begun: Instant,
    diverged: Option<(usize, f64)>,
}

impl State {
    fn score(&mut self) -> Option<Score> {
        let (loss, accuracy) = (self.loss.take(), self.accuracy.take());
        let (loss, accuracy_percent) = loss.zip(accuracy)?;
        Some(Score {
            loss,
            accuracy_percent,
        })
    }
}

impl History {
    /// A history that begins with the reports of earlier rounds.
    pub(super) fn new(
        rounds: Rounds,
        reports: Vec<RoundReport>,
        faults: Vec<Fault>,
        interrupter: Interrupter,
    ) -> Self {
        let state = State {
            reports,
            loss: None,
            accuracy: None,
            train: None,
            begun: Instant::now(),
            diverged: None,
        };
        Self {
            shared: Arc::new((Mutex::new(state), Condvar::new())),
            rounds: Arc::new(rounds),
            faults,
            interrupter,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reports so far.
    pub(super) fn reports(&self) -> Vec<RoundReport> {
        self.state().reports.clone()
    }

    /// The round whose loss is NaN or infinite, and that loss.
    pub(super) fn diverged(&self) -> Option<(usize, f64)> {
        self.state().diverged
    }

    /// Whether the weights must not be kept: the loss is NaN or infinite, or an image could not be
    /// read.
    pub(super) fn has_failed(&self) -> bool {
        self.diverged().is_some() || self.faults.iter().any(Fault::is_set)
    }

    /// Waits until the report of a round is complete; returns false after `METRICS_TIMEOUT`.
    pub(super) fn wait_for(&self, round: usize) -> bool {
        let waiting = |state: &mut State| state.reports.last().is_none_or(|r| r.round < round);
        let (state, timeout) = self
            .shared
            .1
            .wait_timeout_while(self.state(), METRICS_TIMEOUT, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        !timeout.timed_out()
    }
}

impl MetricLogger for History {
    fn log(&mut self, update: MetricsUpdate, _epoch: usize, _split: &Split) {
        let mut state = self.state();
        for entry in update.entries_numeric {
            let value = Some(entry.running_entry.current());
            let id = &entry.entry.metric_id;
            if *id == metric("Loss") {
                state.loss = value;
            } else if *id == metric("Accuracy") {
                state.accuracy = value;
            }
        }
    }

    fn read_numeric(
        &mut self,
        _name: &str,
        _epoch: usize,
        _split: &Split,
    ) -> Result<Vec<NumericEntry>, String> {
        Ok(Vec::new())
    }

    fn log_metric_definition(&mut self, _definition: MetricDefinition) {}

    fn log_epoch_summary(&mut self, summary: EpochSummary) {
        let round = summary.epoch_number;
        if self.faults.iter().any(Fault::is_set) {
            self.interrupter.stop(Some("an image could not be read"));
        }
        let mut state = self.state();
        let score = state.score();
        if summary.split == Split::Train {
            state.train = score;
            if let Some(Score { loss, .. }) = score.filter(|score| !score.loss.is_finite()) {
                state.diverged = Some((round, loss));
                self.interrupter.stop(Some("the loss is no number"));
            }
            return;
        }
        let steps = self.rounds.steps(round);
        let report = RoundReport {
            round,
            steps,
            learning_rate: self.rounds.schedule.at(steps.saturating_sub(1)),
            train: state.train.take(),
            valid: score,
            seconds: state.begun.elapsed().as_secs_f64(),
        };
        state.begun = Instant::now();
        state.reports.push(report);
        self.shared.1.notify_all();
    }
}

fn metric(name: &str) -> MetricId {
    MetricId::new(Arc::new(name.to_owned()))
}
