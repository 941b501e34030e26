//! The bytes by which two parties recognise each other on a fresh connection, and the side that connects.
//!
//! Three messages, on every connection:
//! 1. the connecting party sends a *hello*: a header that names sender, receiver and version, and the digest of its
//!    configuration;
//! 2. the accepting party answers with its own hello, whose header carries 16 fresh bytes;
//! 3. the connecting party *confirms*: a header with a hash of those bytes and both digests.
//!
//! Only a confirmed connection takes a peer's place. Digests need not be equal for that: the parties compare their
//! configurations over the finished mesh ([`crate::prg::setup`]), where all three learn what differs and where. But
//! until shortly after all places are taken, a peer with an equal digest displaces one with another digest.
//!
//! # What a stranger can do
//!
//! Unless it confirms a hello, nothing that it sends ends the set-up before the deadline. Junk, other protocols, other
//! versions, recorded hellos and unconfirmed hellos are counted and refused, and take no place. The number of
//! connections that wait for their hello is bounded: the oldest is dropped first, and a genuine peer that was dropped
//! connects again. A place whose holder hangs up or sends something that is not a frame becomes free for the next
//! connection, as long as a party is missing, and for a quarter of a second more if another connection waits for a
//! place or a holder has another digest. After that, such a holder ends the session with an error.
//!
//! Without certificates, a stranger that speaks all three messages is taken for a peer. It needs only the digest, which
//! is public and part of every answer. It can take a place before the genuine party, and play that party or make the
//! set-up or the session fail with an error at all parties. It sees no shares but those of the party that it plays. An
//! attacker on the path between two parties can do everything. Hence the loopback rule.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::config::TcpConfig;
use super::places::{Place, Places, read_abort};
use crate::Party;
use crate::net::error::{At, NetError};
use crate::net::frame::{FrameKind, HEADER_BYTES, Header};
use crate::net::mesh::decode;

/// Pause between two polls and between two attempts to connect.
const RETRY: Duration = Duration::from_millis(20);
/// Interval at which a wait for an answer checks the existing links.
const SLICE: Duration = Duration::from_millis(50);

/// How long one attempt to connect may take before the existing links are checked.
const CONNECT: Duration = Duration::from_secs(2);

/// A header and a digest.
pub(in crate::net) const HELLO_BYTES: usize = HEADER_BYTES + 32;
const CONFIRM: u16 = 1;

/// A hello, with 16 bytes that the other side has to repeat in a hash.
pub(super) fn hello(config: &TcpConfig, to: Party, challenge: [u64; 2]) -> [u8; HELLO_BYTES] {
    let header = frame(config.party, to, 0, 32, challenge);
    let mut bytes = [0; HELLO_BYTES];
    bytes[..HEADER_BYTES].copy_from_slice(&header);
    bytes[HEADER_BYTES..].copy_from_slice(&config.program_digest);
    bytes
}

/// The header with which `from` confirms `answer`.
pub(in crate::net) fn confirmation(
    from: Party,
    to: Party,
    own_digest: &[u8; 32],
    answer: &[u8; HELLO_BYTES],
) -> [u8; HEADER_BYTES] {
    let mut hasher = blake3::Hasher::new_derive_key("burn-mpc/v1/hello");
    hasher.update(own_digest).update(answer);
    let hash = hasher.finalize();
    let word =
        |start: usize| u64::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[start + i]));
    frame(from, to, CONFIRM, 0, [word(0), word(8)])
}

fn frame(
    sender: Party,
    receiver: Party,
    label: u16,
    length: u32,
    [session, op]: [u64; 2],
) -> [u8; HEADER_BYTES] {
    let header = Header {
        kind: FrameKind::Hello,
        sender,
        receiver,
        label,
        length,
        session,
        op,
        sequence: 0,
        round: 0,
    };
    header.encode()
}

/// The two parts of a hello.
pub(super) fn split(bytes: &[u8; HELLO_BYTES]) -> ([u8; HEADER_BYTES], [u8; 32]) {
    (
        std::array::from_fn(|i| bytes[i]),
        std::array::from_fn(|i| bytes[HEADER_BYTES + i]),
    )
}

