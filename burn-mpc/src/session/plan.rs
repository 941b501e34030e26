//! What happens to the ops of a session: they run, are estimated, or are skipped while a network is prepared.

use crate::protocol::Execution;
use crate::session::{Preparing, Session};
use crate::sync::lock;

impl Session {
    /// What happens to an op whose result is, or is not, the same in every inference.
    #[must_use]
    pub(crate) fn execution(&self, is_constant: bool) -> Execution {
        lock(&self.plan).execution(is_constant)
    }

    /// Skips what is not constant from now on, for the calling thread alone. `forgets` says whether a weight is forgotten
    /// once its folded form is remembered. Returns what [`Self::end_preparing`] wants.
    pub(crate) fn begin_preparing(&self, forgets: bool) -> Option<Preparing> {
        lock(&self.plan).begin_preparing(forgets)
    }

    /// Ends what [`Self::begin_preparing`] began and returned `outer` for.
    pub(crate) fn end_preparing(&self, outer: Option<Preparing>) {
        lock(&self.plan).end_preparing(outer);
    }

    /// Whether a weight is forgotten once its folded form is remembered.
    #[must_use]
    pub(crate) fn forgets_folded(&self) -> bool {
        lock(&self.plan).forgets_folded()
    }
}
