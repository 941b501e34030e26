//! A transport whose bytes somebody else moves, for crates that bring their own I/O.
//!
//! The protocol's threads see the queues of [`super::memory`], with the same deadlines and the same back-pressure. What
//! lies at the far ends is two [`FarEnd`]s, one to each peer. They never block: they are polled, by one task that sends
//! and one that receives. No async runtime is named here.
//!
//! Contents and bounds are those of a link: bytes that are put come out in their order, however they are cut, and at most
//! [`QUEUE_CAP_BYTES`] and a piece lie in each direction.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::QUEUE_CAP_BYTES;
use super::memory::{Link, MemoryTransport};
use super::queue::{FrameQueue, QueueError};
use crate::Party;

/// The party's transport, and the far ends of its links to the next and to the previous party.
#[must_use]
pub fn open(party: Party, deadline: Duration) -> (MemoryTransport, [FarEnd; 2]) {
    let ends = [(); 2].map(|()| FarEnd {
        outgoing: Arc::new(FrameQueue::new(QUEUE_CAP_BYTES, None)),
        incoming: Arc::new(FrameQueue::new(QUEUE_CAP_BYTES, None)),
    });
    let links = [0, 1].map(|i: usize| Link::new(&ends[i].outgoing, &ends[i].incoming));
    (MemoryTransport::over(party, deadline, links), ends)
}

/// The far end of one link.
#[derive(Clone)]
pub struct FarEnd {
    outgoing: Arc<FrameQueue>,
    incoming: Arc<FrameQueue>,
}

impl FarEnd {
    /// The next bytes that the party sends; none when it has closed the link and everything was taken. One task at a
    /// time polls this.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        self.outgoing.poll_pop(cx).map(Result::ok)
    }

    /// Gives bytes that have left back, so that the party may queue as many again.
    pub fn taken(&self, piece: Vec<u8>) {
        self.outgoing.release(piece.len());
        self.outgoing.discard(piece);
    }

    /// Ready when more may be put; false when the party takes nothing any more. One task at a time polls this or
    /// [`Self::poll_closed`].
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<bool> {
        self.incoming.poll_room(cx).map(|room| room.is_ok())
    }

    /// Ready when the party takes nothing any more.
    pub fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.incoming.poll_closed(cx)
    }

    /// Hands received bytes to the party, above the limit if there is no room. Does nothing once the link is closed.
    pub fn put(&self, bytes: &[u8]) {
        match self.incoming.push(&[bytes], None) {
            Ok(()) | Err(QueueError::Closed(_) | QueueError::TimedOut) => {}
        }
    }

    /// No more will come: the party sees [`super::NetError::PeerLost`] with `reason` after what was put.
    pub fn end_incoming(&self, reason: &str) {
        self.incoming.close(reason);
    }

    /// Nothing can leave any more: the party's sends give [`super::NetError::PeerLost`] with `reason`, and what is
    /// queued is dropped.
    pub fn end_outgoing(&self, reason: &str) {
        self.outgoing.close_and_drop(reason);
    }

    /// Refuses further sends of the party. What is queued may still be taken.
    pub fn finish(&self) {
        self.outgoing.close("closed by this party");
    }

    /// Waits until everything that is queued has left, at most `patience`. Returns the bytes still queued. Blocks: not for
    /// tasks.
    #[must_use]
    pub fn drain(&self, patience: Duration) -> usize {
        self.outgoing.drain(patience)
    }
}
