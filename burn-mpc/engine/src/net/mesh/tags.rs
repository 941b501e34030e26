//! Keyed tags of frames, for transports on which bytes may change on the way.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::Party;
use crate::net::frame::Header;

/// The tag keys of one link, one for each direction. They erase themselves.
pub struct LinkKeys {
    /// Key for frames that this party sends.
    pub outgoing: Zeroizing<[u8; 32]>,
    /// Key for frames that it receives.
    pub incoming: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LinkKeys").field(&"redacted").finish()
    }
}

/// Computes the tag of one frame as its bytes pass: BLAKE3 under the key of its direction, over the header (with the
/// session's name) and the payload, cut to 64 bits. A forger that changes a frame succeeds once in 2^64 tries; the
/// first wrong tag ends the session. The state contains the key; it stays in one place and is erased there.
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
