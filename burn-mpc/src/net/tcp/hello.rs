//! Making the connections: who is there, and do we run the same program?
//!
//! The connecting party sends a hello frame (its header names sender, receiver and version, its
//! payload is the program digest) and the accepting party answers with its own, so that both ends
//! see a mismatch. Connections that do not begin with a hello meant for this party are dropped.
//! All waiting connections are polled together and their number is bounded, oldest out first: a
//! genuine peer speaks at once and is served however many silent ones wait.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::TcpConfig;
use crate::Party;
use crate::net::error::{At, NetError};
use crate::net::frame::{FrameKind, HEADER_BYTES, Header, HeaderError};
use crate::net::mesh::decode;

/// Most connections that may wait for their hello.
const MAX_PENDING: usize = 64;
/// Longest wait for a hello.
pub(in crate::net) const HELLO_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause between two polls and between two attempts to connect.
const POLL: Duration = Duration::from_millis(2);
const RETRY: Duration = Duration::from_millis(20);

const HELLO_BYTES: usize = HEADER_BYTES + 32;

fn hello(config: &TcpConfig, to: Party) -> [u8; HELLO_BYTES] {
    let header = Header {
        kind: FrameKind::Hello,
        sender: config.party,
        receiver: to,
        label: 0,
        length: 32,
        session: 0,
        op: 0,
        sequence: 0,
        round: 0,
    };
    let mut bytes = [0; HELLO_BYTES];
    bytes[..HEADER_BYTES].copy_from_slice(&header.encode());
    bytes[HEADER_BYTES..].copy_from_slice(&config.program_digest);
    bytes
}

fn split(bytes: &[u8; HELLO_BYTES]) -> ([u8; HEADER_BYTES], &[u8]) {
    (std::array::from_fn(|i| bytes[i]), &bytes[HEADER_BYTES..])
}

/// Connects to a party with a lower index, again and again until `until`.
pub(super) fn connect(
    config: &TcpConfig,
    peer: Party,
    until: Instant,
) -> Result<TcpStream, NetError> {
    let since = Instant::now();
    let address = config.addresses[peer.index()];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let attempt = if left.is_zero() {
            Err(std::io::Error::from(ErrorKind::TimedOut))
        } else {
            TcpStream::connect_timeout(&address, left)
                .and_then(|stream| ask(stream, config, peer, until))
        };
        let at = At::link(config.party, peer, since.elapsed());
        match attempt {
            Ok((stream, answer)) => {
                let (header, digest) = split(&answer);
                let header = decode(&header, at)?;
                let (sender, receiver) = (header.sender, header.receiver);
                if (sender, receiver) != (peer, config.party) {
                    return Err(NetError::Misrouted {
                        at,
                        sender,
                        receiver,
                    });
                }
                if digest != config.program_digest {
                    return Err(NetError::ProgramMismatch { at });
                }
                return Ok(stream);
            }
            Err(error) if Instant::now() + RETRY >= until => {
                return Err(NetError::NoConnection {
                    at,
                    detail: format!("{address}: {error}"),
                });
            }
            #[allow(
                clippy::disallowed_methods,
                reason = "a refused connection cannot be waited on"
            )]
            Err(_) => thread::sleep(RETRY),
        }
    }
}

fn ask(
    mut stream: TcpStream,
    config: &TcpConfig,
    peer: Party,
    until: Instant,
) -> std::io::Result<(TcpStream, [u8; HELLO_BYTES])> {
    stream.set_nodelay(true)?;
    let left = until.saturating_duration_since(Instant::now());
    stream.set_read_timeout(Some(left.max(POLL)))?;
    stream.write_all(&hello(config, peer))?;
    let mut answer = [0; HELLO_BYTES];
    stream.read_exact(&mut answer)?;
    Ok((stream, answer))
}

struct Pending {
    stream: TcpStream,
    since: Instant,
    bytes: [u8; HELLO_BYTES],
    read: usize,
}

enum Progress {
    Waiting,
    Dropped,
    Complete,
}

