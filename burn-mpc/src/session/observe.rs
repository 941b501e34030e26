//! Access for any thread while an op of the session waits for a peer: counters, the report, ending the session.
//!
//! Nothing here takes the lock that an op holds while it waits.

use std::sync::Arc;

use crate::error::MpcError;
use crate::report::Report;
use crate::session::Session;
use crate::sync::lock;
use burn_mpc_engine::net::{AbortCode, AbortReason, shown};

/// Ends a session from any thread, at once, also while an op waits for a peer.
#[derive(Clone, Debug)]
pub struct CancelHandle {
    session: std::sync::Weak<Session>,
}

impl CancelHandle {
    pub(super) fn of(session: &Arc<Session>) -> Self {
        Self {
            session: Arc::downgrade(session),
        }
    }

    /// Ends the session with [`MpcError::Cancelled`]: an op that waits returns, later ops fail, and the peers are
    /// told. A peer that waits for the other peer at that moment hears of it once that one sends, or has heard of it
    /// itself. No effect on a session that has failed or is gone.
    pub fn cancel(&self, reason: &str) {
        if let Some(session) = self.session.upgrade() {
            session.fail(&MpcError::Cancelled {
                party: session.party(),
                reason: shown(reason).into_owned(),
            });
        }
    }
}

impl Session {
    /// The first failure, if the session failed.
    #[must_use]
    pub fn failure(&self) -> Option<MpcError> {
        lock(&self.failure).clone()
    }

    /// Ends the session with `error` unless it has failed already, wakes an op that waits for a peer and tells both
    /// peers. Returns the session's first failure.
    pub(crate) fn fail(&self, error: &MpcError) -> MpcError {
        let mut failure = lock(&self.failure);
        if let Some(first) = &*failure {
            return first.clone();
        }
        // A panic message may hold secret values: logs the public text only.
        tracing::error!(party = %self.party(), error = error.public_text(), "session failed");
        *failure = Some(error.clone());
        drop(failure);
        self.watch.abort(&AbortReason {
            code: AbortCode::Local,
            origin: self.party(),
            op: self.watch.last_op(),
            text: error.public_text(),
        });
        lock(&self.memory).clear();
        error.clone()
    }

    /// What this party sent since it connected, set-up included: bytes and rounds.
    #[must_use]
    pub fn spent(&self) -> (u64, u32) {
        let (setup, since) = self.watch.counters();
        (
            setup.bytes_sent + since.bytes_sent,
            setup.round + since.round,
        )
    }

    /// Bytes of folded weights and other remembered constants.
    #[must_use]
    pub fn constants_bytes(&self) -> usize {
        lock(&self.memory).bytes()
    }

    /// Starts a measured span.
    pub fn start_measuring(&self) {
        // Read under the lock, so that no later reading is settled before the span restarts with this one.
        let mut meter = lock(&self.meter);
        meter.restart(self.watch.reading());
    }

    /// The report of the span so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut meter = lock(&self.meter);
        meter.report(self.watch.reading(), self.party().index())
    }

    /// Returns the report of the span so far and starts the next span. A service calls it to get the report of one
    /// request.
    #[must_use]
    pub fn take_report(&self) -> Report {
        let mut meter = lock(&self.meter);
        let now = self.watch.reading();
        let report = meter.report(now, self.party().index());
        meter.restart(now);
        report
    }

    /// Counts a reveal.
    pub(crate) fn count_reveal(&self, label: &str) {
        lock(&self.meter).reveal(label);
    }
}
