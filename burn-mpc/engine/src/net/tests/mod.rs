//! Laws of the network layer, on every transport.

mod bounds;
mod faults;
mod handle;
mod lanes;
mod laws;
mod measure;
mod pipe;
mod strangers;
mod tags;
mod tap;
mod tcp;
mod telling;

use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

pub(super) use super::loopback::Ends;
use super::tcp::TcpConfig;
use super::{Mesh, NetError, loopback};
use crate::Party;

pub(super) const DEADLINE: Duration = Duration::from_millis(400);

pub(super) fn memory_ends() -> Ends {
    loopback::memory_ends(DEADLINE)
}

pub(super) fn tcp_ends() -> Ends {
    loopback::connected(tcp_configs())
}

/// Three configurations with their bound listeners.
pub(super) fn tcp_configs() -> [(TcpConfig, TcpListener); 3] {
    loopback::tcp_configs(DEADLINE).map(|(config, listener)| {
        let config = TcpConfig {
            connect_timeout: Duration::from_secs(5),
            ..config
        };
        (config, listener)
    })
}

/// Runs one closure per party on its own thread.
pub(super) fn on_three<I: Send, T: Send>(
    inputs: [I; 3],
    run: impl Fn(Party, I) -> T + Sync,
) -> [T; 3] {
    let places = inputs.map(|input| Mutex::new((Some(input), None)));
    each_party(&|party| {
        let place = &places[party.index()];
        let input = place.lock().expect("nobody panicked").0.take();
        let result = run(party, input.expect("its input"));
        place.lock().expect("nobody panicked").1 = Some(result);
    });
    places.map(|place| {
        let (_, result) = place.into_inner().expect("nobody panicked");
        result.expect("its result")
    })
}

/// Compiled once for all tests.
fn each_party(run: &(dyn Fn(Party) + Sync)) {
    thread::scope(|scope| {
        let threads = Party::ALL.map(|party| scope.spawn(move || run(party)));
        for thread in threads {
            thread.join().expect("a party panicked");
        }
    });
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
