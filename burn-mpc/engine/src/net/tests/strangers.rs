//! Connections from strangers: set-up skips them, and its places go to peers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::tcp::{greeted, hello};
use super::{DEADLINE, Ends, on_meshes, on_three, ring_step, tcp_configs};
use crate::Party;
use crate::net::tcp::{HELLO_TIMEOUT, TcpConfig, TcpTransport};
use crate::net::{HEADER_BYTES, Mesh, NetError, Transport};

const SEED: u64 = 0x5712_A63E;
const KINDS: u64 = 14;

/// Pseudo-random numbers, the same in every run.
fn random(state: &mut u64) -> u8 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 32) as u8
}

/// Connects and sends to `to` what a stranger of that kind sends.
fn stranger(address: SocketAddr, to: Party, kind: u64, seed: u64) -> Option<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    let mut state = seed | 1;
    let mut said = hello(Party::P2, to);
    match kind % KINDS {
        0 => said.clear(),
        1 => said.truncate(40),
        2 => said = vec![0xB5; 64],
        3 => said = vec![0xFF; 64],
        // Another digest.
        4 => said[HEADER_BYTES..].fill(3),
        // Another version.
        5 => said[0] = 0xB7,
        // For another party.
        6 => {
            said = hello(
                Party::P2,
                if to == Party::P0 {
                    Party::P1
                } else {
                    Party::P0
                },
            );
        }
        7 => said = hello(to, Party::P2),
        8 => {
            said = std::iter::repeat_with(|| random(&mut state))
                .take(64)
                .collect();
        }
        9 => {
            said = b"GET / HTTP/1.1\r\nHost: a-machine-of-the-house\r\nAccept: everything\r\n\r\n"
                .to_vec();
        }
        // A TLS client hello, and its beginning.
        10 => said = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3][..], &[0x5A; 500]].concat(),
        11 => said = vec![0x16, 3, 1],
        // A recorded hello, and one with a recorded confirmation.
        12 => {}
        _ => said.extend([&[0xB1, 0x38, 1, 0][..], &[0; 28]].concat()),
    }
    stream.write_all(&said).ok()?;
    Some(stream)
}

/// The set-up of all three parties, then one step of a program.
fn comes_up(configs: [(TcpConfig, TcpListener); 3]) {
    let ends: Ends = on_three(configs, |_, (config, listener)| {
        let end = TcpTransport::establish(&config, listener);
        Box::new(end.expect("the peers are there")) as Box<dyn Transport>
    });
    on_meshes(ends, |mesh| {
        assert_eq!(mesh.differing(), None);
        ring_step(mesh, 1, 100).expect("ring");
    });
}

#[test]
fn no_stranger_ends_the_set_up() {
    for kind in 0..KINDS {
        for at in [Party::P0, Party::P1] {
            let configs = tcp_configs();
            let address = configs[0].0.addresses[at.index()];
            let stranger = stranger(address, at, kind, SEED + kind);
            assert!(stranger.is_some(), "kind {kind}");
            comes_up(configs);
        }
    }
}

/// Bytes near a hello, with the beginning of a frame behind it, or any.
fn said() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<usize>(), any::<u8>(), 0..4_u8), 0..6);
    let near = (0..3_usize, 1..3_usize, edits).prop_map(|(from, hop, edits)| {
        let mut bytes = hello(Party::of(from), Party::of(from + hop));
        bytes.extend([&[0xB1, 0x38, 1, 0][..], &[0; 28]].concat());
        for (at, byte, how) in edits {
            let at = at % (bytes.len() + 1);
            match how {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, byte),
                2 => bytes.extend_from_within(at..),
                _ => {
                    if let Some(place) = bytes.get_mut(at) {
                        *place ^= byte;
                    }
                }
            }
        }
        bytes
    });
    prop_oneof![4 => near, 1 => proptest::collection::vec(any::<u8>(), 0..300)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_stranger_says_the_set_up_goes_on(said in said(), at in 0..2_usize) {
        let configs = tcp_configs();
        let address = configs[0].0.addresses[at];
        let mut stranger = TcpStream::connect_timeout(&address, DEADLINE).expect("a listener");
        stranger.write_all(&said).expect("room in the socket");
        comes_up(configs);
    }
}

