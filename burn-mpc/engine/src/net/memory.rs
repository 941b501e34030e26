//! Three parties in one process, joined by in-memory queues; or one party, whose queues' far ends are somebody else's
//! ([`super::pipe`]).

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::error::{At, NetError};
use super::frame::HEADER_BYTES;
use super::queue::{FrameQueue, QueueError};
use super::shaped::LinkShape;
use super::{MIN_BYTES_PER_SECOND, QUEUE_CAP_BYTES, Room, Transport};
use crate::Party;
use crate::sync::lock;

/// The end of one party.
pub struct MemoryTransport {
    party: Party,
    deadline: Mutex<Duration>,
    /// Links to the next and to the previous party.
    links: [Link; 2],
}

pub(super) struct Link {
    outgoing: Arc<FrameQueue>,
    incoming: Arc<FrameQueue>,
    /// The frame being read, and how many of its bytes were read.
    current: Mutex<(Vec<u8>, usize)>,
}

/// Three joined ends, in the order of the parties.
#[must_use]
pub fn mesh3(deadline: Duration) -> [MemoryTransport; 3] {
    build(deadline, None)
}

/// Three joined ends whose links have the given latency and bandwidth.
#[must_use]
pub fn mesh3_shaped(deadline: Duration, shape: LinkShape) -> [MemoryTransport; 3] {
    build(deadline, Some(shape))
}

fn build(deadline: Duration, shape: Option<LinkShape>) -> [MemoryTransport; 3] {
    let queue = |_| Arc::new(FrameQueue::new(QUEUE_CAP_BYTES, shape));
    // `forward[i]` runs from P_i to P_{i+1}, `backward[i]` from P_i to P_{i-1}.
    let forward: [_; 3] = std::array::from_fn(queue);
    let backward: [_; 3] = std::array::from_fn(queue);
    Party::ALL.map(|party| {
        let (this, next, prev) = (party.index(), party.next().index(), party.prev().index());
        let links = [
            Link::new(&forward[this], &backward[next]),
            Link::new(&backward[this], &forward[prev]),
        ];
        MemoryTransport::over(party, deadline, links)
    })
}

impl Link {
    pub(super) fn new(outgoing: &Arc<FrameQueue>, incoming: &Arc<FrameQueue>) -> Self {
        Self {
            outgoing: Arc::clone(outgoing),
            incoming: Arc::clone(incoming),
            current: Mutex::default(),
        }
    }
}

impl MemoryTransport {
    /// Links to the next and to the previous party.
    pub(super) fn over(party: Party, deadline: Duration, links: [Link; 2]) -> Self {
        Self {
            party,
            deadline: Mutex::new(deadline),
            links,
        }
    }

    fn link(&self, peer: Party) -> Result<&Link, NetError> {
        let party = self.party;
        if peer == party {
            return Err(NetError::NoSuchLink { party });
        }
        Ok(&self.links[usize::from(peer != party.next())])
    }

    fn failure(&self, peer: Party, since: Instant, error: QueueError) -> NetError {
        let at = At::link(self.party, peer, since.elapsed());
        match error {
            QueueError::Closed(detail) => NetError::PeerLost { at, detail },
            QueueError::TimedOut => NetError::Timeout { at },
        }
    }

    fn deadline(&self) -> Duration {
        *lock(&self.deadline)
    }

    fn fill(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        let since = Instant::now();
        self.link(from)?
            .fill(buffer, self.deadline())
            .map_err(|error| self.failure(from, since, error))
    }

    #[cfg(test)]
    pub(super) fn send_raw(&self, to: Party, bytes: &[u8]) {
        let link = self.link(to).expect("a peer");
        link.outgoing
            .push(&[bytes], Some(self.deadline()))
            .expect("open");
    }
}

impl Link {
    fn fill(&self, buffer: &mut [u8], deadline: Duration) -> Result<(), QueueError> {
        let since = Instant::now();
        let limit = overall_limit(deadline, buffer.len());
        let mut current = lock(&self.current);
        let (frame, read) = &mut *current;
        let mut done = 0;
        while done < buffer.len() {
            if *read == frame.len() {
                if since.elapsed() > limit {
                    return Err(QueueError::TimedOut);
                }
                let next = self.incoming.pop(Some(deadline))?;
                self.incoming.release(next.len());
                self.incoming.discard(std::mem::replace(frame, next));
                *read = 0;
            }
            let count = (frame.len() - *read).min(buffer.len() - done);
            buffer[done..done + count].copy_from_slice(&frame[*read..*read + count]);
            *read += count;
            done += count;
        }
        if *read == frame.len() {
            self.incoming.discard(std::mem::take(frame));
            *read = 0;
        }
        Ok(())
    }
}

/// The longest that a message of `bytes` may take, even while it makes progress.
pub(super) fn overall_limit(deadline: Duration, bytes: usize) -> Duration {
    deadline.saturating_add(Duration::from_secs((bytes / MIN_BYTES_PER_SECOND) as u64))
}

impl Transport for MemoryTransport {
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
        let link = self.link(to)?;
        link.outgoing
            .push(&frame, patience)
            .map_err(|error| self.failure(to, since, error))
    }

    fn send_last(&self, to: Party, header: [u8; HEADER_BYTES], payload: &[u8]) {
        if let Ok(link) = self.link(to) {
            link.outgoing.push_last(&[&header, payload]);
        }
    }

    fn recv_header(&self, from: Party) -> Result<[u8; HEADER_BYTES], NetError> {
        let mut header = [0; HEADER_BYTES];
        self.fill(from, &mut header)?;
        Ok(header)
    }

    fn recv_payload(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        self.fill(from, buffer)
    }

    fn shutdown(&self) {
        for link in &self.links {
            link.outgoing.close("closed");
            link.incoming.close_and_drop("closed");
        }
    }
}

impl Drop for MemoryTransport {
    fn drop(&mut self) {
        self.shutdown();
    }
}
