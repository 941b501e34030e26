//! What the program of a party does beside its computation.

use std::fmt::Arguments;

use burn_mpc::{MpcDevice, Party};

use crate::failure::Failure;

/// Logs that a phase begins; tests kill a party at that line.
pub fn phase(party: Party, name: Arguments<'_>) {
    tracing::info!("{party} phase: {name}");
}

/// An owner that cannot read its data must not leave the others waiting.
pub fn report_to_peers<T>(device: &MpcDevice, result: Result<T, Failure>) -> Result<T, Failure> {
    if let (Err(_), Ok(session)) = (&result, device.cancel_handle()) {
        session.cancel("an owner could not read its data");
    }
    result
}

/// Largest resident set of this process so far, as the kernel counts it; 0 if the kernel does not
/// report it.
pub fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
