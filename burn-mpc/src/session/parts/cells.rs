//! Cells of secret tensors: their numbers, and those that ops have read.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::protocol::Context;
use crate::sync::lock;

/// Cells of secret tensors, as the transcript knows them.
pub(in crate::session) struct Cells {
    /// Number of the next cell.
    next: AtomicU64,
    /// Cells that ops read and that are not in the transcript yet.
    seen: Mutex<Vec<u64>>,
    /// Reads so far.
    #[cfg(any(test, feature = "testkit"))]
    reads: AtomicU64,
}

impl Default for Cells {
    fn default() -> Self {
        Self {
            next: AtomicU64::new(1),
            seen: Mutex::default(),
            #[cfg(any(test, feature = "testkit"))]
            reads: AtomicU64::default(),
        }
    }
}

impl Cells {
    /// Number of a new cell.
    pub(in crate::session) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps, for the transcript, that a cell was read under these dimensions.
    pub(in crate::session) fn see(&self, cell: u64, shape: &[usize]) {
        #[cfg(any(test, feature = "testkit"))]
        self.reads.fetch_add(1, Ordering::Relaxed);
        let mut seen = lock(&self.seen);
        seen.extend([cell, shape.len() as u64]);
        seen.extend(shape.iter().map(|&size| size as u64));
    }

    /// Reads so far.
    #[cfg(any(test, feature = "testkit"))]
    pub(in crate::session) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Notes the cells that were read in the transcript.
    pub(in crate::session) fn enter(&self, context: &mut Context) {
        let mut seen = lock(&self.seen);
        if !seen.is_empty() {
            context.note_seen(&seen);
            seen.clear();
        }
    }
}
