//! What the tasks that make links have in common.

use burn_mpc_engine::Party;
use tokio::sync::mpsc;

use crate::handshake::Link;
use crate::hello::Mismatch;
use crate::refusal::Refusals;
use crate::{Identity, LinkConfig};

/// What all of them read.
pub(crate) struct Shared {
    pub(crate) identity: Identity,
    pub(crate) config: LinkConfig,
    pub(crate) refusals: Refusals,
}

/// What such a task reports.
pub(crate) enum Event {
    /// A link.
    Linked(Box<Link>),
    /// An authenticated peer that is here for something else.
    Mismatch(Party, Mismatch),
}

pub(crate) type Events = mpsc::Sender<Event>;
