//! What the lanes of one party share: the transport, numbers and counters of both directions, the first failure.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::Party;
use crate::net::abort::{AbortReason, MAX_ABORT_TEXT_BYTES};
use crate::net::error::{At, NetError};
use crate::net::frame::{
    FrameKind, HEADER_BYTES, Header, HeaderError, MAX_PAYLOAD_BYTES, PROTOCOL_VERSION,
};
use crate::net::mesh::counters::Counters;
use crate::net::mesh::inbox::Inbox;
use crate::net::mesh::tags::{Tag, Tags};
use crate::net::step::Step;
use crate::net::{Room, Transport};
use crate::sync::lock;

/// How long to look for the abort frame of a peer that closed.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What all lanes of a party share.
pub(super) struct Links {
    pub(super) transport: Box<dyn Transport>,
    pub(super) party: Party,
    pub(super) session: AtomicU64,
    /// Set where the transport wants tags, once there are keys.
    pub(super) tags: OnceLock<Tags>,
    /// Most bytes kept on each link for lanes that have not asked for them.
    pub(super) kept_budget: AtomicU64,
    /// By peer.
    pub(super) outgoing: [Outgoing; 3],
    pub(super) incoming: [Inbox; 3],
    /// The counters at the end of set-up.
    pub(super) setup: Mutex<Counters>,
    /// The greatest clock of all lanes.
    pub(super) clock: AtomicU32,
    pub(super) failure: Mutex<Option<NetError>>,
}

/// The outgoing side of one link.
#[derive(Default)]
pub(super) struct Outgoing {
    /// Sequence number of the next frame. The lock is held while a frame is queued, so that frames leave in the order
    /// of their numbers. Queueing may wait for the peer to read.
    next: Mutex<u32>,
    bytes: AtomicU64,
    frames: AtomicU64,
}

/// The links of a mesh and its lanes. They close when the last of these is dropped.
pub(super) struct Owner(pub(super) Arc<Links>);

impl Deref for Owner {
    type Target = Links;

    fn deref(&self) -> &Links {
        &self.0
    }
}

/// Where the payload of a frame comes from.
#[allow(
    clippy::large_enum_variant,
    reason = "one lives on the stack of one receive"
)]
pub(super) enum Source<'a> {
    /// A link, and the tag of the bytes read so far.
    Link(&'a dyn Transport, Party, Option<Tag>),
    Kept(&'a [u8]),
}

impl Source<'_> {
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<(), NetError> {
        match self {
            Self::Link(transport, from, tag) => {
                transport.recv_payload(*from, buffer)?;
                if let Some(tag) = tag {
                    tag.update(buffer);
                }
                Ok(())
            }
            Self::Kept(payload) => {
                // The caller has checked that the payload has the length asked for.
                let (now, later) = payload.split_at(buffer.len());
                buffer.copy_from_slice(now);
                *payload = later;
                Ok(())
            }
        }
    }

    /// Checks the tag of a frame after all its bytes were read.
    pub(super) fn verify(&self, header: &Header, at: At) -> Result<(), NetError> {
        match self {
            Self::Link(_, _, Some(tag)) if tag.value() != header.session => {
                Err(NetError::Corrupt { at })
            }
            _ => Ok(()),
        }
    }
}

impl Links {
    pub(super) fn alive(&self) -> Result<(), NetError> {
        lock(&self.failure).clone().map_or(Ok(()), Err)
    }

