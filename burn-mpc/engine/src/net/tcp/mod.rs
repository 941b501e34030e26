//! Three processes over plaintext TCP.
//!
//! The party with the lower index of a pair listens, the other connects; both send a hello frame that names the peer
//! they mean and their configuration (`hello.rs` describes this, and what a stranger can do). Each link has a writer
//! thread fed by a bounded queue, so a send never blocks on a slow socket; reading happens in the caller's thread,
//! straight into its buffer.
//!
//! Nothing is encrypted, and no peer proves who it is: anyone on the path during key agreement learns the keys. After
//! that every frame carries a tag under the pair's key, so that bytes that change on the way give an error, never
//! another number. This transport is for tests and measurements and must be asked for by name.

mod accept;
mod buffered;
mod config;
mod give_up;
mod hello;
mod link;
mod places;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use super::error::{At, NetError};
use super::frame::HEADER_BYTES;
use super::queue::QueueError;
use super::{Room, Transport};
use crate::Party;
use crate::sync::lock;
#[cfg(test)]
pub(super) use accept::HELLO_TIMEOUT;
pub use config::TcpConfig;
#[cfg(test)]
pub(super) use hello::{HELLO_BYTES, confirmation};
use link::Link;
use places::Places;

/// How long a party that cannot listen tries to tell the others.
const LAST_CALL: Duration = Duration::from_secs(1);
/// A century.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// One party's two connections.
pub struct TcpTransport {
    party: Party,
    deadline: Mutex<Duration>,
    /// Links to the next and to the previous party.
    links: [Link; 2],
    /// The error if a peer's digest differs.
    differing: Option<NetError>,
}

impl TcpTransport {
    /// Listens where the configuration says and connects to both peers.
    ///
    /// If set-up fails, every peer that is linked, or connects within a second, is told why.
    ///
    /// # Errors
    /// [`NetError::Refused`] for an unsafe configuration, [`NetError::NoConnection`], [`NetError::WrongAddress`],
    /// [`NetError::Misaddressed`], [`NetError::PeerAborted`], [`NetError::PeerLost`], [`NetError::Version`],
    /// [`NetError::Socket`].
    pub fn connect(config: &TcpConfig) -> Result<Self, NetError> {
        config.check()?;
        let until = later(config.connect_timeout);
        if config.party == Party::P2 {
            return Self::join_peers(config, None, until);
        }
        let address = config.addresses[config.party.index()];
        match TcpListener::bind(address) {
            Ok(listener) => Self::join_peers(config, Some(&listener), until),
            Err(error) => {
                let why = match error.kind() {
                    ErrorKind::AddrInUse => {
                        "the address is in use, by another program or an earlier run"
                    }
                    ErrorKind::AddrNotAvailable => "the address is not one of this machine",
                    _ => "the address cannot be listened on",
                };
                let error = NetError::Socket {
                    party: config.party,
                    detail: format!("cannot listen on {address}: {why} ({error})"),
                };
                // The parties that this one would have connected to learn why it does not come.
                let mut places = Places::default();
                let soon = until.min(later(LAST_CALL));
                for peer in Party::ALL.into_iter().filter(|&peer| peer < config.party) {
                    // Only the error above is reported.
                    let _ = hello::connect(config, peer, soon, &mut places);
                }
                places.give_up(config, None, until, &error);
                Err(error)
            }
        }
    }

    /// Connects to both peers, accepting on a listener that is bound already.
    ///
    /// # Errors
    /// Those of [`Self::connect`], except from binding.
    pub fn establish(config: &TcpConfig, listener: TcpListener) -> Result<Self, NetError> {
        config.check()?;
        let local = listener.local_addr().map_err(|error| NetError::Socket {
            party: config.party,
            detail: error.to_string(),
        })?;
        config.check_address(local)?;
        Self::join_peers(config, Some(&listener), later(config.connect_timeout))
    }

    fn join_peers(
        config: &TcpConfig,
        listener: Option<&TcpListener>,
        until: Instant,
    ) -> Result<Self, NetError> {
        static WARNED: Once = Once::new();
        WARNED.call_once(|| {
            tracing::warn!("plaintext TCP: anybody on the path reads every share");
        });
        let listener = listener.filter(|_| config.party != Party::P2);
        let mut places = Places::default();
        if let Err(error) = make_links(config, listener, until, &mut places) {
            places.give_up(config, listener, until, &error);
            return Err(error);
        }
        let party = config.party;
        let mut differing = None;
        let mut link = |peer: Party| -> Result<Link, NetError> {
            let at = At::link(party, peer, Duration::ZERO);
            let (stream, differs) = places.take(peer).ok_or_else(|| NetError::NoConnection {
                at: at.clone(),
                detail: "the link was never made".to_owned(),
            })?;
            if differs {
                differing = Some(NetError::ProgramMismatch { at });
            }
            Link::start(stream, config.shape).map_err(|error| NetError::Socket {
                party,
                detail: error.to_string(),
            })
        };
        Ok(Self {
            party,
            deadline: Mutex::new(config.deadline),
            links: [link(party.next())?, link(party.prev())?],
            differing,
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

fn make_links(
    config: &TcpConfig,
    listener: Option<&TcpListener>,
    until: Instant,
    places: &mut Places,
) -> Result<(), NetError> {
    for peer in Party::ALL.into_iter().filter(|&peer| peer < config.party) {
        hello::connect(config, peer, until, places)?;
    }
    match listener {
        Some(listener) => accept::accept(config, listener, until, places),
        None if config.party == Party::P2 => Ok(()),
        None => Err(NetError::Socket {
            party: config.party,
            detail: "no listener".to_owned(),
        }),
    }
}

/// The instant after `wait`, or in a century if no clock can hold it.
fn later(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or_else(|| now + FOREVER)
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

    fn wants_tags(&self) -> bool {
        true
    }

    fn differing(&self) -> Option<NetError> {
        self.differing.clone()
    }

    fn flush(&self) {
        for link in &self.links {
            link.flush(self.deadline());
        }
    }

    fn shutdown(&self) {
        // Ends both queues before it waits for either, so that the two flushes overlap.
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
