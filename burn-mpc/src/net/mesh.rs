//! Frames, counters and the round clock on top of a transport.

use std::thread;
use std::time::{Duration, Instant};

use super::Transport;
use super::abort::{AbortReason, MAX_ABORT_TEXT_BYTES};
use super::error::{At, NetError, Step};
use super::frame::{
    FrameKind, HEADER_BYTES, Header, HeaderError, MAX_PAYLOAD_BYTES, PROTOCOL_VERSION,
};
use crate::Party;

/// How long the last words of a peer that closed are looked for.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What went over this party's links, headers included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes sent to both peers.
    pub bytes_sent: u64,
    /// Bytes received from both peers.
    pub bytes_received: u64,
    /// Frames sent.
    pub frames_sent: u64,
    /// Frames received.
    pub frames_received: u64,
    /// Bytes sent, by receiving party.
    pub sent_to: [u64; 3],
    /// Length of the longest chain of dependent messages that ends at this party.
    pub round: u32,
}

/// One party's view of the three-party network.
///
/// Every frame carries its sender's clock plus one, and receiving raises the clock to the frame's:
/// the clock is the exact number of dependent rounds so far, whatever ran in parallel. The first
/// error kills the mesh: both peers are told, the links are closed, and every later call returns
/// that error again.
pub struct Mesh {
    transport: Box<dyn Transport>,
    party: Party,
    session: u64,
    /// Sequence numbers of the next frames, by peer.
    next_out: [u32; 3],
    next_in: [u32; 3],
    counters: Counters,
    setup: Counters,
    failure: Option<NetError>,
}

impl Mesh {
    /// A mesh over `transport` with session tag 0; no call waits longer than `deadline` without
    /// progress.
    #[must_use]
    pub fn new(mut transport: Box<dyn Transport>, deadline: Duration) -> Self {
        transport.set_deadline(deadline);
        Self {
            party: transport.party(),
            transport,
            session: 0,
            next_out: [0; 3],
            next_in: [0; 3],
            counters: Counters::default(),
            setup: Counters::default(),
            failure: None,
        }
    }

    /// Whose mesh this is.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// Sets the tag that every frame carries from now on.
    pub fn set_session(&mut self, tag: u64) {
        self.session = tag;
    }

    /// Moves what was counted so far to [`Self::setup_counters`] and starts again at zero. All
    /// parties call it at the same step, when no frame is under way.
    pub fn finish_setup(&mut self) {
        self.setup = std::mem::take(&mut self.counters);
    }

    /// What went over the links since set-up.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What set-up cost.
    #[must_use]
    pub fn setup_counters(&self) -> Counters {
        self.setup
    }

    /// The error that killed this mesh.
    #[must_use]
    pub fn failure(&self) -> Option<&NetError> {
        self.failure.as_ref()
    }

    /// Sends one message of a step.
    ///
    /// # Errors
    /// Any [`NetError`]; the mesh is dead afterwards.
    pub fn send(&mut self, to: Party, op: u64, label: u16, payload: &[u8]) -> Result<(), NetError> {
        self.send_parts(to, op, label, &[payload])
    }

    /// Sends one message of a step, whose payload lies in several places.
    ///
    /// # Errors
    /// Any [`NetError`]; the mesh is dead afterwards.
    pub fn send_parts(
        &mut self,
        to: Party,
        op: u64,
        label: u16,
        parts: &[&[u8]],
    ) -> Result<(), NetError> {
        self.alive()?;
        let since = Instant::now();
        let step = Step { op, label };
        let len = parts.iter().map(|part| part.len()).sum();
        let header = match self.header(FrameKind::Data, to, step, len) {
            Ok(header) => header,
            Err(error) => return Err(self.fail(error)),
        };
        if let Err(error) = self.transport.send(to, header.encode(), parts) {
            let error = self.last_words(to, error.at_step(step, since.elapsed()));
            return Err(self.fail(error));
        }
        let bytes = (HEADER_BYTES + len) as u64;
        let index = to.index();
        self.next_out[index] = self.next_out[index].wrapping_add(1);
        self.counters.bytes_sent += bytes;
        self.counters.frames_sent += 1;
        self.counters.sent_to[index] += bytes;
        Ok(())
    }

