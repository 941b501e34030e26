//! The links of three parties in one process. For tests only.

#![allow(
    clippy::expect_used,
    reason = "test support stops at the first surprise"
)]

use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use super::Transport;
use super::memory;
use super::tcp::{TcpConfig, TcpTransport};
use crate::Party;

/// Three transports of one kind.
pub type Ends = [Box<dyn Transport>; 3];

/// Three ends that are queues in memory.
#[must_use]
pub fn memory_ends(deadline: Duration) -> Ends {
    memory::mesh3(deadline).map(|end| Box::new(end) as Box<dyn Transport>)
}

/// Three configurations for sockets of this machine, with their bound listeners.
///
/// # Panics
/// If no socket can be bound.
#[must_use]
pub fn tcp_configs(deadline: Duration) -> [(TcpConfig, TcpListener); 3] {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    let listeners = [(); 3].map(|()| bind());
    let addresses = [0, 1, 2].map(|i: usize| listeners[i].local_addr().expect("bound"));
    let mut party = Party::P2;
    listeners.map(|listener| {
        party = party.next();
        let config = TcpConfig {
            party,
            addresses,
            deadline,
            connect_timeout: Duration::from_secs(20),
            program_digest: [9; 32],
            insecure_plaintext: true,
            allow_non_loopback: false,
            shape: None,
        };
        (config, listener)
    })
}

/// Connects three parties by their configurations.
///
/// # Panics
/// If a party finds no peer.
#[must_use]
pub fn connected(configs: [(TcpConfig, TcpListener); 3]) -> Ends {
    thread::scope(|scope| {
        configs
            .map(|(config, listener)| {
                scope.spawn(move || TcpTransport::establish(&config, listener).expect("loopback"))
            })
            .map(|end| Box::new(end.join().expect("no panic")) as Box<dyn Transport>)
    })
}

/// Three ends over sockets of this machine.
///
/// # Panics
/// If they cannot be connected.
#[must_use]
pub fn tcp_ends(deadline: Duration) -> Ends {
    connected(tcp_configs(deadline))
}
