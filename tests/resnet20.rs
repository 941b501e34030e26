//! The main job in small: CIFAR-100 ResNet-20 on a photograph, private and in the clear.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::time::Instant;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::session::local::three_parties;
use burn_mpc::{
    Mpc, Party, SessionConfig, ShareOptions, Z64, prepare, reveal_to, share, share_model, testkit,
};
use example_models::assets;

/// How often the reads of an inference are noted again, to measure what that takes.
const MANY: u64 = 20;

type Private = Mpc<Flex, Z64>;

fn photograph() -> Vec<f32> {
    let spec = assets::resnet20_cifar100_spec();
    spec.preprocessing()
        .load(&assets::folder().join("rocket.png"))
        .expect("a photograph")
}

#[test]
fn private_logits_equal_plaintext_logits_within_the_fixed_point_error() {
    let spec = assets::resnet20_cifar100_spec();
    let image = photograph();
    let plain = assets::resnet20_cifar100::<Flex>(&Default::default()).expect("weights");
    let expected = plain.forward(Tensor::from_data(
        TensorData::new(image.clone(), [1, 3, 32, 32]),
        &Default::default(),
    ));
    let expected: Vec<f32> = expected.into_data().iter::<f32>().collect();

    let results = three_parties(&SessionConfig::z64(), |device| {
        let model = if device.party() == Some(Party::P0) {
            assets::resnet20_cifar100::<Private>(&device).expect("weights")
        } else {
            spec.init::<Private>(&device)
        };
        let model =
            share_model(model, &device, Party::P0, ShareOptions::default()).expect("shared");
        let data = (device.party() == Some(Party::P1))
            .then(|| TensorData::new(image.clone(), [1, 3, 32, 32]));
        let x = share::<Flex, Z64, 4>(&device, Party::P1, "image", [1, 3, 32, 32], data)
            .expect("shared");
        prepare(&device, || model.forward(x.clone())).expect("prepared");
        let session = device.session().expect("online");
        let reads = testkit::reads(session);
        session.start_measuring();
        let logits = reveal_to(model.forward(x), Party::P1, "logits").expect("revealed");
        let report = session.report();
        let reads = testkit::reads(session) - reads;
        let start = Instant::now();
        testkit::note_reads(session, MANY * reads);
        let identity = start.elapsed().as_secs_f64() / MANY as f64;
        (
            logits.map(|logits| logits.into_data().iter::<f32>().collect::<Vec<_>>()),
            report,
            (reads, identity),
        )
    })
    .expect("three parties");
    for (_, report, (reads, identity)) in &results {
        let share = identity / report.seconds;
        println!(
            "identity of operands: {reads} reads, {identity:.6} s, {share:.5} of the inference"
        );
        assert!(share < 0.01, "{share}");
        println!(
            "{} s, {} rounds, {} bytes, declared {:?}",
            report.seconds, report.rounds, report.bytes_sent, report.declared_bytes
        );
        for layer in &report.layers {
            println!("  {layer:?}");
        }
    }
    let logits = results[1].0.as_ref().expect("the reader's logits");
    let worst = logits
        .iter()
        .zip(&expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    println!("{:?}\n{:?}\nworst {worst}", &logits[..8], &expected[..8]);
    assert!(worst < 0.01, "logits differ by {worst}");
    for (_, report, _) in &results {
        assert_eq!(report.bytes_sent, report.declared_bytes[report.party]);
    }
}
