//! The links that exist while others are still being made.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use super::config::TcpConfig;
use crate::Party;
use crate::net::abort::{AbortReason, MAX_ABORT_TEXT_BYTES};
use crate::net::error::{At, NetError};
use crate::net::frame::{FrameKind, HEADER_BYTES, Header};

/// How long an abort frame may take.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(250);

/// A connection that speaks for a peer.
pub(super) struct Place {
    stream: TcpStream,
    /// Whether this party made the connection: then the peer is the one that listens at its address.
    connected: bool,
    /// Whether the peer's digest differs from this party's.
    pub(super) differs: bool,
}

impl Place {
    /// The place of a connection that this party made.
    pub(super) fn connected(stream: TcpStream, differs: bool) -> Self {
        Self {
            stream,
            connected: true,
            differs,
        }
    }

    /// The place of a connection that this party accepted.
    pub(super) fn accepted(stream: TcpStream, differs: bool) -> Self {
        Self {
            stream,
            connected: false,
            differs,
        }
    }
}

/// The places, by party.
#[derive(Default)]
pub(super) struct Places {
    places: [Option<Place>; 3],
    /// Peers that will not connect any more.
    gone: [bool; 3],
}

/// What was found on a link during set-up.
enum Seen {
    /// Nothing, or the beginning of the next step.
    Well,
    Closed,
    Junk,
    Abort(NetError),
}

impl Places {
    pub(super) fn put(&mut self, peer: Party, place: Place) {
        self.places[peer.index()] = Some(place);
    }

    pub(super) fn get(&self, peer: Party) -> Option<&Place> {
        self.places[peer.index()].as_ref()
    }

    /// Whether a peer that connected here has another digest.
    pub(super) fn any_differs(&self) -> bool {
        let mut places = self.places.iter().flatten();
        places.any(|place| place.differs && !place.connected)
    }

    /// The first party above `party` that has not connected and still may.
    pub(super) fn missing(&self, party: Party) -> Option<Party> {
        let missing =
            |peer: &Party| *peer > party && !self.gone[peer.index()] && self.get(*peer).is_none();
        Party::ALL.into_iter().find(missing)
    }

    /// Takes out a peer's connection, and whether its digest differs.
    pub(super) fn take(&mut self, peer: Party) -> Option<(TcpStream, bool)> {
        let place = self.places[peer.index()].take()?;
        Some((place.stream, place.differs))
    }

    /// Checks the existing links. Drops an accepted link that turns out not to be a peer's, which frees its place.
    ///
    /// # Errors
    /// [`NetError::PeerAborted`]; [`NetError::PeerLost`] for a peer that this party connected to.
    pub(super) fn watch(&mut self, config: &TcpConfig) -> Result<(), NetError> {
        for peer in Party::ALL {
            let Some(place) = &mut self.places[peer.index()] else {
                continue;
            };
            let at = At::link(config.party, peer, Duration::ZERO);
            let error = match place.look(at.clone()) {
                Seen::Well => continue,
                Seen::Abort(error) => error,
                Seen::Closed if place.connected => NetError::PeerLost {
                    at,
                    detail: "closed before all links were made".to_owned(),
                },
                // The mesh will report what is wrong with it.
                Seen::Junk if place.connected => continue,
                Seen::Closed | Seen::Junk => {
                    tracing::warn!(party = %config.party, %peer, "a confirmed connection is no peer's");
                    self.places[peer.index()] = None;
                    continue;
                }
            };
            self.places[peer.index()] = None;
            self.gone[peer.index()] = true;
            return Err(error);
        }
        Ok(())
    }
}

impl Place {
    fn look(&mut self, at: At) -> Seen {
        let mut bytes = [0; HEADER_BYTES];
        if self.stream.set_nonblocking(true).is_err() {
            return Seen::Closed;
        }
        let header = match self.stream.peek(&mut bytes) {
            Ok(0) => return Seen::Closed,
            Ok(HEADER_BYTES) => Header::decode(&bytes),
            Ok(_) => return Seen::Well,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Seen::Well,
            Err(_) => return Seen::Closed,
        };
        match header {
            Ok(header) if (header.sender, header.receiver) != (at.peer, at.party) => Seen::Junk,
            Ok(header) if header.kind == FrameKind::Abort => {
                let whole = self.stream.read_exact(&mut bytes);
                let told = whole
                    .ok()
                    .and_then(|()| read_abort(&mut self.stream, &header, at));
                told.map_or(Seen::Junk, Seen::Abort)
            }
            Ok(header) if header.kind == FrameKind::Data && header.op == 0 => Seen::Well,
            _ => Seen::Junk,
        }
    }
}

/// Reads the rest of an abort frame.
pub(super) fn read_abort(stream: &mut TcpStream, header: &Header, at: At) -> Option<NetError> {
    let length = header.length as usize;
    if length > 1 + MAX_ABORT_TEXT_BYTES {
        return None;
    }
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(LAST_WORDS)).ok()?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).ok()?;
    let reason = AbortReason::parse(header.label, header.op, &payload)?;
    Some(NetError::aborted_by_peer(at, reason))
}