impl Pending {
    fn poll(&mut self) -> Progress {
        match self.stream.read(&mut self.bytes[self.read..]) {
            Ok(0) => return Progress::Dropped,
            Ok(count) => self.read += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return Progress::Dropped,
        }
        if self.read == HELLO_BYTES {
            Progress::Complete
        } else if self.since.elapsed() > HELLO_TIMEOUT {
            Progress::Dropped
        } else {
            Progress::Waiting
        }
    }
}

/// Accepts every party with a higher index into its place in `streams`.
pub(super) fn accept(
    config: &TcpConfig,
    listener: Option<TcpListener>,
    until: Instant,
    streams: &mut [Option<TcpStream>; 3],
) -> Result<(), NetError> {
    let party = config.party;
    let since = Instant::now();
    let socket = |error: std::io::Error| NetError::Socket {
        party,
        detail: error.to_string(),
    };
    let listener = listener.ok_or_else(|| NetError::Socket {
        party,
        detail: "no listener".to_owned(),
    })?;
    listener.set_nonblocking(true).map_err(socket)?;
    let mut pending: VecDeque<Pending> = VecDeque::new();
    loop {
        let missing = Party::ALL
            .into_iter()
            .find(|peer| *peer > party && streams[peer.index()].is_none());
        let Some(missing) = missing else {
            return Ok(());
        };
        if Instant::now() >= until {
            return Err(NetError::NoConnection {
                at: At::link(party, missing, since.elapsed()),
                detail: "the peer never connected".to_owned(),
            });
        }
        take_new(&listener, &mut pending);
        for _ in 0..pending.len() {
            let Some(mut one) = pending.pop_front() else {
                break;
            };
            match one.poll() {
                Progress::Waiting => pending.push_back(one),
                Progress::Dropped => {}
                Progress::Complete => welcome(config, one, since, streams)?,
            }
        }
        #[allow(clippy::disallowed_methods, reason = "polls several sockets at once")]
        thread::sleep(POLL);
    }
}

/// Accepts what waits at the listener; the oldest pending make room.
fn take_new(listener: &TcpListener, pending: &mut VecDeque<Pending>) {
    for _ in 0..MAX_PENDING {
        let Ok((stream, _)) = listener.accept() else {
            return;
        };
        if stream.set_nonblocking(true).is_err() {
            continue;
        }
        if pending.len() == MAX_PENDING {
            pending.pop_front();
        }
        pending.push_back(Pending {
            stream,
            since: Instant::now(),
            bytes: [0; HELLO_BYTES],
            read: 0,
        });
    }
}

/// Answers a complete hello. Anything that is not a peer is dropped without a word; a peer with
/// another version or program gets the answer from which it sees the difference.
fn welcome(
    config: &TcpConfig,
    pending: Pending,
    since: Instant,
    streams: &mut [Option<TcpStream>; 3],
) -> Result<(), NetError> {
    let (bytes, digest) = split(&pending.bytes);
    let mut stream = pending.stream;
    let (peer, version) = match Header::decode(&bytes) {
        Ok(header) if is_for(config.party, &header) => (header.sender, None),
        Err(HeaderError::Version(version)) => {
            // The layout of another version is unknown but for these two fields.
            let sender = usize::from(bytes[1] >> 2 & 3);
            if sender <= config.party.index() || sender >= Party::ALL.len() {
                return Ok(());
            }
            (Party::of(sender), Some(version))
        }
        _ => return Ok(()),
    };
    if streams[peer.index()].is_some() {
        return Ok(());
    }
    let answered = stream
        .set_nonblocking(false)
        .and_then(|()| stream.set_write_timeout(Some(HELLO_TIMEOUT)))
        .and_then(|()| stream.write_all(&hello(config, peer)));
    let at = At::link(config.party, peer, since.elapsed());
    if version.is_some() {
        decode(&bytes, at)?;
    }
    if digest != config.program_digest {
        return Err(NetError::ProgramMismatch { at });
    }
    if answered.is_ok() {
        streams[peer.index()] = Some(stream);
    }
    Ok(())
}

fn is_for(party: Party, header: &Header) -> bool {
    header.kind == FrameKind::Hello
        && header.receiver == party
        && header.sender > party
        && header.length == 32
}
