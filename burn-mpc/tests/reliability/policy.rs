//! R8: what is opened is listed, and opened in one place. And the all-secret test policy.

use std::path::Path;

use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};
use burn_mpc::{
    Party, SessionConfig, ShareOptions, prepare, reveal, reveal_argmax_to, reveal_to, share_model,
};

use super::common::{IMAGE, Links, Net, PATIENCE, Private, all_ok, input, numbers, run, run_each};

#[test]
fn an_inference_opens_the_logits_to_their_reader_and_nothing_else() {
    let results = all_ok(run(Links::Memory.ends(), |device, party| {
        let net = Net::<Private>::at(device, party == Party::P0, true);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let x = input(device, Party::P1, "image", IMAGE, &numbers(72, 9))?;
        prepare(device, || {
            let logits = net.forward(x.clone());
            reveal_to(logits.clone(), Party::P1, "logits").expect("passed over");
            logits
        })?;
        let logits = reveal_to(net.forward(x), Party::P1, "logits")?;
        let labels = device.online("test")?.report().reveal_labels;
        Ok((logits.is_some(), labels))
    }));
    for (party, (reads, labels)) in results.into_iter().enumerate() {
        assert_eq!((reads, labels), (party == 1, vec!["logits".to_owned()]));
    }
}

#[test]
fn every_reveal_is_listed_under_its_label_in_order() {
    let results = all_ok(run(Links::Memory.ends(), |device, _| {
        let x = input(device, Party::P0, "x", [1, 3], &[1.0, 3.0, 2.0])?;
        let top = reveal_argmax_to(x.clone(), 1, Party::P2, "class")?;
        reveal(x.clone(), "all")?;
        reveal_to(x.clone() * x, Party::P0, "squares")?;
        let labels = device.online("test")?.report().reveal_labels;
        Ok((
            top.map(|top| top.into_data().iter::<i64>().collect::<Vec<_>>()),
            labels,
        ))
    }));
    for (_, labels) in &results {
        assert_eq!(labels, &["class", "all", "squares"]);
    }
    assert_eq!(results.map(|(top, _)| top), [None, None, Some(vec![1])]);
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            let text = std::fs::read_to_string(&path).expect("a source");
            found.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn shares_are_opened_in_one_module_only() {
    let mut files = vec![];
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let mut callers: Vec<&str> = files
        .iter()
        .filter(|(path, _)| !path.contains("/protocol/"))
        .filter(|(_, text)| {
            let calls = ["protocol::reveal", "reveal_additive(", "protocol::{reveal"];
            calls.iter().any(|call| {
                text.lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .any(|line| line.contains(call))
            })
        })
        .map(|(path, _)| path.rsplit_once("/src/").expect("a source").1)
        .collect();
    callers.sort_unstable();
    assert_eq!(callers, ["ops/reveal.rs"]);
}

/// Plain Burn, which knows of no session.
fn plain_program<B: Backend>(device: &B::Device) -> Vec<f32> {
    let x = Tensor::<B, 2>::from_data([[1.0, -2.0, 0.5], [0.1, 4.0, -1.0]], device);
    let w = Tensor::<B, 2>::ones([3, 2], device) * 0.5;
    let y = relu(x.clone().matmul(w)) + x.clone().sum_dim(1);
    let top = x.clone().argmax(1);
    let rows = Tensor::<B, 1, Int>::from_data([1, 0], device);
    let picked = x.greater_elem(0.3).float().sum_dim(1);
    let mut all: Vec<f32> = y.into_data().iter::<f32>().collect();
    all.extend(top.into_data().iter::<f32>());
    all.extend(rows.into_data().iter::<f32>());
    all.extend(picked.into_data().iter::<f32>());
    all
}

#[test]
fn under_the_all_secret_policy_a_plain_program_runs_on_secrets() {
    let config = || SessionConfig {
        all_secret: true,
        ..SessionConfig::z64().with_deadline(PATIENCE)
    };
    let expected = plain_program::<burn::backend::Flex>(&Default::default());
    let outcomes = run_each(
        Links::Memory.ends(),
        [config(), config(), config()],
        |device, _| {
            let x = Tensor::<Private, 1>::from_data(TensorData::from([1.5_f32]), device);
            assert!(format!("{:?}", x.into_primitive()).contains("Secret"));
            let results = plain_program::<Private>(device);
            let session = device.online("test")?;
            Ok((results, session.report(), session.scales().value))
        },
    );
    for (results, report, frac) in all_ok(outcomes) {
        // Inputs err by half a unit; a product, its sum and a truncation are off by a few. Rounding to 10 bits would
        // show: 0.1 and what comes of it are no multiples of 2^-10.
        let unit = (-(frac as f32)).exp2();
        assert_eq!(results.len(), expected.len());
        let far = results
            .iter()
            .zip(&expected)
            .any(|(a, b)| (a - b).abs() > 8.0 * unit);
        assert!(!far, "{results:?} {expected:?}");
        assert_eq!(report.reveal_labels.len(), 4);
        assert!(report.bytes_sent > 0);
    }
}

/// On the ring a sum of 32-bit integers and the magnitude of the smallest one are numbers like others; Flex reads 32 bits.
#[test]
fn an_integer_that_is_read_must_fit_its_type() {
    let config = || SessionConfig {
        all_secret: true,
        ..SessionConfig::z64().with_deadline(PATIENCE)
    };
    let outcomes = run_each(
        Links::Memory.ends(),
        [config(), config(), config()],
        |device, _| {
            let ends = [i32::MAX, i32::MIN, 0];
            let ends = Tensor::<Private, 1, Int>::from_data(TensorData::from(ends), device);
            let read = |tensor: Tensor<Private, 1, Int>| {
                let read = tensor.try_into_data();
                read.map(|data| data.iter::<i32>().collect::<Vec<_>>())
                    .map_err(|error| format!("{error:?}"))
            };
            let kept = read(ends.clone());
            let beyond = [read(ends.clone() + 1), read(ends.abs())];
            Ok((kept, beyond))
        },
    );
    for (kept, beyond) in all_ok(outcomes) {
        assert_eq!(kept, Ok(vec![i32::MAX, i32::MIN, 0]));
        for (refused, at) in beyond.into_iter().zip([0, 1]) {
            let error = refused.expect_err("outside 32 bits");
            assert!(error.contains("MPC-RANGE"), "{error}");
            assert!(
                error.contains(&format!("element {at} does not fit I32")),
                "{error}"
            );
        }
    }
}
