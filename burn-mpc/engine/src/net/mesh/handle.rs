//! A view of the links for threads that do not run the protocol.

use std::fmt;
use std::sync::Arc;

use crate::Party;
use crate::net::abort::AbortReason;
use crate::net::error::NetError;
use crate::net::mesh::counters::Counters;
use crate::net::mesh::links::Links;
use crate::sync::lock;

/// Ends and observes a mesh from any thread.
///
/// No method waits for a message that is being sent or received. A handle does not keep the links open: they close with
/// the mesh and its lanes, and the handle still returns the counters.
#[derive(Clone)]
pub struct LinksHandle(Arc<Links>);

impl LinksHandle {
    pub(super) fn new(links: Arc<Links>) -> Self {
        Self(links)
    }

    /// Whose links these are.
    #[must_use]
    pub fn party(&self) -> Party {
        self.0.party
    }

    /// Tells both peers why this party gives up, then closes the links. A thread that waits in the mesh wakes with
    /// [`NetError::Aborted`]. Only the first failure has an effect.
    ///
    /// Returns within about half a second even if a peer reads nothing: last frames get that long to leave.
    pub fn abort(&self, reason: &AbortReason) {
        self.0.abort(reason);
    }

    /// What went over the links since set-up, with the greatest round clock of all lanes.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.0.counters()
    }

    /// What set-up cost.
    #[must_use]
    pub fn setup_counters(&self) -> Counters {
        *lock(&self.0.setup)
    }

    /// The error that killed the mesh.
    #[must_use]
    pub fn failure(&self) -> Option<NetError> {
        lock(&self.0.failure).clone()
    }
}

impl fmt::Debug for LinksHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinksHandle")
            .field("party", &self.0.party)
            .finish_non_exhaustive()
    }
}
