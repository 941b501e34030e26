//! What only sockets can do wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{DEADLINE, on_three, tcp_configs, tcp_ends};
use crate::Party;
use crate::net::tcp::{HELLO_TIMEOUT, TcpConfig, TcpTransport};
use crate::net::{FrameKind, HEADER_BYTES, Header, Mesh, NetError, QUEUE_CAP_BYTES};

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

fn hello(from: Party, to: Party) -> Vec<u8> {
    [&header(FrameKind::Hello, from, to, 32)[..], &[9; 32]].concat()
}

/// Connects as a peer whose later behaviour the test decides.
fn rogue(address: SocketAddr, from: Party) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("listening");
    stream.write_all(&hello(from, Party::P0)).expect("open");
    stream.read_exact(&mut [0; 64]).expect("the answer");
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
fn both_ends_see_that_their_programs_differ() {
    let results = on_three(tcp_configs(), |party, (mut config, listener)| {
        config.connect_timeout = Duration::from_millis(500);
        if party == Party::P1 {
            config.program_digest = [1; 32];
        }
        TcpTransport::establish(&config, listener).err()
    });
    for (error, peer) in [(&results[0], Party::P1), (&results[1], Party::P0)] {
        let Some(NetError::ProgramMismatch { at }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(at.peer, peer);
    }
    assert!(matches!(results[2], Some(NetError::NoConnection { .. })));
}

#[test]
fn another_version_is_named_to_both_ends() {
    let [(config, listener), ..] = tcp_configs();
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
fn junk_connections_do_not_stop_a_genuine_peer() {
    let configs = tcp_configs();
    let addresses = [configs[0].0.addresses[0], configs[1].0.addresses[1]];
    let mut open = Vec::new();
    let mut junk = |count: usize| {
        for i in 0..count {
            let Ok(mut stream) =
                TcpStream::connect_timeout(&addresses[i % 2], Duration::from_millis(50))
            else {
                continue;
            };
            // Some stay silent, some talk nonsense, some are almost a peer, some hang up.
            let _ = match i % 12 {
                0 => stream.write_all(b"GET / HTTP/1.1\r\n\r\n"),
                1 => stream.write_all(&[0xFF; 64]),
                2 => stream.write_all(&hello(Party::P1, Party::P2)),
                3 => continue,
                _ => stream.write_all(&hello(Party::P1, Party::P0)[..40]),
            };
            open.push(stream);
        }
    };
    // In all fewer than a listener's backlog of 128, beyond which the kernel lets everybody wait
    // for a second; of the first, more than may wait for their hello.
    junk(180);
    thread::scope(|scope| {
        let genuine = scope.spawn(|| {
            let started = Instant::now();
            let errors = on_three(configs, |_, (config, listener)| {
                TcpTransport::establish(&config, listener).err()
            });
            (errors, started.elapsed())
        });
        junk(40);
        let (errors, took) = genuine.join().expect("no panic");
        assert_eq!(errors, [None, None, None]);
        assert!(took < HELLO_TIMEOUT, "waited for silent ones: {took:?}");
    });
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
