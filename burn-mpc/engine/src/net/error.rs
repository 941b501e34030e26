//! Everything that can go wrong between two parties, as cloneable values without secrets.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use super::abort::{AbortCode, AbortReason};
use super::step::Step;
use crate::Party;

/// Where an error was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The party that reports.
    pub party: Party,
    /// The peer at the other end of the link.
    pub peer: Party,
    /// The reporter's step; none while connecting.
    pub step: Option<Step>,
    /// The layer and the protocol that the step belongs to, where they are known.
    pub path: Option<Box<str>>,
    /// How long the failing call had lasted.
    pub elapsed: Duration,
}

impl At {
    /// A place on the link `party`-`peer` outside of any step.
    #[must_use]
    pub const fn link(party: Party, peer: Party, elapsed: Duration) -> Self {
        Self {
            party,
            peer,
            step: None,
            path: None,
            elapsed,
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.party, self.peer)?;
        if let Some(step) = self.step {
            f.write_str(" at ")?;
            if let Some(path) = &self.path {
                write!(f, "{path} / ")?;
            }
            write!(f, "{step}")?;
        }
        write!(f, " after {} ms", self.elapsed.as_millis())
    }
}

/// A failure of the network layer. After one, the mesh that returned it is dead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetError {
    /// The peer closed its end or its process died.
    #[error("{at}: the peer is gone ({detail}); restart all three parties")]
    PeerLost {
        /// Link and step.
        at: At,
        /// What the operating system said.
        detail: String,
    },
    /// The peer did not speak, or did not read, in time.
    #[error("{at}: deadline passed; the peer hangs or the link is slower than the deadline allows")]
    Timeout {
        /// Link and step.
        at: At,
    },
    /// The bytes are not a frame of this protocol.
    #[error("{at}: not a burn-mpc frame (byte {found:#04x} of the header is unknown)")]
    NotAFrame {
        /// Link and step.
        at: At,
        /// The offending byte.
        found: u8,
    },
    /// The peer speaks another version of the protocol.
    #[error("{at}: the peer speaks version {found} of the wire protocol, this is {expected}")]
    Version {
        /// Link and step.
        at: At,
        /// Version of this build.
        expected: u8,
        /// Version of the peer.
        found: u8,
    },
    /// A frame from another party or for another party.
    #[error("{at}: a frame from {sender} to {receiver} arrived on this link")]
    Misrouted {
        /// Link and step.
        at: At,
        /// Sender named by the frame.
        sender: Party,
        /// Receiver named by the frame.
        receiver: Party,
    },
    /// A frame of another session.
    #[error("{at}: the frame belongs to session {found:016x}, not to {expected:016x}")]
    WrongSession {
        /// Link and step.
        at: At,
        /// This session's tag.
        expected: u64,
        /// The frame's tag.
        found: u64,
    },
    /// A frame that was already received.
    #[error("{at}: frame {found} arrived again, {expected} is due")]
    Replay {
        /// Link and step.
        at: At,
        /// Sequence number that is due.
        expected: u32,
        /// The frame's sequence number.
        found: u32,
    },
    /// A frame is missing or came too early.
    #[error("{at}: frame {found} arrived, {expected} is due")]
    OutOfOrder {
        /// Link and step.
        at: At,
        /// Sequence number that is due.
        expected: u32,
        /// The frame's sequence number.
        found: u32,
    },
    /// The peer is at another step of the program.
    #[error(
        "{at}: the peer is at {found}, expected {expected}; the parties run different programs"
    )]
    Desync {
        /// Link and step.
        at: At,
        /// Step of this party.
        expected: Step,
        /// Step of the peer.
        found: Step,
    },
    /// The peer's message is not as long as this party's state demands.
    #[error("{at}: message of {found} bytes, expected {expected}")]
    Length {
        /// Link and step.
        at: At,
        /// Length that the receiver derived.
        expected: u64,
        /// Length that the frame declares.
        found: u64,
    },
    /// A message longer than a frame may be.
    #[error("{at}: a message of {bytes} bytes exceeds the frame limit; split the tensor")]
    FrameTooLarge {
        /// Link and step.
        at: At,
        /// Length asked for.
        bytes: u64,
    },
    /// A frame was altered on its way, or its sender has another key.
    #[error(
        "{at}: a frame does not carry the tag of its bytes, which changed on the way; restart all three parties, over \
         a network that can be trusted"
    )]
    Corrupt {
        /// Link and step.
        at: At,
    },
    /// A peer sent more for other lanes than this party keeps.
    #[error(
        "{at}: a frame of {bytes} bytes for another lane, beyond the {budget} bytes that are kept; the peer is far \
         ahead or runs another program"
    )]
    TooMuchKept {
        /// Link and step.
        at: At,
        /// Length of the frame's payload.
        bytes: u64,
        /// Most bytes kept for lanes that have not asked for them.
        budget: u64,
    },
    /// A peer gave up and said why.
    #[error("{at}: session aborted by {origin} at op {op} ({code}): {text}")]
    PeerAborted {
        /// Link and step.
        at: At,
        /// The party at which the trouble began.
        origin: Party,
        /// Why.
        code: AbortCode,
        /// Operation at which the origin was.
        op: u64,
        /// Public text of the origin.
        text: String,
    },
    /// This party ended the session.
    #[error("{party}: this party aborted the session ({code}): {text}")]
    Aborted {
        /// The party itself.
        party: Party,
        /// Why.
        code: AbortCode,
        /// Public text.
        text: String,
    },
    /// A party has no link to itself.
    #[error("{party}: a party cannot send to itself or receive from itself")]
    NoSuchLink {
        /// The party itself.
        party: Party,
    },
    /// The two ends run different programs or configurations.
    #[error("{at}: the peer runs another program or configuration (digests differ)")]
    ProgramMismatch {
        /// Link.
        at: At,
    },
    /// Another party listens at a peer's address.
    #[error(
        "{at}: {found} listens at {address}, not {peer}; the addresses of your peers seem exchanged",
        peer = at.peer
    )]
    WrongAddress {
        /// Link.
        at: At,
        /// The address given for the peer.
        address: SocketAddr,
        /// Who answered there.
        found: Party,
    },
    /// A peer connected here but meant another party.
    #[error("{at}: {peer} connected here and meant {receiver}; the addresses of its peers seem exchanged", peer = at.peer)]
    Misaddressed {
        /// Link.
        at: At,
        /// Whom the peer meant.
        receiver: Party,
    },
    /// No connection in time.
    #[error("{at}: no connection: {detail}")]
    NoConnection {
        /// Link.
        at: At,
        /// Last failure.
        detail: String,
    },
    /// The configuration asks for something unsafe.
    #[error("{party}: refused: {reason}")]
    Refused {
        /// The party itself.
        party: Party,
        /// What to change.
        reason: String,
    },
    /// A local socket operation failed.
    #[error("{party}: socket: {detail}")]
    Socket {
        /// The party itself.
        party: Party,
        /// What the operating system said.
        detail: String,
    },
}

