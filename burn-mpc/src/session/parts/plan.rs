//! What happens to ops: they run, are estimated, or are skipped while a network is prepared.

use super::owner::this_thread;
use crate::protocol::Execution;

/// What happens to the ops of a session.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct Plan {
    /// What happens to ops outside of preparing: they run, or are estimated.
    base: Execution,
    preparing: Option<Preparing>,
}

/// Preparing: the session computes constants and skips all other work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preparing {
    /// Number of the thread that prepares; ops of other threads are not skipped.
    thread: u64,
    /// Whether a weight is dropped once its folded form is remembered.
    forgets: bool,
}

impl Plan {
    pub(in crate::session) fn of(base: Execution) -> Self {
        Self {
            base,
            preparing: None,
        }
    }

    /// How an op of the calling thread runs at present; `is_constant` says whether its result is the same in every
    /// inference.
    pub(in crate::session) fn execution(&self, is_constant: bool) -> Execution {
        match self.preparing {
            Some(preparing)
                if self.base.computes() && !is_constant && preparing.thread == this_thread() =>
            {
                Execution::Skip
            }
            _ => self.base,
        }
    }

    /// From now on skips the calling thread's ops that are not constant. Returns the state before, for
    /// [`Self::end_preparing`].
    pub(in crate::session) fn begin_preparing(&mut self, forgets: bool) -> Option<Preparing> {
        let thread = this_thread();
        self.preparing.replace(Preparing { thread, forgets })
    }

    /// Undoes the [`Self::begin_preparing`] that returned `outer`.
    pub(in crate::session) fn end_preparing(&mut self, outer: Option<Preparing>) {
        self.preparing = outer;
    }

    /// Whether a weight is dropped once its folded form is remembered.
    pub(in crate::session) fn forgets_folded(&self) -> bool {
        let own = |preparing: &Preparing| preparing.thread == this_thread();
        self.preparing.filter(own).is_some_and(|own| own.forgets)
    }
}
