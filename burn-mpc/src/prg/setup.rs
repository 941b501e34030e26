//! Agreement on the session id and the three pair keys.
//!
//! Two rounds over a fresh mesh. First every party sends both peers a public random nonce and the
//! digest of its program; the session id is the hash of the three nonces. Then each pair exchanges
//! 32 secret random bytes each way, from which its key is derived. Secrecy of a key rests on the
//! transport of its pair; the keys never travel and are never stored.

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::seed::{Erased, PairKeys, Seed, erase_stack};
use crate::Party;
use crate::net::{AbortCode, AbortReason, Mesh, NetError};

const DOMAIN: &[u8] = b"burn-mpc/v1";
const OP: u64 = 0;
const NONCES: u16 = 0;
const CONTRIBUTIONS: u16 = 1;

/// Public name of a session: the hash of three random nonces.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// All bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The tag that frames carry: the first eight bytes.
    #[must_use]
    pub fn tag(&self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|i| self.0[i]))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// A failed set-up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The mesh failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A peer runs another program, model or configuration.
    #[error("{party}: {peer} runs another program or configuration; compare the config files")]
    ProgramMismatch {
        /// The party that reports.
        party: Party,
        /// The peer whose digest differs.
        peer: Party,
    },
    /// A peer saw other nonces.
    #[error("{party}: {peer} derived another session id")]
    SessionMismatch {
        /// The party that reports.
        party: Party,
        /// The peer that disagrees.
        peer: Party,
    },
    /// The operating system gave no randomness.
    #[error("{party}: no entropy from the operating system: {detail}")]
    Entropy {
        /// The party that reports.
        party: Party,
        /// What the operating system said.
        detail: String,
    },
}

/// Agrees with both peers on a session id and fresh pair keys, and tags the mesh with the session.
///
/// What it sends counts as [`Mesh::setup_counters`].
///
/// # Errors
/// [`SetupError`]; the mesh is dead afterwards and both peers were told.
pub fn agree(
    mesh: &mut Mesh,
    program_digest: [u8; 32],
) -> Result<(PairKeys, SessionId), SetupError> {
    let result = exchange(mesh, &program_digest);
    erase_stack();
    match &result {
        Ok((_, session)) => {
            mesh.set_session(session.tag());
            mesh.finish_setup();
        }
        Err(error) => mesh.abort(&AbortReason {
            code: AbortCode::Digest,
            origin: mesh.party(),
            op: OP,
            text: error.to_string(),
        }),
    }
    result
}

/// Not within its caller, which writes over the stack that this takes.
#[inline(never)]
fn exchange(
    mesh: &mut Mesh,
    program_digest: &[u8; 32],
) -> Result<(PairKeys, SessionId), SetupError> {
    let party = mesh.party();
    let peers = [party.next(), party.prev()];

    let mut nonces = [[0; 32]; 3];
    entropy(party, &mut nonces[party.index()])?;
    let mut message = [0; 64];
    message[..32].copy_from_slice(&nonces[party.index()]);
    message[32..].copy_from_slice(program_digest);
    for peer in peers {
        mesh.send(peer, OP, NONCES, &message)?;
    }
    for peer in peers {
        mesh.recv(peer, OP, NONCES, &mut message)?;
        if message[32..] != program_digest[..] {
            return Err(SetupError::ProgramMismatch { party, peer });
        }
        nonces[peer.index()].copy_from_slice(&message[..32]);
    }
    let session = session_id(&nonces);

    let next = Contribution::fresh(party)?;
    let prev = Contribution::fresh(party)?;
    for (peer, contribution) in peers.into_iter().zip([&next, &prev]) {
        let mut message = Zeroizing::new([0; 64]);
        message[..32].copy_from_slice(&session.0);
        message[32..].copy_from_slice(contribution.0.bytes());
        mesh.send(peer, OP, CONTRIBUTIONS, &message[..])?;
    }
    let mut pair_key = |peer: Party, mine: &Contribution| {
        let mut message = Zeroizing::new([0; 64]);
        mesh.recv(peer, OP, CONTRIBUTIONS, &mut message[..])?;
        if message[..32] != session.0 {
            return Err(SetupError::SessionMismatch { party, peer });
        }
        Ok(derive(session, party, mine.0.bytes(), peer, &message[32..]))
    };
    let next = pair_key(party.next(), &next)?;
    let own = pair_key(party.prev(), &prev)?;
    Ok((PairKeys { own, next }, session))
}

/// Secret random bytes for one pair.
struct Contribution(Erased<32>);

impl Contribution {
    fn fresh(party: Party) -> Result<Self, SetupError> {
        let mut bytes = Erased::zeros();
        entropy(party, bytes.bytes_mut())?;
        Ok(Self(bytes))
    }
}

fn entropy(party: Party, buffer: &mut [u8]) -> Result<(), SetupError> {
    getrandom::fill(buffer).map_err(|error| SetupError::Entropy {
        party,
        detail: error.to_string(),
    })
}

fn session_id(nonces: &[[u8; 32]; 3]) -> SessionId {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(b"/session");
    for nonce in nonces {
        hash.update(nonce);
    }
    SessionId(hash.finalize().into())
}

/// The key of two parties, who get the same one from their two ends.
fn derive(session: SessionId, a: Party, from_a: &[u8], b: Party, from_b: &[u8]) -> Seed {
    let component = if a.next() == b { b } else { a };
    let ((low, from_low), (high, from_high)) = if a < b {
        ((a, from_a), (b, from_b))
    } else {
        ((b, from_b), (a, from_a))
    };
    let material = Zeroizing::new([from_low, from_high].concat());
    let tail = [low, high, component].map(|party| party.index() as u8);
    Seed::derive(&material, &[DOMAIN, &session.0, &tail])
}

/// Keys that anybody can compute from `seed`; nothing is sent. For tests only.
#[cfg(any(test, feature = "testkit"))]
pub fn agree_from_insecure_seed(mesh: &mut Mesh, seed: u64) -> (PairKeys, SessionId) {
    let party = mesh.party();
    let bytes = seed.to_le_bytes();
    let session = SessionId(Sha256::digest([&b"insecure"[..], &bytes].concat()).into());
    let key = |peer| derive(session, party, &bytes, peer, &bytes);
    let keys = PairKeys {
        own: key(party.prev()),
        next: key(party.next()),
    };
    mesh.set_session(session.tag());
    mesh.finish_setup();
    (keys, session)
}
