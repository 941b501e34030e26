//! What happens to the ops of a session: they run, are estimated, or are skipped while a network is prepared.

use crate::protocol::Execution;
use crate::session::{Preparing, Session};
use crate::sync::lock;

impl Session {
    /// How an op runs at present; `is_constant` says whether its result is the same in every inference.
    #[must_use]
    pub(crate) fn execution(&self, is_constant: bool) -> Execution {
        lock(&self.plan).execution(is_constant)
    }

    /// From now on skips the calling thread's ops that are not constant. With `forgets`, a weight is dropped once its
    /// folded form is remembered. Returns the state before, for [`Self::end_preparing`].
    pub(crate) fn begin_preparing(&self, forgets: bool) -> Option<Preparing> {
        lock(&self.plan).begin_preparing(forgets)
    }

    /// Undoes the [`Self::begin_preparing`] that returned `outer`.
    pub(crate) fn end_preparing(&self, outer: Option<Preparing>) {
        lock(&self.plan).end_preparing(outer);
    }

    /// Whether a weight is dropped once its folded form is remembered.
    #[must_use]
    pub(crate) fn forgets_folded(&self) -> bool {
        lock(&self.plan).forgets_folded()
    }
}
