//! The simulated links of `net::shaped` take as long as real sockets whose bytes a relay delays and limits.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod relay;

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use burn::backend::Flex;
use burn::tensor::{TensorData, activation};
use burn_mpc::session::local;
use burn_mpc::{Audience, MpcDevice, Party, Precision, SessionConfig, Z64, reveal_with, share};
use burn_mpc_engine::net::loopback::{connected, tcp_configs};
use burn_mpc_engine::net::shaped::LinkShape;
use burn_mpc_engine::net::tcp::TcpConfig;

/// Largest difference of the two, as a fraction of the longer.
const TOLERANCE: f64 = 0.2;
/// Runs of each, in turn; the quickest of each counts.
const RUNS: usize = 3;
/// Measurements do not overlap.
static ALONE: Mutex<()> = Mutex::new(());

/// How bytes are delayed.
#[derive(Clone, Copy)]
enum Way {
    Simulated,
    Relayed,
}

/// The addresses at which a party finds its peers.
fn addresses(real: [SocketAddr; 3], shape: LinkShape, way: Way) -> [SocketAddr; 3] {
    match way {
        Way::Simulated => real,
        Way::Relayed => real.map(|target| relay::start(target, shape).unwrap()),
    }
}

/// Seconds of two ReLUs one after the other, and the seconds that [`LinkShape::seconds`] predicts.
fn measure(shape: LinkShape, side: usize, way: Way) -> (f64, f64) {
    let config = SessionConfig::z64().with_program("links");
    let configs = tcp_configs(config.deadline).map(|(own, listener)| {
        let own = TcpConfig {
            addresses: addresses(own.addresses, shape, way),
            program_digest: config.digest(),
            shape: matches!(way, Way::Simulated).then_some(shape),
            ..own
        };
        (own, listener)
    });
    let transports = connected(configs);
    let parties = local::over(transports, &config, |device| party(&device, side)).unwrap();
    let (sent, rounds) = ([0, 1, 2].map(|i: usize| parties[i].1), parties[0].2);
    let seconds = parties.iter().map(|party| party.0).fold(0.0, f64::max);
    (seconds, shape.seconds(sent, rounds))
}

/// Seconds, bytes sent and rounds of one party.
fn party(device: &MpcDevice, side: usize) -> (f64, u64, u32) {
    let session = device.online("links").unwrap();
    let data = (session.party() == Party::P1).then(|| {
        let values = (0..side * side).map(|i| (i % 7) as f32 - 3.0).collect();
        TensorData::new(values, [side, side])
    });
    let mut x = share::<Flex, Z64, 2>(device, Party::P1, "x", [side, side], data).unwrap();
    session.synchronise().unwrap();
    session.start_measuring();
    let begin = Instant::now();
    for _ in 0..2 {
        x = activation::relu(x) - 1.0;
    }
    reveal_with(x, Audience::One(Party::P1), "result", Precision::Exact).unwrap();
    let seconds = begin.elapsed().as_secs_f64();
    let report = session.report();
    session.close().unwrap();
    (seconds, report.bytes_sent, report.rounds)
}

fn assert_agree(shape: LinkShape, side: usize) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut simulated, mut relayed, mut model) = (f64::INFINITY, f64::INFINITY, 0.0);
    for _ in 0..RUNS {
        let (seconds, predicted) = measure(shape, side, Way::Simulated);
        simulated = simulated.min(seconds);
        relayed = relayed.min(measure(shape, side, Way::Relayed).0);
        model = predicted;
    }
    println!("simulated {simulated:.3} s, relayed {relayed:.3} s, predicted {model:.3} s");
    let difference = (simulated - relayed).abs() / simulated.max(relayed);
    assert!(
        difference < TOLERANCE,
        "simulated {simulated:.3} s, relayed {relayed:.3} s"
    );
}

#[test]
fn simulated_latency_is_that_of_a_real_socket() {
    let shape = LinkShape {
        latency: Duration::from_millis(60),
        bits_per_second: 1_000_000_000,
    };
    assert_agree(shape, 32);
}

#[test]
fn simulated_bandwidth_is_that_of_a_real_socket() {
    let shape = LinkShape {
        latency: Duration::from_millis(1),
        bits_per_second: 10_000_000,
    };
    assert_agree(shape, 192);
}
