//! Three processes over plaintext TCP.
//!
//! The party with the lower index of a pair listens, the other connects; both prove with a hello
//! frame that they mean each other and run the same program (`hello.rs` tells how). Each link has a
//! writer thread fed by a bounded queue, so a send never blocks on a slow socket; reading happens
//! in the caller's thread, straight into its buffer. Nothing is encrypted or authenticated: this
//! transport is for tests and measurements and must be asked for by name.

mod buffered;
mod hello;
mod link;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use super::error::{At, NetError};
use super::frame::HEADER_BYTES;
use super::queue::QueueError;
use super::shaped::LinkShape;
use super::{Room, Transport, lock};
use crate::Party;
#[cfg(test)]
pub(super) use hello::HELLO_TIMEOUT;
use link::Link;

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
    /// Digest of program and configuration; must be equal at all parties.
    pub program_digest: [u8; 32],
    /// Must be true: the links are neither encrypted nor authenticated.
    pub insecure_plaintext: bool,
    /// Permits addresses other than loopback.
    pub allow_non_loopback: bool,
    /// Simulated latency and bandwidth of what this party sends.
    pub shape: Option<LinkShape>,
}

/// One party's two connections.
pub struct TcpTransport {
    party: Party,
    deadline: Mutex<Duration>,
    /// Links to the next and to the previous party.
    links: [Link; 2],
}

impl TcpTransport {
    /// Listens where the configuration says and connects to both peers.
    ///
    /// # Errors
    /// [`NetError::Refused`] for an unsafe configuration, [`NetError::NoConnection`],
    /// [`NetError::ProgramMismatch`], [`NetError::Version`], [`NetError::Socket`].
    pub fn connect(config: &TcpConfig) -> Result<Self, NetError> {
        config.check()?;
        let listener = if config.party == Party::P2 {
            None
        } else {
            let address = config.addresses[config.party.index()];
            Some(
                TcpListener::bind(address).map_err(|error| NetError::Socket {
                    party: config.party,
                    detail: format!("cannot listen on {address}: {error}"),
                })?,
            )
        };
        Self::join_peers(config, listener)
    }

    /// Connects to both peers, accepting on a listener that is bound already.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn establish(config: &TcpConfig, listener: TcpListener) -> Result<Self, NetError> {
        config.check()?;
        let local = listener.local_addr().map_err(|error| NetError::Socket {
            party: config.party,
            detail: error.to_string(),
        })?;
        config.check_address(local)?;
        Self::join_peers(config, Some(listener))
    }

    fn join_peers(config: &TcpConfig, listener: Option<TcpListener>) -> Result<Self, NetError> {
        static WARNED: Once = Once::new();
        WARNED.call_once(|| {
            tracing::warn!("plaintext TCP: anybody on the path reads and alters every share");
        });
        let party = config.party;
        let until = Instant::now() + config.connect_timeout;
        let mut streams = [None, None, None];
        for peer in Party::ALL.into_iter().filter(|&peer| peer < party) {
            streams[peer.index()] = Some(hello::connect(config, peer, until)?);
        }
        if party != Party::P2 {
            hello::accept(config, listener, until, &mut streams)?;
        }
        let mut link = |peer: Party| -> Result<Link, NetError> {
            let at = At::link(party, peer, Duration::ZERO);
            let stream = streams[peer.index()].take();
            let stream = stream.ok_or_else(|| NetError::NoConnection {
                at,
                detail: "the link was never made".to_owned(),
            })?;
            Link::start(stream, config.shape).map_err(|error| NetError::Socket {
                party,
                detail: error.to_string(),
            })
        };
        Ok(Self {
            party,
            deadline: Mutex::new(config.deadline),
            links: [link(party.next())?, link(party.prev())?],
        })
    }

    fn link(&self, peer: Party) -> Result<&Link, NetError> {
        let party = self.party;
        if peer == party {
            return Err(NetError::NoSuchLink { party });
        }
        Ok(&self.links[usize::from(peer != party.next())])
    }

    fn deadline(&self) -> Duration {
        *lock(&self.deadline)
    }

    fn failure(&self, peer: Party, since: Instant, error: QueueError) -> NetError {
        let at = At::link(self.party, peer, since.elapsed());
        match error {
            QueueError::Closed(detail) => NetError::PeerLost { at, detail },
            QueueError::TimedOut => NetError::Timeout { at },
        }
    }
}

impl TcpConfig {
    fn check(&self) -> Result<(), NetError> {
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

    fn check_address(&self, address: SocketAddr) -> Result<(), NetError> {
        if self.allow_non_loopback || address.ip().is_loopback() {
            return Ok(());
        }
        Err(NetError::Refused {
            party: self.party,
            reason: format!("{address} is not loopback; plaintext TCP must not leave the machine"),
        })
    }
}

impl Transport for TcpTransport {
    fn party(&self) -> Party {
        self.party
    }

    fn set_deadline(&self, deadline: Duration) {
        *lock(&self.deadline) = deadline;
    }

    fn send(
        &self,
        to: Party,
        header: [u8; HEADER_BYTES],
        payload: &[&[u8]],
        room: Room,
    ) -> Result<(), NetError> {
        let since = Instant::now();
        let patience = (room == Room::Wait).then(|| self.deadline());
        let frame = [&[&header[..]], payload].concat();
        self.link(to)?
            .push(&frame, patience)
            .map_err(|error| self.failure(to, since, error))
    }

    fn send_last(&self, to: Party, header: [u8; HEADER_BYTES], payload: &[u8]) {
        if let Ok(link) = self.link(to) {
            link.push_last(&[&header, payload]);
        }
    }

    fn recv_header(&self, from: Party) -> Result<[u8; HEADER_BYTES], NetError> {
        let mut header = [0; HEADER_BYTES];
        self.recv_payload(from, &mut header)?;
        Ok(header)
    }

    fn recv_payload(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        let since = Instant::now();
        self.link(from)?
            .read(buffer, self.deadline())
            .map_err(|error| self.failure(from, since, error))
    }

    fn flush(&self) {
        for link in &self.links {
            link.flush(self.deadline());
        }
    }

    fn shutdown(&self) {
        // Both queues end before either is waited for, so the two flushes overlap.
        for link in &self.links {
            link.finish();
        }
        for link in &self.links {
            link.shutdown();
        }
    }
}

impl Drop for TcpTransport {
    fn drop(&mut self) {
        self.shutdown();
    }
}
