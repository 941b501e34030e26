//! What the three processes are told.

use std::time::Duration;

use burn_mpc::SessionConfig;
use serde::{Deserialize, Serialize};

use super::op::Op;
use crate::error::BenchError;

/// What the three parties are to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The operation.
    pub op: Op,
    /// Timed runs.
    pub runs: usize,
    /// Parameters of the session.
    pub config: SessionConfig,
}

/// The job of `runs` timed runs of an operation on a ring of so many bits.
pub fn job(op: Op, ring: u32, runs: usize) -> Result<Job, BenchError> {
    let config = SessionConfig::for_ring(ring)?
        .with_program(op.name())
        .with_deadline(Duration::from_mins(2));
    Ok(Job { op, runs, config })
}
