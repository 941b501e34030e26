//! R7, R19, R25, R26: configurations that differ are named; the cost of a program is what was declared and does not
//! depend on the links; large tensors pass through bounded queues.

use std::time::Duration;

use burn_mpc::report::Report;
use burn_mpc::session::{Schedule, WeightScales, Windows};
use burn_mpc::{
    Audience, MpcError, Party, Precision, SessionConfig, ShareOptions, reveal_to, reveal_with,
    share_model,
};
use burn_mpc_engine::net::tap::Tap;
use burn_mpc_engine::net::{Header, Transport};
use burn_mpc_engine::protocol::{Truncation, Window};

use super::common::{
    IMAGE, Links, Net, Private, all_ok, input, numbers, plain_logits, run, run_each, values, worst,
};

/// Logits, report, and the largest round number that a frame carried.
fn measure(links: Links) -> [(Vec<f32>, Report, u32); 3] {
    let image = numbers(72, 9);
    let taps = links.ends().map(Tap::new);
    let records = [&taps[0], &taps[1], &taps[2]].map(Tap::records);
    let ends = taps.map(|tap| Box::new(tap) as Box<dyn Transport>);
    let results = all_ok(run(ends, |device, party| {
        let net = Net::<Private>::at(device, party == Party::P0, true);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let x = input(device, Party::P1, "image", IMAGE, &image)?;
        let logits = reveal_with(net.forward(x), Audience::All, "logits", Precision::Exact)?;
        let logits = values(logits.ok_or(MpcError::NotRevealed)?);
        Ok((logits, device.online("test")?.report()))
    }));
    let mut records = records.into_iter();
    results.map(|(logits, report)| {
        let headers = records.next().expect("three").snapshot();
        let rounds = headers
            .iter()
            .map(|record| Header::decode(&record.header).expect("a frame"))
            .filter(|header| header.session != 0)
            .map(|header| header.round);
        (logits, report, rounds.max().unwrap_or(0))
    })
}

#[test]
fn memory_and_sockets_cost_the_same_and_what_was_declared() {
    let (memory, tcp) = (measure(Links::Memory), measure(Links::Tcp));
    for (party, ((_, a, _), (_, b, _))) in memory.iter().zip(&tcp).enumerate() {
        assert_eq!(
            (a.bytes_sent, a.rounds, a.frames_sent, a.declared_bytes),
            (b.bytes_sent, b.rounds, b.frames_sent, b.declared_bytes)
        );
        assert_eq!(a.bytes_sent, a.declared_bytes[party]);
        // Layers that took only a moment and sent nothing may be left out.
        let bill = |report: &Report| {
            let sending = report
                .layers
                .iter()
                .filter(|layer| layer.bytes > 0 || layer.rounds > 0);
            sending
                .map(|layer| (layer.name.clone(), layer.bytes, layer.rounds))
                .collect::<Vec<_>>()
        };
        assert_eq!(bill(a), bill(b));
        assert_eq!(
            a.layers.iter().map(|layer| layer.bytes).sum::<u64>(),
            a.bytes_sent
        );
    }
    for runs in [&memory, &tcp] {
        let measured = runs.iter().map(|(_, _, round)| *round).max();
        assert_eq!(measured, Some(runs[0].1.rounds));
        assert!(runs.iter().all(|(logits, ..)| *logits == runs[0].0));
    }
}

#[test]
fn memory_and_sockets_compute_the_same() {
    // Truncation is right up to one unit in the last place of each activation, by fresh randomness;
    // the classifier adds 108 of them with weights below 1. Folding truncates the weight likewise.
    let unit = unit();
    let (memory, tcp) = (measure(Links::Memory), measure(Links::Tcp));
    let far = worst(&memory[0].0, &tcp[0].0);
    assert!(far <= 108.0 * unit, "{far}");
    // Against plain numbers: with weights rounded, and products of the convolution on the way.
    let plain = worst(&memory[0].0, &plain_logits(&numbers(72, 9), true));
    let bound = 230.0 * unit;
    assert!(plain <= bound, "{plain} > {bound}");
}

