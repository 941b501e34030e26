//! Declared costs of protocols, and the ledger that adds them up.
//!
//! A [`Cost`] lists every message of one protocol call, round by round. The [`Ledger`] plays the
//! declarations of a whole session through three logical clocks, so that rounds are the links of
//! the longest chain of dependent messages, exactly as the transport measures them.

use crate::Party;
use crate::net::shaped::LinkShape;
use crate::net::{HEADER_BYTES, frames_of};

/// One message: from a party to another, payload in bytes (the frame header is added by the ledger).
///
/// Bytes are *early* if they follow from keys, and sizes alone: no share of any value goes into them, so they could be
/// sent before there are any ("offline"). A protocol declares of which bytes it knows that; a test holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Sender.
    pub from: Party,
    /// Receiver.
    pub to: Party,
    /// Payload bytes.
    pub bytes: u64,
    /// Payload bytes that are early.
    pub early: u64,
}

impl Message {
    /// Payload and the headers of its frames: one, unless it is longer than a frame.
    fn framed_bytes(self) -> u64 {
        self.bytes + frames_of(self.bytes) * HEADER_BYTES as u64
    }

    /// Bytes that are early: with the headers, if the whole message is.
    fn early_bytes(self) -> u64 {
        if self.early == self.bytes {
            self.framed_bytes()
        } else {
            self.early
        }
    }
}

/// The declared messages of one protocol call. Within a round every party sends first, then receives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Cost {
    rounds: Vec<Vec<Message>>,
}

impl Cost {
    /// No message at all.
    pub fn local() -> Self {
        Self::default()
    }

    /// Adds a round. `roles[x]` is the party that plays role `x`; each entry is
    /// `(from role, to role, payload bytes)`.
    pub fn round(mut self, roles: [Party; 3], messages: &[(usize, usize, usize)]) -> Self {
        let message = |&(from, to, bytes): &(usize, usize, usize)| Message {
            from: roles[from],
            to: roles[to],
            bytes: bytes as u64,
            early: 0,
        };
        self.rounds.push(messages.iter().map(message).collect());
        self
    }

    /// This cost with all its messages early.
    pub fn early(self) -> Self {
        self.early_where(|_| true)
    }

    /// This cost with all messages of `sender` early.
    pub fn early_from(self, sender: Party) -> Self {
        self.early_where(|message| message.from == sender)
    }

    fn early_where(mut self, is_early: impl Fn(&Message) -> bool) -> Self {
        for message in self.rounds.iter_mut().flatten() {
            if is_early(message) {
                message.early = message.bytes;
            }
        }
        self
    }

    /// This cost with `bytes` of the first message between two roles early.
    pub fn early_part(mut self, roles: [Party; 3], from: usize, to: usize, bytes: usize) -> Self {
        let mut messages = self.rounds.iter_mut().flatten();
        let wanted = (roles[from], roles[to]);
        if let Some(message) = messages.find(|message| (message.from, message.to) == wanted) {
            debug_assert!(bytes as u64 <= message.bytes);
            message.early = bytes as u64;
        }
        self
    }

    /// Adds the rounds of `next` after those of `self`.
    pub fn then(mut self, next: Self) -> Self {
        self.rounds.extend(next.rounds);
        self
    }

    /// Merges the rounds of `other` into those of `self`; both begin at the same time.
    pub fn beside(mut self, other: Self) -> Self {
        for (i, messages) in other.rounds.into_iter().enumerate() {
            match self.rounds.get_mut(i) {
                Some(round) => round.extend(messages),
                None => self.rounds.push(messages),
            }
        }
        self
    }

    /// The first round alone.
    pub fn first_round(&self) -> Self {
        Self {
            rounds: self.rounds.iter().take(1).cloned().collect(),
        }
    }

    /// This cost without its first round, for a call whose first round another call has declared.
    pub fn without_first_round(&self) -> Self {
        Self {
            rounds: self.rounds.get(1..).unwrap_or_default().to_vec(),
        }
    }

