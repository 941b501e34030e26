//! Runs one party of one protocol alone, for `benches/secrets.sh` to count its instructions under Callgrind (R11).
//!
//! `record` plays three parties on a secret and keeps what each of them receives; `replay` plays one of them again, in
//! one thread, with those messages. Keys are the same every time, so that runs differ by the secret alone.

use std::collections::VecDeque;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use burn_mpc::{Party, Ring};
use burn_mpc_engine::net::tap::{Record, Tap};
use burn_mpc_engine::net::{HEADER_BYTES, Mesh, NetError, Room, Transport, memory};
use burn_mpc_engine::prg::{Prg, agree_from_insecure_seed};
use burn_mpc_engine::protocol::{
    Audience, Comparison, Context, Normalisation, Patches, ProtocolError, Truncation, Window, b2a,
    gate, gate_masked, gate_rounds, greater, input, is_zero, msb, msb_split, multiply, reciprocal,
    relu_replicated, reshare, reveal, round_additive, round_replicated, share_split, truncate,
};
use burn_mpc_engine::ring::{Z64, with_threads};
use burn_mpc_engine::share::{Rss, dealer};

/// Elements of a secret.
const LENGTH: usize = 192;
/// Elements of a patch, enough that it uses a seed.
const PATCH: usize = 8;
/// Fractional bits that a truncation takes off.
const SHIFT: u32 = 20;
const SEED: u64 = 11;
const DEADLINE: Duration = Duration::from_secs(30);

/// A protocol on one party's share of a secret.
type Protocol = fn(&mut Context, &Rss<Z64>) -> Result<(), ProtocolError>;

/// Protocols by name, with the truncation of their session.
#[rustfmt::skip] // one line each
const PROTOCOLS: &[(&str, Truncation, Protocol)] = &[
    // The owner's words may be any: here those of its first component.
    ("input", Truncation::Faithful, |ctx, x| done(input(ctx, Party::P0, "x", x.len(), Some(x.first().to_vec()))?)),
    ("product and reshare", Truncation::Faithful, |ctx, x| done(reshare(ctx, &multiply(x, x))?)),
    ("truncation, faithful", Truncation::Faithful, |ctx, x| done(truncate(ctx, &x.to_additive(), SHIFT)?)),
    ("truncation, exact", Truncation::Exact, |ctx, x| done(truncate(ctx, &x.to_additive(), SHIFT)?)),
    ("rounding of a product", Truncation::Faithful, |ctx, x| done(round_additive(ctx, &multiply(x, x), SHIFT)?)),
    ("rounding, replicated", Truncation::Faithful, |ctx, x| done(round_replicated(ctx, x, SHIFT)?)),
    ("truncation, star", Truncation::Star, |ctx, x| done(truncate(ctx, &x.to_additive(), SHIFT)?)),
    ("truncation, probabilistic", Truncation::Probabilistic, |ctx, x| done(truncate(ctx, &x.to_additive(), SHIFT)?)),
    ("sign", Truncation::Faithful, |ctx, x| done(msb(ctx, x)?)),
    ("sign, few rounds", Truncation::Faithful, |ctx, x| { let bits = msb_split(ctx, x, 0..64)?; done(share_split(ctx, &bits)?) }),
    ("sign as a number", Truncation::Faithful, |ctx, x| { let bits = msb(ctx, x)?; done(b2a::<Z64>(ctx, &bits)?) }),
    ("equality", Truncation::Faithful, |ctx, x| done(is_zero(ctx, x)?)),
    ("comparison", Truncation::Faithful, |ctx, x| done(greater(ctx, x, &Rss::zeros(LENGTH))?)),
    ("gate", Truncation::Faithful, |ctx, x| {
        done(gate(ctx, &x.to_additive(), &Patches::single(LENGTH), SHIFT, Window::full::<Z64>())?)
    }),
    ("gate of patches", Truncation::Faithful, |ctx, x| {
        done(gate(ctx, &x.to_additive(), &patches(), SHIFT, Window::full::<Z64>())?)
    }),
    ("gate of few rounds", Truncation::Faithful, |ctx, x| {
        let single = Patches::single(LENGTH);
        done(gate_rounds(ctx, &x.to_additive(), &single, SHIFT, Window::full::<Z64>(), Comparison::Tree)?)
    }),
    ("gate of fewest rounds, patches", Truncation::Star, |ctx, x| {
        done(gate_rounds(ctx, &x.to_additive(), &patches(), SHIFT, Window::full::<Z64>(), Comparison::Split)?)
    }),
    ("gate by masked shares", Truncation::Faithful, |ctx, x| {
        done(gate_masked(ctx, &x.to_additive(), &Patches::single(LENGTH), SHIFT, Window::full::<Z64>())?)
    }),
    ("gate by masked shares, patches", Truncation::Faithful, |ctx, x| {
        done(gate_masked(ctx, &x.to_additive(), &patches(), SHIFT, Window::full::<Z64>())?)
    }),
    ("ReLU of replicated values", Truncation::Faithful, |ctx, x| {
        done(relu_replicated(ctx, x, &Patches::single(LENGTH), Window::full::<Z64>())?)
    }),
    ("reciprocal", Truncation::Faithful, |ctx, x| done(reciprocal(ctx, x, 20, Normalisation::whole(64))?)),
    ("opening to one", Truncation::Faithful, |ctx, x| done(reveal(ctx, x, Audience::One(Party::P1))?)),
];

