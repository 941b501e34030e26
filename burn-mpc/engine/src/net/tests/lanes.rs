//! Lanes of one mesh in several threads.

use std::thread;
use std::time::{Duration, Instant};

use super::{memory_ends, on_patient_meshes, ring_step, tcp_ends};
use crate::Party;
use crate::net::{Mesh, NetError, QUEUE_CAP_BYTES, Step};

const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `work` in lanes of ten operations each, from operation 100.
fn in_lanes<T: Send>(
    mesh: &mut Mesh,
    count: u64,
    work: impl Fn(&mut Mesh, u64) -> T + Sync,
) -> (Vec<T>, Result<(), NetError>) {
    let all = 100..100 + 10 * count;
    let lanes: Vec<Mesh> = (0..count)
        .map(|i| mesh.lane(100 + 10 * i..110 + 10 * i, all.clone()))
        .collect();
    let work = &work;
    let (results, lanes): (Vec<T>, Vec<Mesh>) = thread::scope(|scope| {
        let run =
            |(i, mut lane): (u64, Mesh)| scope.spawn(move || (work(&mut lane, 100 + 10 * i), lane));
        let threads: Vec<_> = (0..).zip(lanes).map(run).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a lane"))
            .unzip()
    });
    (results, mesh.join(&lanes))
}

#[test]
fn every_lane_gets_its_frames_and_the_clock_is_that_of_the_longest() {
    for ends in [memory_ends(), tcp_ends()] {
        let counters = on_patient_meshes(ends, PATIENCE, |mesh| {
            ring_step(mesh, 1, 5).expect("before");
            // Lane i takes 2 i + 1 steps; odd parties let the first lanes come late.
            let (_, joined) = in_lanes(mesh, 3, |lane, first| {
                if lane.party() == Party::P1 {
                    #[allow(clippy::disallowed_methods, reason = "another order of lanes")]
                    thread::sleep(Duration::from_millis(120 - first));
                }
                for op in first..=first + 2 * (first - 100) / 10 {
                    ring_step(lane, op, 1000 * (op as usize)).expect("ring");
                }
            });
            joined.expect("nothing is left over");
            ring_step(mesh, 200, 5).expect("after");
            mesh.counters()
        });
        for counters in counters {
            assert_eq!(counters.round, 1 + 5 + 1);
            assert_eq!((counters.frames_sent, counters.frames_received), (11, 11));
            assert_eq!(counters.bytes_sent, counters.bytes_received);
        }
    }
}

#[test]
fn lanes_that_queue_more_than_the_cap_do_not_deadlock() {
    for ends in [memory_ends(), tcp_ends()] {
        on_patient_meshes(ends, PATIENCE, |mesh| {
            let (results, joined) = in_lanes(mesh, 3, |lane, first| {
                (first..first + 2).try_for_each(|op| ring_step(lane, op, QUEUE_CAP_BYTES))
            });
            results
                .into_iter()
                .collect::<Result<(), _>>()
                .expect("ring");
            joined.expect("nothing is left over");
        });
    }
}

#[test]
fn a_frame_that_no_lane_takes_ends_the_session() {
    for ends in [memory_ends(), tcp_ends()] {
        let results = on_patient_meshes(ends, PATIENCE, |mesh| {
            let (_, joined) = in_lanes(mesh, 2, |lane, first| {
                if lane.party() == Party::P0 && first == 100 {
                    lane.send(Party::P1, 105, 9, &[1])
                        .expect("nobody waits for it");
                }
                // The other lane comes later on the same link.
                if lane.party() == Party::P0 && first == 110 {
                    #[allow(clippy::disallowed_methods, reason = "the order of frames")]
                    thread::sleep(Duration::from_millis(100));
                    lane.send(Party::P1, 110, 0, &[2]).expect("sent");
                }
                if lane.party() == Party::P1 && first == 110 {
                    lane.recv(Party::P0, 110, 0, &mut [0]).expect("received");
                }
            });
            joined
        });
        let left = Step { op: 105, label: 9 };
        assert!(
            matches!(&results[1], Err(NetError::Desync { found, .. }) if *found == left),
            "{:?}",
            results[1]
        );
    }
}

#[test]
fn frames_of_foreign_operations_are_refused_in_a_lane_too() {
    let results = on_patient_meshes(memory_ends(), PATIENCE, |mesh| {
        if mesh.party() == Party::P0 {
            return mesh.send(Party::P1, 500, 0, &[1]);
        }
        if mesh.party() == Party::P2 {
            return Ok(());
        }
        let (results, _) = in_lanes(mesh, 2, |lane, first| {
            lane.recv(Party::P0, first, 0, &mut [0])
        });
        results.into_iter().collect()
    });
    assert!(
        matches!(&results[1], Err(NetError::Desync { .. })),
        "{:?}",
        results[1]
    );
}

#[test]
fn one_lane_that_loses_its_peer_stops_the_others() {
    for ends in [memory_ends(), tcp_ends()] {
        let started = Instant::now();
        on_patient_meshes(ends, PATIENCE, |mesh| {
            if mesh.party() == Party::P2 {
                return;
            }
            // Lane 0 waits for the party that left, lane 1 for one that will never send.
            let me = mesh.party();
            let other = if me == Party::P0 {
                Party::P1
            } else {
                Party::P0
            };
            let (results, _) = in_lanes(mesh, 2, |lane, first| {
                let from = if first == 100 { Party::P2 } else { other };
                lane.recv(from, first, 0, &mut [0])
            });
            assert!(results.iter().all(Result::is_err), "{results:?}");
        });
        assert!(started.elapsed() < PATIENCE / 2);
    }
}

#[test]
fn lanes_that_send_to_a_peer_that_left_end_while_another_reads_from_it() {
    for ends in [memory_ends(), tcp_ends()] {
        let started = Instant::now();
        on_patient_meshes(ends, PATIENCE, |mesh| {
            if mesh.party() == Party::P2 {
                return;
            }
            let (results, _) = in_lanes(mesh, 3, |lane, first| {
                if first == 100 {
                    return lane.recv(Party::P2, first, 0, &mut [0]);
                }
                // The link may take some frames before its end is noticed.
                (0..).try_for_each(|label| {
                    #[allow(clippy::disallowed_methods, reason = "not as fast as memory allows")]
                    thread::sleep(Duration::from_millis(1));
                    lane.send(Party::P2, first, label, &[0; 1000])
                })
            });
            assert!(results.iter().all(Result::is_err), "{results:?}");
        });
        assert!(started.elapsed() < PATIENCE / 2);
    }
}

#[test]
fn frames_beyond_what_is_kept_for_other_lanes_end_the_session() {
    for ends in [memory_ends(), tcp_ends()] {
        let results = on_patient_meshes(ends, PATIENCE, |mesh| {
            mesh.set_kept_budget(2500);
            if mesh.party() == Party::P0 {
                for label in 0..3 {
                    mesh.send(Party::P1, 110, label, &[1; 1000])?;
                }
                return mesh.recv(Party::P1, 300, 0, &mut []);
            }
            if mesh.party() == Party::P2 {
                return Ok(());
            }
            // Two frames are kept for the other lane; there is no room for a third.
            let mut lane = mesh.lane(100..110, 100..120);
            lane.recv(Party::P0, 100, 0, &mut [0])
        });
        let Err(NetError::TooMuchKept { bytes, budget, .. }) = &results[1] else {
            panic!("{:?}", results[1]);
        };
        assert_eq!((*bytes, *budget), (1000, 2500));
        let told = results[0].as_ref().expect_err("told");
        assert!(matches!(told, NetError::PeerAborted { .. }), "{told}");
    }
}
