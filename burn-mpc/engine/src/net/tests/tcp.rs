//! What only sockets can do wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{DEADLINE, on_three, tcp_configs, tcp_ends};
use crate::Party;
use crate::net::tcp::{HELLO_BYTES, TcpConfig, TcpTransport, confirmation};
use crate::net::{FrameKind, HEADER_BYTES, Header, Mesh, NetError, QUEUE_CAP_BYTES, Transport};

fn header(kind: FrameKind, from: Party, to: Party, length: u32) -> [u8; HEADER_BYTES] {
    Header {
        kind,
        sender: from,
        receiver: to,
        label: 0,
        length,
        session: 0,
        op: u64::from(kind == FrameKind::Data),
        sequence: 0,
        round: u32::from(kind == FrameKind::Data),
    }
    .encode()
}

pub(super) fn hello(from: Party, to: Party) -> Vec<u8> {
    [&header(FrameKind::Hello, from, to, 32)[..], &[9; 32]].concat()
}

/// Connects as a peer whose later behaviour the test decides.
fn rogue(address: SocketAddr, from: Party) -> TcpStream {
    greeted(address, from, Party::P0, [9; 32])
}

/// Says and confirms a hello of `from` for `to` with that digest.
pub(super) fn greeted(address: SocketAddr, from: Party, to: Party, digest: [u8; 32]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("listening");
    // Otherwise what follows the confirmation would wait for its acknowledgement.
    stream.set_nodelay(true).expect("open");
    let mut said = hello(from, to);
    said[HEADER_BYTES..].copy_from_slice(&digest);
    stream.write_all(&said).expect("open");
    let mut answer = [0; HELLO_BYTES];
    stream.read_exact(&mut answer).expect("the answer");
    let answerer = Header::decode(&std::array::from_fn(|i| answer[i])).expect("a hello");
    let confirm = confirmation(from, answerer.sender, &digest, &answer);
    stream.write_all(&confirm).expect("open");
    stream
}

/// P0's mesh and the two raw sockets of its peers.
fn p0_among_rogues() -> (Mesh, [TcpStream; 2]) {
    let [(config, listener), ..] = tcp_configs();
    let address = config.addresses[0];
    let p0 = thread::spawn(move || TcpTransport::establish(&config, listener));
    let rogues = [Party::P1, Party::P2].map(|party| rogue(address, party));
    let end = p0.join().expect("no panic").expect("established");
    (Mesh::new(Box::new(end), DEADLINE), rogues)
}

#[test]
fn silent_and_half_speaking_sockets_end_at_the_deadline() {
    let frame = [
        &header(FrameKind::Data, Party::P1, Party::P0, 8)[..],
        &[0; 8],
    ]
    .concat();
    for spoken in [0, 31, 32, 39] {
        let (mut mesh, [mut p1, _p2]) = p0_among_rogues();
        p1.write_all(&frame[..spoken]).expect("open");
        let started = Instant::now();
        let error = mesh
            .recv(Party::P1, 1, 0, &mut [0; 8])
            .expect_err("silence");
        let took = started.elapsed();
        assert!(
            matches!(error, NetError::Timeout { .. }),
            "{spoken}: {error}"
        );
        assert!(took >= DEADLINE && took < DEADLINE + Duration::from_secs(1));
    }
}

#[test]
fn a_socket_that_only_drips_ends_in_time_too() {
    let frame = [
        &header(FrameKind::Data, Party::P1, Party::P0, 8)[..],
        &[0; 8],
    ]
    .concat();
    let (mut mesh, [mut p1, _p2]) = p0_among_rogues();
    p1.write_all(&frame[..32]).expect("open");
    let drip = thread::spawn(move || {
        for byte in frame[32..].chunks(1) {
            #[allow(clippy::disallowed_methods, reason = "a slow peer")]
            thread::sleep(DEADLINE / 3);
            // Fails once P0 has given up.
            let _ = p1.write_all(byte);
        }
    });
    let started = Instant::now();
    let error = mesh.recv(Party::P1, 1, 0, &mut [0; 8]);
    assert!(matches!(error, Err(NetError::Timeout { .. })), "{error:?}");
    assert!(started.elapsed() < 2 * DEADLINE + Duration::from_secs(1));
    drip.join().expect("no panic");
}

