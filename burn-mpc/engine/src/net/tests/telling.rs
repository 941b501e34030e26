//! All parties are told what ends a set-up, at once and in words.

use std::io::Read;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use super::{on_meshes, on_three, ring_step, tcp_configs};
use crate::Party;
use crate::net::tcp::TcpTransport;
use crate::net::{NetError, Transport, memory};

const CONNECT: Duration = Duration::from_secs(20);
const QUICK: Duration = Duration::from_secs(5);

/// The errors of all parties when they connect with addresses altered by `change`. All must come quickly.
fn failing(change: impl Fn(Party, &mut [std::net::SocketAddr; 3]) + Sync) -> [NetError; 3] {
    let started = Instant::now();
    let configs = tcp_configs().map(|(mut config, listener)| {
        config.connect_timeout = CONNECT;
        drop(listener);
        config
    });
    let errors = on_three(configs, |party, mut config| {
        change(party, &mut config.addresses);
        TcpTransport::connect(&config).err().expect("no session")
    });
    assert!(
        started.elapsed() < QUICK,
        "{:?}: {errors:?}",
        started.elapsed()
    );
    errors
}

#[test]
fn an_address_in_use_is_told_to_all() {
    let other = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let taken = other.local_addr().expect("bound");
    let errors = failing(|_, addresses| addresses[1] = taken);
    assert!(matches!(errors[1], NetError::Socket { .. }));
    assert!(errors[1].to_string().contains("address is in use"));
    let origin = Party::P1;
    let is_told = |error: &NetError| {
        matches!(error, NetError::PeerAborted { origin: from, .. } if *from == origin)
            && error.to_string().contains("address is in use")
    };
    let others = [&errors[0], &errors[2]];
    assert!(others.iter().any(|error| is_told(error)), "{errors:?}");
    for error in others {
        // A party that is still connecting when a peer closes may lose the connection before it reads why.
        let is_lost = matches!(error, NetError::PeerLost { .. });
        assert!(is_told(error) || is_lost, "{error}");
    }
}

#[test]
fn exchanged_addresses_are_told_to_all() {
    let errors = failing(|party, addresses| {
        if party == Party::P2 {
            addresses.swap(0, 1);
        }
    });
    for error in &errors {
        assert!(error.to_string().contains("seem exchanged"), "{error}");
    }
    assert!(
        matches!(
            errors[2],
            NetError::WrongAddress {
                found: Party::P1,
                ..
            }
        ),
        "{}",
        errors[2]
    );
}

#[test]
fn listeners_that_say_nothing_or_hang_up_are_told_apart() {
    for (silent, words) in [
        (true, "no hello within"),
        (false, "hung up without an answer"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let server = thread::spawn(move || {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().expect("a connection");
                let mut hello = [0; 64];
                // The test's own connection says nothing.
                if stream.read_exact(&mut hello).is_err() {
                    return;
                }
                if silent {
                    open.push(stream);
                }
            }
        });
        let [_, _, (mut config, _)] = tcp_configs();
        config.addresses[0] = address;
        config.connect_timeout = Duration::from_millis(400);
        let error = TcpTransport::connect(&config).err().expect("no party");
        assert!(matches!(error, NetError::NoConnection { .. }));
        assert!(error.to_string().contains(words), "{error}");
        drop(std::net::TcpStream::connect(address).expect("listening"));
        server.join().expect("no panic");
    }
}

#[test]
fn waits_without_end_are_no_overflow() {
    let memory = memory::mesh3(Duration::MAX).map(|end| Box::new(end) as Box<dyn Transport>);
    let tcp = on_three(tcp_configs(), |_, (mut config, listener)| {
        config.connect_timeout = Duration::MAX;
        config.deadline = Duration::MAX;
        let end = TcpTransport::establish(&config, listener).expect("loopback");
        Box::new(end) as Box<dyn Transport>
    });
    for ends in [memory, tcp] {
        super::on_patient_meshes(ends, Duration::MAX, |mesh| {
            ring_step(mesh, 1, 100_000).expect("ring");
        });
    }
    // A deadline of zero is no wait.
    let none = memory::mesh3(Duration::ZERO).map(|end| Box::new(end) as Box<dyn Transport>);
    on_meshes(none, |mesh| mesh.party());
}