    /// Number of rounds if all parties start level.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        let mut ledger = Ledger::default();
        ledger.add(self);
        ledger.rounds()
    }

    /// Payload bytes of all parties.
    #[must_use]
    pub fn payload_bytes(&self) -> u64 {
        self.rounds
            .iter()
            .flatten()
            .map(|message| message.bytes)
            .sum()
    }

    /// Seconds on links of shape `shape`, if all parties start level and computing takes no time. A message leaves
    /// after the earlier ones on its link, and after all that its sender received in earlier rounds.
    #[must_use]
    pub fn seconds(&self, shape: LinkShape) -> f64 {
        let (mut clocks, mut free) = ([0.0_f64; 3], [[0.0_f64; 3]; 3]);
        for round in &self.rounds {
            let depth = clocks;
            for message in round {
                let (from, to) = (message.from.index(), message.to.index());
                let link = &mut free[from][to];
                *link = link.max(depth[from]) + shape.seconds_for(message.framed_bytes());
                clocks[to] = clocks[to].max(*link + shape.latency.as_secs_f64());
            }
        }
        clocks.into_iter().fold(0.0, f64::max)
    }

    /// Bytes that each party sends, frame headers included.
    #[must_use]
    pub fn sent(&self) -> [u64; 3] {
        let mut ledger = Ledger::default();
        ledger.add(self);
        ledger.sent()
    }
}

/// Running totals of declared costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    clocks: [u32; 3],
    sent: [u64; 3],
    early: [u64; 3],
    frames: [u64; 3],
}

impl Ledger {
    /// Adds one protocol call.
    pub fn add(&mut self, cost: &Cost) {
        for round in &cost.rounds {
            let depth = self.clocks;
            for message in round {
                let (from, to) = (message.from.index(), message.to.index());
                self.sent[from] += message.framed_bytes();
                self.early[from] += message.early_bytes();
                self.frames[from] += frames_of(message.bytes);
                self.clocks[to] = self.clocks[to].max(depth[from] + 1);
            }
        }
    }

    /// Adds calls that run at the same time, each in its own lane.
    pub fn add_lanes(&mut self, lanes: &[Cost]) {
        let start = self.clocks;
        let mut end = start;
        for lane in lanes {
            self.clocks = start;
            self.add(lane);
            end = [0, 1, 2].map(|i| end[i].max(self.clocks[i]));
        }
        self.clocks = end;
    }

    /// Bytes sent by each party, headers included.
    #[must_use]
    pub fn sent(&self) -> [u64; 3] {
        self.sent
    }

    /// Bytes sent by each party that are early: they depend on no share of any value ("offline").
    #[must_use]
    pub fn early(&self) -> [u64; 3] {
        self.early
    }

    /// Frames sent by each party.
    #[must_use]
    pub fn frames(&self) -> [u64; 3] {
        self.frames
    }

    /// The longest chain of dependent messages that ends at each party.
    #[must_use]
    pub fn clocks(&self) -> [u32; 3] {
        self.clocks
    }

    /// The longest chain of dependent messages.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.clocks.into_iter().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Ledger};
    use crate::Party;

    #[test]
    fn parallel_messages_count_one_round_and_chains_add_up() {
        let ring = |cost: Cost| cost.round(Party::ALL, &[(0, 1, 8), (1, 2, 8), (2, 0, 8)]);
        let once = ring(Cost::local());
        assert_eq!((once.rounds(), once.payload_bytes()), (1, 24));
        let mut ledger = Ledger::default();
        ledger.add(&ring(ring(Cost::local())));
        ledger.add(&Cost::local().round(Party::ALL, &[(0, 1, 5)]));
        assert_eq!(ledger.clocks(), [2, 3, 2]);
        assert_eq!(ledger.sent(), [2 * 40 + 37, 80, 80]);
    }

    #[test]
    fn early_bytes_count_with_their_headers_if_the_whole_message_is_early() {
        let cost = Cost::local().round(Party::ALL, &[(0, 1, 8), (0, 2, 5), (1, 2, 3)]);
        let early = |cost: &Cost| {
            let mut ledger = Ledger::default();
            ledger.add(cost);
            ledger.early()
        };
        assert_eq!(early(&cost), [0; 3]);
        assert_eq!(
            early(&cost.clone().early_part(Party::ALL, 0, 1, 2)),
            [2, 0, 0]
        );
        assert_eq!(early(&cost.clone().early_from(Party::P0)), [40 + 37, 0, 0]);
        assert_eq!(early(&cost.early()), [40 + 37, 35, 0]);
    }
}