#[test]
fn a_socket_that_dies_mid_message_is_lost_at_once() {
    let frame = [
        &header(FrameKind::Data, Party::P1, Party::P0, 8)[..],
        &[0; 8],
    ]
    .concat();
    let (mut mesh, [mut p1, _p2]) = p0_among_rogues();
    p1.write_all(&frame[..39]).expect("open");
    drop(p1);
    let started = Instant::now();
    let error = mesh.recv(Party::P1, 1, 0, &mut [0; 8]).expect_err("dead");
    assert!(matches!(error, NetError::PeerLost { .. }), "{error}");
    assert!(started.elapsed() < DEADLINE);
}

#[test]
fn a_socket_that_is_never_read_stops_the_sender_and_not_the_shutdown() {
    let (mut mesh, _rogues) = p0_among_rogues();
    let started = Instant::now();
    let payload = vec![0; QUEUE_CAP_BYTES];
    let error = (0..10)
        .find_map(|op| mesh.send(Party::P1, op, 0, &payload).err())
        .expect("the queue fills");
    assert!(matches!(error, NetError::Timeout { .. }), "{error}");
    drop(mesh);
    assert!(started.elapsed() < DEADLINE + Duration::from_secs(1));
}

#[test]
fn plaintext_must_be_asked_for_and_stays_on_the_machine() {
    let [(config, listener), ..] = tcp_configs();
    let unasked = TcpConfig {
        insecure_plaintext: false,
        ..config.clone()
    };
    let refused = TcpTransport::connect(&unasked).err();
    assert!(
        matches!(refused, Some(NetError::Refused { .. })),
        "{refused:?}"
    );
    let mut outside = config.clone();
    outside.addresses[2] = "192.0.2.1:7000".parse().expect("an address");
    let refused = TcpTransport::establish(&outside, listener).err();
    assert!(
        matches!(refused, Some(NetError::Refused { .. })),
        "{refused:?}"
    );
    let wide = std::net::TcpListener::bind("0.0.0.0:0").expect("bind");
    let refused = TcpTransport::establish(&config, wide).err();
    assert!(
        matches!(refused, Some(NetError::Refused { .. })),
        "{refused:?}"
    );
}

#[test]
fn everybody_sees_whose_program_differs() {
    let odd = Party::P1;
    let started = Instant::now();
    let results = on_three(tcp_configs(), |party, (mut config, listener)| {
        if party == odd {
            config.program_digest = [1; 32];
        }
        // All are linked, so that set-up can tell them what differs.
        TcpTransport::establish(&config, listener).expect("linked")
    });
    assert!(started.elapsed() < Duration::from_secs(2));
    for (party, end) in Party::ALL.into_iter().zip(&results) {
        let error = end.differing();
        let Some(NetError::ProgramMismatch { at }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(at.party, party);
        assert_ne!(at.peer == odd, party == odd);
    }
}

#[test]
fn another_version_is_named_to_both_ends() {
    let [(mut config, listener), ..] = tcp_configs();
    // The hello may be a stranger's, so its error comes only once no other has come.
    config.connect_timeout = Duration::from_millis(300);
    let address = config.addresses[0];
    let p0 = thread::spawn(move || TcpTransport::establish(&config, listener).err());
    let mut stream = TcpStream::connect(address).expect("listening");
    let mut other = hello(Party::P1, Party::P0);
    other[0] = 0xB2;
    stream.write_all(&other).expect("open");
    let mut answer = [0; 64];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer[0], 0xB1);
    let error = p0.join().expect("no panic");
    assert!(matches!(
        error,
        Some(NetError::Version {
            expected: 1,
            found: 2,
            ..
        })
    ));
}

#[test]
fn an_absent_peer_ends_the_set_up_in_time() {
    let [(mut config, listener), ..] = tcp_configs();
    config.connect_timeout = Duration::from_millis(300);
    let started = Instant::now();
    let error = TcpTransport::establish(&config, listener).err();
    assert!(matches!(error, Some(NetError::NoConnection { .. })));
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn shutdown_is_idempotent_and_peers_see_it_at_once() {
    let [p0, p1, _p2] = tcp_ends();
    p0.shutdown();
    p0.shutdown();
    let started = Instant::now();
    let error = Mesh::new(p1, DEADLINE).recv(Party::P0, 1, 0, &mut []);
    assert!(matches!(error, Err(NetError::PeerLost { .. })));
    assert!(started.elapsed() < DEADLINE);
}
