//! What a process answers its parent, one JSON value per line.

use serde::{Deserialize, Serialize};

use crate::party::PartyResult;

/// What a child writes.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// Where it listens.
    Port(u16),
    /// It is there.
    Alive,
    /// It is done.
    Done(Box<PartyResult>),
}
