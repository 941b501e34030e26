//! Exchanges that fail: each with its own typed error, in time, and for good.

use std::time::{Duration, Instant};

use super::{DEADLINE, Ends, memory_ends, on_meshes, on_three, ring_step, tcp_ends};
use crate::Party;
use crate::net::{
    AbortCode, AbortReason, FrameKind, Header, Mesh, NetError, Step, Transport, memory,
};

/// P0 receives `(op 1, label 0, 8 bytes)` from a P1 that sends `bytes`, then stays open or closes.
fn answer_to(bytes: &[u8], close: bool) -> (NetError, Duration) {
    let [p0, p1, _p2] = memory::mesh3(DEADLINE);
    let mut mesh = Mesh::new(Box::new(p0), DEADLINE);
    mesh.set_session(7);
    p1.send_raw(Party::P0, bytes);
    if close {
        p1.shutdown();
    }
    let started = Instant::now();
    let error = mesh
        .recv(Party::P1, 1, 0, &mut [0; 8])
        .expect_err("a fault");
    let took = started.elapsed();
    assert_eq!(mesh.recv(Party::P2, 1, 0, &mut []), Err(error.clone()));
    assert_eq!(mesh.send(Party::P2, 1, 0, &[]), Err(error.clone()));
    (error, took)
}

fn header() -> Header {
    Header {
        kind: FrameKind::Data,
        sender: Party::P1,
        receiver: Party::P0,
        label: 0,
        length: 8,
        session: 7,
        op: 1,
        sequence: 0,
        round: 1,
    }
}

fn whole(header: Header) -> Vec<u8> {
    [&header.encode()[..], &[0; 8]].concat()
}

fn refusal(change: impl Fn(&mut Header)) -> NetError {
    let mut changed = header();
    change(&mut changed);
    let (error, took) = answer_to(&whole(changed), false);
    assert!(took < DEADLINE, "refused by its header, not by a deadline");
    error
}

#[test]
fn every_wrong_header_field_has_its_own_error() {
    let error = refusal(|h| h.session = 8);
    assert!(matches!(
        error,
        NetError::WrongSession {
            expected: 7,
            found: 8,
            ..
        }
    ));
    let error = refusal(|h| h.sequence = 1);
    assert!(matches!(
        error,
        NetError::OutOfOrder {
            expected: 0,
            found: 1,
            ..
        }
    ));
    let error = refusal(|h| h.sequence = u32::MAX);
    assert!(matches!(error, NetError::Replay { expected: 0, .. }));
    let expected = Step { op: 1, label: 0 };
    let error = refusal(|h| h.op = 2);
    assert!(
        matches!(error, NetError::Desync { expected: e, found: Step { op: 2, label: 0 }, .. } if e == expected)
    );
    let error = refusal(|h| h.label = 5);
    assert!(
        matches!(error, NetError::Desync { expected: e, found: Step { op: 1, label: 5 }, .. } if e == expected)
    );
    let error = refusal(|h| h.length = 9);
    assert!(matches!(
        error,
        NetError::Length {
            expected: 8,
            found: 9,
            ..
        }
    ));
    let error = refusal(|h| h.length = 0);
    assert!(matches!(error, NetError::Length { found: 0, .. }));
    let error = refusal(|h| h.sender = Party::P2);
    assert!(matches!(
        error,
        NetError::Misrouted {
            sender: Party::P2,
            ..
        }
    ));
    let error = refusal(|h| (h.sender, h.receiver) = (Party::P0, Party::P1));
    assert!(
        matches!(error, NetError::Misrouted { .. }),
        "a reflected frame"
    );
    let error = refusal(|h| h.kind = FrameKind::Hello);
    assert!(matches!(error, NetError::NotAFrame { .. }));
    let at = error.at().expect("a place");
    assert_eq!(
        (at.party, at.peer, at.step),
        (Party::P0, Party::P1, Some(expected))
    );
}

#[test]
fn junk_and_other_versions_are_refused() {
    let mut bytes = whole(header());
    bytes[0] = b'G';
    let (error, _) = answer_to(&bytes, false);
    assert!(matches!(error, NetError::NotAFrame { found: b'G', .. }));
    bytes[0] = 0xB2;
    let (error, _) = answer_to(&bytes, false);
    assert!(matches!(
        error,
        NetError::Version {
            expected: 1,
            found: 2,
            ..
        }
    ));
}

