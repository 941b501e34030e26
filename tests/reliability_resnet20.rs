//! R8, R17, R21: the private ResNet-20 opens its logits and nothing else. Whatever fault any frame of a party's link
//! has, the others end in time with right logits or a typed error. Bits of payloads are flipped on sockets, where
//! frames carry tags, in a smaller program with 200 seeds.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::thread;
use std::time::{Duration, Instant};

use burn::backend::Flex;
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::report::Report;
use burn_mpc::{
    Mpc, MpcDevice, MpcError, Party, SessionConfig, ShareOptions, Z64, reveal_to, share,
    share_model,
};
use burn_mpc_engine::net::Transport;
use burn_mpc_engine::net::loopback::{Ends, memory_ends, tcp_ends};
use burn_mpc_engine::net::tap::{Fault, Tap};
use example_models::assets;

type Private = Mpc<Flex, Z64>;
type Logits = Vec<f32>;

const READER: Party = Party::P1;
const SHAPE: [usize; 4] = [1, 3, 32, 32];

fn photograph() -> Vec<f32> {
    let spec = assets::resnet20_cifar100_spec();
    let image = spec
        .preprocessing()
        .load(&assets::folder().join("rocket.png"));
    image.expect("a photograph")
}

fn plain(image: &[f32]) -> Logits {
    let device = Default::default();
    let model = assets::resnet20_cifar100::<Flex>(&device).expect("weights");
    let x = Tensor::from_data(TensorData::new(image.to_vec(), SHAPE), &device);
    model.forward(x).into_data().iter::<f32>().collect()
}

fn program(device: &MpcDevice, image: &[f32]) -> Result<(Option<Logits>, Report), MpcError> {
    let model = if device.party() == Some(Party::P0) {
        assets::resnet20_cifar100::<Private>(device).expect("weights")
    } else {
        assets::resnet20_cifar100_spec().init::<Private>(device)
    };
    let model = share_model(model, device, Party::P0, ShareOptions::default())?;
    let data = (device.party() == Some(READER)).then(|| TensorData::new(image.to_vec(), SHAPE));
    let x = share::<Flex, Z64, 4>(device, READER, "image", SHAPE, data)?;
    let logits = reveal_to(model.forward(x), READER, "logits")?;
    let report = device.online("test")?.report();
    Ok((
        logits.map(|logits| logits.into_data().iter::<f32>().collect()),
        report,
    ))
}

/// A party, one of its frames and the fault there.
type Trouble = (Party, u64, Fault);

/// Every party's own result over `ends`, one of which may have a fault.
fn run<T: Send>(
    ends: Ends,
    deadline: Duration,
    trouble: Option<Trouble>,
    program: impl Fn(&MpcDevice) -> Result<T, MpcError> + Sync,
) -> [Result<T, MpcError>; 3] {
    let (config, program) = (SessionConfig::z64().with_deadline(deadline), &program);
    thread::scope(|scope| {
        ends.map(|end| -> Box<dyn Transport> {
            match trouble {
                Some((odd, frame, fault)) if odd == end.party() => {
                    Box::new(Tap::new(end).with_fault(frame, fault))
                }
                _ => end,
            }
        })
        .map(|end| {
            let config = config.clone();
            scope.spawn(move || {
                let device = MpcDevice::open(end, config)?;
                device.set_current();
                let result = program(&device);
                MpcDevice::offline().set_current();
                result
            })
        })
        .map(|party| party.join().expect("no panic"))
    })
}

fn near(logits: &[f32], expected: &[f32]) -> bool {
    let near = |(a, b): (&f32, &f32)| (a - b).abs() < 0.01;
    logits.len() == expected.len() && logits.iter().zip(expected).all(near)
}

#[test]
fn whatever_happens_to_a_link_the_logits_are_right_or_an_error_is_told() {
    let image = photograph();
    let expected = plain(&image);
    let infer = |deadline, trouble| {
        run(memory_ends(deadline), deadline, trouble, |device| {
            program(device, &image)
        })
    };
    let whole = infer(Duration::from_secs(60), None);
    let whole = whole.map(|result| result.expect("undisturbed"));
    for (party, (logits, report)) in whole.iter().enumerate() {
        assert_eq!(report.reveal_labels, ["logits"]);
        assert_eq!(report.bytes_sent, report.declared_bytes[party]);
        assert_eq!(logits.is_some(), party == READER.index());
        assert!(logits.as_ref().is_none_or(|logits| near(logits, &expected)));
    }

    let deadline = Duration::from_millis(800);
    let faults = [
        Fault::Close,
        Fault::Drop,
        Fault::Duplicate,
        Fault::Delay(Duration::from_millis(20)),
        Fault::Delay(2 * deadline),
        Fault::FlipBit(70),
    ];
    for i in 0..24_u64 {
        let odd = Party::of(i as usize);
        let fault = faults[(i / 3) as usize % faults.len()];
        let frame = i * 7919 % whole[odd.index()].1.frames_sent;
        let what = format!("{odd} {fault:?} at frame {frame}");
        let started = Instant::now();
        let harmless = fault == faults[3];
        let patience = if harmless { 30 * deadline } else { deadline };
        let outcomes = infer(patience, Some((odd, frame, fault)));
        // A party that sleeps learns of the end when it wakes.
        let late = !harmless && started.elapsed() > 2 * deadline + Duration::from_secs(1);
        assert!(!late, "{what}: took {:?}", started.elapsed());
        for (party, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Ok((logits, _)) => {
                    let right = logits.as_ref().is_none_or(|logits| near(logits, &expected));
                    assert!(right, "{what}: wrong logits at {party}");
                    assert!(harmless, "{what}: unnoticed by {party}");
                }
                Err(error) => assert!(!harmless, "{what}: {error}"),
            }
        }
    }
}

