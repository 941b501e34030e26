//! When checkpoints are written.

use burn_train::Interrupter;
use burn_train::checkpoint::{CheckpointingAction, CheckpointingStrategy};
use burn_train::metric::store::EventStoreClient;

use super::history::History;
use super::run_file::RunFile;

/// Number of checkpoints kept: the last, and the one before it while the last is written.
const KEPT: usize = 2;

/// A checkpoint after each round, once the round's report is on disk.
pub(super) struct EveryRound {
    pub(super) history: History,
    pub(super) run: RunFile,
    pub(super) interrupter: Interrupter,
}

impl CheckpointingStrategy for EveryRound {
    fn checkpointing(
        &mut self,
        round: usize,
        _store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        if !self.history.wait_for(round) {
            let reason = format!("no metrics of round {round} came");
            self.interrupter.stop(Some(&reason));
            return Vec::new();
        }
        if self.history.has_failed() {
            return Vec::new();
        }
        if let Err(error) = self.run.write(&self.history.reports()) {
            self.interrupter.stop(Some(&error.to_string()));
            return Vec::new();
        }
        let mut actions = vec![CheckpointingAction::Save];
        if let Some(old) = round.checked_sub(KEPT).filter(|old| *old > 0) {
            actions.push(CheckpointingAction::Delete(old));
        }
        actions
    }
}
