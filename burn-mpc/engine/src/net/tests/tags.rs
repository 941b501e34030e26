//! Frames that carry tags: bytes that change on the way are an error at all parties.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{DEADLINE, Ends, on_patient_meshes, ring_step, tcp_ends};
use crate::Party;
use crate::net::tap::{Fault, Tap};
use crate::net::{HEADER_BYTES, LinkKeys, Mesh, NetError, Transport};

const BYTES: usize = 16;

fn keys(party: Party, peer: Party) -> LinkKeys {
    let key = |from: Party, to: Party| Zeroizing::new([(3 * from.index() + to.index()) as u8; 32]);
    LinkKeys {
        outgoing: key(party, peer),
        incoming: key(peer, party),
    }
}

fn tagged(mesh: &mut Mesh) {
    assert!(mesh.wants_tags());
    let party = mesh.party();
    mesh.set_tag_keys(keys(party, party.next()), keys(party, party.prev()));
}

/// P1's frame number `frame` suffers `fault`.
fn faulty(frame: u64, fault: Fault) -> Ends {
    tcp_ends().map(|end| {
        if end.party() == Party::P1 {
            Box::new(Tap::new(end).with_fault(frame, fault)) as Box<dyn Transport>
        } else {
            end
        }
    })
}

#[test]
fn every_flipped_bit_of_a_frame_is_refused() {
    for bit in (0..8 * (HEADER_BYTES + BYTES)).step_by(3) {
        let [p0, p1, p2] = on_patient_meshes(faulty(2, Fault::FlipBit(bit)), DEADLINE, |mesh| {
            tagged(mesh);
            (0..20).find_map(|op| ring_step(mesh, op, BYTES).err())
        });
        let error = p2.unwrap_or_else(|| panic!("bit {bit}"));
        // The name of the session, the round and the payload have no other check.
        let byte = bit / 8;
        if (8..16).contains(&byte) || byte >= 28 {
            let NetError::Corrupt { at } = &error else {
                panic!("bit {bit}: {error}");
            };
            assert_eq!((at.party, at.peer), (Party::P2, Party::P1));
            assert_eq!(at.step.map(|step| step.op), Some(2));
        }
        assert!(p0.is_some() && p1.is_some());
    }
}

#[test]
fn tags_cover_frames_in_pieces_and_cost_no_byte() {
    for tags in [false, true] {
        let counters = on_patient_meshes(tcp_ends(), DEADLINE, |mesh| {
            if tags {
                tagged(mesh);
            }
            let (next, prev) = (mesh.party().next(), mesh.party().prev());
            mesh.send_parts(next, 1, 0, &[&[1; 700], &[], &[2; 301]])
                .expect("sent");
            let mut sum = 0;
            mesh.recv_pieces(prev, 1, 0, 1001, &mut [0; 64], |piece| {
                sum += piece.iter().map(|&byte| usize::from(byte)).sum::<usize>();
            })
            .expect("received");
            assert_eq!(sum, 700 + 2 * 301);
            mesh.counters()
        });
        for counters in counters {
            assert_eq!(counters.bytes_sent, (HEADER_BYTES + 1001) as u64);
        }
    }
}

#[test]
fn other_keys_are_an_error() {
    let errors = on_patient_meshes(tcp_ends(), DEADLINE, |mesh| {
        let party = mesh.party();
        let mut next = keys(party, party.next());
        if party == Party::P1 {
            next.outgoing[31] ^= 1;
        }
        mesh.set_tag_keys(next, keys(party, party.prev()));
        (0..20).find_map(|op| ring_step(mesh, op, BYTES).err())
    });
    assert!(
        matches!(errors[2], Some(NetError::Corrupt { .. })),
        "{:?}",
        errors[2]
    );
}

#[test]
fn a_frame_kept_for_another_lane_is_verified_as_well() {
    // P1 sends to lane 110 first; lane 100 of P2 reads it.
    let results = on_patient_meshes(
        faulty(0, Fault::FlipBit(8 * HEADER_BYTES + 3)),
        Duration::from_secs(5),
        |mesh| {
            tagged(mesh);
            match mesh.party() {
                Party::P1 => {
                    mesh.send(Party::P2, 110, 0, &[7; 9])?;
                    mesh.send(Party::P2, 100, 0, &[7; 9])?;
                    mesh.recv(Party::P2, 300, 0, &mut [0])
                }
                Party::P2 => {
                    let mut lane = mesh.lane(100..110, 100..120);
                    lane.recv(Party::P1, 100, 0, &mut [0; 9])
                }
                _ => Ok(()),
            }
        },
    );
    assert!(
        matches!(results[2], Err(NetError::Corrupt { .. })),
        "{:?}",
        results[2]
    );
}

#[test]
fn keys_of_links_print_as_redacted() {
    let text = format!("{:?}", keys(Party::P0, Party::P1));
    assert_eq!(text, "LinkKeys(\"redacted\")");
}
