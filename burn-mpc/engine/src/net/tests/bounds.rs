//! Large messages and full queues.

use std::thread;
use std::time::Duration;

use super::{DEADLINE, memory_ends, on_patient_meshes, ring_step, tcp_ends};
use crate::Party;
use crate::net::{Mesh, NetError, QUEUE_CAP_BYTES, memory};

/// Larger than the queue cap and any socket buffer, each way on all three at once.
const LARGE: usize = 64 << 20;

#[test]
fn large_ring_exchanges_do_not_deadlock() {
    const { assert!(LARGE > QUEUE_CAP_BYTES) };
    for ends in [memory_ends(), tcp_ends()] {
        on_patient_meshes(ends, Duration::from_secs(20), |mesh| {
            for op in 1..3 {
                ring_step(mesh, op, LARGE).expect("ring");
            }
        });
    }
}

#[test]
fn what_was_sent_arrives_although_its_sender_is_gone() {
    for ends in [memory_ends(), tcp_ends()] {
        on_patient_meshes(ends, Duration::from_secs(20), |mesh| {
            if mesh.party() == Party::P0 {
                mesh.send(Party::P1, 1, 0, &vec![7; LARGE]).expect("send");
            } else if mesh.party() == Party::P1 {
                #[allow(clippy::disallowed_methods, reason = "a slow reader")]
                thread::sleep(Duration::from_millis(600));
                let mut buffer = vec![0; LARGE];
                mesh.recv(Party::P0, 1, 0, &mut buffer).expect("recv");
                assert!(buffer.iter().all(|&byte| byte == 7));
            }
        });
    }
}

#[test]
fn a_peer_that_does_not_read_stops_the_sender_at_the_cap() {
    let [p0, _p1, _p2] = memory::mesh3(DEADLINE);
    let mut mesh = Mesh::new(Box::new(p0), DEADLINE);
    let part = QUEUE_CAP_BYTES / 4;
    let error = (0..100)
        .find_map(|op| mesh.send(Party::P1, op, 0, &vec![0; part]).err())
        .expect("the queue fills");
    assert!(matches!(error, NetError::Timeout { .. }), "{error}");
    assert!(mesh.counters().bytes_sent <= (QUEUE_CAP_BYTES + part + 512) as u64);
}
