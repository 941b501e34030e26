//! Batch normalisation with secret parameters folds into the convolution before it, so that it
//! costs nothing in an inference.

use burn::backend::Flex;
use burn::tensor::TensorData;
use burn_mpc::report::Report;
use burn_mpc::session::Session;
use burn_mpc::testkit;
use burn_mpc::{
    Mpc, MpcError, Party, Ring, SessionConfig, ShareOptions, Z32, Z64, prepare, share, share_model,
};
use burn_mpc_engine::protocol::agree;

use super::common::{
    IMAGE, Links, Net, PATIENCE, all_ok, numbers, open_exactly, plain_logits, run_each, tolerance,
    values, worst,
};

#[derive(Clone, Copy, PartialEq)]
enum Preparation {
    Prepared,
    None,
}

/// Logits at the reader and reports of two inferences at each party.
type Runs = [[(Option<Vec<f32>>, Report); 2]; 3];

fn infer_twice<R: Ring>(norm: bool, preparation: Preparation, options: ShareOptions) -> Runs {
    let image = numbers(72, 9);
    let config = || {
        SessionConfig::for_ring(R::BITS)
            .expect("a ring")
            .with_deadline(PATIENCE)
    };
    let configs = [config(), config(), config()];
    all_ok(run_each(Links::Memory.ends(), configs, |device, party| {
        let input = || {
            let data = (party == Party::P1).then(|| TensorData::new(image.clone(), IMAGE));
            share::<Flex, R, 4>(device, Party::P1, "image", IMAGE, data)
        };
        let net = Net::<Mpc<Flex, R>>::at(device, party == Party::P0, norm);
        let net = share_model(net, device, Party::P0, options)?;
        let x = input()?;
        if preparation == Preparation::Prepared {
            prepare(device, || net.forward(x))?;
        }
        let session = device.online("test")?;
        let infer = || {
            let x = input()?;
            align(session)?;
            session.start_measuring();
            let logits = open_exactly(net.forward(x), Party::P2, "logits")?;
            Ok::<_, MpcError>((logits.map(values), session.report()))
        };
        Ok([infer()?, infer()?])
    }))
}

/// Roles rotate with the number of protocol calls, and clocks differ after an input: brings both to the same state for
/// every call.
fn align(session: &Session) -> Result<(), MpcError> {
    let mut calls = 0;
    loop {
        let last = testkit::run(session, |ctx| {
            agree(ctx)?;
            Ok::<_, MpcError>(ctx.pulse().last_op())
        })?;
        calls += 1;
        if calls > 1 && last % 3 == 0 {
            return Ok(());
        }
    }
}

fn costs(runs: &Runs, inference: usize) -> [(u64, u32, u64); 3] {
    [0, 1, 2].map(|party| {
        let report = &runs[party][inference].1;
        assert_eq!(report.bytes_sent, report.declared_bytes[party]);
        (report.bytes_sent, report.rounds, report.frames_sent)
    })
}

/// Bytes, rounds and frames of all parties: who plays which role depends on what was sent before.
fn total(runs: &Runs, inference: usize) -> (u64, u32, u64) {
    let costs = costs(runs, inference);
    let rounds = costs.iter().map(|cost| cost.1).max().unwrap_or(0);
    (
        costs.iter().map(|cost| cost.0).sum(),
        rounds,
        costs.iter().map(|cost| cost.2).sum(),
    )
}

fn logits(runs: &Runs, inference: usize) -> &[f32] {
    runs[2][inference].0.as_deref().expect("the reader's")
}

const FOLDED_ON_SHARES: ShareOptions = ShareOptions {
    fold_on_shares: true,
};

#[test]
fn a_prepared_inference_costs_what_it_would_without_normalisation() {
    costs_as_without::<Z64>();
    costs_as_without::<Z32>();
}

fn costs_as_without<R: Ring>() {
    for options in [ShareOptions::default(), FOLDED_ON_SHARES] {
        let with = infer_twice::<R>(true, Preparation::Prepared, options);
        let without = infer_twice::<R>(false, Preparation::Prepared, options);
        assert_eq!(total(&with, 0), total(&without, 0));
        assert_eq!(total(&with, 1), total(&without, 1));
    }
}

#[test]
fn a_prepared_inference_costs_what_every_later_one_does() {
    costs_the_same_again::<Z64>();
    costs_the_same_again::<Z32>();
}

fn costs_the_same_again<R: Ring>() {
    for norm in [true, false] {
        let runs = infer_twice::<R>(norm, Preparation::Prepared, ShareOptions::default());
        assert_eq!(total(&runs, 0), total(&runs, 1));
    }
}

#[test]
fn without_preparing_only_the_first_inference_pays() {
    only_the_first_pays::<Z64>();
    only_the_first_pays::<Z32>();
}

fn only_the_first_pays<R: Ring>() {
    let cold = infer_twice::<R>(true, Preparation::None, ShareOptions::default());
    let warm = infer_twice::<R>(true, Preparation::Prepared, ShareOptions::default());
    let (first, second) = (total(&cold, 0), total(&cold, 1));
    assert!(first.0 > second.0);
    assert_eq!(second, total(&warm, 0));
}

#[test]
fn logits_are_the_plaintext_ones_however_the_normalisation_is_folded() {
    logits_are_plain::<Z64>();
    logits_are_plain::<Z32>();
}

fn logits_are_plain<R: Ring>() {
    let scales = SessionConfig::for_ring(R::BITS).and_then(|config| config.scales());
    let tolerance = tolerance(scales.expect("a config").value);
    let image = numbers(72, 9);
    for norm in [true, false] {
        let expected = plain_logits(&image, norm);
        assert!(expected.iter().any(|logit| logit.abs() > 0.5), "a dull net");
        for options in [ShareOptions::default(), FOLDED_ON_SHARES] {
            for preparation in [Preparation::Prepared, Preparation::None] {
                let runs = infer_twice::<R>(norm, preparation, options);
                for inference in [0, 1] {
                    let worst = worst(logits(&runs, inference), &expected);
                    assert!(worst < tolerance, "{worst}");
                }
                // Only the reader has them.
                assert!(
                    runs[0]
                        .iter()
                        .chain(&runs[1])
                        .all(|(logits, _)| logits.is_none())
                );
            }
        }
    }
}
