//! The public reason for giving up, as an abort frame carries it.

use std::fmt;

use super::frame::{FrameKind, Header};
use crate::Party;

/// Longest text of an abort frame; longer ones are cut.
pub const MAX_ABORT_TEXT_BYTES: usize = 200;

/// Why a party gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AbortCode {
    /// A peer's link closed.
    PeerLost,
    /// A peer was silent for too long.
    Timeout,
    /// A frame was malformed, misplaced or of the wrong length.
    Frame,
    /// A peer was at another step.
    Desync,
    /// Digests of draws, transcripts or programs differ.
    Digest,
    /// The party's own program failed.
    Local,
    /// A code that this version does not know.
    Unknown(u16),
}

impl AbortCode {
    pub(super) const fn to_wire(self) -> u16 {
        match self {
            Self::PeerLost => 1,
            Self::Timeout => 2,
            Self::Frame => 3,
            Self::Desync => 4,
            Self::Digest => 5,
            Self::Local => 6,
            Self::Unknown(code) => code,
        }
    }

    pub(super) const fn from_wire(code: u16) -> Self {
        match code {
            1 => Self::PeerLost,
            2 => Self::Timeout,
            3 => Self::Frame,
            4 => Self::Desync,
            5 => Self::Digest,
            6 => Self::Local,
            other => Self::Unknown(other),
        }
    }
}

impl fmt::Display for AbortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerLost => f.write_str("peer lost"),
            Self::Timeout => f.write_str("timeout"),
            Self::Frame => f.write_str("bad frame"),
            Self::Desync => f.write_str("desync"),
            Self::Digest => f.write_str("digest mismatch"),
            Self::Local => f.write_str("local failure"),
            Self::Unknown(code) => write!(f, "code {code}"),
        }
    }
}

/// What the peers are told. The text is public: never put a secret into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbortReason {
    /// Why.
    pub code: AbortCode,
    /// The party at which the trouble began.
    pub origin: Party,
    /// Operation at which it began.
    pub op: u64,
    /// Short public text; cut to [`MAX_ABORT_TEXT_BYTES`].
    pub text: String,
}

impl AbortReason {
    /// The frame that tells `receiver` this outside of any session, such as while links are still being made.
    #[must_use]
    pub fn frame(&self, sender: Party, receiver: Party) -> Vec<u8> {
        let header = self.header(sender, receiver, 0).encode();
        [&header[..], &self.payload()].concat()
    }

    /// Reads the payload that followed an abort frame's header. The bytes are untrusted.
    #[must_use]
    pub fn read(header: &Header, payload: &[u8]) -> Option<Self> {
        Self::parse(header.label, header.op, payload)
    }

    /// Header of the abort frame. Abort frames carry no sequence number.
    pub(super) fn header(&self, sender: Party, receiver: Party, session: u64) -> Header {
        Header {
            kind: FrameKind::Abort,
            sender,
            receiver,
            label: self.code.to_wire(),
            length: self.payload().len() as u32,
            session,
            op: self.op,
            sequence: 0,
            round: 0,
        }
    }

    /// Payload of the abort frame: origin, then text.
    pub(super) fn payload(&self) -> Vec<u8> {
        let mut end = self.text.len().min(MAX_ABORT_TEXT_BYTES);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let mut payload = Vec::with_capacity(1 + end);
        payload.push(self.origin.index() as u8);
        payload.extend_from_slice(&self.text.as_bytes()[..end]);
        payload
    }

    /// Inverse of [`Self::payload`] for untrusted bytes: unprintable characters are replaced.
    pub(super) fn parse(code: u16, op: u64, payload: &[u8]) -> Option<Self> {
        let (&origin, text) = payload.split_first()?;
        if usize::from(origin) >= Party::ALL.len() || text.len() > MAX_ABORT_TEXT_BYTES {
            return None;
        }
        let text = String::from_utf8_lossy(text)
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        Some(Self {
            code: AbortCode::from_wire(code),
            origin: Party::of(usize::from(origin)),
            op,
            text,
        })
    }
}
