//! What a process answers its parent, one JSON value per line.

use serde::{Deserialize, Serialize};

use crate::party::PartyResult;

/// What a child writes.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The port where it listens.
    Port(u16),
    /// A sign of life.
    Alive,
    /// Its result; it is done.
    Done(Box<PartyResult>),
}
