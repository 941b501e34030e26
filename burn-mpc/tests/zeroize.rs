//! R10: keys are not left in memory that was freed. Alone in its process, whose allocator it replaces.
//!
//! The allocator keeps a copy of every block that is freed while it watches. All contributions, seeds and stream keys
//! of the session follow from the messages of the set-up; none of them may lie in a copy. The allocator does not see
//! what moves leave on the stack.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]
#![allow(unsafe_code, reason = "an allocator that looks at what is freed")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use aes::Aes128Enc;
use burn_mpc::{MpcDevice, Party, SessionConfig, reveal};
use burn_mpc_engine::net::tap::{Record, Tap};
use burn_mpc_engine::net::{Header, Transport};
use burn_mpc_engine::step::Named;
use cipher::{BlockCipherEncrypt, KeyInit};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};

#[allow(dead_code, reason = "shared with the tests of reliability")]
#[path = "reliability/common.rs"]
mod common;

use common::{Links, all_ok, input, run};

/// Copies of freed blocks, one after the other, each after its length.
const ROOM: usize = 32 << 20;
/// Larger blocks hold tensors.
const LARGEST: usize = 128 << 10;

/// Bytes of a length.
const HEAD: usize = size_of::<usize>();

struct Copies(UnsafeCell<[u8; ROOM]>);

// SAFETY: writers reserve disjoint ranges by `USED`; readers look when `WATCHING` is off and `WRITING` is zero.
unsafe impl Sync for Copies {}

static COPIES: Copies = Copies(UnsafeCell::new([0; ROOM]));
static USED: AtomicUsize = AtomicUsize::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);
static WRITING: AtomicUsize = AtomicUsize::new(0);

struct Watching;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

// SAFETY: blocks come from and go to the system's allocator with the caller's layout; beyond that a block is only read,
// before it is given back.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that every byte of a block may be read.
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let len = layout.size();
        WRITING.fetch_add(1, Ordering::SeqCst);
        if WATCHING.load(Ordering::SeqCst) && len <= LARGEST {
            let at = USED.fetch_add(HEAD + len, Ordering::SeqCst);
            if at + HEAD + len <= ROOM {
                // SAFETY: the block is whole until it is given back below; the range of copies is in bounds and no
                // other thread has it.
                unsafe {
                    let copy = COPIES.0.get().cast::<u8>().add(at);
                    std::ptr::copy_nonoverlapping(len.to_le_bytes().as_ptr(), copy, HEAD);
                    std::ptr::copy_nonoverlapping(pointer, copy.add(HEAD), len);
                }
            }
        }
        WRITING.fetch_sub(1, Ordering::SeqCst);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs `work`; returns everything that was freed meanwhile.
fn freed_by(work: impl FnOnce()) -> &'static [u8] {
    USED.store(0, Ordering::SeqCst);
    WATCHING.store(true, Ordering::SeqCst);
    work();
    WATCHING.store(false, Ordering::SeqCst);
    while WRITING.load(Ordering::SeqCst) > 0 {
        std::hint::spin_loop();
    }
    let used = USED.load(Ordering::SeqCst);
    assert!(used <= ROOM, "no room for {used} bytes");
    // SAFETY: `used` bytes are within the copies, and nobody writes until the next call, which takes this memory anew.
    unsafe { std::slice::from_raw_parts(COPIES.0.get().cast::<u8>(), used) }
}

/// The test's own memory is watched as well: one at a time.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Names of the secrets that lie in `memory`.
fn found(memory: &[u8], secrets: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut starts: HashMap<&[u8], Vec<&(String, Vec<u8>)>> = HashMap::new();
    for secret in secrets {
        starts.entry(&secret.1[..8]).or_default().push(secret);
    }
    let mut names = Vec::new();
    let mut rest = memory;
    while let Some((len, blocks)) = rest.split_first_chunk::<HEAD>() {
        let (block, later) = blocks.split_at(usize::from_le_bytes(*len));
        for (at, start) in block.windows(8).enumerate() {
            for (name, bytes) in starts.get(start).into_iter().flatten() {
                if block[at..].starts_with(bytes) {
                    names.push(format!("{name} in {} bytes", block.len()));
                }
            }
        }
        rest = later;
    }
    names.sort();
    names.dedup();
    names
}

/// The contribution that `from` sent to `to`, and the nonces, as `to` received them.
struct SetUp {
    nonces: [[u8; 32]; 3],
    contributions: HashMap<(usize, usize), [u8; 32]>,
}

impl SetUp {
    fn read(records: &[Vec<Record>; 3]) -> Self {
        let mut found = Self {
            nonces: [[0; 32]; 3],
            contributions: HashMap::new(),
        };
        for record in records.iter().flatten() {
            let header = Header::decode(&record.header).expect("a frame");
            let half = |at: usize| record.payload[at..at + 32].try_into().expect("32 bytes");
            let (from, to) = (header.sender.index(), header.receiver.index());
            match Named(header.label).to_string().as_str() {
                "setup.nonces" => found.nonces[from] = half(0),
                "setup.contributions" => {
                    found.contributions.insert((from, to), half(32));
                }
                _ => {}
            }
        }
        assert_eq!(found.contributions.len(), 6);
        found
    }