/// Seeds that once found a bug, one per line. They always run; new ones are added by hand.
const KEPT_SEEDS: &str = include_str!("reliability_seeds.txt");
const SEEDS: std::ops::Range<u64> = 0..200;
/// Longer than a small program takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A product, a comparison, a truncation and a reveal; its frames and what the reader gets.
fn small(device: &MpcDevice) -> Result<(Option<Vec<f32>>, u64), MpcError> {
    let data = |owner: Party, values: [f32; 6]| {
        (device.party() == Some(owner)).then(|| TensorData::new(values.to_vec(), [2, 3]))
    };
    let x = data(Party::P0, [1.0, -2.0, 3.0, -4.0, 5.0, -6.0]);
    let x = share::<Flex, Z64, 2>(device, Party::P0, "x", [2, 3], x)?;
    let y = data(Party::P2, [0.5, 1.0, -1.0, 2.0, 0.25, 4.0]);
    let y = share::<Flex, Z64, 2>(device, Party::P2, "y", [2, 3], y)?;
    let z = relu(x.clone() * y).matmul(relu(x).transpose());
    let z = reveal_to(z, READER, "z")?;
    let session = device.online("test")?;
    session.close()?;
    let values = z.map(|z| z.into_data().iter::<f32>().collect());
    Ok((values, session.report().frames_sent))
}

type Small = Result<(Option<Vec<f32>>, u64), MpcError>;

fn run_small(trouble: Option<Trouble>) -> [Small; 3] {
    run(tcp_ends(PATIENCE), PATIENCE, trouble, small)
}

/// Frames that a party sends before the session's own frames, and in the last exchange, after which it waits for no
/// other party.
const SETUP: u64 = 4;
const LAST: u64 = 4;

/// What is wrong with the outcomes of a seed.
fn flipped(seed: u64, frames: [u64; 3]) -> Option<String> {
    let mut random = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut draw = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 20) % below
    };
    let odd = Party::of(draw(3) as usize);
    let sent = SETUP + frames[odd.index()];
    let frame = draw(sent);
    let fault = Fault::FlipPayload(draw(1 << 24) as usize);
    let outcomes = run_small(Some((odd, frame, fault)));
    // relu(x * y) has rows (0.5, 0, 0) and (0, 1.25, 0); relu(x) has (1, 0, 3) and (0, 5, 0).
    let right = [0.5, 0.0, 0.0, 6.25];
    let wrong = |outcome: &Small| matches!(outcome, Ok((Some(z), _)) if !near(z, &right));
    let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    let enough = if frame + LAST < sent { 3 } else { 1 };
    (outcomes.iter().any(wrong) || failed < enough)
        .then(|| format!("seed {seed}: {odd} {fault:?} at frame {frame} of {sent}: {outcomes:?}"))
}

#[test]
fn a_flipped_bit_of_a_payload_is_an_error_at_all_for_every_seed() {
    let frames = run_small(None).map(|outcome| outcome.expect("undisturbed").1);
    let kept = KEPT_SEEDS.lines().filter(|line| !line.starts_with('#'));
    let kept = kept.map(|line| line.trim().parse().expect("a seed"));
    let seeds: Vec<u64> = kept.chain(SEEDS).collect();
    println!("{} seeds: those kept, then {SEEDS:?}", seeds.len());
    let wrong: Vec<String> = seeds
        .chunks(8)
        .flat_map(|seeds| {
            thread::scope(|scope| {
                let run = |&seed: &u64| scope.spawn(move || flipped(seed, frames));
                let running: Vec<_> = seeds.iter().map(run).collect();
                let ended = running.into_iter();
                ended
                    .filter_map(|seed| seed.join().expect("no panic"))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "add these seeds to tests/reliability_seeds.txt: {wrong:#?}"
    );
}