#[expect(
    clippy::unnecessary_wraps,
    reason = "closes a protocol that may have failed"
)]
fn done<T>(result: T) -> Result<(), ProtocolError> {
    black_box(result);
    Ok(())
}

/// Patches of [`PATCH`] elements.
fn patches() -> Patches {
    let patch_of: Vec<u32> = (0..LENGTH).map(|i| (i / PATCH) as u32).collect();
    Patches::new(&patch_of, LENGTH / PATCH).unwrap_or_else(|| Patches::single(LENGTH))
}

fn word(index: usize, salt: u64) -> u64 {
    let word = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
    (word ^ word >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// Name of a secret, and its elements.
type Secret = (&'static str, fn(usize) -> i64);

/// Secrets that differ in signs, magnitudes and zeros. Names have one length, so that command lines have one too.
const SECRETS: &[Secret] = &[
    ("zeros", |_| 0),
    ("below", |i| -((word(i, 2) >> 34) as i64) - 1),
    ("mixed", |i| (word(i, 3) >> 24) as i64 - (1 << 39)),
];

/// One party's share of a secret, under masks that are always the same.
fn share(secret: fn(usize) -> i64, party: Party) -> Rss<Z64> {
    let values: Vec<Z64> = (0..LENGTH).map(|i| Z64::from_i64(secret(i))).collect();
    let mask = |salt| -> Vec<Z64> { (0..LENGTH).map(|i| Z64::from_u64(word(i, salt))).collect() };
    let [p0, p1, p2] = dealer::split(&values, [&mask(4), &mask(5)]);
    match party {
        Party::P0 => p0,
        Party::P1 => p1,
        Party::P2 => p2,
    }
}

/// Why there is no count.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(
        "usage: secret-instructions [record PROTOCOL SECRET FOLDER | replay PROTOCOL SECRET PARTY FOLDER]"
    )]
    Usage,
    #[error("no {0} is called `{1}`")]
    Unknown(&'static str, String),
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("a party panicked")]
    Panicked,
}

fn context(end: Box<dyn Transport>, truncation: Truncation) -> Context {
    let mut mesh = Mesh::new(end, DEADLINE);
    let (keys, session) = agree_from_insecure_seed(&mut mesh, SEED);
    Context::new(mesh, Prg::new(&keys), session.as_bytes(), truncation)
}

/// What is counted. The script looks for its name.
#[inline(never)]
fn measured_protocol(
    protocol: Protocol,
    ctx: &mut Context,
    share: &Rss<Z64>,
) -> Result<(), ProtocolError> {
    let result = with_threads(1, || protocol(ctx, share));
    black_box(());
    result
}

fn file(folder: &Path, party: Party) -> PathBuf {
    folder.join(format!("party{}", party.index()))
}

/// Sender, length of the payload, header, payload.
fn write(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        bytes.push(record.from.index() as u8);
        bytes.extend((record.payload.len() as u32).to_le_bytes());
        bytes.extend(record.header);
        bytes.extend(&record.payload);
    }
    bytes
}

