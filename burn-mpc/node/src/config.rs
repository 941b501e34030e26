//! How the links of one session are made.

use std::time::Duration;

use burn_mpc_engine::Party;

/// Longest wait that is told apart from a longer one.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
const MOST_IN_FLIGHT: usize = 1 << 16;

/// What the three parties of a session must agree on, and how long this one waits.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// Where each party listens, as `host:port`; the third never does.
    pub addresses: [String; 3],
    /// The session's name; equal at all parties, and fresh for every session.
    pub session: [u8; 16],
    /// Digest of program and configuration; equal at all parties.
    pub program_digest: [u8; 32],
    /// Longest wait without progress once there are links.
    pub deadline: Duration,
    /// Longest wait for both links.
    pub connect_timeout: Duration,
    /// Limits against strangers.
    pub limits: Limits,
}

impl LinkConfig {
    /// A configuration with limits as they should be, 30 s of patience with a peer and 60 s until there are links.
    #[must_use]
    pub fn new(addresses: [String; 3], session: [u8; 16], program_digest: [u8; 32]) -> Self {
        Self {
            addresses,
            session,
            program_digest,
            deadline: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(60),
            limits: Limits::default(),
        }
    }

    /// The same with limits that timers and counters take.
    pub(crate) fn bounded(&self) -> Self {
        let limits = Limits {
            in_flight: self.limits.in_flight.clamp(1, MOST_IN_FLIGHT),
            step: self.limits.step.min(YEAR),
            grace: self.limits.grace.min(YEAR),
        };
        Self {
            connect_timeout: self.connect_timeout.min(YEAR),
            limits,
            ..self.clone()
        }
    }

    pub(crate) fn address(&self, party: Party) -> &str {
        &self.addresses[party.index()]
    }
}

/// What a connection may cost before it is a peer's.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections that are neither refused nor a peer's yet.
    pub in_flight: usize,
    /// Longest time for the TLS handshake, and again for the hello.
    pub step: Duration,
    /// How long a connection is safe from newer ones when there are too many; again once it has said what a TLS client
    /// says first.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 64,
            step: Duration::from_secs(5),
            grace: Duration::from_millis(500),
        }
    }
}
