//! The 32-byte frame header.
//!
//! Little-endian, in this order: magic nibble and version nibble, kind nibble and sender and
//! receiver (2 bits each), label u16, payload bytes u32, session tag u64, op u64, sequence number
//! u32, round u32. Decoding is total: any 32 bytes give a header or a typed refusal.

use super::step::Step;
use crate::Party;

/// Bytes of a header.
pub const HEADER_BYTES: usize = 32;
/// Longest payload of one frame.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 30;
/// Version of the wire protocol.
pub const PROTOCOL_VERSION: u8 = 1;

const MAGIC: u8 = 0xB0;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A message of a step.
    Data,
    /// The sender gives up.
    Abort,
    /// First frame on a fresh connection.
    Hello,
}

/// A decoded header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the frame is for.
    pub kind: FrameKind,
    /// Who sent it.
    pub sender: Party,
    /// Whom it is for.
    pub receiver: Party,
    /// Message within the operation; in an abort frame, the code.
    pub label: u16,
    /// Payload bytes that follow.
    pub length: u32,
    /// Tag of the session.
    pub session: u64,
    /// Operation.
    pub op: u64,
    /// Counts the frames of this direction of this link, modulo 2^32.
    pub sequence: u32,
    /// Length of the longest chain of dependent messages that ends with this frame.
    pub round: u32,
}

/// Why 32 bytes are not a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError {
    /// One of the first two bytes does not belong to this protocol: this one.
    NotAFrame(u8),
    /// Another version.
    Version(u8),
}

impl Header {
    /// The step whose message this frame carries.
    #[must_use]
    pub fn step(&self) -> Step {
        Step {
            op: self.op,
            label: self.label,
        }
    }

    /// The header's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let kind: u8 = match self.kind {
            FrameKind::Data => 1,
            FrameKind::Abort => 2,
            FrameKind::Hello => 3,
        };
        let mut bytes = [0; HEADER_BYTES];
        bytes[0] = MAGIC | PROTOCOL_VERSION;
        bytes[1] = kind << 4 | (self.sender.index() as u8) << 2 | self.receiver.index() as u8;
        bytes[2..4].copy_from_slice(&self.label.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.session.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.op.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.round.to_le_bytes());
        bytes
    }

    /// Reads a header from untrusted bytes.
    ///
    /// # Errors
    /// If the bytes are not a header of this version.
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, HeaderError> {
        if bytes[0] & 0xF0 != MAGIC {
            return Err(HeaderError::NotAFrame(bytes[0]));
        }
        if bytes[0] & 0x0F != PROTOCOL_VERSION {
            return Err(HeaderError::Version(bytes[0] & 0x0F));
        }
        let kind = match bytes[1] >> 4 {
            1 => FrameKind::Data,
            2 => FrameKind::Abort,
            3 => FrameKind::Hello,
            _ => return Err(HeaderError::NotAFrame(bytes[1])),
        };
        let (sender, receiver) = (bytes[1] >> 2 & 3, bytes[1] & 3);
        if sender == 3 || receiver == 3 || sender == receiver {
            return Err(HeaderError::NotAFrame(bytes[1]));
        }
        Ok(Self {
            kind,
            sender: Party::of(usize::from(sender)),
            receiver: Party::of(usize::from(receiver)),
            label: u16::from_le_bytes(field(bytes, 2)),
            length: u32::from_le_bytes(field(bytes, 4)),
            session: u64::from_le_bytes(field(bytes, 8)),
            op: u64::from_le_bytes(field(bytes, 16)),
            sequence: u32::from_le_bytes(field(bytes, 24)),
            round: u32::from_le_bytes(field(bytes, 28)),
        })
    }
}

fn field<const N: usize>(bytes: &[u8; HEADER_BYTES], start: usize) -> [u8; N] {
    std::array::from_fn(|i| bytes[start + i])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FrameKind, HEADER_BYTES, Header, HeaderError};
    use crate::Party;

    proptest! {
        #[test]
        fn decoding_inverts_encoding(
            kind in 0..3_u8, from in 0..3_usize, hop in 1..3_usize, label: u16, length: u32,
            session: u64, op: u64, sequence: u32, round: u32,
        ) {
            let kind = [FrameKind::Data, FrameKind::Abort, FrameKind::Hello][usize::from(kind)];
            let (sender, receiver) = (Party::of(from), Party::of(from + hop));
            let header =
                Header { kind, sender, receiver, label, length, session, op, sequence, round };
            prop_assert_eq!(Header::decode(&header.encode()), Ok(header));
        }

        #[test]
        fn any_bytes_decode_to_themselves_or_are_refused(bytes: [u8; HEADER_BYTES]) {
            for first in [bytes[0], 0xB1] {
                let mut bytes = bytes;
                bytes[0] = first;
                if let Ok(header) = Header::decode(&bytes) {
                    prop_assert_eq!(header.encode(), bytes);
                }
            }
        }
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0] = 0xB7;
        assert_eq!(Header::decode(&bytes), Err(HeaderError::Version(7)));
    }
}