/// One unit in the last place of a value, in the sessions of these tests.
fn unit() -> f32 {
    let scales = SessionConfig::z64().scales().expect("defaults");
    2.0_f32.powi(-(scales.value as i32))
}

#[test]
fn eight_million_elements_pass_through_bounded_queues() {
    const LEN: usize = 8 << 20;
    let config = || SessionConfig::z64().with_deadline(Duration::from_secs(30));
    let configs = [config(), config(), config()];
    let values = vec![0.5; LEN];
    let outcomes = run_each(Links::Tcp.ends(), configs, |device, _| {
        let x = input(device, Party::P0, "x", [LEN], &values)?;
        // The square is reshared and truncated, by all three at once.
        let cube = x.clone() * x.clone() * x;
        let sum = reveal_to(cube.sum(), Party::P2, "sum")?;
        Ok(sum.map(super::common::values))
    });
    let results = all_ok(outcomes);
    let sum = results[2].as_ref().expect("the reader's")[0];
    // Each square is off by at most one unit, times 0.5; a sum in floats is off by its own last place.
    let exact = LEN as f32 * 0.125;
    let bound = LEN as f32 * unit() / 2.0 + exact * f32::EPSILON;
    assert!((sum - exact).abs() <= bound, "{sum}");
}

const WINDOW: Window = Window { low: 0, high: 30 };

/// Configurations that differ from the default in one field each: its name, and its values there and by default.
fn other_configurations() -> Vec<(SessionConfig, &'static str, &'static str, &'static str)> {
    let base = || SessionConfig::z64().with_program("model A");
    let with = |change: fn(&mut SessionConfig)| {
        let mut config = base();
        change(&mut config);
        config
    };
    let scale = |bits| WeightScales::new([("conv".into(), bits)].into());
    vec![
        (base().with_frac_bits(16), "frac_bits", "16", "20"),
        (
            base().with_program("model B"),
            "program",
            "model B",
            "model A",
        ),
        (
            with(|config| {
                (config.ring_bits, config.headroom_bits, config.frac_bits) = (32, 32, 10);
            }),
            "ring_bits",
            "32",
            "64",
        ),
        (
            with(|config| (config.headroom_bits, config.frac_bits) = (32, 10)),
            "headroom_bits",
            "32",
            "64",
        ),
        (
            base().with_truncation(Truncation::Probabilistic),
            "truncation",
            "Probabilistic",
            "Faithful",
        ),
        (
            base().with_schedule(Schedule::Rounds),
            "schedule",
            "Rounds",
            "Bytes",
        ),
        (base().checked(), "checked", "true", "false"),
        (
            with(|config| config.all_secret = true),
            "all_secret",
            "true",
            "false",
        ),
        (
            base().with_weight_scales(scale(12)),
            "weight_scales",
            "12",
            "{}",
        ),
        (
            base().with_windows(Windows::unchecked([("relu1".to_owned(), WINDOW)].into())),
            "windows",
            "relu1",
            "{}",
        ),
    ]
}

#[test]
fn every_party_learns_which_field_differs_and_both_values() {
    for links in Links::ALL {
        for (other, field, there, here) in other_configurations() {
            for odd in Party::ALL {
                let configs = Party::ALL.map(|party| {
                    let base = SessionConfig::z64().with_program("model A");
                    let config = if party == odd { other.clone() } else { base };
                    config.with_deadline(Duration::from_secs(30))
                });
                let outcomes = run_each(links.ends(), configs, |_, party| {
                    panic!("{party} got a session");
                    #[expect(unreachable_code, reason = "names the type")]
                    Ok(())
                });
                for outcome in &outcomes {
                    let error = outcome.error().to_string();
                    for word in [field, there, here] {
                        assert!(error.contains(word), "{links:?} {odd} {field}: {error}");
                    }
                    assert!(outcome.ended < Duration::from_secs(10), "waited: {error}");
                }
            }
        }
    }
}
