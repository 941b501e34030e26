//! Agreement on the session id and the three pair keys.
//!
//! Two rounds over a fresh mesh. First every party sends both peers a public random nonce and the
//! digest of its configuration; the session id is the hash of the three nonces. Then each pair exchanges
//! 32 secret random bytes each way, from which its key is derived. Secrecy of a key rests on the
//! transport of its pair; the keys never travel and are never stored.
//!
//! Two parties whose digests differ send each other the text behind them, which is public, and name the first field
//! that differs. If three parties have two configurations, each has a peer with the other one, so all three do this.
//!
//! Where the transport has a secret of each authenticated channel, that is mixed into the pair's key, so that the key
//! belongs to this channel: whoever ends the channels of two parties and passes messages on gives them different keys.
//! The pair then sends each other 32 bytes that follow from the key, and so finds out here.
//!
//! Where the transport wants tags, every later frame carries one, under a key derived from the pair key and different
//! for each direction. A byte of set-up itself that changes on the way gives another session, which is detected here,
//! or another key, which the first tag reveals.

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::seed::{Erased, PairKeys, Seed, erase_stack};
use crate::Party;
use crate::net::{AbortCode, AbortReason, LinkKeys, Mesh, NetError};
use crate::step::setup::{CONFIRM, CONTRIBUTIONS, LENGTH, NONCES, TEXT};

const DOMAIN: &[u8] = b"burn-mpc/v1";
const OP: u64 = 0;

