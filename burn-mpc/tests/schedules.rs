//! The schedules of (Block-)ReLUs compared: the same results, balanced parties, and windows that a calibration
//! justifies.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use burn::backend::Flex;
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};
use burn_mpc::CostModel;
use burn_mpc::session::local::{over, three_parties};
use burn_mpc::session::{Schedule, Windows, calibrate};
use burn_mpc::{
    Audience, Mpc, MpcDevice, MpcError, Party, Precision, Ring, SessionConfig, Z32, Z64,
    reveal_with, share,
};
use burn_mpc_engine::net::shaped::LinkShape;
use burn_mpc_engine::net::{Transport, memory};
use burn_mpc_engine::protocol::{Patches, Truncation, Window};

const SCHEDULES: [Schedule; 5] = [
    Schedule::Classic,
    Schedule::Bytes,
    Schedule::Rounds,
    Schedule::FewestRounds,
    Schedule::Fastest(LinkShape::WAN),
];
const SMALL: [usize; 4] = [2, 3, 7, 6];
/// Large enough for lanes.
const LARGE: [usize; 4] = [2, 3, 47, 45];

fn seed() -> u64 {
    let seed = std::env::var("MPC_SEED").ok();
    seed.and_then(|text| text.parse().ok()).unwrap_or(31)
}

