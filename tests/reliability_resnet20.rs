//! R8, R17, R21: the private ResNet-20 opens its logits and nothing else, and whatever happens to a
//! party's link at whichever frame, the others end in time with right logits or a typed error.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::thread;
use std::time::{Duration, Instant};

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::net::tap::{Fault, Tap};
use burn_mpc::net::{Transport, memory};
use burn_mpc::report::Report;
use burn_mpc::{
    Mpc, MpcDevice, MpcError, Party, SessionConfig, ShareOptions, Z64, reveal_to, share,
    share_model,
};
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

type Outcome = Result<(Option<Logits>, Report), MpcError>;

/// Every party's own result, with `fault` at the given frame of `odd`.
fn run(image: &[f32], deadline: Duration, trouble: Option<(Party, u64, Fault)>) -> [Outcome; 3] {
    let config = SessionConfig::z64().with_deadline(deadline);
    thread::scope(|scope| {
        memory::mesh3(deadline)
            .map(|end| -> Box<dyn Transport> {
                match trouble {
                    Some((odd, frame, fault)) if odd == end.party() => {
                        Box::new(Tap::new(Box::new(end)).with_fault(frame, fault))
                    }
                    _ => Box::new(end),
                }
            })
            .map(|end| {
                let config = config.clone();
                scope.spawn(move || {
                    let device = MpcDevice::open(end, config)?;
                    device.set_current();
                    let result = program(&device, image);
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
    let whole = run(&image, Duration::from_secs(60), None);
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
        let outcomes = run(&image, patience, Some((odd, frame, fault)));
        // Whoever sleeps hears of the end when it wakes.
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
