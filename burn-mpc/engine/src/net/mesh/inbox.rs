//! Frames from one peer, for all lanes: the lane that reads keeps the frames of other lanes for them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::net::frame::Header;
use crate::net::step::Step;
use crate::sync::lock;

/// The incoming side of one link.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<Incoming>,
    changed: Condvar,
}

/// What is known of the frames of one peer.
#[derive(Default)]
pub(super) struct Incoming {
    /// Sequence number of the next frame.
    pub(super) next: u32,
    /// Bytes received, headers included.
    pub(super) bytes: u64,
    /// Frames received.
    pub(super) frames: u64,
    /// Whether a lane reads from the link.
    reading: bool,
    /// Frames for other lanes than the one that read them.
    kept: Vec<(Header, Vec<u8>)>,
}

/// How a lane gets its frame.
pub(super) enum Turn<'a> {
    /// The frame has come already.
    Kept(Header, Vec<u8>),
    /// The caller reads from the link until it drops this.
    Read(Reading<'a>),
}

/// The right to read from a link.
pub(super) struct Reading<'a>(&'a Inbox);

impl Inbox {
    pub(super) fn lock(&self) -> MutexGuard<'_, Incoming> {
        lock(&self.state)
    }

    /// Waits for the frame of `step`, or for the right to read. Checks `alive` first and after every wait.
    pub(super) fn turn<E>(
        &self,
        step: Step,
        alive: impl Fn() -> Result<(), E>,
    ) -> Result<Turn<'_>, E> {
        let mut state = self.lock();
        loop {
            alive()?;
            let found = state
                .kept
                .iter()
                .position(|(header, _)| header.step() == step);
            if let Some(at) = found {
                // Keeps the pieces of a message in order.
                let (header, payload) = state.kept.remove(at);
                return Ok(Turn::Kept(header, payload));
            }
            if !state.reading {
                state.reading = true;
                return Ok(Turn::Read(Reading(self)));
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes the right to read once nobody has it; none if that takes longer than `patience`.
    pub(super) fn claim(&self, patience: Duration) -> Option<Reading<'_>> {
        let since = Instant::now();
        let mut state = self.lock();
        while state.reading {
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                return None;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.reading = true;
        Some(Reading(self))
    }

    /// Counts a frame that was read. `kept` is its payload if it is for another lane.
    pub(super) fn enter(&self, header: Header, bytes: usize, kept: Option<Vec<u8>>) {
        let mut state = self.lock();
        state.next = state.next.wrapping_add(1);
        state.bytes += bytes as u64;
        state.frames += 1;
        state.kept.extend(kept.map(|payload| (header, payload)));
    }

    /// Payload bytes that are kept.
    pub(super) fn kept_bytes(&self) -> u64 {
        let state = self.lock();
        state
            .kept
            .iter()
            .map(|(_, payload)| payload.len() as u64)
            .sum()
    }

    /// The step of a frame that no lane has taken.
    pub(super) fn left_over(&self) -> Option<Step> {
        self.lock().kept.first().map(|(header, _)| header.step())
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.lock().reading = false;
        self.0.changed.notify_all();
    }
}
