//! Links that break, hang, or carry much.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use burn_mpc_engine::Party;
use burn_mpc_engine::net::{Mesh, NetError};
use burn_mpc_node::TlsTransport;

use crate::support::{Deployment, PATIENCE, config, linked, listeners, on_meshes, on_three};

/// Every party sends `bytes` to both peers and then reads both.
fn exchange(mesh: &mut Mesh, op: u64, bytes: usize) -> Result<(), NetError> {
    let me = mesh.party();
    let fill = |party: Party| (party.index() as u8 + 1).wrapping_mul(op as u8);
    let peers = [me.next(), me.prev()];
    for peer in peers {
        mesh.send(peer, op, 1, &vec![fill(me); bytes])?;
    }
    let mut buffer = vec![0; bytes];
    for peer in peers {
        mesh.recv(peer, op, 1, &mut buffer)?;
        assert!(buffer.iter().all(|&byte| byte == fill(peer)));
    }
    Ok(())
}

#[test]
fn long_messages_both_ways_at_once_do_not_deadlock() {
    let results = on_meshes(linked(&Deployment::new()), PATIENCE, |mesh| {
        exchange(mesh, 1, 40 << 20)?;
        exchange(mesh, 2, 1)
    });
    assert_eq!(results, [Ok(()), Ok(()), Ok(())]);
}

#[test]
fn a_peer_that_does_not_read_stops_the_sender() {
    const MESSAGE: usize = 40 << 20;
    let mut ends = linked(&Deployment::new()).map(Some);
    let sent = on_three(|party| {
        let end = ends[party.index()].take().unwrap();
        move || {
            let mesh = |deadline| Mesh::new(Box::new(end), deadline);
            if party != Party::P0 {
                // P1 reads nothing of P0. P2 hears of P0's end, and tells P1.
                let from = party.next();
                let error = mesh(PATIENCE).recv(from, 1, 1, &mut [0]);
                return (0, error.unwrap_err());
            }
            let (mut mesh, message) = (mesh(Duration::from_millis(300)), vec![1; MESSAGE]);
            let mut sent = 0;
            loop {
                match mesh.send(Party::P1, sent, 1, &message) {
                    Ok(()) => sent += 1,
                    Err(error) => return (sent, error),
                }
            }
        }
    });
    // A queue of 32 MiB at each end and a message; the system's buffers are less than another.
    assert!((1..4).contains(&sent[0].0), "{sent:?}");
    assert!(matches!(sent[0].1, NetError::Timeout { .. }), "{sent:?}");
}

#[test]
fn a_closed_peer_is_lost_to_both_after_what_it_sent() {
    let results = on_meshes(linked(&Deployment::new()), PATIENCE, |mesh| {
        exchange(mesh, 1, 100)?;
        if mesh.party() == Party::P2 {
            for peer in [Party::P0, Party::P1] {
                mesh.send(peer, 2, 1, &[9; 100_000])?;
            }
            return Ok(());
        }
        let mut buffer = vec![0; 100_000];
        mesh.recv(Party::P2, 2, 1, &mut buffer)?;
        assert!(buffer.iter().all(|&byte| byte == 9));
        mesh.recv(Party::P2, 3, 1, &mut buffer)
    });
    let [p0, p1, p2] = results;
    assert_eq!(p2, Ok(()));
    for error in [p0, p1] {
        let error = error.unwrap_err();
        let lost = match &error {
            NetError::PeerLost { at, .. } => at.peer,
            // The other noticed first.
            NetError::PeerAborted { origin, .. } => *origin,
            other => panic!("{other}"),
        };
        assert_eq!(lost, Party::P2, "{error}");
    }
}

#[test]
fn a_silent_peer_is_a_timeout() {
    let deadline = Duration::from_millis(300);
    let since = Instant::now();
    let ends = linked(&Deployment::new());
    let results = on_meshes(ends, deadline, |mesh| {
        if mesh.party() == Party::P0 {
            let error = mesh.recv(Party::P1, 1, 1, &mut [0]);
            return error;
        }
        // Says nothing until the others have given up.
        mesh.recv(Party::P0, 1, 1, &mut [0])
    });
    assert!(since.elapsed() < PATIENCE / 2);
    let told = |error: &NetError| {
        let aborted = matches!(error, NetError::PeerAborted { .. });
        aborted || matches!(error, NetError::Timeout { .. })
    };
    let errors = results.map(Result::unwrap_err);
    assert!(errors.iter().all(told), "{errors:?}");
    let timed_out = errors
        .iter()
        .filter(|e| matches!(e, NetError::Timeout { .. }));
    assert!(timed_out.count() > 0);
}

/// Carries one connection from `listener` to `address`, and flips a bit of byte `place` on the way there.
fn flip(listener: &TcpListener, address: &str, place: usize) {
    let (near, _) = listener.accept().unwrap();
    let far = TcpStream::connect(address).unwrap();
    thread::scope(|scope| {
        let (mut from, mut to) = (far.try_clone().unwrap(), near.try_clone().unwrap());
        scope.spawn(move || {
            // Ends when either side closes.
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let (mut from, mut to) = (near, far);
        let (mut bytes, mut seen) = ([0; 4096], 0);
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if (seen..seen + count).contains(&place) {
                bytes[place - seen] ^= 0x10;
            }
            seen += count;
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

#[test]
fn a_bit_that_flips_on_the_way_is_an_error_at_all_parties() {
    // Both inside TLS records; handshake and hellos take less than 4 kB.
    for place in [6_000, 150_001] {
        let deployment = Deployment::new();
        let (listeners, addresses) = listeners();
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut listeners = listeners.map(Some);
        let results = thread::scope(|scope| {
            let (near, far) = (&proxy, addresses[0].as_str());
            scope.spawn(move || flip(near, far, place));
            on_three(|party| {
                let identity = deployment.identity(party);
                let mut config = config(&addresses);
                if party == Party::P1 {
                    config.addresses[0] = proxy.local_addr().unwrap().to_string();
                }
                let listener = listeners[party.index()].take().unwrap();
                move || {
                    let end = TlsTransport::establish(&identity, &config, listener).unwrap();
                    let mut mesh = Mesh::new(Box::new(end), PATIENCE);
                    (1..20).try_for_each(|op| exchange(&mut mesh, op, 50_000))
                }
            })
        });
        let texts = results.map(|result| result.unwrap_err().to_string());
        assert!(texts[0].contains("changed on the way"), "{texts:?}");
    }
}
