//! The side that listens: many connections, of which at most two are peers'.

use std::collections::{BTreeMap, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::config::TcpConfig;
use super::hello::{HELLO_BYTES, confirmation, hello, split};
use super::places::{Place, Places};
use crate::Party;
use crate::net::error::{At, NetError};
use crate::net::frame::{FrameKind, HEADER_BYTES, Header, HeaderError, PROTOCOL_VERSION};

/// Most connections that may wait for their hello or its confirmation.
const MAX_PENDING: usize = 64;
/// Longest wait for both.
pub(in crate::net) const HELLO_TIMEOUT: Duration = Duration::from_secs(2);
/// Most confirmed connections that wait for a place to become free again.
const MAX_CONFIRMED: usize = 8;
/// How long set-up continues after all places are taken, if a holder has another digest or another connection waits for
/// a place: a peer with the same digest may still come, or a holder turn out not to be a peer.
const GRACE: Duration = Duration::from_millis(250);
/// Pause between two polls.
const POLL: Duration = Duration::from_millis(2);

/// Bytes that no connection was asked to confirm before. They need not be secret: anyone who reads an answer may
/// confirm it, but a recording of an earlier confirmation confirms nothing.
fn fresh() -> [u8; 16] {
    static ANSWERS: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&since.map_or(0, |since| since.as_nanos()).to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    hasher.update(&ANSWERS.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    let hash = hasher.finalize();
    std::array::from_fn(|i| hash.as_bytes()[i])
}

/// A connection that is not confirmed as a peer's yet.
struct Pending {
    stream: TcpStream,
    since: Instant,
    bytes: [u8; HELLO_BYTES],
    read: usize,
    /// What it has to confirm, once its hello has been answered.
    greeted: Option<Greeted>,
}

/// A hello that was answered.
struct Greeted {
    sender: Party,
    /// Whom the hello was for.
    receiver: Party,
    differs: bool,
    confirmation: [u8; HEADER_BYTES],
}

enum Progress {
    Waiting,
    /// Not a peer, for this reason.
    Passed(&'static str),
    /// A party, as far as can be told.
    Confirmed(Greeted),
}

/// What the log says of connections that were refused.
#[derive(Default)]
struct Strangers {
    kinds: BTreeMap<&'static str, u64>,
    /// What was wrong with the last one, by the party that it claimed to be.
    last: [Option<Mismatch>; 3],
}

#[derive(Clone, Copy)]
enum Mismatch {
    Version(u8),
    Other(&'static str),
}

impl Strangers {
    /// Counts one. Logs the first of a kind, but never its bytes.
    fn count(&mut self, party: Party, kind: &'static str) {
        let count = self.kinds.entry(kind).or_default();
        *count += 1;
        if *count == 1 {
            tracing::warn!(%party, kind, "a connection at set-up is passed over");
        }
    }

    fn missing(&self, at: At) -> NetError {
        let seen: u64 = self.kinds.values().sum();
        let detail = match self.last[at.peer.index()] {
            Some(Mismatch::Version(found)) => {
                return NetError::Version {
                    at,
                    expected: PROTOCOL_VERSION,
                    found,
                };
            }
            Some(Mismatch::Other(what)) => {
                format!(
                    "the peer never connected; the last that said it was {} {what}",
                    at.peer
                )
            }
            None if seen > 0 => {
                format!("the peer never connected; {seen} other connections were passed over")
            }
            None => "the peer never connected".to_owned(),
        };
        NetError::NoConnection { at, detail }
    }
}

/// Accepts every party with a higher index into its place.
pub(super) fn accept(
    config: &TcpConfig,
    listener: &TcpListener,
    until: Instant,
    places: &mut Places,
) -> Result<(), NetError> {
    let party = config.party;
    let since = Instant::now();
    listener
        .set_nonblocking(true)
        .map_err(|error| NetError::Socket {
            party,
            detail: error.to_string(),
        })?;
    let mut pending: VecDeque<Pending> = VecDeque::new();
    let mut confirmed: VecDeque<(TcpStream, Greeted)> = VecDeque::new();
    let mut strangers = Strangers::default();
    let mut complete: Option<Instant> = None;
    let result = loop {
        if let Err(error) = places.watch(config) {
            break Err(error);
        }
        match places.missing(party) {
            None => {
                let since = *complete.get_or_insert_with(Instant::now);
                let disputed = places.any_differs() || !confirmed.is_empty();
                if !disputed || since.elapsed() >= GRACE {
                    break Ok(());
                }
            }
            Some(missing) => {
                complete = None;
                if Instant::now() >= until {
                    break Err(strangers.missing(At::link(party, missing, since.elapsed())));
                }
            }
        }
        take_new(listener, &mut pending, |_| {
            strangers.count(party, "put out by newer ones");
        });
        for _ in 0..pending.len() {
            let Some(mut one) = pending.pop_front() else {
                break;
            };
            match one.poll(config, &mut strangers) {
                Progress::Waiting => pending.push_back(one),
                Progress::Passed(kind) => strangers.count(party, kind),
                Progress::Confirmed(greeted) => confirmed.push_back((one.stream, greeted)),
            }
        }
        if let Err(error) = seat(config, &mut confirmed, places) {
            break Err(error);
        }
        while confirmed.len() > MAX_CONFIRMED {
            confirmed.pop_front();
            strangers.count(party, "the place is taken");
        }
        #[allow(clippy::disallowed_methods, reason = "polls several sockets at once")]
        thread::sleep(POLL);
    };
    for _ in &confirmed {
        strangers.count(party, "the place is taken");
    }
    if !strangers.kinds.is_empty() {
        tracing::info!(%party, passed_over = ?strangers.kinds, "set-up has met strangers");
    }
    result
}

/// Accepts connections that wait at the listener. The oldest pending ones make room.
fn take_new(
    listener: &TcpListener,
    pending: &mut VecDeque<Pending>,
    mut put_out: impl FnMut(Pending),
) {
    // Fewer at once than may be pending, so that each is polled at least once.
    for _ in 0..MAX_PENDING / 2 {
        let Ok((stream, _)) = listener.accept() else {
            return;
        };
        if stream.set_nonblocking(true).is_err() || stream.set_nodelay(true).is_err() {
            continue;
        }
        if pending.len() == MAX_PENDING
            && let Some(oldest) = pending.pop_front()
        {
            put_out(oldest);
        }
        pending.push_back(Pending {
            stream,
            since: Instant::now(),
            bytes: [0; HELLO_BYTES],
            read: 0,
            greeted: None,
        });
    }
}

/// Gives confirmed connections their places, if these are free or held by a connection with another digest. One with
/// another digest displaces nobody.
fn seat(
    config: &TcpConfig,
    confirmed: &mut VecDeque<(TcpStream, Greeted)>,
    places: &mut Places,
) -> Result<(), NetError> {
    let party = config.party;
    for (stream, greeted) in std::mem::take(confirmed) {
        let peer = greeted.sender;
        if greeted.receiver != party {
            return Err(NetError::Misaddressed {
                at: At::link(party, peer, Duration::ZERO),
                receiver: greeted.receiver,
            });
        }
        match places.get(peer) {
            Some(place) if !place.differs || greeted.differs => {
                confirmed.push_back((stream, greeted));
            }
            _ => places.put(peer, Place::accepted(stream, greeted.differs)),
        }
    }
    Ok(())
}

impl Pending {
    fn poll(&mut self, config: &TcpConfig, strangers: &mut Strangers) -> Progress {
        loop {
            let end = match &self.greeted {
                None => HELLO_BYTES,
                Some(_) => HEADER_BYTES,
            };
            match self.stream.read(&mut self.bytes[self.read..end]) {
                Ok(0) => return self.left(strangers, "hung up"),
                Ok(count) => self.read += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if self.since.elapsed() > HELLO_TIMEOUT {
                        return self.left(strangers, "said too little in time");
                    }
                    return Progress::Waiting;
                }
                Err(_) => return self.left(strangers, "broke off"),
            }
            if self.read < end {
                continue;
            }
            self.read = 0;
            if let Some(greeted) = self.greeted.take() {
                if self.bytes[..HEADER_BYTES] == greeted.confirmation {
                    return Progress::Confirmed(greeted);
                }
                strangers.last[greeted.sender.index()] =
                    Some(Mismatch::Other("did not confirm this party's answer"));
                return Progress::Passed("no confirmation");
            }
            match self.greet(config, strangers) {
                Ok(greeted) => self.greeted = Some(greeted),
                Err(kind) => return Progress::Passed(kind),
            }
        }
    }

    fn left(&self, strangers: &mut Strangers, kind: &'static str) -> Progress {
        if let Some(greeted) = &self.greeted {
            strangers.last[greeted.sender.index()] = Some(Mismatch::Other(if greeted.differs {
                "had another configuration and left without confirming this party's answer"
            } else {
                "left without confirming this party's answer"
            }));
        }
        Progress::Passed(kind)
    }

    /// Answers a complete hello. From the answer, a party of another version, or one that meant another party, sees its
    /// mistake.
    fn greet(
        &mut self,
        config: &TcpConfig,
        strangers: &mut Strangers,
    ) -> Result<Greeted, &'static str> {
        let (bytes, digest) = split(&self.bytes);
        let (sender, receiver, version) = match Header::decode(&bytes) {
            Ok(header)
                if header.kind == FrameKind::Hello && header.length == 32 && header.label == 0 =>
            {
                (header.sender, header.receiver, None)
            }
            Err(HeaderError::Version(version)) => {
                // Only this field of another version's layout is known.
                let sender = usize::from(bytes[1] >> 2 & 3);
                if sender >= Party::ALL.len() {
                    return Err("no hello");
                }
                (Party::of(sender), config.party, Some(version))
            }
            _ => return Err("no hello"),
        };
        if sender <= config.party {
            return Err("a hello of a party that does not connect here");
        }
        let challenge = fresh();
        let word = |start: usize| u64::from_le_bytes(std::array::from_fn(|i| challenge[start + i]));
        let answer = hello(config, sender, [word(0), word(8)]);
        // Fits a fresh socket's buffer.
        let written = self.stream.write(&answer);
        if let Some(version) = version {
            strangers.last[sender.index()] = Some(Mismatch::Version(version));
            return Err("another version");
        }
        if !matches!(written, Ok(HELLO_BYTES)) {
            return Err("hung up");
        }
        Ok(Greeted {
            sender,
            receiver,
            differs: digest != config.program_digest,
            confirmation: confirmation(sender, config.party, &digest, &answer),
        })
    }
}
