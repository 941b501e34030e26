//! Other threads end and observe a mesh that waits.

use std::thread;
use std::time::{Duration, Instant};

use super::{Ends, memory_ends, tcp_ends};
use crate::Party;
use crate::net::{
    AbortCode, AbortReason, HEADER_BYTES, LinksHandle, Mesh, NetError, QUEUE_CAP_BYTES,
};

const PATIENCE: Duration = Duration::from_secs(30);
const AT_ONCE: Duration = Duration::from_secs(1);

fn reason() -> AbortReason {
    AbortReason {
        code: AbortCode::Local,
        origin: Party::P0,
        op: 7,
        text: "enough".into(),
    }
}

fn meshes(ends: Ends) -> [Mesh; 3] {
    ends.map(|end| Mesh::new(end, PATIENCE))
}

/// Aborts on behalf of a waiting thread, once `busy` says that it waits.
fn cancel(handle: &LinksHandle, busy: impl Fn() -> bool) -> Instant {
    let since = Instant::now();
    while !busy() {
        assert!(since.elapsed() < PATIENCE, "never came to wait");
        thread::yield_now();
    }
    #[allow(
        clippy::disallowed_methods,
        reason = "nothing tells that a thread sleeps"
    )]
    thread::sleep(Duration::from_millis(50));
    let since = Instant::now();
    handle.abort(&reason());
    since
}

fn assert_told(peer: &mut Mesh, since: Instant) {
    let told = peer.recv(Party::P0, 9, 0, &mut [0]).expect_err("aborted");
    let NetError::PeerAborted {
        origin,
        code,
        op,
        text,
        ..
    } = &told
    else {
        panic!("{told}");
    };
    assert_eq!(
        (*origin, *code, *op, text.as_str()),
        (Party::P0, AbortCode::Local, 7, "enough")
    );
    assert!(since.elapsed() < AT_ONCE, "{:?}", since.elapsed());
}

#[test]
fn a_party_that_waits_to_receive_is_observed_and_ended_at_once() {
    fn shared<T: Clone + Send + Sync>(_: &T) {}
    for ends in [memory_ends(), tcp_ends()] {
        let [mut p0, mut p1, mut p2] = meshes(ends);
        p1.send(Party::P0, 1, 0, &[5; 10]).expect("sent");
        let handle = p0.handle();
        shared(&handle);
        let waits = thread::spawn(move || {
            p0.recv(Party::P1, 1, 0, &mut [0; 10]).expect("sent");
            let error = p0.recv(Party::P1, 2, 0, &mut [0]).expect_err("never sent");
            (error, Instant::now(), p0.recv(Party::P2, 3, 0, &mut []))
        });
        let frame = (HEADER_BYTES + 10) as u64;
        let since = cancel(&handle, || handle.counters().bytes_received == frame);
        assert_eq!(handle.counters().round, 1);
        assert_eq!(handle.setup_counters().frames_received, 0);
        let aborted = handle.failure().expect("ended");
        let (error, ended, later) = waits.join().expect("no panic");
        assert!(matches!(error, NetError::Aborted { .. }), "{error}");
        assert_eq!((error, later), (aborted.clone(), Err(aborted)));
        assert!(ended - since < AT_ONCE, "{:?}", ended - since);
        for peer in [&mut p1, &mut p2] {
            assert_told(peer, since);
        }
        // The handle outlives the mesh and still counts.
        assert_eq!(handle.counters().bytes_received, frame);
    }
}

#[test]
fn a_party_that_waits_to_send_is_observed_and_ended_at_once() {
    for ends in [memory_ends(), tcp_ends()] {
        let [mut p0, mut p1, p2] = meshes(ends);
        let handle = p0.handle();
        let payload = vec![0; QUEUE_CAP_BYTES + 1];
        let waits = thread::spawn(move || {
            let error = (0..9).find_map(|op| p0.send(Party::P2, op, 0, &payload).err());
            (error.expect("nobody reads"), Instant::now())
        });
        let since = cancel(&handle, || {
            handle.counters().frames_sent > 0 && {
                // It stands still.
                let sent = handle.counters().frames_sent;
                #[allow(clippy::disallowed_methods, reason = "to see it stand still")]
                thread::sleep(Duration::from_millis(300));
                handle.counters().frames_sent == sent
            }
        });
        let (error, ended) = waits.join().expect("no panic");
        assert!(matches!(error, NetError::Aborted { .. }), "{error}");
        assert!(ended - since < AT_ONCE, "{:?}", ended - since);
        assert_told(&mut p1, since);
        drop(p2);
    }
}

#[test]
fn a_handle_does_not_keep_the_links_open() {
    for ends in [memory_ends(), tcp_ends()] {
        let [p0, mut p1, _p2] = meshes(ends);
        let handle = p0.handle();
        let lane = p0.lane(1..2, 1..3);
        drop(p0);
        assert_eq!(handle.failure(), None);
        drop(lane);
        let error = p1.recv(Party::P0, 1, 0, &mut [0]).expect_err("closed");
        assert!(matches!(error, NetError::PeerLost { .. }), "{error}");
        handle.abort(&reason());
    }
}

#[test]
fn what_set_up_cost_is_told_apart() {
    let [mut p0, _p1, _p2] = meshes(memory_ends());
    let handle = p0.handle();
    p0.send(Party::P1, 0, 0, &[1; 8]).expect("sent");
    assert_eq!(handle.counters().bytes_sent, 40);
    p0.finish_setup();
    p0.send(Party::P1, 1, 0, &[1; 3]).expect("sent");
    p0.send(Party::P2, 1, 0, &[1; 4]).expect("sent");
    assert_eq!(handle.counters(), p0.counters());
    assert_eq!(handle.counters().sent_to, [0, 35, 36]);
    assert_eq!(handle.setup_counters().sent_to, [0, 40, 0]);
    p0.finish_setup();
    assert_eq!(handle.setup_counters().frames_sent, 3);
    assert_eq!(handle.counters(), Default::default());
}
