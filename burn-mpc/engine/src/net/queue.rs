//! A queue of frames with byte accounting, between a sender and one consumer.
//!
//! The consumer is the receiving party ([`super::memory`]), the writer thread of a socket
//! ([`super::tcp`]) or an I/O task ([`super::pipe`]), which polls instead of waiting. Bytes count as queued until the
//! consumer releases them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use zeroize::Zeroize;

use super::shaped::{LinkShape, Pacer};
use crate::sync::lock;

/// Frames up to this size are erased after use: keys travel in small frames.
const ERASE_BYTES: usize = 1 << 10;

/// Frames are cut into pieces of this size, so that a long one is written and read while its sender still
/// copies the rest.
const PIECE_BYTES: usize = 256 << 10;
/// Most buffers of used pieces kept on each link for the next frames: enough for sender and writer to alternate.
const SPARE_PIECES: usize = 4;
/// How long the last frame waits for a sender that is still copying the frame before it.
const FILLING: Duration = Duration::from_millis(250);
/// Why frames after the last one are refused.
const ENDED: &str = "closed by this party";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum QueueError {
    Closed(String),
    TimedOut,
}

struct State {
    frames: VecDeque<(Option<Instant>, Vec<u8>)>,
    queued: usize,
    closed: Option<String>,
    /// A sender is appending a frame.
    filling: bool,
    /// The last frame has been handed over or is about to be.
    ending: bool,
    pacer: Option<Pacer>,
    spare: Vec<Vec<u8>>,
    /// The one task that polls this queue.
    task: Option<Waker>,
}

pub(super) struct FrameQueue {
    state: Mutex<State>,
    changed: Condvar,
    cap: usize,
}

