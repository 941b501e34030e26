//! What a session was opened with, and what follows from it.

use crate::Party;
use crate::session::{Scales, Schedule, SessionConfig};

/// What stays as it is while the session lives.
pub(in crate::session) struct Settings {
    pub(in crate::session) id: u16,
    pub(in crate::session) party: Party,
    pub(in crate::session) config: SessionConfig,
    pub(in crate::session) schedule: Schedule,
    pub(in crate::session) scales: Scales,
}
