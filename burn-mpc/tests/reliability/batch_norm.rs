//! D5: batch normalisation with secret parameters folds into the convolution before it, so that it
//! costs nothing in an inference.

use burn_mpc::protocol::agree;
use burn_mpc::report::Report;
use burn_mpc::session::Session;
use burn_mpc::{MpcError, Party, ShareOptions, prepare, reveal_to, share_model};

use super::common::{
    IMAGE, Links, Net, Private, all_ok, input, numbers, plain_logits, run, values, worst,
};

/// Encoding error of weights and input (2^-17 each, over 18 taps of magnitude at most 1, scaled by
/// gamma / sigma < 2), the folded weight's rounding, then 108 linear taps of magnitude at most 1 on
/// activations that are off by the above: 108 * 2 * (2 * 18 + 4) * 2^-17 < 0.07 in the worst case;
/// errors are independent and signed, so their root of the sum of squares is 20 times smaller.
const TOLERANCE: f32 = 0.0035;

#[derive(Clone, Copy, PartialEq)]
enum Preparation {
    Prepared,
    None,
}

/// Logits at the reader and reports of two inferences at each party.
type Runs = [[(Option<Vec<f32>>, Report); 2]; 3];

fn infer_twice(norm: bool, preparation: Preparation, options: ShareOptions) -> Runs {
    let image = numbers(72, 9);
    all_ok(run(Links::Memory.ends(), |device, party| {
        let net = Net::<Private>::at(device, party == Party::P0, norm);
        let net = share_model(net, device, Party::P0, options)?;
        let x = input(device, Party::P1, "image", IMAGE, &image)?;
        if preparation == Preparation::Prepared {
            prepare(device, || net.forward(x))?;
        }
        let session = device.online("test")?;
        let infer = || {
            let x = input(device, Party::P1, "image", IMAGE, &image)?;
            align(session)?;
            session.start_measuring();
            let logits = reveal_to(net.forward(x), Party::P2, "logits")?;
            Ok::<_, MpcError>((logits.map(values), session.report()))
        };
        Ok([infer()?, infer()?])
    }))
}

/// Roles rotate with the number of protocol calls and clocks differ after an input: brings both to
/// where they are the same at every call.
fn align(session: &Session) -> Result<(), MpcError> {
    let mut calls = 0;
    loop {
        let last = session.run(|ctx| {
            agree(ctx)?;
            Ok::<_, MpcError>(ctx.last_op())
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

fn logits(runs: &Runs, inference: usize) -> &[f32] {
    runs[2][inference].0.as_deref().expect("the reader's")
}

const FOLDED_IN_THE_CLEAR: ShareOptions = ShareOptions {
    fold_batch_norm: Some(1e-5),
};

#[test]
fn a_prepared_inference_costs_what_it_would_without_normalisation() {
    for options in [ShareOptions::default(), FOLDED_IN_THE_CLEAR] {
        let with = infer_twice(true, Preparation::Prepared, options);
        let without = infer_twice(false, Preparation::Prepared, options);
        assert_eq!(costs(&with, 0), costs(&without, 0));
        assert_eq!(costs(&with, 1), costs(&without, 1));
    }
}

#[test]
fn a_prepared_inference_costs_what_every_later_one_does() {
    for norm in [true, false] {
        let runs = infer_twice(norm, Preparation::Prepared, ShareOptions::default());
        assert_eq!(costs(&runs, 0), costs(&runs, 1));
    }
}

#[test]
fn without_preparing_only_the_first_inference_pays() {
    let cold = infer_twice(true, Preparation::None, ShareOptions::default());
    let warm = infer_twice(true, Preparation::Prepared, ShareOptions::default());
    let (first, second) = (costs(&cold, 0), costs(&cold, 1));
    assert!((0..3).any(|party| first[party].0 > second[party].0));
    assert_eq!(second, costs(&warm, 0));
}

#[test]
fn logits_are_the_plaintext_ones_however_the_normalisation_is_folded() {
    let image = numbers(72, 9);
    for norm in [true, false] {
        let expected = plain_logits(&image, norm);
        assert!(expected.iter().any(|logit| logit.abs() > 0.5), "a dull net");
        for options in [ShareOptions::default(), FOLDED_IN_THE_CLEAR] {
            for preparation in [Preparation::Prepared, Preparation::None] {
                let runs = infer_twice(norm, preparation, options);
                for inference in [0, 1] {
                    let worst = worst(logits(&runs, inference), &expected);
                    assert!(worst < TOLERANCE, "{worst}");
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
