//! Three threads of this process.

use std::time::Instant;

use burn_mpc::MpcDevice;
use burn_mpc::net::{Transport, memory};
use burn_mpc::session::local;

use crate::failure::Failure;
use crate::job::Job;
use crate::party::{self, PartyResult};
use crate::progress;

/// Runs the three parties and collects their results in party order.
pub fn run(job: &Job) -> Result<Vec<PartyResult>, Failure> {
    let _line = progress::show("three parties");
    let started = Instant::now();
    let play = |device: MpcDevice| party::play(job, &device, started);
    let deadline = job.config.deadline;
    let transports = match job.link {
        Some(shape) => memory::mesh3_shaped(deadline, shape),
        None => memory::mesh3(deadline),
    };
    let transports = transports.map(|transport| Box::new(transport) as Box<dyn Transport>);
    local::over(transports, &job.config, play)?
        .into_iter()
        .collect()
}
