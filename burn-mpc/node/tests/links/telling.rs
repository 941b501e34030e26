//! When links cannot be made, every party says why, and soon where it can.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use burn_mpc_engine::Party;
use burn_mpc_engine::net::{AbortCode, Mesh, NetError};
use burn_mpc_node::{LinkError, Mismatch, Refusal, TlsTransport};

use crate::support::{Deployment, PATIENCE, config, link, listeners, on_three};

#[test]
fn another_program_at_one_party_is_named_at_all() {
    for odd in Party::ALL {
        let since = Instant::now();
        let ends = link(&Deployment::new(), |party, config| {
            if party == odd {
                config.program_digest = [8; 32];
            }
        });
        assert!(since.elapsed() < PATIENCE / 4, "{:?}", since.elapsed());
        for (end, here) in ends.into_iter().zip(Party::ALL) {
            match end.unwrap_err() {
                LinkError::Hello {
                    party,
                    peer,
                    mismatch: Mismatch::Program { .. },
                } => assert!(party == here && (party == odd || peer == odd)),
                LinkError::Net(NetError::PeerAborted { code, text, .. }) => {
                    assert_eq!(code, AbortCode::Digest);
                    assert!(text.contains("another program"), "{text}");
                }
                other => panic!("{here}: {other}"),
            }
        }
    }
}

#[test]
fn another_session_is_named_with_both_names() {
    let ends = link(&Deployment::new(), |party, config| {
        if party == Party::P2 {
            config.session = [0x1F; 16];
        }
    });
    for error in ends.map(Result::unwrap_err) {
        let text = error.to_string();
        assert!(text.contains("0707") && text.contains("1f1f"), "{text}");
    }
}

#[test]
fn exchanged_addresses_are_named() {
    let ends = link(&Deployment::new(), |party, config| {
        config.connect_timeout = Duration::from_millis(600);
        if party == Party::P2 {
            config.addresses.swap(0, 1);
        }
    });
    let [p0, p1, p2] = ends.map(Result::unwrap_err);
    let LinkError::NotReached {
        party: Party::P2,
        peer: Party::P0,
        refusal: Refusal::AnotherParty { found: Party::P1 },
        ..
    } = p2
    else {
        panic!("{p2}");
    };
    // One of the two is first, and tells the other.
    for error in [p0, p1] {
        let text = error.to_string();
        assert!(text.contains("P2 never connected"), "{text}");
        assert!(text.contains("refused this party's certificate"), "{text}");
    }
}

#[test]
fn an_absent_party_is_named_by_both_others() {
    let deployment = Deployment::new();
    let (listeners, addresses) = listeners();
    let mut config = config(&addresses);
    config.connect_timeout = Duration::from_millis(400);
    let mut listeners = listeners.map(Some);
    // Nobody listens where P1 would.
    listeners[1] = None;
    let errors = on_three(|party| {
        let (identity, config) = (deployment.identity(party), config.clone());
        let listener = listeners[party.index()].take();
        move || {
            let listener = listener?;
            Some(TlsTransport::establish(&identity, &config, listener).unwrap_err())
        }
    });
    let [Some(p0), None, Some(p2)] = errors else {
        panic!("{errors:?}");
    };
    // One of the two is first, and tells the other.
    for error in [p0, p2] {
        assert!(error.to_string().contains("P1"), "{error}");
    }
}

#[test]
fn an_address_in_use_is_told_to_all() {
    let deployment = Deployment::new();
    let (listeners, addresses) = listeners();
    let [p0, p1, p2] = listeners;
    let mut listeners = [Some(p0), None, Some(p2)];
    let taken: TcpListener = p1;
    let config = config(&addresses);
    let since = Instant::now();
    let errors = on_three(|party| {
        let (identity, config) = (deployment.identity(party), config.clone());
        let listener = listeners[party.index()].take();
        move || {
            let result = match listener {
                Some(listener) => TlsTransport::establish(&identity, &config, listener),
                None => TlsTransport::connect(&identity, &config),
            };
            match result {
                Err(error) => error.to_string(),
                // P0 may have both links before P1 gives up.
                Ok(end) => {
                    let mut mesh = Mesh::new(Box::new(end), PATIENCE);
                    let waits = mesh.recv(Party::P1, 1, 1, &mut [0]);
                    waits.unwrap_err().to_string()
                }
            }
        }
    });
    drop(taken);
    assert!(since.elapsed() < PATIENCE / 4, "{:?}", since.elapsed());
    for error in errors {
        assert!(error.contains("in use"), "{error}");
    }
}
