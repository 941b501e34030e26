//! Far ends: what tasks see of a party's queues.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::DEADLINE;
use crate::Party;
use crate::net::{HEADER_BYTES, NetError, QUEUE_CAP_BYTES, Room, Transport, pipe};

/// Counts how often its task is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

const HEADER: [u8; HEADER_BYTES] = [3; HEADER_BYTES];

#[test]
fn what_is_sent_comes_out_in_order_and_gives_its_room_back() {
    let (party, [end, _]) = pipe::open(Party::P0, DEADLINE);
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut cx = Context::from_waker(&waker);
    assert_eq!(end.poll_take(&mut cx), Poll::Pending);
    let payload = vec![7; 600_000];
    party
        .send(Party::P1, HEADER, &[&payload], Room::Wait)
        .expect("room");
    assert_eq!(count.0.load(Ordering::SeqCst), 1, "woken once");
    let mut taken = Vec::new();
    while let Poll::Ready(piece) = end.poll_take(&mut cx) {
        let piece = piece.expect("open");
        taken.extend_from_slice(&piece);
        end.taken(piece);
    }
    assert_eq!(taken, [&HEADER[..], &payload].concat());
    assert_eq!(end.drain(DEADLINE), 0);
    party.shutdown();
    assert_eq!(end.poll_take(&mut cx), Poll::Ready(None));
}

#[test]
fn what_is_put_is_received_however_it_is_cut_and_then_the_end() {
    let (party, [_, end]) = pipe::open(Party::P0, DEADLINE);
    for bytes in [&HEADER[..5], &HEADER[5..], &[1, 2], &[3]] {
        end.put(bytes);
    }
    end.end_incoming("gone");
    assert_eq!(party.recv_header(Party::P2), Ok(HEADER));
    let mut payload = [0; 3];
    party
        .recv_payload(Party::P2, &mut payload)
        .expect("all bytes");
    assert_eq!(payload, [1, 2, 3]);
    let error = party.recv_header(Party::P2).expect_err("the end");
    assert!(
        matches!(error, NetError::PeerLost { at, detail } if at.peer == Party::P2 && detail == "gone")
    );
}

#[test]
fn a_full_queue_has_no_room_until_the_party_reads() {
    let (party, [end, _]) = pipe::open(Party::P0, DEADLINE);
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut cx = Context::from_waker(&waker);
    assert_eq!(end.poll_room(&mut cx), Poll::Ready(true));
    end.put(&vec![1; QUEUE_CAP_BYTES + 1]);
    assert_eq!(end.poll_room(&mut cx), Poll::Pending);
    party
        .recv_payload(Party::P1, &mut [0; 1 << 20])
        .expect("bytes");
    assert!(count.0.load(Ordering::SeqCst) > 0, "woken");
    assert_eq!(end.poll_room(&mut cx), Poll::Ready(true));
    assert_eq!(end.poll_closed(&mut cx), Poll::Pending);
    party.shutdown();
    assert_eq!(end.poll_room(&mut cx), Poll::Ready(false));
    assert_eq!(end.poll_closed(&mut cx), Poll::Ready(()));
    // Nobody reads it.
    end.put(&[1]);
}

#[test]
fn an_end_that_cannot_send_fails_the_partys_sends() {
    let (party, [end, _]) = pipe::open(Party::P0, DEADLINE);
    end.end_outgoing("cable cut");
    let error = party.send(Party::P1, HEADER, &[], Room::Wait);
    let error = error.expect_err("closed");
    assert!(matches!(error, NetError::PeerLost { detail, .. } if detail == "cable cut"));
}
