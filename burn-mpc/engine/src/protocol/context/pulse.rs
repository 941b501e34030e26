//! What other threads may know of a context while a protocol waits.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::protocol::cost::Ledger;
use crate::sync::lock;

/// Declared totals and the latest call. No lock is held while a protocol waits.
#[derive(Debug, Default)]
pub struct Pulse {
    declared: Mutex<Ledger>,
    op: AtomicU64,
}

impl Pulse {
    pub(crate) fn tell(&self, declared: &Ledger) {
        lock(&self.declared).clone_from(declared);
    }

    pub(crate) fn begin(&self, op: u64) {
        self.op.store(op, Ordering::Relaxed);
    }

    /// Declared totals so far.
    #[must_use]
    pub fn declared(&self) -> Ledger {
        lock(&self.declared).clone()
    }

    /// Address of the latest protocol call.
    #[must_use]
    pub fn last_op(&self) -> u64 {
        self.op.load(Ordering::Relaxed)
    }
}
