//! The position of a party in the common program: the number of the next call, and the transcript of all before it.

use core::ops::Range;

/// First word of an entry of [`Program::note_seen`] in the transcript. An entry of [`Program::note`] begins with the
/// length of a name instead.
const SEEN: u64 = u64::MAX;

/// Number of addresses of a lane.
const LANE_OPS: u64 = 1 << 8;

/// Numbers calls, and keeps a hash of every public fact that must agree.
pub(super) struct Program {
    next_op: u64,
    transcript: blake3::Hasher,
}

impl Program {
    /// Begins with a public name of the session, or, in an estimate and in a lane, with nothing.
    pub(super) fn new(name: &[u8]) -> Self {
        let mut transcript = blake3::Hasher::new();
        transcript.update(name);
        Self {
            next_op: 1,
            transcript,
        }
    }

    /// A program of the calls from `start` on, for a lane.
    pub(super) fn lane(start: u64) -> Self {
        Self {
            next_op: start,
            ..Self::new(&[])
        }
    }

    /// The number of the next call.
    pub(super) fn next_op(&self) -> u64 {
        self.next_op
    }

    /// Numbers a call.
    pub(super) fn take(&mut self) -> u64 {
        let op = self.next_op;
        self.next_op += 1;
        op
    }

    /// Skips to a number that is a multiple of three.
    pub(super) fn align(&mut self) {
        self.next_op = self.next_op.next_multiple_of(3);
    }

    /// Takes the call numbers of `count` lanes. Returns the range of each lane, and that of all.
    pub(super) fn take_lanes(&mut self, count: usize) -> (Vec<Range<u64>>, Range<u64>) {
        let start = self.next_op;
        let own = |lane: usize| {
            let start = start + lane as u64 * LANE_OPS;
            start..start + LANE_OPS
        };
        self.next_op = own(count).start;
        ((0..count).map(own).collect(), start..self.next_op)
    }

    /// Enters public facts in the transcript.
    pub(super) fn note(&mut self, kind: &str, facts: &[usize]) {
        let mut entry = Vec::with_capacity(16 + kind.len() + 8 * facts.len());
        entry.extend_from_slice(&(kind.len() as u64).to_le_bytes());
        entry.extend_from_slice(kind.as_bytes());
        entry.extend_from_slice(&(facts.len() as u64).to_le_bytes());
        for &fact in facts {
            entry.extend_from_slice(&(fact as u64).to_le_bytes());
        }
        self.transcript.update(&entry);
    }

    /// Enters in the transcript which tensors ops looked into: numbers of cells and dimensions.
    pub(super) fn note_seen(&mut self, seen: &[u64]) {
        let words = [SEEN, seen.len() as u64].into_iter();
        for word in words.chain(seen.iter().copied()) {
            self.transcript.update(&word.to_le_bytes());
        }
    }

    /// Enters in this transcript that of a lane that has ended.
    pub(super) fn join(&mut self, lane: &Self) {
        self.transcript
            .update(lane.transcript.finalize().as_bytes());
    }

    /// Digest of the transcript and of `draws`, a digest of draws.
    pub(super) fn digest_with(&self, draws: Option<[u8; 32]>) -> [u8; 32] {
        let mut hasher = self.transcript.clone();
        if let Some(draws) = draws {
            hasher.update(&draws);
        }
        *hasher.finalize().as_bytes()
    }
}