    /// Receives the message of a step into `payload`, whose length the caller knows from its own
    /// state. No payload byte is read before the whole header has been found right.
    ///
    /// # Errors
    /// Any [`NetError`]; the mesh is dead afterwards.
    pub fn recv(
        &mut self,
        from: Party,
        op: u64,
        label: u16,
        payload: &mut [u8],
    ) -> Result<(), NetError> {
        self.recv_parts(from, op, label, &mut [payload])
    }

    /// As [`Self::recv`] into several buffers, one after the other.
    ///
    /// # Errors
    /// Any [`NetError`]; the mesh is dead afterwards.
    pub fn recv_parts(
        &mut self,
        from: Party,
        op: u64,
        label: u16,
        parts: &mut [&mut [u8]],
    ) -> Result<(), NetError> {
        let len = parts.iter().map(|part| part.len()).sum();
        self.receive(from, Step { op, label }, len, |transport| {
            parts
                .iter_mut()
                .try_for_each(|part| transport.recv_payload(from, part))
        })
    }

    /// As [`Self::recv`] of a message of `len` bytes, handed to `consume` in pieces as long as `piece`; the last
    /// one may be shorter.
    ///
    /// # Errors
    /// Any [`NetError`]; the mesh is dead afterwards.
    pub fn recv_pieces(
        &mut self,
        from: Party,
        op: u64,
        label: u16,
        len: usize,
        piece: &mut [u8],
        mut consume: impl FnMut(&mut [u8]),
    ) -> Result<(), NetError> {
        self.receive(from, Step { op, label }, len, |transport| {
            let mut left = len;
            while left > 0 {
                let now = left.min(piece.len());
                let piece = &mut piece[..now];
                transport.recv_payload(from, piece)?;
                consume(piece);
                left -= now;
            }
            Ok(())
        })
    }

    fn receive(
        &mut self,
        from: Party,
        step: Step,
        len: usize,
        read: impl FnOnce(&mut dyn Transport) -> Result<(), NetError>,
    ) -> Result<(), NetError> {
        self.alive()?;
        let since = Instant::now();
        match self.receive_frame(from, step, len, since, read) {
            Ok(round) => {
                self.counters.bytes_received += (HEADER_BYTES + len) as u64;
                self.counters.frames_received += 1;
                self.counters.round = self.counters.round.max(round);
                Ok(())
            }
            Err(error) => Err(self.fail(error.at_step(step, since.elapsed()))),
        }
    }

    /// Tells both peers why this party gives up, then closes. Only the first call has an effect.
    pub fn abort(&mut self, reason: &AbortReason) {
        if self.failure.is_none() {
            self.failure = Some(NetError::Aborted {
                party: self.party,
                code: reason.code,
                text: reason.text.clone(),
            });
            self.say_goodbye(reason);
        }
    }

    fn alive(&self) -> Result<(), NetError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    fn header(
        &self,
        kind: FrameKind,
        to: Party,
        step: Step,
        bytes: usize,
    ) -> Result<Header, NetError> {
        let party = self.party;
        if to == party {
            return Err(NetError::NoSuchLink { party });
        }
        let length = match u32::try_from(bytes) {
            Ok(length) if bytes <= MAX_PAYLOAD_BYTES => length,
            _ => {
                return Err(NetError::FrameTooLarge {
                    at: self.at(to, step, Duration::ZERO),
                    bytes: bytes as u64,
                });
            }
        };
        Ok(Header {
            kind,
            sender: party,
            receiver: to,
            label: step.label,
            length,
            session: self.session,
            op: step.op,
            sequence: self.next_out[to.index()],
            round: self.counters.round.saturating_add(1),
        })
    }