    /// Everything secret that follows from the messages, by name; the stream key of `P_0` and `P_2` last.
    fn secrets(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        for ((from, to), bytes) in &self.contributions {
            all.push((format!("contribution P{from} to P{to}"), bytes.to_vec()));
        }
        let mut hash = Sha256::new();
        hash.update(b"burn-mpc/v1/session");
        self.nonces.iter().for_each(|nonce| hash.update(nonce));
        let session: [u8; 32] = hash.finalize().into();
        for (low, high, component) in [(0, 1, 1), (1, 2, 2), (0, 2, 0)] {
            let sent = |from, to| &self.contributions[&(from, to)][..];
            let material = [sent(low, high), sent(high, low)].concat();
            let tail = [low, high, component].map(|party| party as u8);
            let mut seed = [0; 32];
            Hkdf::<Sha256>::new(None, &material)
                .expand_multi_info(&[b"burn-mpc/v1", &session, &tail], &mut seed)
                .expect("32 bytes");
            let mut key = [0; 16];
            Hkdf::<Sha256>::new(None, &seed)
                .expand(b"burn-mpc/v1/stream/aes-128-ctr", &mut key)
                .expect("16 bytes");
            all.push((format!("seed of component {component}"), seed.to_vec()));
            all.push((format!("stream key {component}"), key.to_vec()));
        }
        all
    }
}

/// Whether the step `label` has that name.
fn is(label: u16, name: &str) -> bool {
    Named(label).to_string() == name
}

/// The mask of a shared zero is the stream of its owner's key: the keys found here are those in use.
fn keys_are_those_in_use(key: &[u8], records: &[Vec<Record>; 3]) {
    let masked = records[1].iter().find_map(|record| {
        let header = Header::decode(&record.header).expect("a frame");
        (header.sender == Party::P0 && is(header.label, "input.message"))
            .then_some((header.op, &record.payload))
    });
    let (op, payload) = masked.expect("an input of P0");
    let key: [u8; 16] = key.try_into().expect("16 bytes");
    let mask = (0..=u16::MAX).find(|&label| is(label, "input.mask"));
    let mask = mask.expect("a step of that name");
    let mut block = (u128::from(op) << 64 | u128::from(mask) << 48).to_le_bytes();
    Aes128Enc::new((&key).into()).encrypt_block((&mut block).into());
    for (word, stream) in payload.chunks(8).zip(block.chunks(8)) {
        let word = u64::from_le_bytes(word.try_into().expect("a word"));
        let stream = u64::from_le_bytes(stream.try_into().expect("a word"));
        assert_eq!(word, stream.wrapping_neg(), "another key than derived here");
    }
}

/// A session from its set-up to its end. What the tap recorded stays allocated.
fn session(links: Links) -> (&'static [u8], [Vec<Record>; 3]) {
    let taps = links.ends().map(Tap::new);
    let records = [&taps[0], &taps[1], &taps[2]].map(Tap::records);
    let freed = freed_by(|| {
        let ends = taps.map(|tap| Box::new(tap) as Box<dyn Transport>);
        all_ok(run(ends, |device, _| {
            let zeros = input(device, Party::P0, "zeros", [2], &[0.0; 2])?;
            reveal(zeros.clone() * zeros, "zeros")?;
            device.online("test")?.close()
        }));
        // The registry frees sessions that ended when the next one begins.
        drop(MpcDevice::estimate(SessionConfig::z64()).expect("a config"));
    });
    (freed, records.map(|records| records.snapshot()))
}

#[test]
fn keys_are_erased_before_their_memory_is_freed() {
    let _alone = alone();
    let (freed, records) = session(Links::Memory);
    let secrets = SetUp::read(&records).secrets();
    assert_eq!(secrets.len(), 6 + 3 + 3);
    keys_are_those_in_use(&secrets[11].1, &records);
    assert!(freed.len() > 10_000, "nothing was watched");
    assert_eq!(found(freed, &secrets), Vec::<String>::new());
}

#[test]
fn keys_are_erased_over_sockets_too() {
    let _alone = alone();
    let (freed, records) = session(Links::Tcp);
    let secrets = SetUp::read(&records).secrets();
    keys_are_those_in_use(&secrets[11].1, &records);
    assert_eq!(found(freed, &secrets), Vec::<String>::new());
}

#[test]
fn a_key_that_is_freed_as_it_is_is_found() {
    let _alone = alone();
    let secret = |byte: u8| vec![byte, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    let secrets = vec![
        ("freed".to_owned(), secret(0xA1)),
        ("erased".to_owned(), secret(0xA2)),
        ("grown".to_owned(), secret(0xA3)),
    ];
    let freed = freed_by(|| {
        let mut freed: Vec<u8> = Vec::with_capacity(24);
        (0..16).for_each(|i| freed.push(if i == 0 { 0xA1 } else { i + 1 }));
        drop(freed);
        let mut erased = zeroize::Zeroizing::new(Vec::with_capacity(16));
        // Byte by byte, so that no other buffer has it.
        (0..16).for_each(|i| erased.push(if i == 0 { 0xA2 } else { i + 1 }));
        drop(erased);
        let mut grown: Vec<u8> = Vec::with_capacity(16);
        (0..16).for_each(|i| grown.push(if i == 0 { 0xA3 } else { i + 1 }));
        grown.reserve_exact(10_000);
        let _ = grown.leak();
    });
    assert_eq!(
        found(freed, &secrets),
        ["freed in 24 bytes", "grown in 16 bytes"]
    );
}