/// Uniform in `[-1, 1)`.
fn values(stream: u64, len: usize) -> Vec<f32> {
    let mut state = seed() ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// Patches of 3 by 4 pixels, ragged at the borders, in the first `signed` channels; written as a user would.
fn blocks<B: Backend>(x: Tensor<B, 4>, signed: usize) -> Tensor<B, 4> {
    let [batch, channels, height, width] = x.dims();
    let device = x.device();
    let (rows, columns) = (height.div_ceil(3), width.div_ceil(4));
    let patch = |i: usize| {
        let (channel, row, column) = (i / (height * width), i / width % height, i % width);
        (channel * rows * columns + row / 3 * columns + column / 4) as i64
    };
    let pixels = signed * height * width;
    let map: Vec<i64> = (0..pixels).map(patch).collect();
    let map = Tensor::<B, 1, Int>::from_data(TensorData::new(map, [pixels]), &device);
    let flat = x.clone().narrow(1, 0, signed).reshape([batch, pixels]);
    let sums = Tensor::<B, 2>::zeros([batch, signed * rows * columns], &device).select_assign(
        1,
        map.clone(),
        flat.clone(),
        IndexingUpdateOp::Add,
    );
    let mask = sums.greater_elem(0.0).float().select(1, map);
    let kept = (flat * mask).reshape([batch, signed, height, width]);
    if signed == channels {
        return kept;
    }
    Tensor::cat(vec![kept, x.narrow(1, signed, channels - signed)], 1)
}

/// Two convolutions with a residual, blocks of patches, an ordinary ReLU and a pool.
fn network<B: Backend>(x: Tensor<B, 4>, weights: [Tensor<B, 4>; 3]) -> Tensor<B, 4> {
    let same = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let [first, second, third] = weights;
    let x = blocks(conv2d(x, first, None, same()), 2);
    let y = blocks(conv2d(x.clone(), second, None, same()), 3);
    let z = relu(conv2d(y, third, None, same()) + x);
    z.mean_dim(3)
}

fn play<R: Ring>(device: &MpcDevice, shape: [usize; 4]) -> Vec<f32> {
    type Private<R> = Mpc<Flex, R>;
    let held = |party, stream, shape: [usize; 4]| {
        let data = || TensorData::new(values(stream, shape.iter().product()), shape);
        let data = (device.party() == Some(party)).then(data);
        share::<Flex, R, 4>(device, party, "held", shape, data).expect("shared")
    };
    let x: Tensor<Private<R>, 4> = held(Party::P1, 0, shape);
    let weight = |stream| held(Party::P0, stream, [3, 3, 3, 3]);
    let y = network(x, [1, 2, 3].map(weight));
    reveal_with(y, Audience::All, "result", Precision::Exact)
        .expect("a session")
        .expect("revealed")
        .into_data()
        .iter::<f32>()
        .collect()
}

fn plaintext(shape: [usize; 4]) -> Vec<f32> {
    let device = Default::default();
    let of = |stream, shape: [usize; 4]| {
        let data = TensorData::new(values(stream, shape.iter().product()), shape);
        Tensor::<Flex, 4>::from_data(data, &device)
    };
    let weights = [1, 2, 3].map(|stream| of(stream, [3, 3, 3, 3]));
    network(of(0, shape), weights)
        .into_data()
        .iter::<f32>()
        .collect()
}

/// A truncation errs by one unit. An error of `e` in the pixels becomes at most `27 e` after a convolution. Weights in
/// `[-1, 1]` add an error of half a unit, times inputs of at most 27. Three layers give the bound.
fn bound(frac: i32) -> f32 {
    let ulp = 2_f32.powi(-frac);
    let layer = |error: f32, size: f32| 27.0 * (error + size * 0.5 * ulp) + ulp;
    let (first, second) = (layer(ulp, 1.0), layer(layer(ulp, 1.0), 27.0));
    layer(second, 27.0 * 27.0) + first + ulp
}

fn schedules_agree<R: Ring>(config: &SessionConfig, schedules: &[Schedule], shape: [usize; 4]) {
    println!("MPC_SEED={}", seed());
    let plain = plaintext(shape);
    let bound = bound(config.frac_bits as i32);
    for &schedule in schedules {
        let config = config.clone().with_schedule(schedule);
        let results =
            three_parties(&config, |device| play::<R>(&device, shape)).expect("no failure");
        for result in results {
            let error = result
                .iter()
                .zip(&plain)
                .map(|(x, y)| (x - y).abs())
                .fold(0.0, f32::max);
            assert!(error <= bound, "{schedule:?}: {error} > {bound}");
        }
    }
}

#[test]
fn all_schedules_give_the_plaintext_results_on_64_bits() {
    schedules_agree::<Z64>(&SessionConfig::z64(), &SCHEDULES, SMALL);
}

#[test]
fn all_schedules_give_the_plaintext_results_on_32_bits() {
    schedules_agree::<Z32>(&SessionConfig::z32(), &SCHEDULES, SMALL);
}

/// Links on which large gates take schedule B, and links on which they take R: both in lanes.
#[test]
fn lanes_give_the_plaintext_results_and_cost_what_is_estimated() {
    let fast = LinkShape {
        latency: Duration::from_micros(1),
        bits_per_second: 1_000_000_000,
    };
    for shape in [fast, LinkShape::WAN] {
        let schedule = Schedule::Fastest(shape);
        schedules_agree::<Z64>(&SessionConfig::z64(), &[schedule], LARGE);
        schedules_agree::<Z32>(&SessionConfig::z32(), &[schedule], LARGE);
        let config = SessionConfig::z64().with_schedule(schedule);
        let estimated = estimate(config.clone(), LARGE);
        let measured = three_parties(&config, |device| {
            let session = device.online("test").expect("online").clone();
            session.synchronise().expect("level");
            session.start_measuring();
            play::<Z64>(&device, LARGE);
            let report = session.report();
            (report.bytes_sent, report.declared_bytes, report.rounds)
        });
        for (i, (sent, declared, rounds)) in measured.expect("no failure").into_iter().enumerate() {
            assert_eq!((declared, rounds), estimated);
            assert_eq!(sent, declared[i]);
        }
    }
}

fn estimate(config: SessionConfig, shape: [usize; 4]) -> ([u64; 3], u32) {
    let device = MpcDevice::estimate(config).expect("a config");
    let session = device.online("test").expect("online").clone();
    session.start_measuring();
    play::<Z64>(&device, shape);
    let report = session.report();
    (report.declared_bytes, report.rounds)
}

#[test]
fn bytes_sends_least_and_fewest_rounds_waits_least() {
    let of = |schedule| estimate(SessionConfig::z64().with_schedule(schedule), SMALL);
    let [classic, bytes, rounds, fewest, _] = SCHEDULES.map(of);
    let total = |(sent, _): ([u64; 3], u32)| sent.iter().sum::<u64>();
    assert!(total(bytes) < total(classic) && total(bytes) < total(rounds));
    assert!(fewest.1 < rounds.1 && rounds.1 < bytes.1 && bytes.1 < classic.1);
}

/// Signs of a single layer, as wide as a calibration found them.
#[test]
fn windows_come_from_calibration_and_refuse_what_it_did_not_see() {
    let scaled = |scale: f32| {
        move |device: MpcDevice| {
            let held = |party, values: Vec<f32>, shape: [usize; 4]| {
                let data = (device.party() == Some(party)).then(|| TensorData::new(values, shape));
                share::<Flex, Z64, 4>(&device, party, "held", shape, data).expect("shared")
            };
            let x = values(9, 126).into_iter().map(|x| x * scale).collect();
            let x = held(Party::P1, x, [1, 3, 7, 6]);
            let w = held(Party::P0, values(1, 9), [3, 3, 1, 1]);
            let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
            let y = device.scope("layer", || relu(conv2d(x, w, None, options)));
            reveal_with(y, Audience::All, "result", Precision::Exact)
                .expect("a session")
                .expect("revealed")
                .into_data()
                .iter::<f32>()
                .collect::<Vec<f32>>()
        }
    };
    let config = SessionConfig::z64();
    let (exact, ranges) = calibrate(&config, scaled(1.0)).expect("three parties");
    let windows = Windows::calibrated(&ranges, 2, 0);
    let window = windows.of("layer").expect("the layer took signs");
    assert!(window.width() < 50, "{window:?}");
    let narrow = config.clone().with_windows(windows);
    let (same, tried) = calibrate(&narrow, scaled(1.0)).expect("three parties");
    tried.check().expect("calibrated");
    assert_eq!(tried.uncertain_signs().0, 0);
    let differ = |a: &[f32], b: &[f32]| a.iter().zip(b).any(|(x, y)| (x - y).abs() > 1e-4);
    assert!(!differ(&exact[0], &same[0]));
    // Sixteen times as large does not fit two bits of margin.
    let (_, beyond) = calibrate(&narrow, scaled(16.0)).expect("three parties");
    let refused = beyond.check().expect_err("outside");
    assert!(
        matches!(&refused, MpcError::Outside { layer, .. } if layer == "layer"),
        "{refused}"
    );
    // Ignored bits are an approximation, and counted.
    let coarse = config
        .clone()
        .with_windows(Windows::calibrated(&ranges, 2, window.high - 5));
    let (_, tried) = calibrate(&coarse, scaled(1.0)).expect("three parties");
    let (uncertain, signs) = tried.uncertain_signs();
    assert!(0 < uncertain && uncertain < signs, "{uncertain} of {signs}");
    // Fewer bits, fewer bytes.
    let bits = |windows| estimate_relu(config.clone().with_windows(windows));
    let layer = |window| Windows::unchecked([("layer".to_owned(), window)].into());
    let full = bits(Windows::full());
    assert!(bits(layer(Window { low: 0, high: 24 })) < full * 4 / 5);
}

fn estimate_relu(config: SessionConfig) -> u64 {
    let device = MpcDevice::estimate(config).expect("a config");
    let session = device.online("test").expect("online").clone();
    let x = share::<Flex, Z64, 4>(&device, Party::P1, "x", [1, 8, 16, 16], None).expect("shared");
    let w = share::<Flex, Z64, 4>(&device, Party::P0, "w", [8, 8, 1, 1], None).expect("shared");
    session.start_measuring();
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let y = device.scope("layer", || relu(conv2d(x, w, None, options)));
    reveal_with(y, Audience::All, "result", Precision::Exact).expect("revealed");
    session.report().declared_bytes.iter().sum()
}

/// Three parties whose links are slowed down.
fn over_links<T: Send>(
    shape: LinkShape,
    config: &SessionConfig,
    program: impl Fn(MpcDevice) -> T + Sync,
) -> Result<[T; 3], MpcError> {
    let transports = memory::mesh3_shaped(config.deadline, shape);
    let transports = transports.map(|transport| Box::new(transport) as Box<dyn Transport>);
    over(transports, config, program)
}

#[test]
fn measured_links_choose_as_given_ones_do() {
    let way = |schedule: Schedule, elements| {
        let size = Patches::single(elements).size::<Z64>();
        schedule.way::<Z64>(size, 20, Window::full::<Z64>(), Truncation::Faithful)
    };
    let config = SessionConfig::z64().with_schedule(Schedule::Measured);
    let shape = LinkShape::WAN;
    let plain = plaintext(LARGE);
    let results = over_links(shape, &config, |device| {
        let session = device.online("test").expect("online").clone();
        session.start_measuring();
        let opened = session.report().bytes_sent;
        (
            session.schedule(),
            session.spent(),
            opened,
            play::<Z64>(&device, LARGE),
        )
    });
    let results = results.expect("no failure");
    let given = Schedule::Fastest(shape);
    for (schedule, (bytes, rounds), opened, result) in &results {
        assert_eq!(*schedule, results[0].0);
        let links = schedule.links().expect("measured");
        assert!(links.latency >= shape.latency, "{links:?}");
        assert!(*bytes > 128 << 10 && *rounds > 10 && *opened == 0);
        // Very few and very many elements, for which small errors of the measurement do not matter.
        for elements in [1, 100, 1000, 10_000_000] {
            assert_eq!(way(*schedule, elements), way(given, elements));
        }
        let errors = result.iter().zip(&plain).map(|(x, y)| (x - y).abs());
        assert!(errors.fold(0.0, f32::max) <= bound(config.frac_bits as i32));
    }
}

#[test]
fn a_party_that_would_not_measure_is_refused_at_set_up() {
    let mut transports = memory::mesh3(SessionConfig::z64().deadline).into_iter();
    let results = std::thread::scope(|scope| {
        let schedules = [Schedule::Measured, Schedule::Measured, Schedule::Bytes];
        let parties = schedules.map(|schedule| {
            let transport = Box::new(transports.next().expect("three"));
            let config = SessionConfig::z64().with_schedule(schedule);
            scope.spawn(move || MpcDevice::open(transport, config).map(|_| ()))
        });
        parties.map(|party| party.join().expect("no panic"))
    });
    let texts = results.map(|result| result.expect_err("digests differ").to_string());
    let named = |text: &String| text.contains("another configuration: schedule is ");
    assert!(texts.iter().all(named), "{texts:?}");
}

#[test]
fn costs_cannot_be_predicted_for_links_yet_to_be_measured() {
    let config = || SessionConfig::z64().with_schedule(Schedule::Measured);
    let estimate = MpcDevice::estimate(config()).expect_err("no links");
    let model = CostModel::new(&config()).expect_err("no links");
    for error in [estimate, model] {
        assert!(error.to_string().contains("Schedule::Fastest"), "{error}");
    }
    let text = serde_json::to_string(&Schedule::Measured).expect("plain");
    assert_eq!(text, "\"measured\"");
}