impl NetError {
    /// The place, where the error has one.
    #[must_use]
    pub fn at(&self) -> Option<&At> {
        match self {
            Self::PeerLost { at, .. }
            | Self::Timeout { at }
            | Self::NotAFrame { at, .. }
            | Self::Version { at, .. }
            | Self::Misrouted { at, .. }
            | Self::WrongSession { at, .. }
            | Self::Replay { at, .. }
            | Self::OutOfOrder { at, .. }
            | Self::Desync { at, .. }
            | Self::Length { at, .. }
            | Self::FrameTooLarge { at, .. }
            | Self::PeerAborted { at, .. }
            | Self::Corrupt { at }
            | Self::TooMuchKept { at, .. }
            | Self::WrongAddress { at, .. }
            | Self::Misaddressed { at, .. }
            | Self::ProgramMismatch { at }
            | Self::NoConnection { at, .. } => Some(at),
            Self::Aborted { .. }
            | Self::NoSuchLink { .. }
            | Self::Refused { .. }
            | Self::Socket { .. } => None,
        }
    }

    fn at_mut(&mut self) -> Option<&mut At> {
        match self {
            Self::PeerLost { at, .. }
            | Self::Timeout { at }
            | Self::NotAFrame { at, .. }
            | Self::Version { at, .. }
            | Self::Misrouted { at, .. }
            | Self::WrongSession { at, .. }
            | Self::Replay { at, .. }
            | Self::OutOfOrder { at, .. }
            | Self::Desync { at, .. }
            | Self::Length { at, .. }
            | Self::FrameTooLarge { at, .. }
            | Self::PeerAborted { at, .. }
            | Self::Corrupt { at }
            | Self::TooMuchKept { at, .. }
            | Self::WrongAddress { at, .. }
            | Self::Misaddressed { at, .. }
            | Self::ProgramMismatch { at }
            | Self::NoConnection { at, .. } => Some(at),
            Self::Aborted { .. }
            | Self::NoSuchLink { .. }
            | Self::Refused { .. }
            | Self::Socket { .. } => None,
        }
    }

    /// Adds `path`, the layer and the protocol, to an error of operation `op` that has none yet.
    #[must_use]
    pub fn within(mut self, op: u64, path: impl FnOnce() -> String) -> Self {
        if let Some(at) = self.at_mut()
            && at.path.is_none()
            && at.step.is_some_and(|step| step.op == op)
        {
            at.path = Some(path().into());
        }
        self
    }

    /// Adds the step and the time since the call began to a lost peer or a timeout.
    #[must_use]
    pub(super) fn at_step(mut self, step: Step, elapsed: Duration) -> Self {
        match &mut self {
            Self::PeerLost { at, .. } | Self::Timeout { at } => {
                at.step = Some(step);
                at.elapsed = elapsed;
            }
            _ => {}
        }
        self
    }

    /// The reason that the peers receive for this error.
    pub(super) fn reason(&self, party: Party) -> AbortReason {
        let (origin, code) = self.blame(party);
        let (op, text) = match self {
            Self::PeerAborted { op, text, .. } => (*op, text.clone()),
            other => {
                let step = other.at().and_then(|at| at.step);
                (step.map_or(0, |step| step.op), other.to_string())
            }
        };
        AbortReason {
            code,
            origin,
            op,
            text,
        }
    }

    /// The error for a peer's abort frame.
    pub(super) fn aborted_by_peer(at: At, reason: AbortReason) -> Self {
        Self::PeerAborted {
            at,
            origin: reason.origin,
            code: reason.code,
            op: reason.op,
            text: reason.text,
        }
    }

    /// The party and the code to name when this error aborts the session.
    fn blame(&self, party: Party) -> (Party, AbortCode) {
        match self {
            Self::PeerAborted { origin, code, .. } => (*origin, *code),
            Self::PeerLost { at, .. } => (at.peer, AbortCode::PeerLost),
            Self::Timeout { at } => (at.peer, AbortCode::Timeout),
            Self::Desync { .. } => (party, AbortCode::Desync),
            Self::ProgramMismatch { .. } => (party, AbortCode::Digest),
            Self::Socket { .. } | Self::NoConnection { .. } | Self::WrongAddress { .. } => {
                (party, AbortCode::Local)
            }
            _ => (party, AbortCode::Frame),
        }
    }
}
