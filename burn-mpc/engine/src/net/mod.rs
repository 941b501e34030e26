//! Bytes between the three parties: transports, frames, the round clock and the counters.
//!
//! This folder knows parties and bytes, nothing of rings, shares or protocols. A [`Transport`] is a pair of ordered
//! byte pipes, one to each peer; [`memory`] joins three threads, [`tcp`] three processes, and [`pipe`] hands the far
//! ends to I/O tasks of another crate. A [`Mesh`] puts 32-byte frame
//! headers on top, refuses every frame that is not exactly one that its receiver or another of the receiver's lanes may
//! wait for, counts bytes and dependent rounds, and closes for good at the first error. A [`LinksHandle`] ends or
//! observes it from another thread, without waiting for it.
//!
//! Where bytes may change on the way ([`Transport::wants_tags`]), frames carry a tag of 64 bits under the key of their
//! link and direction, over header and payload. A frame with a wrong tag gives [`NetError::Corrupt`] before its receive
//! returns. The tag takes the place of the session's name, which it covers, so it costs no byte.
//!
//! # Why full queues cannot deadlock
//!
//! `send` hands its frame to a queue and waits only while the queue already holds more than
//! [`QUEUE_CAP_BYTES`]. All parties run the same program, so every send and receive belongs to a
//! step `(op, label)` and each party passes the steps in one common order, sending in a step
//! before it receives in that step. Suppose a set of parties waits in a circle. A party that waits
//! to *send* in step `s` waits for a peer that has not yet read frames of steps `< s`, so the peer
//! is at a step `< s` (a message of step `s` itself is accepted whatever its size once the queue
//! is below the cap). A party that waits to *receive* in step `s` waits for a peer that has not
//! yet sent in `s`; that peer is at a step `< s`, or still sends in `s`, and then waits itself for
//! a party at a step `< s`. Around the circle the step would have to become smaller than itself.
//!
//! A message longer than a frame goes in several frames of one step, which carry one round. Only the first waits for
//! room in the queue, because a peer may send as much in this step before it reads.
//!
//! Lanes (calls that run at the same time, each in its own thread) have no common order of steps, so
//! they never wait to send: what they queue is bounded by what their calls send in all. A lane waits
//! only to receive, from its twin at a peer. Lanes do not wait for each other, because a lane that reads a
//! frame of another keeps it for that one. So each lane makes progress as if it were alone.

mod abort;
mod error;
mod frame;
#[cfg(any(test, feature = "testkit"))]
pub mod loopback;
mod measure;
pub mod memory;
mod mesh;
pub mod pipe;
mod queue;
pub mod shaped;
mod step;
#[cfg(any(test, feature = "testkit"))]
pub mod tap;
pub mod tcp;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use crate::Party;

pub use abort::{AbortCode, AbortReason, MAX_ABORT_TEXT_BYTES};
pub use error::{At, NetError};
pub use frame::{
    FrameKind, HEADER_BYTES, Header, HeaderError, MAX_PAYLOAD_BYTES, PROTOCOL_VERSION,
};
pub use measure::measure;
#[cfg(any(test, feature = "testkit"))]
pub use mesh::set_piece_bytes;
pub use mesh::{Counters, LinkKeys, LinksHandle, Mesh, frames_of};
pub use step::Step;
pub use text::{MAX_SHOWN_BYTES, shown, shown_within};

/// Bytes that may lie in the outgoing queue to one peer before a further `send` waits.
pub const QUEUE_CAP_BYTES: usize = 32 << 20;

/// Ordered byte pipes to the two peers, with deadlines.
///
/// A wait ends with [`NetError::Timeout`] when the peer moved no byte for the deadline, or when a
/// message took longer than the deadline plus one second per [`MIN_BYTES_PER_SECOND`] bytes.
pub trait Transport: Send + Sync {
    /// Whose end this is.
    fn party(&self) -> Party;

    /// Sets how long a wait may last without progress.
    fn set_deadline(&self, deadline: Duration);

    /// Queues one frame, whose payload may lie in several places. [`Room::Wait`] waits while more than
    /// [`QUEUE_CAP_BYTES`] are queued already. One frame at a time to each peer.
    ///
    /// # Errors
    /// [`NetError::PeerLost`], [`NetError::Timeout`].
    fn send(
        &self,
        to: Party,
        header: [u8; HEADER_BYTES],
        payload: &[&[u8]],
        room: Room,
    ) -> Result<(), NetError>;

    /// Queues a last frame without ever waiting; losses are ignored.
    fn send_last(&self, to: Party, header: [u8; HEADER_BYTES], payload: &[u8]);

    /// Reads the next 32 bytes. One thread at a time reads from a peer.
    ///
    /// # Errors
    /// [`NetError::PeerLost`], [`NetError::Timeout`].
    fn recv_header(&self, from: Party) -> Result<[u8; HEADER_BYTES], NetError>;

    /// Reads exactly `buffer.len()` bytes.
    ///
    /// # Errors
    /// [`NetError::PeerLost`], [`NetError::Timeout`].
    fn recv_payload(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError>;

    /// Whether bytes may change on the way. If so, frames carry a tag under the pair's key once there is one.
    fn wants_tags(&self) -> bool {
        false
    }

    /// The error that ends set-up if a peer connected with another program and set-up does not find what differs.
    fn differing(&self) -> Option<NetError> {
        None
    }

    /// A secret of the authenticated channel to `peer` that its two ends know and nobody between them. Set-up mixes it
    /// into the pair's key. Either both ends of a link have one or neither has.
    fn binding(&self, peer: Party) -> Option<[u8; 32]> {
        let _ = peer;
        None
    }

    /// Waits until everything queued has left, while the peers keep reading it.
    fn flush(&self) {}

    /// Closes both pipes and waits only briefly for what is queued. Peers see [`NetError::PeerLost`] after the queued
    /// bytes; so does a thread of this party that is reading. Idempotent.
    fn shutdown(&self);
}

/// What a sender does when its queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Waits for the peer to read.
    Wait,
    /// Queues above the limit.
    Make,
}

/// The slowest transfer that is still waited for.
pub const MIN_BYTES_PER_SECOND: usize = 64 << 10;
