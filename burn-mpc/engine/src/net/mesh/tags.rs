//! Keyed tags of frames, for transports on whose way bytes may change.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::Party;
use crate::net::frame::Header;

/// The keys of the tags of one link, one for each direction. They erase themselves.
pub struct LinkKeys {
    /// Of the frames that this party sends.
    pub outgoing: Zeroizing<[u8; 32]>,
    /// Of those that it receives.
    pub incoming: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LinkKeys").field(&"redacted").finish()
    }
}

/// The tag of one frame while its bytes go by: BLAKE3 under the key of its direction, cut to 64 bits, of the header
/// with the session's name and of the payload. A forger that changes a frame is right once in 2^64; the session dies
/// with the first that is wrong. Its state has the key in it and lies in one place, where it is erased.
pub(super) struct Tag(Box<blake3::Hasher>);

impl Tag {
    fn under(key: &[u8; 32]) -> Self {
        Self(Box::new(blake3::Hasher::new_keyed(key)))
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn value(&self) -> u64 {
        let mut hash = self.0.finalize();
        let value = u64::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i]));
        hash.zeroize();
        value
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The keys of a party's two links.
pub(super) struct Tags {
    party: Party,
    next: LinkKeys,
    prev: LinkKeys,
}

impl Tags {
    pub(super) const fn new(party: Party, next: LinkKeys, prev: LinkKeys) -> Self {
        Self { party, next, prev }
    }

    fn of(&self, peer: Party) -> &LinkKeys {
        if peer == self.party.next() {
            &self.next
        } else {
            &self.prev
        }
    }

    /// The tag of a frame to send, whose header has the session's name.
    pub(super) fn outgoing(&self, header: &Header) -> Tag {
        let mut tag = Tag::under(&self.of(header.receiver).outgoing);
        tag.update(&header.encode());
        tag
    }

    /// The tag that a received frame has to carry instead of the session's name.
    pub(super) fn incoming(&self, header: &Header, session: u64) -> Tag {
        let mut tag = Tag::under(&self.of(header.sender).incoming);
        let header = Header { session, ..*header };
        tag.update(&header.encode());
        tag
    }
}
