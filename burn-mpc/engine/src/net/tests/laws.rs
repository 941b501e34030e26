//! Exchanges that succeed: contents, counters and rounds.

use std::time::{Duration, Instant};

use super::{DEADLINE, Ends, memory_ends, on_meshes, ring_step, tcp_ends};
use crate::Party;
use crate::net::shaped::LinkShape;
use crate::net::{Counters, HEADER_BYTES, Mesh, Transport, memory};

/// A script with parallel and dependent messages, empty ones and large ones.
fn script(mesh: &mut Mesh) -> Counters {
    let me = mesh.party();
    for (op, bytes) in [(1, 0), (2, 1), (3, 100_000), (7, 31)] {
        ring_step(mesh, op, bytes).expect("ring");
    }
    let mut buffer = [0; 8];
    if me == Party::P0 {
        mesh.send(Party::P1, 9, 0, &[1; 8]).expect("send");
        mesh.send(Party::P2, 9, 1, &[2; 8]).expect("send");
    } else {
        mesh.recv(Party::P0, 9, me.index() as u16 - 1, &mut buffer)
            .expect("recv");
        assert_eq!(buffer, [me.index() as u8; 8]);
    }
    mesh.counters()
}

fn assert_script(counters: [Counters; 3]) {
    let ring = (4 * HEADER_BYTES + 100_032) as u64;
    let frame = (HEADER_BYTES + 8) as u64;
    assert_eq!(counters[0].sent_to, [0, ring + frame, frame]);
    assert_eq!(counters[0].bytes_sent, ring + 2 * frame);
    assert_eq!(counters[0].bytes_received, ring);
    assert_eq!(counters[0].frames_sent, 6);
    assert_eq!(counters[0].frames_received, 4);
    assert_eq!(counters[1].bytes_received, ring + frame);
    assert_eq!(counters[2].sent_to, [ring, 0, 0]);
    assert_eq!(counters.map(|c| c.round), [4, 5, 5]);
}

#[test]
fn bytes_frames_and_rounds_are_counted_exactly_and_alike_on_every_transport() {
    let memory = on_meshes(memory_ends(), script);
    assert_script(memory);
    assert_eq!(memory, on_meshes(tcp_ends(), script));
}

#[test]
fn rounds_are_the_longest_dependent_chain() {
    let counters = on_meshes(memory_ends(), |mesh| {
        let mut byte = [0; 1];
        // Ten messages in parallel are one round, a relay of three is three more.
        for label in 0..10 {
            if mesh.party() == Party::P0 {
                mesh.send(Party::P1, 1, label, &[0]).expect("send");
            }
        }
        for label in 0..10 {
            if mesh.party() == Party::P1 {
                mesh.recv(Party::P0, 1, label, &mut byte).expect("recv");
            }
        }
        for op in 2..5 {
            let (from, to) = (Party::of(op as usize + 2), Party::of(op as usize));
            let (from, to) = if op == 2 {
                (Party::P1, Party::P2)
            } else {
                (from, to)
            };
            if mesh.party() == from {
                mesh.send(to, op, 0, &[0]).expect("send");
            } else if mesh.party() == to {
                mesh.recv(from, op, 0, &mut byte).expect("recv");
            }
        }
        mesh.counters().round
    });
    assert_eq!(counters, [3, 4, 2]);
}

#[test]
fn an_early_message_does_not_set_the_clock_back() {
    let rounds = on_meshes(memory_ends(), |mesh| {
        if mesh.party() == Party::P0 {
            mesh.send(Party::P1, 1, 9, &[]).expect("send");
        } else if mesh.party() == Party::P1 {
            // Read only after two dependent rounds with P2.
            for label in 0..2 {
                mesh.send(Party::P2, 1, label, &[]).expect("send");
                mesh.recv(Party::P2, 1, label, &mut []).expect("recv");
            }
            mesh.recv(Party::P0, 1, 9, &mut []).expect("recv");
        } else {
            for label in 0..2 {
                mesh.recv(Party::P1, 1, label, &mut []).expect("recv");
                mesh.send(Party::P1, 1, label, &[]).expect("send");
            }
        }
        mesh.counters().round
    });
    assert_eq!(rounds, [0, 4, 3]);
}

#[test]
fn shaping_delays_every_dependent_round_by_the_latency() {
    let shape = LinkShape {
        latency: Duration::from_millis(20),
        bits_per_second: 100_000_000,
    };
    let ends: Ends =
        memory::mesh3_shaped(DEADLINE, shape).map(|end| Box::new(end) as Box<dyn Transport>);
    let started = Instant::now();
    on_meshes(ends, |mesh| {
        for op in 0..5 {
            ring_step(mesh, op, 100).expect("ring");
        }
    });
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(100), "{took:?}");
    assert!(took < Duration::from_millis(300), "{took:?}");
}