impl FrameQueue {
    pub(super) fn new(cap: usize, shape: Option<LinkShape>) -> Self {
        Self {
            state: Mutex::new(State {
                frames: VecDeque::new(),
                queued: 0,
                closed: None,
                filling: false,
                ending: false,
                pacer: shape.map(Pacer::new),
                spare: Vec::new(),
                task: None,
            }),
            changed: Condvar::new(),
            cap,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Appends a frame given in several parts. With `patience`, first waits until the queue is not above its cap; the
    /// patience counts from the last byte that the consumer took.
    pub(super) fn push(
        &self,
        parts: &[&[u8]],
        patience: Option<Duration>,
    ) -> Result<(), QueueError> {
        self.begin(patience)?;
        let result = self.append_pieces(parts);
        let mut state = self.lock();
        state.filling = false;
        self.wake(&mut state);
        result
    }

    fn append_pieces(&self, parts: &[&[u8]]) -> Result<(), QueueError> {
        let mut left = parts.iter().map(|part| part.len()).sum::<usize>();
        let mut parts = parts.iter().copied();
        let mut part: &[u8] = &[];
        while left > 0 {
            let len = left.min(PIECE_BYTES);
            let mut piece = self.buffer(len);
            while piece.len() < len {
                if part.is_empty() {
                    part = parts.next().unwrap_or_default();
                }
                let (now, later) = part.split_at(part.len().min(len - piece.len()));
                piece.extend_from_slice(now);
                part = later;
            }
            left -= len;
            let mut state = self.lock();
            if let Some(reason) = &state.closed {
                return Err(QueueError::Closed(reason.clone()));
            }
            self.append(&mut state, piece);
        }
        Ok(())
    }

    /// An empty buffer for `len` bytes.
    fn buffer(&self, len: usize) -> Vec<u8> {
        if len == PIECE_BYTES
            && let Some(buffer) = self.lock().spare.pop()
        {
            return buffer;
        }
        Vec::with_capacity(len)
    }

    /// Takes back a used piece: erases it if it is small enough to carry a key, keeps the buffer of a large one.
    pub(super) fn discard(&self, mut piece: Vec<u8>) {
        if piece.len() <= ERASE_BYTES {
            piece.zeroize();
        } else if piece.capacity() >= PIECE_BYTES {
            piece.clear();
            let mut state = self.lock();
            if state.spare.len() < SPARE_PIECES {
                state.spare.push(piece);
            }
        }
    }

    /// Takes the right to append a frame.
    fn begin(&self, patience: Option<Duration>) -> Result<(), QueueError> {
        let mut state = self.lock();
        let mut since = Instant::now();
        let mut queued = state.queued;
        loop {
            if let Some(reason) = &state.closed {
                return Err(QueueError::Closed(reason.clone()));
            }
            if state.ending {
                return Err(QueueError::Closed(ENDED.to_owned()));
            }
            let Some(patience) = patience.filter(|_| state.queued > self.cap) else {
                state.filling = true;
                return Ok(());
            };
            if state.queued != queued {
                queued = state.queued;
                since = Instant::now();
            }
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(QueueError::TimedOut);
            }
            state = self.wait(state, left);
        }
    }

    /// Appends the last frame, however full the queue is; does nothing once closed. A sender that waits for room gives
    /// up. A sender in the middle of a frame gets [`FILLING`] to finish it, so that this frame starts at a frame
    /// boundary; if it takes longer, this frame is dropped.
    pub(super) fn push_last(&self, parts: &[&[u8]]) {
        let since = Instant::now();
        let mut state = self.lock();
        state.ending = true;
        self.wake(&mut state);
        while state.filling && since.elapsed() < FILLING {
            state = self.wait(state, FILLING);
        }
        if state.closed.is_none() && !state.filling {
            self.append(&mut state, parts.concat());
        }
    }

    fn append(&self, state: &mut State, frame: Vec<u8>) {
        state.queued += frame.len();
        let due = state
            .pacer
            .as_mut()
            .map(|pacer| pacer.deliver_at(Instant::now(), frame.len()));
        state.frames.push_back((due, frame));
        self.wake(state);
    }

    /// The next frame. Frames queued before a close are still delivered.
    pub(super) fn pop(&self, patience: Option<Duration>) -> Result<Vec<u8>, QueueError> {
        let since = Instant::now();
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let front = state.frames.front();
            let ready_in = front.map(|(due, _)| due.map_or(Duration::ZERO, |due| due - now));
            if ready_in == Some(Duration::ZERO)
                && let Some((_, frame)) = state.frames.pop_front()
            {
                return Ok(frame);
            }
            if ready_in.is_none()
                && let Some(reason) = &state.closed
            {
                return Err(QueueError::Closed(reason.clone()));
            }
            let left = patience.map(|patience| patience.saturating_sub(since.elapsed()));
            if left == Some(Duration::ZERO) {
                return Err(QueueError::TimedOut);
            }
            state = match (ready_in, left) {
                (Some(ready), Some(left)) => self.wait(state, ready.min(left)),
                (Some(one), None) | (None, Some(one)) => self.wait(state, one),
                (None, None) => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// The next frame for a task. A task's queue has no simulated link.
    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Result<Vec<u8>, QueueError>> {
        let mut state = self.lock();
        if let Some((_, frame)) = state.frames.pop_front() {
            return Poll::Ready(Ok(frame));
        }
        Self::unless_closed(&mut state, cx)
    }

    /// Ready when the queue is not above its cap, or closed.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), QueueError>> {
        let mut state = self.lock();
        if state.closed.is_none() && state.queued <= self.cap {
            return Poll::Ready(Ok(()));
        }
        Self::unless_closed(&mut state, cx)
    }

    /// Ready when the queue is closed.
    pub(super) fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        Self::unless_closed::<()>(&mut self.lock(), cx).map(drop)
    }

    fn unless_closed<T>(state: &mut State, cx: &mut Context<'_>) -> Poll<Result<T, QueueError>> {
        if let Some(reason) = &state.closed {
            return Poll::Ready(Err(QueueError::Closed(reason.clone())));
        }
        state.task = Some(cx.waker().clone());
        Poll::Pending
    }

    fn wake(&self, state: &mut State) {
        self.changed.notify_all();
        if let Some(task) = state.task.take() {
            task.wake();
        }
    }

    /// Gives `bytes` of popped frames back to the sender's budget.
    pub(super) fn release(&self, bytes: usize) {
        let mut state = self.lock();
        state.queued = state.queued.saturating_sub(bytes);
        self.wake(&mut state);
    }

    /// Refuses further frames. The first reason stays.
    pub(super) fn close(&self, reason: &str) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.closed = Some(reason.to_owned());
        }
        self.wake(&mut state);
    }

    /// Closes and drops what is queued, since the consumer is gone.
    pub(super) fn close_and_drop(&self, reason: &str) {
        self.close(reason);
        let mut state = self.lock();
        state.frames.clear();
        state.queued = 0;
        self.wake(&mut state);
    }

    /// Waits until everything is released, at most `patience`. Returns the bytes still queued.
    pub(super) fn drain(&self, patience: Duration) -> usize {
        let since = Instant::now();
        let mut state = self.lock();
        while state.queued > 0 {
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                break;
            }
            state = self.wait(state, left);
        }
        state.queued
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout(state, time)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}