#[test]
fn a_thousand_strangers_of_all_kinds_do_not_keep_the_peers_apart() {
    println!("seed {SEED}");
    let mut configs = tcp_configs();
    for (config, _) in &mut configs {
        config.connect_timeout = Duration::from_secs(60);
    }
    let addresses = configs[0].0.addresses;
    let [p0, p1, p2] = configs;
    thread::scope(|scope| {
        let start = |(config, listener): (TcpConfig, TcpListener)| {
            scope.spawn(move || TcpTransport::establish(&config, listener))
        };
        let early = [start(p0), start(p1)];
        // Random bytes are a hello of another version once in a hundred times.
        let open: Vec<_> = (0..1000)
            .filter_map(|i: u64| {
                let at = Party::of(i as usize % 2);
                let kind = if i < 700 { i / 2 } else { 8 };
                stranger(addresses[at.index()], at, kind, SEED ^ (i << 20))
            })
            .collect();
        assert!(open.len() > 900, "{}", open.len());
        let started = Instant::now();
        let late = start(p2);
        let ends = [late].into_iter().chain(early).map(|party| {
            let end = party
                .join()
                .expect("no panic")
                .expect("the peers are there");
            assert!(started.elapsed() < Duration::from_secs(10));
            Box::new(end) as Box<dyn Transport>
        });
        let mut ends: Vec<_> = ends.collect();
        ends.rotate_left(1);
        let Ok(ends) = Ends::try_from(ends) else {
            unreachable!("three")
        };
        on_meshes(ends, |mesh| ring_step(mesh, 1, 100).expect("ring"));
    });
}

#[test]
fn strangers_are_counted() {
    let [(mut config, listener), ..] = tcp_configs();
    config.connect_timeout = Duration::from_millis(500);
    let address = config.addresses[0];
    let p0 = thread::spawn(move || TcpTransport::establish(&config, listener).err());
    let strangers = [(); 3].map(|()| {
        let mut stream = TcpStream::connect(address).expect("listening");
        stream.write_all(&[0x77; 64]).expect("open");
        stream
    });
    let error = p0
        .join()
        .expect("no panic")
        .expect("nobody came")
        .to_string();
    assert!(
        error.contains("3 other connections were passed over"),
        "{error}"
    );
    drop(strangers);
}

#[test]
fn the_oldest_of_too_many_silent_connections_makes_room() {
    let [(config, listener), ..] = tcp_configs();
    let address = config.addresses[0];
    let p0 = thread::spawn(move || TcpTransport::establish(&config, listener).err());
    let started = Instant::now();
    let mut oldest = TcpStream::connect(address).expect("listening");
    oldest
        .set_read_timeout(Some(Duration::from_millis(10)))
        .expect("open");
    let mut first = [0];
    // It stays as long as there is room.
    let others: Vec<_> = (0..63)
        .map(|_| TcpStream::connect(address).expect("listening"))
        .collect();
    #[allow(clippy::disallowed_methods, reason = "until all are accepted")]
    thread::sleep(Duration::from_millis(300));
    let error = oldest.read(&mut first).expect_err("open and silent");
    assert!(
        matches!(
            error.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        ),
        "{error}"
    );
    // The 65th is accepted and answered. The oldest was dropped for it, not because it was silent for long.
    let peers = [Party::P1, Party::P2].map(|party| greeted(address, party, Party::P0, [9; 32]));
    oldest
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("open");
    assert_eq!(oldest.read(&mut first).unwrap_or(0), 0);
    assert!(started.elapsed() < HELLO_TIMEOUT, "{:?}", started.elapsed());
    assert_eq!(p0.join().expect("no panic"), None);
    drop((others, peers));
}