#[test]
fn silence_and_half_frames_end_at_the_deadline() {
    let frame = whole(header());
    for spoken in [0, 1, 31, 32, 36, 39] {
        let (error, took) = answer_to(&frame[..spoken], false);
        assert!(
            matches!(error, NetError::Timeout { .. }),
            "{spoken}: {error}"
        );
        assert!(took >= DEADLINE && took < DEADLINE + Duration::from_secs(1));
        let at = error.at().expect("a place");
        assert_eq!(at.peer, Party::P1);
        assert_eq!(at.step, Some(Step { op: 1, label: 0 }));
        assert!(at.elapsed >= DEADLINE);
    }
}

#[test]
fn a_peer_that_dies_mid_message_is_lost_at_once() {
    let frame = whole(header());
    for spoken in [0, 20, 32, 39] {
        let (error, took) = answer_to(&frame[..spoken], true);
        assert!(
            matches!(error, NetError::PeerLost { .. }),
            "{spoken}: {error}"
        );
        assert!(took < DEADLINE);
    }
}

/// P1 aborts in op 5 while the others run on; nobody hangs and everybody names P1.
fn abort_scenario(mesh: &mut Mesh) -> NetError {
    for op in 1..5 {
        ring_step(mesh, op, 1000).expect("ring");
    }
    if mesh.party() == Party::P1 {
        mesh.abort(&AbortReason {
            code: AbortCode::Local,
            origin: Party::P1,
            op: 5,
            text: "weights file\nis missing".repeat(20),
        });
    }
    (5..100)
        .find_map(|op| ring_step(mesh, op, 1000).err())
        .expect("the session ends")
}

fn assert_aborted(errors: [NetError; 3]) {
    for party in [0, 2] {
        let NetError::PeerAborted {
            origin,
            code,
            op,
            text,
            ..
        } = &errors[party]
        else {
            panic!("P{party}: {}", errors[party]);
        };
        assert_eq!((*origin, *code, *op), (Party::P1, AbortCode::Local, 5));
        assert!(text.starts_with("weights file?is missing") && text.len() <= 200);
    }
    assert!(matches!(
        errors[1],
        NetError::Aborted {
            party: Party::P1,
            ..
        }
    ));
}

#[test]
fn an_abort_reaches_both_peers_and_names_its_origin() {
    for ends in [memory_ends(), tcp_ends()] {
        let started = Instant::now();
        assert_aborted(on_meshes(ends, abort_scenario));
        assert!(started.elapsed() < 2 * DEADLINE);
    }
}

#[test]
fn a_desync_ends_all_three_parties() {
    for ends in [memory_ends(), tcp_ends()] {
        assert_desync(ends);
    }
}

fn assert_desync(ends: Ends) {
    let errors = on_meshes(ends, |mesh| {
        let skip = u64::from(mesh.party() == Party::P2);
        (1 + skip..50).find_map(|op| ring_step(mesh, op, 10).err())
    });
    let errors = errors.map(|error| error.expect("an error"));
    assert!(errors.iter().any(|e| matches!(e, NetError::Desync { .. })));
    for error in &errors {
        assert!(
            matches!(
                error,
                NetError::Desync { .. }
                    | NetError::PeerAborted {
                        code: AbortCode::Desync,
                        ..
                    }
            ),
            "{error}"
        );
    }
}

#[test]
fn sending_to_oneself_is_an_error() {
    let errors = on_three(memory_ends(), |party, end| {
        Mesh::new(end, DEADLINE).send(party, 1, 0, &[])
    });
    assert!(
        errors
            .iter()
            .all(|e| matches!(e, Err(NetError::NoSuchLink { .. })))
    );
}

#[test]
fn a_frame_that_only_drips_ends_in_time_too() {
    let frame = whole(header());
    let started = Instant::now();
    let [p0, p1, _p2] = memory::mesh3(DEADLINE);
    let mut mesh = Mesh::new(Box::new(p0), DEADLINE);
    mesh.set_session(7);
    p1.send_raw(Party::P0, &frame[..32]);
    let drip = std::thread::spawn(move || {
        for byte in frame[32..].chunks(1) {
            #[allow(clippy::disallowed_methods, reason = "a slow peer")]
            std::thread::sleep(DEADLINE / 3);
            p1.send_raw(Party::P0, byte);
        }
        p1
    });
    // Each byte comes in time, and all eight in less than three deadlines, which is too late.
    let error = mesh.recv(Party::P1, 1, 0, &mut [0; 8]);
    assert!(matches!(error, Err(NetError::Timeout { .. })), "{error:?}");
    assert!(started.elapsed() < DEADLINE * 5 / 2);
    drop(drip.join());
}
