//! What happens to the ops of a session: they run, are estimated, or are skipped while a network is prepared.

use crate::protocol::Execution;
use crate::session::Session;
use crate::session::owner::this_thread;
use crate::sync::lock;

/// What happens to the ops of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// What happens to ops outside of preparing: they run, or are estimated.
    base: Execution,
    preparing: Option<Preparing>,
}

impl Plan {
    pub(super) fn of(base: Execution) -> Self {
        Self {
            base,
            preparing: None,
        }
    }
}

/// Preparing: the session computes constants and skips all other work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preparing {
    /// Number of the thread that prepares; ops of other threads are not skipped.
    thread: u64,
    /// Whether a weight is forgotten once its folded form is remembered.
    forgets: bool,
}

impl Session {
    /// What happens to an op whose result is, or is not, the same in every inference.
    #[must_use]
    pub(crate) fn execution(&self, is_constant: bool) -> Execution {
        let plan = lock(&self.plan);
        match plan.preparing {
            Some(preparing)
                if plan.base.computes() && !is_constant && preparing.thread == this_thread() =>
            {
                Execution::Skip
            }
            _ => plan.base,
        }
    }

    /// Skips what is not constant from now on, for the calling thread alone. `forgets` says whether a weight is forgotten
    /// once its folded form is remembered. Returns what [`Self::end_preparing`] wants.
    pub(crate) fn begin_preparing(&self, forgets: bool) -> Option<Preparing> {
        let thread = this_thread();
        lock(&self.plan)
            .preparing
            .replace(Preparing { thread, forgets })
    }

    /// Ends what [`Self::begin_preparing`] began and returned `outer` for.
    pub(crate) fn end_preparing(&self, outer: Option<Preparing>) {
        lock(&self.plan).preparing = outer;
    }

    /// Whether a weight is forgotten once its folded form is remembered.
    #[must_use]
    pub(crate) fn forgets_folded(&self) -> bool {
        let preparing = lock(&self.plan).preparing;
        preparing.is_some_and(|preparing| preparing.forgets)
    }
}