fn record(
    (truncation, protocol): (Truncation, Protocol),
    secret: fn(usize) -> i64,
    folder: &Path,
) -> Result<(), Failure> {
    let threads = memory::mesh3(DEADLINE).map(|end| {
        std::thread::spawn(move || {
            let party = end.party();
            let tap = Tap::new(Box::new(end));
            let records = tap.records();
            let mut ctx = context(Box::new(tap), truncation);
            measured_protocol(protocol, &mut ctx, &share(secret, party))?;
            Ok::<_, ProtocolError>((party, records.snapshot()))
        })
    });
    for thread in threads {
        let (party, records) = thread.join().map_err(|_| Failure::Panicked)??;
        fs::write(file(folder, party), write(&records))?;
    }
    Ok(())
}

/// A transport whose peers have sent everything already.
struct Replay {
    party: Party,
    /// Bytes from each party.
    from: [Mutex<VecDeque<u8>>; 3],
}

impl Replay {
    fn read(party: Party, mut bytes: &[u8]) -> Self {
        let from: [Mutex<VecDeque<u8>>; 3] = Default::default();
        while let [sender, a, b, c, d, rest @ ..] = bytes {
            let len = HEADER_BYTES + u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            let (frame, later) = rest.split_at(len.min(rest.len()));
            let queue = &from[usize::from(*sender) % 3];
            queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(frame);
            bytes = later;
        }
        Self { party, from }
    }

    fn take(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        let mut queue = self.from[from.index()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if queue.len() < buffer.len() {
            return Err(NetError::NoSuchLink { party: self.party });
        }
        let bytes: Vec<u8> = queue.drain(..buffer.len()).collect();
        buffer.copy_from_slice(&bytes);
        Ok(())
    }
}

impl Transport for Replay {
    fn party(&self) -> Party {
        self.party
    }

    fn set_deadline(&self, _: Duration) {}

    fn send(
        &self,
        _: Party,
        header: [u8; HEADER_BYTES],
        payload: &[&[u8]],
        _: Room,
    ) -> Result<(), NetError> {
        black_box((header, payload));
        Ok(())
    }

    fn send_last(&self, _: Party, _: [u8; HEADER_BYTES], _: &[u8]) {}

    fn recv_header(&self, from: Party) -> Result<[u8; HEADER_BYTES], NetError> {
        let mut header = [0; HEADER_BYTES];
        self.take(from, &mut header)?;
        Ok(header)
    }

    fn recv_payload(&self, from: Party, buffer: &mut [u8]) -> Result<(), NetError> {
        self.take(from, buffer)
    }

    fn shutdown(&self) {}
}

fn replay(
    (truncation, protocol): (Truncation, Protocol),
    secret: fn(usize) -> i64,
    party: Party,
    folder: &Path,
) -> Result<(), Failure> {
    let end = Replay::read(party, &fs::read(file(folder, party))?);
    let share = share(secret, party);
    let mut ctx = context(Box::new(end), truncation);
    Ok(measured_protocol(protocol, &mut ctx, &share)?)
}

fn protocol(name: &str) -> Result<(Truncation, Protocol), Failure> {
    let found = PROTOCOLS.iter().find(|(known, ..)| *known == name);
    let (_, truncation, protocol) =
        found.ok_or_else(|| Failure::Unknown("protocol", name.to_owned()))?;
    Ok((*truncation, *protocol))
}

fn secret(name: &str) -> Result<fn(usize) -> i64, Failure> {
    let found = SECRETS.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, secret)| *secret)
        .ok_or_else(|| Failure::Unknown("secret", name.to_owned()))
}

fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] => {
            PROTOCOLS.iter().for_each(|(name, ..)| println!("{name}"));
            Ok(())
        }
        ["secrets"] => {
            SECRETS.iter().for_each(|(name, _)| println!("{name}"));
            Ok(())
        }
        ["record", name, values, folder] => {
            record(protocol(name)?, secret(values)?, Path::new(folder))
        }
        ["replay", name, values, party, folder] => {
            let party = Party::ALL
                .into_iter()
                .find(|known| known.index().to_string() == *party);
            let party = party.ok_or(Failure::Usage)?;
            replay(protocol(name)?, secret(values)?, party, Path::new(folder))
        }
        _ => Err(Failure::Usage),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