    /// Numbers a frame, tags it where tags are wanted, and queues it.
    pub(super) fn queue(
        &self,
        to: Party,
        step: Step,
        parts: &[&[u8]],
        clock: u32,
        room: Room,
    ) -> Result<(), NetError> {
        let party = self.party;
        if to == party {
            return Err(NetError::NoSuchLink { party });
        }
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        let length = match u32::try_from(bytes) {
            Ok(length) if bytes <= MAX_PAYLOAD_BYTES => length,
            _ => {
                let at = self.at(to, step, Duration::ZERO);
                return Err(NetError::FrameTooLarge {
                    at,
                    bytes: bytes as u64,
                });
            }
        };
        let outgoing = &self.outgoing[to.index()];
        let mut next = lock(&outgoing.next);
        let mut header = Header {
            kind: FrameKind::Data,
            sender: party,
            receiver: to,
            label: step.label,
            length,
            session: self.session.load(Ordering::Relaxed),
            op: step.op,
            sequence: *next,
            round: clock.saturating_add(1),
        };
        if let Some(tags) = self.tags.get() {
            let mut tag = tags.outgoing(&header);
            parts.iter().for_each(|part| tag.update(part));
            header.session = tag.value();
        }
        self.transport.send(to, header.encode(), parts, room)?;
        *next = next.wrapping_add(1);
        let sent = (HEADER_BYTES + bytes) as u64;
        outgoing.bytes.fetch_add(sent, Ordering::Relaxed);
        outgoing.frames.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// What went over the links in all, set-up included.
    fn total(&self) -> Counters {
        let mut total = Counters::default();
        for (outgoing, sent_to) in self.outgoing.iter().zip(&mut total.sent_to) {
            *sent_to = outgoing.bytes.load(Ordering::Relaxed);
            total.bytes_sent += *sent_to;
            total.frames_sent += outgoing.frames.load(Ordering::Relaxed);
        }
        for inbox in &self.incoming {
            let incoming = inbox.lock();
            total.bytes_received += incoming.bytes;
            total.frames_received += incoming.frames;
        }
        total
    }

    /// What went over the links since set-up, with the greatest clock of all lanes. Does not wait for frames under way.
    pub(super) fn counters(&self) -> Counters {
        let setup = lock(&self.setup);
        Counters {
            round: self.clock.load(Ordering::Relaxed),
            ..self.total().since(&setup)
        }
    }

    /// Charges all traffic and rounds so far to set-up.
    pub(super) fn finish_setup(&self) {
        let mut setup = lock(&self.setup);
        let round = setup.round + self.clock.swap(0, Ordering::Relaxed);
        *setup = Counters {
            round,
            ..self.total()
        };
    }

    /// Decodes a header and checks that its frame is the next on its link and belongs to this session.
    pub(super) fn identify(
        &self,
        bytes: &[u8; HEADER_BYTES],
        from: Party,
        at: At,
    ) -> Result<Header, NetError> {
        let header = decode(bytes, at.clone())?;
        if (header.sender, header.receiver) != (from, self.party) {
            let (sender, receiver) = (header.sender, header.receiver);
            return Err(NetError::Misrouted {
                at,
                sender,
                receiver,
            });
        }
        match header.kind {
            FrameKind::Data => {}
            FrameKind::Abort => return Err(self.read_abort(&header, at)?),
            FrameKind::Hello => {
                return Err(NetError::NotAFrame {
                    at,
                    found: bytes[1],
                });
            }
        }
        let session = self.session.load(Ordering::Relaxed);
        // A tag is compared once the payload has arrived.
        if self.tags.get().is_none() && header.session != session {
            return Err(NetError::WrongSession {
                at,
                expected: session,
                found: header.session,
            });
        }
        let expected = self.incoming[from.index()].lock().next;
        let found = header.sequence;
        if found == expected {
            return Ok(header);
        }
        let ahead = found.wrapping_sub(expected);
        Err(if ahead > u32::MAX / 2 {
            NetError::Replay {
                at,
                expected,
                found,
            }
        } else {
            NetError::OutOfOrder {
                at,
                expected,
                found,
            }
        })
    }

    fn read_abort(&self, header: &Header, at: At) -> Result<NetError, NetError> {
        let limit = 1 + MAX_ABORT_TEXT_BYTES;
        let length = header.length as usize;
        let wrong_length = NetError::Length {
            at: at.clone(),
            expected: limit as u64,
            found: u64::from(header.length),
        };
        if length > limit {
            return Err(wrong_length);
        }
        let mut payload = vec![0; length];
        self.transport.recv_payload(at.peer, &mut payload)?;
        if let Some(mut tag) = self.incoming_tag(header) {
            tag.update(&payload);
            // A peer that failed in set-up may have had no key yet; its session is then 0.
            if header.session != 0 && tag.value() != header.session {
                return Err(NetError::Corrupt { at });
            }
        }
        let reason = AbortReason::parse(header.label, header.op, &payload).ok_or(wrong_length)?;
        Ok(NetError::aborted_by_peer(at, reason))
    }

    /// The tag that a received frame has to carry, if tags are wanted.
    pub(super) fn incoming_tag(&self, header: &Header) -> Option<Tag> {
        let session = self.session.load(Ordering::Relaxed);
        let tags = self.tags.get()?;
        Some(tags.incoming(header, session))
    }

    /// Looks for the reason of a peer that closed, in an abort frame that nobody has read yet; returns `error` if there
    /// is none. The deadline applies to all lanes, which may be waiting for the other peer: it is shortened only if no
    /// lanes run (`alone`).
    pub(super) fn last_words(&self, peer: Party, alone: bool, error: NetError) -> NetError {
        let NetError::PeerLost { at, .. } = &error else {
            return error;
        };
        // This party may have closed its links itself.
        if let Err(first) = self.alive() {
            return first;
        }
        // A lane that is reading finds the abort frame, and fails the mesh before it gives up the right to read.
        let Some(_reading) = self.incoming[peer.index()].claim(LAST_WORDS) else {
            return error;
        };
        let transport = self.transport.as_ref();
        let since = Instant::now();
        let mut scratch = vec![0; 64 << 10];
        if alone {
            transport.set_deadline(LAST_WORDS);
        }
        while since.elapsed() < LAST_WORDS {
            let Ok(bytes) = transport.recv_header(peer) else {
                break;
            };
            let Ok(header) = decode(&bytes, at.clone()) else {
                break;
            };
            if header.kind == FrameKind::Abort {
                return self.read_abort(&header, at.clone()).unwrap_or(error);
            }
            let mut left = header.length as usize;
            while left > 0 && since.elapsed() < LAST_WORDS {
                let part = left.min(scratch.len());
                if transport.recv_payload(peer, &mut scratch[..part]).is_err() {
                    return error;
                }
                left -= part;
            }
        }
        error
    }

    /// Kills the mesh because of `error`. Returns the error that killed it, another one if a lane was faster.
    pub(super) fn fail(&self, error: NetError) -> NetError {
        let mut failure = lock(&self.failure);
        if let Some(first) = &*failure {
            return first.clone();
        }
        *failure = Some(error.clone());
        drop(failure);
        self.say_goodbye(&error.reason(self.party));
        error
    }

    /// Kills the mesh for a reason of this party, once, and tells both peers.
    pub(super) fn abort(&self, reason: &AbortReason) {
        let mut failure = lock(&self.failure);
        if failure.is_some() {
            return;
        }
        *failure = Some(NetError::Aborted {
            party: self.party,
            code: reason.code,
            text: reason.text.clone(),
        });
        drop(failure);
        self.say_goodbye(reason);
    }

    /// Sends both peers an abort frame, then closes. Waits for no sender: an abort frame has no sequence number.
    fn say_goodbye(&self, reason: &AbortReason) {
        let payload = reason.payload();
        for peer in [self.party.next(), self.party.prev()] {
            let session = self.session.load(Ordering::Relaxed);
            let mut header = reason.header(self.party, peer, session);
            if let Some(tags) = self.tags.get() {
                let mut tag = tags.outgoing(&header);
                tag.update(&payload);
                header.session = tag.value();
            }
            self.transport.send_last(peer, header.encode(), &payload);
        }
        self.transport.shutdown();
    }

    pub(super) fn at(&self, peer: Party, step: Step, elapsed: Duration) -> At {
        At {
            party: self.party,
            peer,
            step: Some(step),
            path: None,
            elapsed,
        }
    }
}

impl Drop for Owner {
    /// Flushes what was sent, unless the session failed, then closes.
    fn drop(&mut self) {
        if self.alive().is_ok() && !thread::panicking() {
            self.transport.flush();
        }
        self.transport.shutdown();
    }
}

pub(super) fn check_length(header: &Header, bytes: usize, at: At) -> Result<(), NetError> {
    let (expected, found) = (bytes as u64, u64::from(header.length));
    if found == expected {
        return Ok(());
    }
    Err(NetError::Length {
        at,
        expected,
        found,
    })
}

/// Decodes a header that arrived at `at`.
pub(in crate::net) fn decode(bytes: &[u8; HEADER_BYTES], at: At) -> Result<Header, NetError> {
    Header::decode(bytes).map_err(|error| match error {
        HeaderError::NotAFrame(found) => NetError::NotAFrame { at, found },
        HeaderError::Version(found) => NetError::Version {
            at,
            expected: PROTOCOL_VERSION,
            found,
        },
    })
}
