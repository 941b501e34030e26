//! A session over TLS gives what one in memory gives, for the same bytes and rounds.

use burn_mpc_engine::net::{Counters, Mesh, Transport, memory};
use burn_mpc_engine::prg::{Prg, setup};
use burn_mpc_engine::protocol::{Context, Truncation, input, multiply, reveal_additive};
use burn_mpc_engine::{Audience, Party, Ring, Z64};
use burn_mpc_node::TlsTransport;

use crate::certificates::runtime;
use crate::support::{Deployment, PATIENCE, config, linked, listeners, on_three};

const COUNT: usize = 20_000;

/// Party 0's numbers are multiplied with party 1's; party 2 learns the products.
fn products(end: Box<dyn Transport>) -> (Option<Vec<Z64>>, Counters, Counters) {
    let mut mesh = Mesh::new(end, PATIENCE);
    let (keys, session) = setup::agree(&mut mesh, "program = products\n").unwrap();
    let prg = Prg::new(&keys);
    let mut ctx = Context::new(mesh, prg, session.as_bytes(), Truncation::Faithful);
    let owned = |owner: Party, factor: u64| {
        let numbers = (0..COUNT as u64).map(|i| Z64::from_u64(factor * i));
        (ctx.party() == owner).then(|| numbers.collect())
    };
    let (a, b) = (owned(Party::P0, 3), owned(Party::P1, 5));
    let a = input(&mut ctx, Party::P0, "a", COUNT, a).unwrap();
    let b = input(&mut ctx, Party::P1, "b", COUNT, b).unwrap();
    let learned = reveal_additive(&mut ctx, &multiply(&a, &b), Audience::One(Party::P2)).unwrap();
    let counted = (ctx.counters(), ctx.setup_counters());
    ctx.close();
    (learned, counted.0, counted.1)
}

fn run(ends: [Box<dyn Transport>; 3]) -> [(Option<Vec<Z64>>, Counters, Counters); 3] {
    let mut ends = ends.map(Some);
    on_three(|party| {
        let end = ends[party.index()].take().unwrap();
        move || products(end)
    })
}

#[test]
fn a_session_over_tls_computes_and_costs_what_one_in_memory_does() {
    let tls = run(linked(&Deployment::new()).map(|end| Box::new(end) as Box<dyn Transport>));
    let memory = run(memory::mesh3(PATIENCE).map(|end| Box::new(end) as Box<dyn Transport>));
    let expected: Vec<_> = (0..COUNT as u64)
        .map(|i| Z64::from_u64(15 * i * i))
        .collect();
    for (tls, memory) in tls.iter().zip(&memory) {
        assert_eq!(tls.0, memory.0);
        assert_eq!(tls.1, memory.1, "bytes, frames and rounds");
        // Keys that are bound to their channels are compared: one frame of 32 bytes to each peer.
        assert_eq!(tls.2.frames_sent, memory.2.frames_sent + 2);
        assert_eq!(tls.2.bytes_sent, memory.2.bytes_sent + 2 * (32 + 32));
    }
    assert_eq!(tls[2].0.as_ref(), Some(&expected));
}

#[test]
fn several_parties_can_share_a_runtime() {
    let (deployment, runtime) = (Deployment::new(), runtime());
    let (listeners, addresses) = listeners();
    let (config, mut listeners) = (config(&addresses), listeners.map(Some));
    let learned = on_three(|party| {
        let (identity, listener) = (deployment.identity(party), listeners[party.index()].take());
        let (runtime, config) = (runtime.handle(), &config);
        move || {
            let end = TlsTransport::connect_on(runtime, &identity, config, listener).unwrap();
            products(Box::new(end)).0
        }
    });
    assert!(learned[0].is_none() && learned[2].is_some());
}

#[test]
fn the_two_ends_of_a_connection_have_one_secret_and_no_two_connections_have() {
    let runs = [(); 2].map(|()| linked(&Deployment::new()));
    let mut secrets = Vec::new();
    for ends in &runs {
        for party in Party::ALL {
            let next = party.next();
            let here = ends[party.index()].binding(next).unwrap();
            assert_eq!(Some(here), ends[next.index()].binding(party));
            assert_eq!(ends[party.index()].binding(party), None);
            secrets.push(here);
        }
    }
    secrets.sort_unstable();
    secrets.dedup();
    assert_eq!(secrets.len(), 6);
}
