//! Strangers by the hundred do not keep a peer out.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use burn_mpc_engine::Party;
use burn_mpc_node::{Limits, TlsTransport};
use tokio::io::AsyncReadExt;

use crate::certificates::{client, client_hello_of_tls12, name, runtime};
use crate::support::{Authority, Deployment, config, listeners, on_three};

/// What a stranger says before it falls silent.
fn said(number: usize) -> Vec<u8> {
    match number % 6 {
        0 => Vec::new(),
        1 => vec![number as u8; 64],
        2 => b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        3 => client_hello_of_tls12(),
        // A TLS client that never finishes its first message.
        _ => vec![22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3],
    }
}

#[test]
fn hundreds_of_strangers_do_not_keep_the_peers_out() {
    let deployment = Deployment::new();
    let (listeners, addresses) = listeners();
    let mut config = config(&addresses);
    config.limits = Limits {
        in_flight: 32,
        grace: Duration::from_millis(100),
        ..Limits::default()
    };
    let mut listeners = listeners.map(Some);
    let since = Instant::now();
    let ends = on_three(|party| {
        let (identity, config) = (deployment.identity(party), config.clone());
        let (deployment, listener) = (&deployment, listeners[party.index()].take());
        move || {
            if party == Party::P2 {
                // Floods both listeners before it connects. Silent connections stay open.
                let mut open = Vec::new();
                for number in 0..300 {
                    let address = &config.addresses[number / 6 % 2];
                    let mut stream = TcpStream::connect(address).unwrap();
                    // Those that are refused may be closed by now.
                    let _ = stream.write_all(&said(number));
                    if number % 6 == 3 {
                        // Leaves once it is refused.
                        let _ = stream.shutdown(Shutdown::Write);
                    }
                    if number % 6 != 5 {
                        open.push(stream);
                    }
                }
                wrong_certificates(deployment, &config.addresses);
                let end = TlsTransport::connect(&identity, &config).unwrap();
                drop(open);
                return end;
            }
            TlsTransport::establish(&identity, &config, listener.unwrap()).unwrap()
        }
    });
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
    for end in &ends[..2] {
        let refused = end.refused();
        let kinds = [
            "not TLS",
            "TLS version",
            "crowded",
            "no certificate",
            "expired",
            "unknown authority",
            "another party",
            "unknown key",
        ];
        for kind in kinds {
            assert!(refused.contains_key(kind), "{kind}: {refused:?}");
        }
        // Those that were still open when the last link was made are not counted.
        assert!(refused.values().sum::<u64>() > 80, "{refused:?}");
    }
}

/// Connects with every kind of wrong certificate, one after the other.
fn wrong_certificates(deployment: &Deployment, addresses: &[String; 3]) {
    let authority = &deployment.authority;
    let wrong = [
        None,
        Some(authority.issue_between(2000, 2001)),
        Some(Authority::new().issue()),
        Some(authority.issue()),
    ];
    runtime().block_on(async {
        for address in &addresses[..2] {
            let own = Some(&deployment.members[0]);
            for issued in wrong.iter().map(Option::as_ref).chain([own]) {
                let stream = tokio::net::TcpStream::connect(address).await.unwrap();
                let client = client(issued, b"burn-mpc/1");
                if let Ok(mut stream) = client.connect(name(), stream).await {
                    // Until it is refused.
                    let _ = stream.read_u8().await;
                }
            }
        }
    });
}

#[test]
fn a_peer_that_comes_late_finds_the_others_listening() {
    let deployment = Deployment::new();
    let ends = crate::support::link(&deployment, |party, _| {
        if party == Party::P1 {
            #[allow(clippy::disallowed_methods, reason = "being late is the case")]
            thread::sleep(Duration::from_millis(300));
        }
    });
    for end in ends {
        assert!(end.is_ok(), "{end:?}");
    }
}
