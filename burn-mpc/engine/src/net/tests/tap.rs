//! Faults on the wire: every one ends in a typed error at every party, none in a wrong value.

use std::time::Duration;

use super::{Ends, memory_ends, on_meshes, ring_step, tcp_ends};
use crate::Party;
use crate::net::tap::{Fault, Tap};
use crate::net::{AbortCode, HEADER_BYTES, Header, Mesh, NetError, Transport};

const BYTES: usize = 16;

/// P1's third frame of a ring suffers `fault`; the first error of each party, if any.
fn with_fault(ends: Ends, fault: Fault) -> [Option<NetError>; 3] {
    let ends = ends.map(|end| {
        if end.party() == Party::P1 {
            Box::new(Tap::new(end).with_fault(2, fault)) as Box<dyn Transport>
        } else {
            end
        }
    });
    on_meshes(ends, |mesh| {
        (0..20).find_map(|op| ring_step(mesh, op, BYTES).err())
    })
}

fn of_p2(fault: Fault) -> [NetError; 2] {
    [memory_ends(), tcp_ends()].map(|ends| {
        let [p0, p1, p2] = with_fault(ends, fault);
        for error in [p0, p1] {
            let error = error.expect("the others end too");
            assert!(
                matches!(
                    error,
                    NetError::PeerAborted { .. }
                        | NetError::PeerLost { .. }
                        | NetError::Timeout { .. }
                ),
                "{error}"
            );
        }
        p2.expect("the receiver notices")
    })
}

#[test]
fn a_replayed_frame_is_refused() {
    for error in of_p2(Fault::Duplicate) {
        assert!(
            matches!(
                error,
                NetError::Replay {
                    expected: 3,
                    found: 2,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_lost_frame_is_noticed() {
    for error in of_p2(Fault::Drop) {
        // The ring stands still: P2 hears nothing, or of somebody else's deadline.
        assert!(
            matches!(
                error,
                NetError::Timeout { .. }
                    | NetError::OutOfOrder { .. }
                    | NetError::PeerAborted {
                        code: AbortCode::Timeout,
                        ..
                    }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_flipped_bit_of_any_checked_header_field_is_refused() {
    let round = 28;
    for byte in 0..round {
        let [p0, p1, p2] = with_fault(memory_ends(), Fault::FlipBit(8 * byte + byte % 8));
        let error = p2.unwrap_or_else(|| panic!("byte {byte}"));
        assert!(
            !matches!(error, NetError::Timeout { .. }),
            "byte {byte}: {error}"
        );
        assert!(p0.is_some() && p1.is_some());
    }
}

#[test]
fn a_closing_peer_ends_the_others_at_once() {
    for error in of_p2(Fault::Close) {
        assert!(
            matches!(
                error,
                NetError::PeerLost { .. } | NetError::PeerAborted { .. }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_delay_below_the_deadline_changes_nothing() {
    let errors = with_fault(memory_ends(), Fault::Delay(Duration::from_millis(100)));
    assert_eq!(errors, [None, None, None]);
}

#[test]
fn a_tap_records_every_received_byte() {
    let mut handles = Vec::new();
    let ends = memory_ends().map(|end| {
        let tap = Tap::new(end);
        handles.push(tap.records());
        Box::new(tap) as Box<dyn Transport>
    });
    let counters = on_meshes(ends, |mesh: &mut Mesh| {
        for op in 1..4 {
            ring_step(mesh, op, BYTES).expect("ring");
        }
        mesh.counters()
    });
    for (party, (records, counters)) in Party::ALL.into_iter().zip(handles.iter().zip(counters)) {
        let records = records.snapshot();
        assert_eq!(records.len(), 3);
        for (op, record) in (1..).zip(&records) {
            assert_eq!(record.from, party.prev());
            let header = Header::decode(&record.header).expect("a header");
            assert_eq!((header.op, header.session), (op, 0x5E55));
            assert_eq!(record.payload.len(), BYTES);
        }
        let bytes: usize = records.iter().map(|r| HEADER_BYTES + r.payload.len()).sum();
        assert_eq!(counters.bytes_received, bytes as u64);
    }
}
