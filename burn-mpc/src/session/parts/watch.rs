//! What other threads see and do while an op waits: counters, and ending the links.
//!
//! Nothing here takes the lock that an op holds while it waits.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::protocol::{Context, Pulse};
use crate::report::Reading;
use crate::sync::lock;
use burn_mpc_engine::net::{AbortReason, Counters, LinksHandle};

/// A view of the context from outside its lock.
pub(in crate::session) struct Watch {
    pulse: Arc<Pulse>,
    links: Mutex<Links>,
}

enum Links {
    /// None in an estimate.
    Absent,
    Open(LinksHandle),
    /// Counters of set-up and since.
    Closed(Counters, Counters),
}

impl Watch {
    pub(in crate::session) fn of(context: &Context) -> Self {
        let links = context.handle().map_or(Links::Absent, Links::Open);
        Self {
            pulse: context.pulse(),
            links: Mutex::new(links),
        }
    }

    /// What this party sent and received during set-up, and since.
    pub(in crate::session) fn counters(&self) -> (Counters, Counters) {
        match &*lock(&self.links) {
            Links::Absent => Default::default(),
            Links::Open(links) => (links.setup_counters(), links.counters()),
            Links::Closed(setup, since) => (*setup, *since),
        }
    }

    pub(in crate::session) fn reading(&self) -> Reading {
        let (_, counters) = self.counters();
        let declared = self.pulse.declared();
        Reading {
            at: Instant::now(),
            bytes_sent: counters.bytes_sent,
            frames_sent: counters.frames_sent,
            rounds: declared.rounds(),
            clock: counters.round,
            declared: declared.sent(),
            early: declared.early(),
        }
    }

    /// The last op that began.
    pub(in crate::session) fn last_op(&self) -> u64 {
        self.pulse.last_op()
    }

    /// Keeps the counters and releases the links.
    pub(in crate::session) fn close(&self) {
        let (setup, since) = self.counters();
        *lock(&self.links) = Links::Closed(setup, since);
    }

    /// Tells the peers, and wakes threads that wait for one.
    pub(in crate::session) fn abort(&self, reason: &AbortReason) {
        // Releases the lock first, so that counters can be read while the last frames leave.
        let links = match &*lock(&self.links) {
            Links::Open(links) => links.clone(),
            _ => return,
        };
        links.abort(reason);
    }
}
