//! Frames, counters and the round clock on top of a transport.

mod counters;
mod handle;
mod inbox;
mod links;
mod pieces;
mod tags;

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::Party;
use crate::net::abort::AbortReason;
use crate::net::error::NetError;
use crate::net::frame::{HEADER_BYTES, Header, MAX_PAYLOAD_BYTES};
use crate::net::step::Step;
use crate::net::{Room, Transport};
use crate::step::BETWEEN_CALLS;
use crate::sync::lock;
pub use counters::Counters;
pub use handle::LinksHandle;
use inbox::Turn;
pub(super) use links::decode;
use links::{Links, Owner, Source, check_length};
pub use pieces::frames_of;
#[cfg(any(test, feature = "testkit"))]
pub use pieces::set_piece_bytes;
pub use tags::LinkKeys;
use tags::Tags;

/// One party's view of the three-party network.
///
/// Every frame carries its sender's clock plus one, and receiving raises the clock to the frame's:
/// the clock is the exact number of dependent rounds so far, whatever ran in parallel. The first
/// error kills the mesh: both peers are told, the links are closed, and every later call returns
/// that error again.
pub struct Mesh {
    links: Arc<Owner>,
    /// The round clock: every lane has its own.
    round: u32,
    lane: Option<Lane>,
}

/// A part of the program that runs beside others.
#[derive(Clone)]
struct Lane {
    /// Its operations.
    own: Range<u64>,
    /// Those of all lanes.
    all: Range<u64>,
}

impl Mesh {
    /// A mesh over `transport` with session tag 0; no call waits longer than `deadline` without
    /// progress.
    #[must_use]
    pub fn new(transport: Box<dyn Transport>, deadline: Duration) -> Self {
        transport.set_deadline(deadline);
        let links = Links {
            party: transport.party(),
            transport,
            session: AtomicU64::new(0),
            tags: OnceLock::new(),
            kept_budget: AtomicU64::new(MAX_PAYLOAD_BYTES as u64),
            outgoing: Default::default(),
            incoming: Default::default(),
            setup: Mutex::default(),
            clock: AtomicU32::new(0),
            failure: Mutex::default(),
        };
        Self {
            links: Arc::new(Owner(Arc::new(links))),
            round: 0,
            lane: None,
        }
    }

    /// Whose mesh this is.
    #[must_use]
    pub fn party(&self) -> Party {
        self.links.party
    }

    /// Sets the tag that every frame carries from now on.
    pub fn set_session(&mut self, tag: u64) {
        self.links.session.store(tag, Ordering::Relaxed);
    }

    /// Whether the links want [`Self::set_tag_keys`].
    #[must_use]
    pub fn wants_tags(&self) -> bool {
        self.links.transport.wants_tags()
    }

    /// From the next frame on, every frame carries a tag under the keys of its link instead of the session's name. All
    /// parties call this at the same step, after the session is set; the session must not change afterwards. Only the
    /// first call has an effect.
    pub fn set_tag_keys(&mut self, next: LinkKeys, prev: LinkKeys) {
        // The keys of a later call are dropped, which erases them.
        let _ = self.links.tags.set(Tags::new(self.party(), next, prev));
    }

    /// The secret of the authenticated channel to `peer`, if the links have one.
    #[must_use]
    pub fn binding(&self, peer: Party) -> Option<[u8; 32]> {
        self.links.transport.binding(peer)
    }

    /// The error for a peer that connected with another program.
    #[must_use]
    pub fn differing(&self) -> Option<NetError> {
        self.links.transport.differing()
    }

    /// Sets how many bytes of frames each link keeps for lanes that have not asked for them. The default is the longest
    /// payload of a frame.
    pub fn set_kept_budget(&mut self, bytes: u64) {
        self.links.kept_budget.store(bytes, Ordering::Relaxed);
    }

    /// Adds what was counted so far to [`Self::setup_counters`] and starts again at zero. All
    /// parties call it at the same step, when no frame is under way.
    pub fn finish_setup(&mut self) {
        self.links.finish_setup();
        self.round = 0;
    }

