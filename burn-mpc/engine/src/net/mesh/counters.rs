//! What a party counts on its links.

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

impl Counters {
    /// What was counted after `earlier`; the clock is that of `self`.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            bytes_sent: self.bytes_sent - earlier.bytes_sent,
            bytes_received: self.bytes_received - earlier.bytes_received,
            frames_sent: self.frames_sent - earlier.frames_sent,
            frames_received: self.frames_received - earlier.frames_received,
            sent_to: [0, 1, 2].map(|i| self.sent_to[i] - earlier.sent_to[i]),
            round: self.round,
        }
    }
}