/// Most bytes of a configuration that are sent to a peer with another one.
const MAX_TEXT_BYTES: usize = 64 << 10;
/// Characters of a value that an error shows, beginning shortly before the first that differs.
const SHOWN: usize = 40;
const BEFORE: usize = 12;

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
    #[error(
        "{party}: {peer} runs another configuration: {field} is {here} at {party}, {there} at {peer}; give all parties \
         the same"
    )]
    ProgramMismatch {
        /// The party that reports.
        party: Party,
        /// The peer whose digest differs.
        peer: Party,
        /// The first field that differs.
        field: String,
        /// Its value at the party that reports, cut around the first character that differs.
        here: String,
        /// Its value at the peer, likewise.
        there: String,
    },
    /// A peer saw other nonces.
    #[error("{party}: {peer} derived another session id")]
    SessionMismatch {
        /// The party that reports.
        party: Party,
        /// The peer that disagrees.
        peer: Party,
    },
    /// The two ends of an authenticated channel are not each other's.
    #[error(
        "{party}: {peer} derived another key for this pair: its channel does not end at {party}, so somebody stands \
         between; replace both parties' keys"
    )]
    KeyMismatch {
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

/// Agrees with both peers on a session id and fresh pair keys, and tags the mesh with the session. `configuration` has
/// a line `field = value` for everything that must be equal at all parties; it is public.
///
/// Its traffic counts in [`Mesh::setup_counters`].
///
/// # Errors
/// [`SetupError`]; the mesh is dead afterwards and both peers were told.
pub fn agree(mesh: &mut Mesh, configuration: &str) -> Result<(PairKeys, SessionId), SetupError> {
    let result = exchange(mesh, configuration);
    erase_stack();
    match &result {
        Ok((keys, session)) => {
            mesh.set_session(session.tag());
            if mesh.wants_tags() {
                let (next, prev) = (mesh.party().next(), mesh.party().prev());
                let next = link_keys(&keys.next, mesh.party(), next);
                mesh.set_tag_keys(next, link_keys(&keys.own, mesh.party(), prev));
            }
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

/// The tag keys between two parties that share `seed`.
fn link_keys(seed: &Seed, party: Party, peer: Party) -> LinkKeys {
    let key = |from: Party, to: Party| {
        let ends = [from, to].map(|party| party.index() as u8);
        seed.purpose_key(&[DOMAIN, b"/frame-tag/blake3", &ends])
    };
    LinkKeys {
        outgoing: key(party, peer),
        incoming: key(peer, party),
    }
}

/// Never inlined: its caller overwrites the stack that this uses.
#[inline(never)]
fn exchange(mesh: &mut Mesh, configuration: &str) -> Result<(PairKeys, SessionId), SetupError> {
    let party = mesh.party();
    let peers = [party.next(), party.prev()];
    let digest = *blake3::hash(configuration.as_bytes()).as_bytes();

    let mut nonces = [[0; 32]; 3];
    entropy(party, &mut nonces[party.index()])?;
    let mut message = [0; 64];
    message[..32].copy_from_slice(&nonces[party.index()]);
    message[32..].copy_from_slice(&digest);
    for peer in peers {
        mesh.send(peer, OP, NONCES.label(), &message)?;
    }
    let mut others = Vec::new();
    for peer in peers {
        mesh.recv(peer, OP, NONCES.label(), &mut message)?;
        if message[32..] != digest {
            others.push(peer);
        }
        nonces[peer.index()].copy_from_slice(&message[..32]);
    }
    if let Some(error) = differences(mesh, &others, configuration)? {
        return Err(error);
    }
    if let Some(error) = mesh.differing() {
        return Err(error.into());
    }
    let session = session_id(&nonces);

    let next = Contribution::fresh(party)?;
    let prev = Contribution::fresh(party)?;
    for (peer, contribution) in peers.into_iter().zip([&next, &prev]) {
        let mut message = Zeroizing::new([0; 64]);
        message[..32].copy_from_slice(&session.0);
        message[32..].copy_from_slice(contribution.0.bytes());
        mesh.send(peer, OP, CONTRIBUTIONS.label(), &message[..])?;
    }
    let mut pair_key = |peer: Party, mine: &Contribution| {
        let mut message = Zeroizing::new([0; 64]);
        mesh.recv(peer, OP, CONTRIBUTIONS.label(), &mut message[..])?;
        if message[..32] != session.0 {
            return Err(SetupError::SessionMismatch { party, peer });
        }
        let binding = Zeroizing::new(mesh.binding(peer));
        let binding: &[u8] = binding.as_ref().map_or(&[], |secret| secret);
        Ok(derive(
            session,
            [(party, mine.0.bytes()), (peer, &message[32..])],
            binding,
        ))
    };
    let next = pair_key(party.next(), &next)?;
    let own = pair_key(party.prev(), &prev)?;
    confirm(mesh, [(party.next(), &next), (party.prev(), &own)])?;
    Ok((PairKeys { own, next }, session))
}

/// Compares keys that are bound to a channel with the peers.
fn confirm(mesh: &mut Mesh, keys: [(Party, &Seed); 2]) -> Result<(), SetupError> {
    let party = mesh.party();
    let bound = keys.map(|(peer, key)| {
        let is_bound = Zeroizing::new(mesh.binding(peer)).is_some();
        is_bound.then_some((peer, key))
    });
    let token =
        |key: &Seed, from: Party| key.purpose_key(&[DOMAIN, b"/confirm", &[from.index() as u8]]);
    for (peer, key) in bound.into_iter().flatten() {
        mesh.send(peer, OP, CONFIRM.label(), &token(key, party)[..])?;
    }
    for (peer, key) in bound.into_iter().flatten() {
        let mut said = [0; 32];
        mesh.recv(peer, OP, CONFIRM.label(), &mut said)?;
        if said != *token(key, peer) {
            return Err(SetupError::KeyMismatch { party, peer });
        }
    }
    Ok(())
}

/// Exchanges texts with the peers whose digests differ, which do the same. Returns the first field that differs.
fn differences(
    mesh: &mut Mesh,
    others: &[Party],
    configuration: &str,
) -> Result<Option<SetupError>, NetError> {
    let text = configuration.as_bytes();
    let text = &text[..text.len().min(MAX_TEXT_BYTES)];
    for &peer in others {
        mesh.send(peer, OP, LENGTH.label(), &(text.len() as u32).to_le_bytes())?;
        mesh.send(peer, OP, TEXT.label(), text)?;
    }
    let mut error = None;
    for &peer in others {
        let mut length = [0; 4];
        mesh.recv(peer, OP, LENGTH.label(), &mut length)?;
        let mut there = vec![0; (u32::from_le_bytes(length) as usize).min(MAX_TEXT_BYTES)];
        mesh.recv(peer, OP, TEXT.label(), &mut there)?;
        let [field, here, there] = difference(
            &String::from_utf8_lossy(text),
            &String::from_utf8_lossy(&there),
        );
        error.get_or_insert(SetupError::ProgramMismatch {
            party: mesh.party(),
            peer,
            field,
            here,
            there,
        });
    }
    Ok(error)
}

/// Name and values of the first field that differs. The texts are untrusted.
fn difference(here: &str, there: &str) -> [String; 3] {
    let absent = "absent";
    let (mut a, mut b) = (here.lines(), there.lines());
    loop {
        let (here, there) = match (a.next(), b.next()) {
            (Some(here), Some(there)) if here == there => continue,
            (None, None) => return ["the configuration", "one", "another"].map(str::to_owned),
            lines => lines,
        };
        let parts = |line: &'_ str| {
            let (field, value) = line.split_once(" = ").unwrap_or((line, ""));
            (field.to_owned(), value.to_owned())
        };
        let (here, there) = (here.map(parts), there.map(parts));
        return match (here, there) {
            (Some((field, here)), Some((other, there))) if field == other => {
                let equal = here.chars().zip(there.chars()).take_while(|(a, b)| a == b);
                let from = equal.count().saturating_sub(BEFORE);
                [shown(&field, 0), shown(&here, from), shown(&there, from)]
            }
            (Some((field, here)), _) => [shown(&field, 0), shown(&here, 0), absent.to_owned()],
            (None, Some((field, there))) => [shown(&field, 0), absent.to_owned(), shown(&there, 0)],
            (None, None) => continue,
        };
    }
}

/// A part of a text, on one line.
fn shown(text: &str, from: usize) -> String {
    let printable = |c: char| if c.is_control() { '?' } else { c };
    let mut part: String = text.chars().skip(from).take(SHOWN).map(printable).collect();
    if from > 0 {
        part.insert_str(0, "..");
    }
    if text.chars().count() > from + SHOWN {
        part.push_str("..");
    }
    part
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

/// The key of two parties, from what each contributed and the secret of their channel. Both derive the same one.
fn derive(
    session: SessionId,
    [(a, from_a), (b, from_b)]: [(Party, &[u8]); 2],
    binding: &[u8],
) -> Seed {
    let component = if a.next() == b { b } else { a };
    let ((low, from_low), (high, from_high)) = if a < b {
        ((a, from_a), (b, from_b))
    } else {
        ((b, from_b), (a, from_a))
    };
    let material = Zeroizing::new([from_low, from_high, binding].concat());
    let tail = [low, high, component].map(|party| party.index() as u8);
    Seed::derive(&material, &[DOMAIN, &session.0, &tail])
}

/// Keys that anybody can compute from `seed`; nothing is sent. For tests only.
#[cfg(any(test, feature = "testkit"))]
pub fn agree_from_insecure_seed(mesh: &mut Mesh, seed: u64) -> (PairKeys, SessionId) {
    let party = mesh.party();
    let bytes = seed.to_le_bytes();
    let session = SessionId(Sha256::digest([&b"insecure"[..], &bytes].concat()).into());
    let key = |peer| derive(session, [(party, &bytes), (peer, &bytes)], &[]);
    let keys = PairKeys {
        own: key(party.prev()),
        next: key(party.next()),
    };
    mesh.set_session(session.tag());
    mesh.finish_setup();
    (keys, session)
}
