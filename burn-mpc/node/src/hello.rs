//! The first bytes inside TLS: what the connection is for.
//!
//! Both ends send 60 bytes and read as many: eight bytes that name the message, the version, sender, receiver, the
//! session's name and the digest of the program. Who the sender is, is known from its certificate; what the hello says
//! of it is compared with that.

use std::fmt;

use burn_mpc_engine::Party;
use thiserror::Error;

use crate::LinkConfig;

/// Version of what is spoken inside TLS before the first frame.
pub const VERSION: u16 = 1;

const MAGIC: [u8; 8] = *b"bmpclink";
/// Bytes of a hello.
pub(crate) const HELLO_BYTES: usize = 8 + 2 + 1 + 1 + 16 + 32;

/// What one end says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) sender: Party,
    pub(crate) receiver: Party,
    pub(crate) session: [u8; 16],
    pub(crate) program: [u8; 32],
}

/// What differs between a hello and what this party expects of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The bytes are no hello.
    #[error("what it says first is no hello; all parties need the same release")]
    NotAHello,
    /// Another version.
    #[error(
        "it speaks version {there} of the links, this party {here}; all parties need the same release"
    )]
    Version {
        /// This party's.
        here: u16,
        /// The peer's.
        there: u16,
    },
    /// The peer claims to be another party than its certificate says.
    #[error(
        "it claims to be {claimed}; its party number and its certificate do not belong together"
    )]
    Sender {
        /// Whom it claims to be.
        claimed: Party,
    },
    /// The peer meant another party.
    #[error("it meant {meant}; the addresses of its peers seem exchanged")]
    Receiver {
        /// Whom it meant.
        meant: Party,
    },
    /// Another session.
    #[error(
        "it is here for session {there}, this party for {here}; start all three for the same session"
    )]
    Session {
        /// This party's.
        here: SessionName,
        /// The peer's.
        there: SessionName,
    },
    /// Another program or configuration.
    #[error(
        "it runs another program or configuration (digest {there}.., here {here}..); give all parties the same"
    )]
    Program {
        /// First bytes of this party's digest.
        here: SessionName,
        /// Of the peer's.
        there: SessionName,
    },
}

/// Public bytes that errors show in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionName(pub [u8; 16]);

impl SessionName {
    fn first(bytes: &[u8; 32]) -> Self {
        Self(std::array::from_fn(|i| bytes[i]))
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Hello {
    pub(crate) fn new(party: Party, peer: Party, config: &LinkConfig) -> Self {
        Self {
            sender: party,
            receiver: peer,
            session: config.session,
            program: config.program_digest,
        }
    }

    pub(crate) fn encode(&self) -> [u8; HELLO_BYTES] {
        let mut bytes = [0; HELLO_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[10] = self.sender.index() as u8;
        bytes[11] = self.receiver.index() as u8;
        bytes[12..28].copy_from_slice(&self.session);
        bytes[28..].copy_from_slice(&self.program);
        bytes
    }

    /// Compares what the peer said with what it must say to this party, whose own hello is `self`.
    pub(crate) fn check(&self, said: &[u8; HELLO_BYTES]) -> Result<(), Mismatch> {
        if said[..8] != MAGIC {
            return Err(Mismatch::NotAHello);
        }
        let version = u16::from_le_bytes([said[8], said[9]]);
        if version != VERSION {
            return Err(Mismatch::Version {
                here: VERSION,
                there: version,
            });
        }
        let claimed = party(said[10])?;
        if claimed != self.receiver {
            return Err(Mismatch::Sender { claimed });
        }
        let meant = party(said[11])?;
        if meant != self.sender {
            return Err(Mismatch::Receiver { meant });
        }
        let session: [u8; 16] = std::array::from_fn(|i| said[12 + i]);
        if session != self.session {
            return Err(Mismatch::Session {
                here: SessionName(self.session),
                there: SessionName(session),
            });
        }
        let program: [u8; 32] = std::array::from_fn(|i| said[28 + i]);
        if program != self.program {
            return Err(Mismatch::Program {
                here: SessionName::first(&self.program),
                there: SessionName::first(&program),
            });
        }
        Ok(())
    }
}

fn party(byte: u8) -> Result<Party, Mismatch> {
    let index = usize::from(byte);
    Party::ALL.get(index).copied().ok_or(Mismatch::NotAHello)
}

#[cfg(test)]
mod tests {
    use burn_mpc_engine::Party;

    use super::{HELLO_BYTES, Hello, Mismatch};

    fn hello(sender: Party, receiver: Party) -> Hello {
        Hello {
            sender,
            receiver,
            session: [3; 16],
            program: [4; 32],
        }
    }

    #[test]
    fn every_byte_of_a_hello_is_compared() {
        let here = hello(Party::P1, Party::P2);
        let said = hello(Party::P2, Party::P1).encode();
        assert_eq!(here.check(&said), Ok(()));
        for place in 0..HELLO_BYTES {
            let mut other = said;
            other[place] ^= 1;
            assert!(here.check(&other).is_err(), "byte {place}");
        }
    }

    #[test]
    fn the_first_difference_is_named() {
        let here = hello(Party::P1, Party::P2);
        let is = |said: Hello| here.check(&said.encode()).expect_err("differs");
        let sender = Mismatch::Sender { claimed: Party::P0 };
        assert_eq!(is(hello(Party::P0, Party::P1)), sender);
        let receiver = Mismatch::Receiver { meant: Party::P0 };
        assert_eq!(is(hello(Party::P2, Party::P0)), receiver);
        let mut said = hello(Party::P2, Party::P1);
        said.program[31] = 0;
        assert!(matches!(is(said), Mismatch::Program { .. }));
        said.session[0] = 0;
        assert!(matches!(is(said), Mismatch::Session { .. }));
        let mut said = said.encode();
        said[8] = 9;
        let version = Mismatch::Version { here: 1, there: 9 };
        assert_eq!(here.check(&said), Err(version));
    }
}