    /// What went over the links since set-up; the clock is this lane's.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            round: self.round,
            ..self.links.counters()
        }
    }

    /// A handle to the links for other threads, which neither waits for this mesh nor keeps its links open.
    #[must_use]
    pub fn handle(&self) -> LinksHandle {
        LinksHandle::new(Arc::clone(&self.links.0))
    }

    /// What set-up cost.
    #[must_use]
    pub fn setup_counters(&self) -> Counters {
        *lock(&self.links.setup)
    }

    /// The error that killed this mesh.
    #[must_use]
    pub fn failure(&self) -> Option<NetError> {
        lock(&self.links.failure).clone()
    }

    /// A mesh over the same links, with its own clock, for a part of the program that runs beside others. `own` are its
    /// operations, `all` those of all parts. A frame that another part reads first is kept for the part it belongs to.
    #[must_use]
    pub fn lane(&self, own: Range<u64>, all: Range<u64>) -> Self {
        Self {
            links: Arc::clone(&self.links),
            round: self.round,
            lane: Some(Lane { own, all }),
        }
    }

    /// Continues after `lanes` have ended, with the greatest of their clocks.
    ///
    /// # Errors
    /// [`NetError::Desync`] if a peer sent a frame that no lane took.
    pub fn join(&mut self, lanes: &[Self]) -> Result<(), NetError> {
        let rounds = lanes.iter().map(|lane| lane.round);
        self.round = rounds.max().unwrap_or(0).max(self.round);
        let left_over = |peer: Party| Some((peer, self.links.incoming[peer.index()].left_over()?));
        match Party::ALL.into_iter().find_map(left_over) {
            None => Ok(()),
            Some((peer, found)) => {
                let op = lanes.iter().filter_map(|lane| lane.lane.as_ref());
                let expected = Step {
                    op: op.map(|lane| lane.all.end).max().unwrap_or(0),
                    label: BETWEEN_CALLS,
                };
                Err(self.links.fail(NetError::Desync {
                    at: self.links.at(peer, expected, Duration::ZERO),
                    expected,
                    found,
                }))
            }
        }
    }

    /// Sends one message of a step.
    ///
    /// # Errors
    /// Any [`NetError`]; the mesh is dead afterwards.
    pub fn send(&mut self, to: Party, op: u64, label: u16, payload: &[u8]) -> Result<(), NetError> {
        self.send_parts(to, op, label, &[payload])
    }

    /// Sends one message of a step, whose payload lies in several places. A message longer than a frame goes in
    /// several.
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
        // A lane never waits for its peer to read; the folder's doc says why.
        let mut room = match self.lane {
            None => Room::Wait,
            Some(_) => Room::Make,
        };
        let len = parts.iter().map(|part| part.len()).sum();
        if frames_of(len as u64) == 1 {
            return self.send_frame(to, Step { op, label }, parts, room);
        }
        let mut left = parts.to_vec();
        for length in pieces::lengths(len) {
            self.send_frame(
                to,
                Step { op, label },
                &pieces::cut(&mut left, length),
                room,
            )?;
            // Only the first piece waits for room: the peer may send as much in this step before it reads.
            room = Room::Make;
        }
        Ok(())
    }

    fn send_frame(
        &mut self,
        to: Party,
        step: Step,
        parts: &[&[u8]],
        room: Room,
    ) -> Result<(), NetError> {
        self.links.alive()?;
        let since = Instant::now();
        let sent = self.links.queue(to, step, parts, self.round, room);
        sent.map_err(|error| {
            let error = self.links.last_words(
                to,
                self.lane.is_none(),
                error.at_step(step, since.elapsed()),
            );
            self.links.fail(error)
        })
    }

    /// Receives the message of a step into `payload`, whose length the caller knows from its own state. Checks the
    /// whole header before it reads any payload byte. Keeps frames for other lanes whole; their length is checked when
    /// their lane takes them.
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

    /// Receives the message of a step into several buffers, one after the other, with the checks of [`Self::recv`].
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
        let mut later = parts.iter_mut();
        let mut part: &mut [u8] = &mut [];
        self.receive(from, Step { op, label }, len, |source, mut left| {
            while left > 0 {
                if part.is_empty() {
                    part = later.next().map_or(&mut [], |part| &mut part[..]);
                    continue;
                }
                let length = left.min(part.len());
                let (now, rest) = core::mem::take(&mut part).split_at_mut(length);
                source.fill(now)?;
                left -= now.len();
                part = rest;
            }
            Ok(())
        })
    }

    /// Receives the message of a step, `len` bytes, piece by piece: fills `piece` and hands it to `consume`, with the
    /// checks of [`Self::recv`]. The last piece of a frame may be shorter. It holds whole words, unless it ends the
    /// message.
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
        self.receive(from, Step { op, label }, len, |source, mut left| {
            while left > 0 {
                let now = left.min(piece.len());
                let piece = &mut piece[..now];
                source.fill(piece)?;
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
        mut read: impl FnMut(&mut Source<'_>, usize) -> Result<(), NetError>,
    ) -> Result<(), NetError> {
        self.links.alive()?;
        for length in pieces::lengths(len) {
            let since = Instant::now();
            let read = |source: &mut Source<'_>| read(source, length);
            match self.receive_frame(from, step, length, since, read) {
                Ok(round) => {
                    self.round = self.round.max(round);
                    self.links.clock.fetch_max(round, Ordering::Relaxed);
                }
                Err(error) => return Err(self.links.fail(error.at_step(step, since.elapsed()))),
            }
        }
        Ok(())
    }

    /// Tells both peers why this party gives up, then closes. Only the first call has an effect.
    pub fn abort(&mut self, reason: &AbortReason) {
        self.links.abort(reason);
    }

    fn receive_frame(
        &self,
        from: Party,
        step: Step,
        len: usize,
        since: Instant,
        read: impl FnOnce(&mut Source<'_>) -> Result<(), NetError>,
    ) -> Result<u32, NetError> {
        let party = self.party();
        if from == party {
            return Err(NetError::NoSuchLink { party });
        }
        let inbox = &self.links.incoming[from.index()];
        loop {
            // Held until the frame's last byte has been read.
            let _reading = match inbox.turn(step, || self.links.alive())? {
                Turn::Kept(header, payload) => {
                    check_length(&header, len, self.links.at(from, step, since.elapsed()))?;
                    read(&mut Source::Kept(&payload))?;
                    return Ok(header.round);
                }
                Turn::Read(reading) => reading,
            };
            // Fails the mesh while this lane may still read, so that the next reader finds it failed.
            let fail = |error: NetError| self.links.fail(error.at_step(step, since.elapsed()));
            let header = self.next_header(from, step, since).map_err(fail)?;
            let size = HEADER_BYTES + header.length as usize;
            let tag = self.links.incoming_tag(&header);
            let mut source = Source::Link(self.links.transport.as_ref(), from, tag);
            let at = self.links.at(from, step, since.elapsed());
            if header.step() == step {
                check_length(&header, len, at.clone())
                    .and_then(|()| read(&mut source))
                    .and_then(|()| source.verify(&header, at))
                    .map_err(fail)?;
                inbox.enter(header, size, None);
                return Ok(header.round);
            }
            let (bytes, budget) = (
                u64::from(header.length),
                self.links.kept_budget.load(Ordering::Relaxed),
            );
            if inbox.kept_bytes().saturating_add(bytes) > budget {
                return Err(fail(NetError::TooMuchKept { at, bytes, budget }));
            }
            let mut payload = vec![0; header.length as usize];
            source
                .fill(&mut payload)
                .and_then(|()| source.verify(&header, at))
                .map_err(fail)?;
            inbox.enter(header, size, Some(payload));
        }
    }

    /// The header of the next frame, which is that of `step` or for another lane.
    fn next_header(&self, from: Party, step: Step, since: Instant) -> Result<Header, NetError> {
        let bytes = self.links.transport.recv_header(from)?;
        let at = self.links.at(from, step, since.elapsed());
        let header = self.links.identify(&bytes, from, at.clone())?;
        if header.step() == step {
            return Ok(header);
        }
        if self.is_of_another_lane(header.op) {
            let bytes = header.length.into();
            return if header.length as usize > MAX_PAYLOAD_BYTES {
                Err(NetError::FrameTooLarge { at, bytes })
            } else {
                Ok(header)
            };
        }
        Err(NetError::Desync {
            at,
            expected: step,
            found: header.step(),
        })
    }

    fn is_of_another_lane(&self, op: u64) -> bool {
        let lane = self.lane.as_ref();
        lane.is_some_and(|lane| lane.all.contains(&op) && !lane.own.contains(&op))
    }
}
