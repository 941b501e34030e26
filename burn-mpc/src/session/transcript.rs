//! One sequence of ops: which thread issues them, and what enters the transcript that the parties compare.

use std::sync::MutexGuard;

use crate::error::MpcError;
use crate::protocol::Context;
use crate::session::Session;
use crate::sync::lock;
use burn_mpc_engine::net::shown;

impl Session {
    /// Takes the session for the calling thread, if no other thread owns it: see [`MpcDevice::hand_over`].
    ///
    /// # Errors
    /// [`MpcError::ConcurrentUse`], which ends the session.
    ///
    /// [`MpcDevice::hand_over`]: crate::MpcDevice::hand_over
    pub(crate) fn claim(&self, op: &str) -> Result<(), MpcError> {
        if self.owner.claim() {
            return Ok(());
        }
        let error = MpcError::ConcurrentUse {
            party: self.party(),
            op: shown(op).into_owned(),
        };
        self.fail(&error);
        Err(error)
    }

    /// Lets the next thread that issues an op own the session.
    ///
    /// # Errors
    /// [`MpcError::ConcurrentUse`] if another thread owns it, which ends the session.
    pub fn hand_over(&self) -> Result<(), MpcError> {
        self.claim("hand_over")?;
        self.note("hand over", &[]);
        self.owner.release();
        Ok(())
    }

    /// Number of a new cell: the same at all parties, since they make cells in the same order.
    pub(crate) fn next_cell(&self) -> u64 {
        self.cells.number()
    }

    /// Notes in the transcript that the calling thread reads a cell under these dimensions. An op reads every cell that
    /// it computes from, so programs that differ in one operand have different transcripts.
    pub(crate) fn note_seen(&self, cell: u64, shape: &[usize]) {
        if self.claim("an op").is_ok() {
            self.cells.see(cell, shape);
        }
    }

    /// How often ops have read cells so far.
    #[cfg(any(test, feature = "testkit"))]
    pub(crate) fn reads(&self) -> u64 {
        self.cells.reads()
    }

    /// Notes `count` reads of a cell, one by one, as ops do.
    #[cfg(any(test, feature = "testkit"))]
    pub(crate) fn note_reads(&self, count: u64) {
        for _ in 0..count {
            self.note_seen(0, &[1, 16, 32, 32]);
            drop(self.context());
        }
    }

    /// Locks the context, and notes in its transcript the cells that ops have read.
    pub(super) fn context(&self) -> MutexGuard<'_, Context> {
        let mut context = lock(&self.context);
        self.cells.enter(&mut context);
        context
    }

    /// Notes public facts in the transcript, which the parties compare before anything is opened: ops that send nothing
    /// must agree as well.
    pub(crate) fn note(&self, kind: &str, facts: &[usize]) {
        self.context().note(kind, facts);
    }

    /// Notes public bytes in the transcript.
    pub(crate) fn note_bytes(&self, kind: &str, bytes: &[u8]) {
        let facts: Vec<usize> = bytes.iter().map(|&byte| usize::from(byte)).collect();
        self.note(kind, &facts);
    }

    /// Notes public numbers in the transcript.
    pub(crate) fn note_numbers(&self, kind: &str, numbers: &[f64]) {
        let uniform = numbers.split_first().filter(|(first, rest)| {
            let same = |number: &f64| number.to_bits() == first.to_bits();
            rest.iter().all(same)
        });
        let (numbers, count) = match uniform {
            Some((first, _)) => (core::slice::from_ref(first), numbers.len()),
            None => (numbers, 1),
        };
        let bits = numbers.iter().flat_map(|number| {
            let bits = number.to_bits();
            [(bits >> 32) as usize, (bits & u64::from(u32::MAX)) as usize]
        });
        self.note(kind, &bits.chain([count]).collect::<Vec<_>>());
    }
}