#[test]
fn a_place_is_free_again_when_its_holder_turns_out_to_be_none() {
    let holders: [fn(TcpStream) -> Option<TcpStream>; 3] = [
        |_| None,
        |mut stream| {
            stream.write_all(&[0x77; 40]).expect("open");
            Some(stream)
        },
        |mut stream| {
            stream
                .write_all(&hello(Party::P1, Party::P0))
                .expect("open");
            Some(stream)
        },
    ];
    for holder in holders {
        let [p0, p1, p2] = tcp_configs();
        let address = p0.0.addresses[0];
        let end = thread::spawn(move || TcpTransport::establish(&p0.0, p0.1));
        let _held = holder(greeted(address, Party::P1, Party::P0, [9; 32]));
        let others = [p1, p2].map(|(config, listener)| {
            thread::spawn(move || TcpTransport::establish(&config, listener))
        });
        let mut ends = vec![end.join().expect("no panic").expect("P0")];
        ends.extend(others.map(|end| end.join().expect("no panic").expect("a peer")));
        let ends: Vec<_> = ends
            .into_iter()
            .map(|end| Box::new(end) as Box<dyn Transport>)
            .collect();
        let Ok(ends) = Ends::try_from(ends) else {
            unreachable!("three")
        };
        on_meshes(ends, |mesh| ring_step(mesh, 1, 100).expect("ring"));
    }
}

/// Whether P0 is linked to the second of two connections that confirmed as P1. The first turns out not to be a peer
/// after all places are taken.
fn the_second_gets_the_place() -> bool {
    let [(config, listener), ..] = tcp_configs();
    let address = config.addresses[0];
    let p0 = thread::spawn(move || TcpTransport::establish(&config, listener));
    let [mut none, mut genuine, _p2] =
        [Party::P1, Party::P1, Party::P2].map(|party| greeted(address, party, Party::P0, [9; 32]));
    none.write_all(&[0x77; 40]).expect("open");
    let end = p0.join().expect("no panic").expect("all places are taken");
    let mut mesh = Mesh::new(Box::new(end), DEADLINE);
    mesh.send(Party::P1, 1, 1, &[7]).expect("a link");
    genuine
        .set_read_timeout(Some(Duration::from_secs(1)))
        .expect("open");
    let mut frame = [0; HEADER_BYTES + 1];
    genuine.read_exact(&mut frame).is_ok() && frame[HEADER_BYTES] == 7
}

#[test]
fn a_place_that_others_wait_for_is_not_final_at_once() {
    // On a busy machine the first may send its bytes too late.
    assert!((0..4).any(|_| the_second_gets_the_place()));
}

#[test]
fn a_peer_of_the_same_program_takes_its_place_from_one_of_another() {
    let configs = tcp_configs();
    let address = configs[0].0.addresses[0];
    let odd = thread::spawn(move || greeted(address, Party::P1, Party::P0, [1; 32]));
    let [p0, p1, p2] = configs;
    let p0 = thread::spawn(move || TcpTransport::establish(&p0.0, p0.1));
    let odd = odd.join().expect("no panic");
    let others = [p1, p2].map(|(config, listener)| {
        thread::spawn(move || TcpTransport::establish(&config, listener))
    });
    let p0 = p0.join().expect("no panic").expect("the peers are there");
    assert_eq!(p0.differing(), None);
    let ends = others.map(|other| other.join().expect("no panic").expect("P0 is there"));
    assert!(ends.iter().all(|end| end.differing().is_none()));
    drop(odd);
}

#[test]
fn when_nobody_better_came_the_last_mismatch_is_told() {
    let tell = |from: Party, said: Vec<u8>| {
        let [(mut config, listener), ..] = tcp_configs();
        config.connect_timeout = Duration::from_millis(300);
        let address = config.addresses[0];
        let p0 = thread::spawn(move || TcpTransport::establish(&config, listener).err());
        let mut stream = TcpStream::connect(address).expect("listening");
        stream.write_all(&said).expect("open");
        stream.read_exact(&mut [0; 64]).expect("an answer");
        drop(stream);
        let error = p0.join().expect("no panic").expect("nobody came");
        assert_eq!(error.at().map(|at| at.peer), Some(from), "{error}");
        error
    };
    let mut other = hello(Party::P1, Party::P0);
    other[HEADER_BYTES..].fill(3);
    let error = tell(Party::P1, other);
    assert!(matches!(error, NetError::NoConnection { .. }));
    assert!(
        error.to_string().contains("another configuration"),
        "{error}"
    );
    let mut other = hello(Party::P1, Party::P0);
    other[0] = 0xB7;
    let error = tell(Party::P1, other);
    assert!(
        matches!(error, NetError::Version { found: 7, .. }),
        "{error}"
    );
}
