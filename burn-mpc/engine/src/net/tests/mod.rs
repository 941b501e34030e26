//! Laws of the network layer, on every transport.

mod bounds;
mod faults;
mod handle;
mod lanes;
mod laws;
mod measure;
mod strangers;
mod tags;
mod tap;
mod tcp;
mod telling;

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::tcp::{TcpConfig, TcpTransport};
use super::{Mesh, NetError, Transport, memory};
use crate::Party;

pub(super) const DEADLINE: Duration = Duration::from_millis(400);

/// Three transports of one kind.
pub(super) type Ends = [Box<dyn Transport>; 3];

pub(super) fn memory_ends() -> Ends {
    memory::mesh3(DEADLINE).map(|end| Box::new(end) as Box<dyn Transport>)
}

pub(super) fn tcp_ends() -> Ends {
    on_three(tcp_configs(), |_, (config, listener)| {
        let end = TcpTransport::establish(&config, listener).expect("loopback");
        Box::new(end) as Box<dyn Transport>
    })
}

/// Three configurations with their bound listeners.
pub(super) fn tcp_configs() -> [(TcpConfig, TcpListener); 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("loopback"));
    let addresses = [0, 1, 2].map(|i: usize| listeners[i].local_addr().expect("bound"));
    let mut party = Party::P2;
    listeners.map(|listener| {
        party = party.next();
        let config = TcpConfig {
            party,
            addresses,
            deadline: DEADLINE,
            connect_timeout: Duration::from_secs(5),
            program_digest: [9; 32],
            insecure_plaintext: true,
            allow_non_loopback: false,
            shape: None,
        };
        (config, listener)
    })
}

/// Runs one closure per party on its own thread.
pub(super) fn on_three<I: Send, T: Send>(
    inputs: [I; 3],
    run: impl Fn(Party, I) -> T + Sync,
) -> [T; 3] {
    let run = &run;
    thread::scope(|scope| {
        let mut party = Party::P2;
        inputs
            .map(|input| {
                party = party.next();
                let party = party;
                scope.spawn(move || run(party, input))
            })
            .map(|thread| thread.join().expect("a party panicked"))
    })
}

/// Runs the same scenario at three meshes over the given ends.
pub(super) fn on_meshes<T: Send>(ends: Ends, run: impl Fn(&mut Mesh) -> T + Sync) -> [T; 3] {
    on_patient_meshes(ends, DEADLINE, run)
}

/// The same with another deadline.
pub(super) fn on_patient_meshes<T: Send>(
    ends: Ends,
    deadline: Duration,
    run: impl Fn(&mut Mesh) -> T + Sync,
) -> [T; 3] {
    on_three(ends, |party, end| {
        let mut mesh = Mesh::new(end, deadline);
        mesh.set_session(0x5E55);
        assert_eq!(mesh.party(), party);
        run(&mut mesh)
    })
}

/// Every party sends `bytes` to the next and receives from the previous.
pub(super) fn ring_step(mesh: &mut Mesh, op: u64, bytes: usize) -> Result<(), NetError> {
    let me = mesh.party();
    let fill = |party: Party| (party.index() as u8 + 1).wrapping_add(op as u8);
    mesh.send(me.next(), op, 3, &vec![fill(me); bytes])?;
    let mut buffer = vec![0; bytes];
    mesh.recv(me.prev(), op, 3, &mut buffer)?;
    assert!(buffer.iter().all(|&byte| byte == fill(me.prev())));
    Ok(())
}
