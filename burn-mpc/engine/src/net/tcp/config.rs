//! How a party finds its peers over TCP, and which addresses it refuses.

use std::net::SocketAddr;
use std::time::Duration;

use crate::Party;
use crate::net::error::NetError;
use crate::net::shaped::LinkShape;

/// How to find the peers.
#[derive(Clone, Debug)]
pub struct TcpConfig {
    /// Who this is.
    pub party: Party,
    /// Where each party listens; the third never does.
    pub addresses: [SocketAddr; 3],
    /// Longest wait without progress.
    pub deadline: Duration,
    /// Longest wait for both connections.
    pub connect_timeout: Duration,
    /// Digest of program and configuration; must be equal at all parties. Sessions compare their configurations
    /// themselves and name what differs. This digest lets a peer displace a stranger that has another one.
    pub program_digest: [u8; 32],
    /// Must be true: the links are neither encrypted nor authenticated.
    pub insecure_plaintext: bool,
    /// Permits addresses other than loopback.
    pub allow_non_loopback: bool,
    /// Simulated latency and bandwidth of what this party sends.
    pub shape: Option<LinkShape>,
}

impl TcpConfig {
    pub(super) fn check(&self) -> Result<(), NetError> {
        if !self.insecure_plaintext {
            return Err(NetError::Refused {
                party: self.party,
                reason: "plaintext TCP needs `insecure_plaintext = true`".to_owned(),
            });
        }
        self.addresses
            .iter()
            .try_for_each(|&address| self.check_address(address))
    }

    pub(super) fn check_address(&self, address: SocketAddr) -> Result<(), NetError> {
        if self.allow_non_loopback || address.ip().is_loopback() {
            return Ok(());
        }
        Err(NetError::Refused {
            party: self.party,
            reason: format!("{address} is not loopback; plaintext TCP must not leave the machine"),
        })
    }
}