/// Why an attempt did not make a link.
enum Attempt {
    /// Another attempt may.
    Again(String),
    /// No other attempt will.
    Fatal(NetError),
}

impl From<NetError> for Attempt {
    fn from(error: NetError) -> Self {
        Self::Fatal(error)
    }
}

/// Connects to a party with a lower index. Tries again until `until`, unless an existing link breaks.
pub(super) fn connect(
    config: &TcpConfig,
    peer: Party,
    until: Instant,
    places: &mut Places,
) -> Result<(), NetError> {
    let since = Instant::now();
    let address = config.addresses[peer.index()];
    let mut last = "no time to connect".to_owned();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(NetError::NoConnection {
                at: At::link(config.party, peer, since.elapsed()),
                detail: format!("{address}: {last}"),
            });
        }
        let attempt = match TcpStream::connect_timeout(&address, left.min(CONNECT)) {
            Ok(stream) => ask(stream, config, peer, until, places),
            Err(error) => Err(Attempt::Again(error.to_string())),
        };
        match attempt {
            Ok(place) => {
                places.put(peer, place);
                return Ok(());
            }
            Err(Attempt::Fatal(error)) => return Err(error),
            Err(Attempt::Again(why)) => last = why,
        }
        places.watch(config)?;
        #[allow(
            clippy::disallowed_methods,
            reason = "a refused connection cannot be waited on"
        )]
        thread::sleep(RETRY.min(until.saturating_duration_since(Instant::now())));
    }
}

fn ask(
    mut stream: TcpStream,
    config: &TcpConfig,
    peer: Party,
    until: Instant,
    places: &mut Places,
) -> Result<Place, Attempt> {
    let since = Instant::now();
    let again = |error: std::io::Error| Attempt::Again(error.to_string());
    stream.set_nodelay(true).map_err(again)?;
    stream.set_read_timeout(Some(SLICE)).map_err(again)?;
    stream
        .write_all(&hello(config, peer, [0; 2]))
        .map_err(again)?;
    let mut answer = [0; HELLO_BYTES];
    let mut read = 0;
    // Decoded as soon as it has arrived, since an abort frame is shorter or longer than a hello.
    let mut header = None;
    while read < HELLO_BYTES {
        let end = if header.is_some() {
            HELLO_BYTES
        } else {
            HEADER_BYTES
        };
        match stream.read(&mut answer[read..end]) {
            Ok(0) => {
                return Err(Attempt::Again(
                    "connected, but it hung up without an answer: it is no party, or one that gave up"
                        .to_owned(),
                ));
            }
            Ok(count) => read += count,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                    places.watch(config)?;
                    if Instant::now() >= until {
                        let waited = since.elapsed().as_secs_f64();
                        return Err(Attempt::Again(format!(
                            "connected, but no hello within {waited:.1} s: it is no party, or one that waits for others"
                        )));
                    }
                }
                _ => return Err(again(error)),
            },
        }
        if read == HEADER_BYTES && header.is_none() {
            let at = At::link(config.party, peer, since.elapsed());
            let found = decode(&split(&answer).0, at.clone())?;
            if found.kind == FrameKind::Abort {
                let told = read_abort(&mut stream, &found, at);
                return Err(told.map_or_else(
                    || Attempt::Again("it gave up without a reason".to_owned()),
                    Attempt::Fatal,
                ));
            }
            header = Some(found);
        }
    }
    let at = At::link(config.party, peer, since.elapsed());
    let Some(header) = header.filter(|header| header.kind == FrameKind::Hello) else {
        let found = answer[1];
        return Err(NetError::NotAFrame { at, found }.into());
    };
    let confirm = confirmation(config.party, header.sender, &config.program_digest, &answer);
    stream.write_all(&confirm).map_err(again)?;
    if header.sender != peer {
        // The party that answered learns it too: the confirmed hello names another receiver.
        return Err(NetError::WrongAddress {
            at,
            address: config.addresses[peer.index()],
            found: header.sender,
        }
        .into());
    }
    Ok(Place::connected(
        stream,
        split(&answer).1 != config.program_digest,
    ))
}