    fn receive_frame(
        &mut self,
        from: Party,
        step: Step,
        len: usize,
        since: Instant,
        read: impl FnOnce(&mut dyn Transport) -> Result<(), NetError>,
    ) -> Result<u32, NetError> {
        let party = self.party;
        if from == party {
            return Err(NetError::NoSuchLink { party });
        }
        let bytes = self.transport.recv_header(from)?;
        let at = self.at(from, step, since.elapsed());
        let header = decode(&bytes, at)?;
        if (header.sender, header.receiver) != (from, party) {
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
        self.check(&header, step, len, at)?;
        read(self.transport.as_mut())?;
        let index = from.index();
        self.next_in[index] = self.next_in[index].wrapping_add(1);
        Ok(header.round)
    }

    fn check(&self, header: &Header, step: Step, bytes: usize, at: At) -> Result<(), NetError> {
        if header.session != self.session {
            return Err(NetError::WrongSession {
                at,
                expected: self.session,
                found: header.session,
            });
        }
        let (expected, found) = (self.next_in[at.peer.index()], header.sequence);
        if found != expected {
            let ahead = found.wrapping_sub(expected);
            return Err(if ahead > u32::MAX / 2 {
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
            });
        }
        let found = Step {
            op: header.op,
            label: header.label,
        };
        if found != step {
            return Err(NetError::Desync {
                at,
                expected: step,
                found,
            });
        }
        let (expected, found) = (bytes as u64, u64::from(header.length));
        if found != expected {
            return Err(NetError::Length {
                at,
                expected,
                found,
            });
        }
        Ok(())
    }

    fn read_abort(&mut self, header: &Header, at: At) -> Result<NetError, NetError> {
        let limit = 1 + MAX_ABORT_TEXT_BYTES;
        let length = header.length as usize;
        let wrong_length = NetError::Length {
            at,
            expected: limit as u64,
            found: u64::from(header.length),
        };
        if length > limit {
            return Err(wrong_length);
        }
        let mut payload = vec![0; length];
        self.transport.recv_payload(at.peer, &mut payload)?;
        let reason = AbortReason::parse(header.label, header.op, &payload).ok_or(wrong_length)?;
        Ok(NetError::PeerAborted {
            at,
            origin: reason.origin,
            code: reason.code,
            op: reason.op,
            text: reason.text,
        })
    }

    /// A peer that closed may have said why in a frame that nobody has read yet.
    fn last_words(&mut self, peer: Party, error: NetError) -> NetError {
        let NetError::PeerLost { at, .. } = error else {
            return error;
        };
        let since = Instant::now();
        let mut scratch = vec![0; 64 << 10];
        self.transport.set_deadline(LAST_WORDS);
        while since.elapsed() < LAST_WORDS {
            let Ok(bytes) = self.transport.recv_header(peer) else {
                break;
            };
            let Ok(header) = decode(&bytes, at) else {
                break;
            };
            if header.kind == FrameKind::Abort {
                return self.read_abort(&header, at).unwrap_or(error);
            }
            let mut left = header.length as usize;
            while left > 0 && since.elapsed() < LAST_WORDS {
                let part = left.min(scratch.len());
                if self
                    .transport
                    .recv_payload(peer, &mut scratch[..part])
                    .is_err()
                {
                    return error;
                }
                left -= part;
            }
        }
        error
    }

    /// Kills the mesh because of `error`, which it returns.
    fn fail(&mut self, error: NetError) -> NetError {
        let (origin, code) = error.blame(self.party);
        let op = match &error {
            NetError::PeerAborted { op, .. } => *op,
            other => other.at().and_then(|at| at.step).map_or(0, |step| step.op),
        };
        let text = match &error {
            NetError::PeerAborted { text, .. } => text.clone(),
            other => other.to_string(),
        };
        self.failure = Some(error.clone());
        self.say_goodbye(&AbortReason {
            code,
            origin,
            op,
            text,
        });
        error
    }

    fn say_goodbye(&mut self, reason: &AbortReason) {
        let step = Step {
            op: reason.op,
            label: reason.code.to_wire(),
        };
        let payload = reason.payload();
        for peer in [self.party.next(), self.party.prev()] {
            if let Ok(header) = self.header(FrameKind::Abort, peer, step, payload.len()) {
                self.transport.send_last(peer, header.encode(), &payload);
            }
        }
        self.transport.shutdown();
    }

    fn at(&self, peer: Party, step: Step, elapsed: Duration) -> At {
        At {
            party: self.party,
            peer,
            step: Some(step),
            elapsed,
        }
    }
}

impl Drop for Mesh {
    /// What was sent still arrives, unless the session failed.
    fn drop(&mut self) {
        if self.failure.is_none() && !thread::panicking() {
            self.transport.flush();
        }
        self.transport.shutdown();
    }
}

/// Decodes a header that arrived at `at`.
pub(super) fn decode(bytes: &[u8; HEADER_BYTES], at: At) -> Result<Header, NetError> {
    Header::decode(bytes).map_err(|error| match error {
        HeaderError::NotAFrame(found) => NetError::NotAFrame { at, found },
        HeaderError::Version(found) => NetError::Version {
            at,
            expected: PROTOCOL_VERSION,
            found,
        },
    })
}
