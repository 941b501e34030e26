//! Memory of a session. Alone in its process, since it reads the memory of the whole process.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use burn::backend::Flex;
use burn_mpc::{
    Audience, MpcError, Party, Precision, ShareOptions, Z64, prepare, prepare_only, reveal_to,
    reveal_with, share_model,
};
use burn_mpc_engine::net::loopback::memory_ends;
use burn_mpc_engine::net::shaped::LinkShape;
use burn_mpc_engine::net::{Mesh, QUEUE_CAP_BYTES, Transport, memory};

#[allow(dead_code, reason = "shared with the tests of reliability")]
#[path = "reliability/common.rs"]
mod common;

use common::{IMAGE, Net, PATIENCE, Private, all_ok, input, numbers, run, values};

const BATCH: usize = 64;
const INFERENCES: usize = 100;
/// Inferences after which everything that is kept has been made.
const WARM: usize = 20;
/// Far less than one tensor of activations for each inference and party.
const SLACK_BYTES: u64 = 6 << 20;

/// The system's allocator, and the bytes that it has given out and not got back.
struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

fn count(more: isize) {
    let live = LIVE.fetch_add(more, Ordering::Relaxed) + more;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it is; beside that a number is counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Tests measure the whole process: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes that are allocated while all three parties stand still; the same at each of them.
fn live(parties: &Barrier) -> i64 {
    parties.wait();
    let live = LIVE.load(Ordering::Relaxed);
    parties.wait();
    live as i64
}

/// Inferences before and between two measurements.
const SETTLED: usize = 40;
const MEASURED: usize = 300;
/// What an inference of all three parties may leave behind: less than a line of a report at each of them (a name, three
/// numbers), and less than any tensor of the network (the smallest has four logits: 32 bytes in each of two
/// components).
const KEPT_BYTES: i64 = 64;

#[test]
fn an_inference_keeps_nothing() {
    let _alone = alone();
    let image = numbers(IMAGE.iter().product(), 5);
    let parties = Barrier::new(3);
    let grown = all_ok(run(ends(), |device, party| {
        let model = Net::<Private>::at(device, party == Party::P0, true);
        let model = share_model(model, device, Party::P0, ShareOptions::default())?;
        let session = device.online("test")?;
        let infer = |count: usize| {
            for number in 0..count {
                // Like a service that measures each request.
                session.start_measuring();
                let x = input(device, Party::P1, "image", IMAGE, &image)?;
                if number == 0 {
                    prepare(device, || model.forward(x.clone()))?;
                }
                reveal_to(model.forward(x), Party::P1, "logits")?;
            }
            session.start_measuring();
            session.synchronise()
        };
        infer(SETTLED)?;
        let before = live(&parties);
        infer(MEASURED)?;
        Ok(live(&parties) - before)
    }));
    let each = grown[0] / MEASURED as i64;
    assert!(each < KEPT_BYTES, "{each} bytes for each inference");
}

/// Inferences after which a report that is never reset may have as many lines as it ever will.
const FILLED: usize = 2_600;
/// Lines and labels that a report may have.
const LINES: usize = 20_000;

#[test]
fn a_report_that_is_never_reset_stops_growing() {
    let _alone = alone();
    let image = numbers(IMAGE.iter().product(), 5);
    let parties = Barrier::new(3);
    let grown = all_ok(run(ends(), |device, party| {
        let model = Net::<Private>::at(device, party == Party::P0, true);
        let model = share_model(model, device, Party::P0, ShareOptions::default())?;
        let session = device.online("test")?;
        let infer = |count: usize| {
            for number in 0..count {
                let x = input(device, Party::P1, "image", IMAGE, &image)?;
                if number == 0 {
                    prepare(device, || model.forward(x.clone()))?;
                }
                reveal_to(model.forward(x), Party::P1, "logits")?;
            }
            session.synchronise()
        };
        infer(FILLED)?;
        let (before, lines) = (live(&parties), session.report().layers.len());
        infer(MEASURED)?;
        let grown = live(&parties) - before;
        let report = session.report();
        Ok((
            grown,
            [lines, report.layers.len()],
            report.reveal_labels.len(),
        ))
    }));
    for (_, [before, after], labels) in &grown {
        assert!(
            after <= &LINES && labels <= &LINES,
            "{after} lines, {labels} labels"
        );
        assert!(*after <= before + 1, "{after} lines, {before} before");
    }
    // A label that is still listed.
    let label = 3 * 64;
    let each = grown[0].0 / MEASURED as i64;
    assert!(each < KEPT_BYTES + label, "{each} bytes for each inference");
}

/// Bytes of a message, and messages to each peer: 256 MiB each way.
const MESSAGE: usize = 16 << 20;
const MESSAGES: u64 = 16;

/// 256 MiB each way between any two parties at once, over links of 4 Gbit/s. The requirement names 1 Mbit/s, on which
/// that takes half an hour; the memory bound does not depend on the speed.
#[test]
fn messages_in_a_ring_take_the_memory_of_the_queues() {
    let _alone = alone();
    let shape = LinkShape {
        latency: Duration::from_millis(1),
        bits_per_second: 4_000_000_000,
    };
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    std::thread::scope(|scope| {
        for end in memory::mesh3_shaped(PATIENCE, shape) {
            scope.spawn(move || {
                let party = end.party();
                let mut mesh = Mesh::new(Box::new(end), PATIENCE);
                let (mine, mut theirs) = (vec![party.index() as u8; MESSAGE], vec![9; MESSAGE]);
                for op in 1..=MESSAGES {
                    for peer in [party.next(), party.prev()] {
                        mesh.send(peer, op, 1, &mine).expect("sent");
                    }
                    for peer in [party.prev(), party.next()] {
                        mesh.recv(peer, op, 1, &mut theirs).expect("received");
                        let right = peer.index() as u8;
                        assert!(theirs.iter().all(|&byte| byte == right));
                    }
                }
            });
        }
    });
    let peak = PEAK.load(Ordering::Relaxed) - before;
    // Two buffers of each party; in each of six directions a full queue and the message that still fits.
    let most = 6 * MESSAGE + 6 * (QUEUE_CAP_BYTES + MESSAGE);
    let spare = 8 << 20;
    assert!(
        peak.cast_unsigned() < most + spare,
        "{peak} of {most} bytes"
    );
    assert!(peak.cast_unsigned() > 6 * MESSAGE, "nothing was measured");
}

#[test]
fn what_is_kept_is_counted() {
    // Threads of other tests may still end, and give back a little.
    const LITTLE: isize = 1 << 20;
    let _alone = alone();
    let before = LIVE.load(Ordering::Relaxed);
    let kept = vec![1_u8; 10 << 20];
    assert!(LIVE.load(Ordering::Relaxed) - before >= (10 << 20) - LITTLE);
    drop(kept);
    assert!(LIVE.load(Ordering::Relaxed) - before < LITTLE);
}

fn ends() -> common::Ends {
    memory_ends(PATIENCE)
}

/// Resident bytes of this process; `None` where the system does not report them.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[test]
fn a_hundred_inferences_take_the_memory_of_twenty() {
    let _alone = alone();
    let image = numbers(BATCH * IMAGE.iter().product::<usize>(), 5);
    let shape = [BATCH, IMAGE[1], IMAGE[2], IMAGE[3]];
    let grown = all_ok(run(ends(), |device, party| {
        let model = Net::<Private>::at(device, party == Party::P0, true);
        let model = share_model(model, device, Party::P0, ShareOptions::default())?;
        let mut before = None;
        for number in 0..INFERENCES {
            let x = input(device, Party::P1, "image", shape, &image)?;
            if number == 0 {
                prepare(device, || model.forward(x.clone()))?;
            }
            if number == WARM {
                before = resident();
            }
            reveal_to(model.forward(x), Party::P1, "logits")?;
        }
        Ok(before
            .zip(resident())
            .map(|(before, after)| after.saturating_sub(before)))
    }));
    for grown in grown.into_iter().flatten() {
        assert!(grown < SLACK_BYTES, "{grown} bytes more");
    }
}

#[test]
fn a_weight_kept_only_folded_computes_the_same_and_serves_nothing_else() {
    let _alone = alone();
    let image = numbers(IMAGE.iter().product::<usize>(), 6);
    let outcomes = run(ends(), |device, party| {
        let model = Net::<Private>::at(device, party == Party::P0, true);
        let model = share_model(model, device, Party::P0, ShareOptions::default())?;
        let x = input(device, Party::P1, "image", IMAGE, &image)?;
        prepare_only(device, || model.forward(x.clone()))?;
        let reader = Audience::One(Party::P1);
        let logits =
            reveal_with(model.forward(x.clone()), reader, "logits", Precision::Exact)?.map(values);
        let raw = model.conv.forward(x);
        let error = reveal_to::<Flex, Z64, 4, _>(raw, Party::P1, "raw").expect_err("no weight");
        Ok((logits, error))
    });
    let expected = common::plain_logits(&image, true);
    for (party, (logits, error)) in all_ok(outcomes).into_iter().enumerate() {
        if let Some(logits) = logits {
            assert!(common::worst(&logits, &expected) < 1e-3);
        }
        assert!(
            matches!(
                error,
                MpcError::Forgotten { .. } | MpcError::Protocol(_) | MpcError::Failed { .. }
            ),
            "P{party}: {error}"
        );
    }
}
