//! Values where a function is not defined: nothing is revealed, and every party says which functions it may have been.
//! Values that gave wrong numbers without an error: they give the right ones.

use burn::backend::Flex;
use burn::tensor::module::ctc_loss;
use burn::tensor::{IndexingUpdateOp, Tensor, TensorData, activation};
use burn_mpc::{Audience, MpcDevice, MpcError, Party, Precision, Z64, reveal_with, share_within};

use super::common::{Links, Outcome, Private, all_ok, input, run, values};

type Numbers = Result<Vec<f32>, MpcError>;
/// What inputs are below: their squares, divided by 8192 before, add up.
const LARGEST: f64 = 4.0e6;

type Function = fn(Tensor<Private, 1>) -> Tensor<Private, 1>;

type Exact<'a> = &'a dyn Fn(f64) -> f64;

fn program(device: &MpcDevice, x: &[f32], function: Function) -> Numbers {
    let is_small = x.iter().all(|x| x.abs() < 2000.0);
    let x = if is_small {
        input(device, Party::P1, "x", [x.len()], x)?
    } else {
        let own = (device.party() == Some(Party::P1)).then(|| TensorData::from(x));
        share_within::<Flex, Z64, 1>(device, Party::P1, "x", [x.len()], LARGEST, own)?
    };
    let y = reveal_with(function(x), Audience::All, "y", Precision::Exact)?;
    Ok(values(y.ok_or(MpcError::NotRevealed)?))
}

fn outcomes(x: &[f32], function: Function) -> [Outcome<Vec<f32>>; 3] {
    run(Links::Memory.ends(), |device, _| {
        program(device, x, function)
    })
}

/// Public reports of other systems, and what was wrong here.
#[test]
fn values_far_from_one_have_right_quotients_and_roots() {
    let near = |x: &[f32], function: Function, expected: &[f32]| {
        for found in all_ok(outcomes(x, function)) {
            for (found, expected) in found.iter().zip(expected) {
                let slack = 4.0 / 65536.0 * expected.abs().max(1.0);
                assert!((found - expected).abs() <= slack, "{found}, not {expected}");
            }
        }
    };
    near(
        &[100_000.0, 426_727.0, 3.9e6, 1.0e-5, 0.0],
        Tensor::sqrt,
        &[316.227_77, 653.243_5, 1_974.841_8, 0.003_088, 0.0],
    );
    near(
        &[200_000.0, -100_000.0, 1.0 / 2048.0, -3.0],
        Tensor::recip,
        &[5.0e-6, -1.0e-5, 2048.0, -0.333_333],
    );
    let by_last = |x: Tensor<Private, 1>| {
        let last = x.clone().narrow(0, x.dims()[0] - 1, 1);
        x / last
    };
    near(
        &[3.0e6, 1.0e6, -2.5e6, 60_000.0, 1.0e6],
        by_last,
        &[3.0, 1.0, -2.5, 0.06, 1.0],
    );
    near(
        &[666.0, 1000.0, 450.0, 999.0],
        by_last,
        &[0.666_667, 1.001_001, 0.450_45, 1.0],
    );
    let ten = [
        426_727.0, 500.0, 3.0, 0.0, 88.0, 9000.0, 12_000.0, 1.0, 2.0, 450_000.0,
    ];
    let norm = |x: Tensor<Private, 1>| (x.clone() / 8192.0 * (x / 8192.0)).sum().sqrt() * 8192.0;
    let exact = ten.iter().map(|x| f64::from(x * x)).sum::<f64>().sqrt();
    #[expect(clippy::cast_possible_truncation, reason = "a test value")]
    let exact = exact as f32;
    near(&ten, norm, &[exact]);
}

/// Burn makes these of exponentials, which no ring holds where the result is an ordinary number.
#[test]
#[expect(clippy::cast_possible_truncation, reason = "test values")]
fn activations_made_of_exponentials_are_right_far_from_zero() {
    let x = [
        -1900.0_f32,
        -40.0,
        -1.5,
        -0.001,
        0.0,
        0.75,
        3.0,
        28.0,
        1900.0,
    ];
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let elu = |x: f64, alpha: f64| if x > 0.0 { x } else { alpha * x.exp_m1() };
    let cases: [(&str, Function, Exact<'_>); 6] = [
        ("softplus", |x| activation::softplus(x, 1.0), &softplus),
        ("softplus of beta", |x| activation::softplus(x, 2.0), &|x| {
            softplus(2.0 * x) / 2.0
        }),
        ("mish", activation::mish, &|x| x * softplus(x).tanh()),
        ("elu", |x| activation::elu(x, 0.5), &|x| elu(x, 0.5)),
        ("celu", |x| activation::celu(x, 1.5), &|x| {
            1.5 * elu(x / 1.5, 1.0)
        }),
        ("selu", activation::selu, &|x| 1.050_701 * elu(x, 1.673_263)),
    ];
    for (name, function, exact) in cases {
        for found in all_ok(outcomes(&x, function)) {
            for (x, found) in x.iter().zip(&found) {
                let expected = exact(f64::from(*x)) as f32;
                // Mish multiplies the error of a function by its input.
                let slack = 8.0 / 65536.0 * x.abs().max(1.0);
                let off = (found - expected).abs();
                assert!(off <= slack, "{name} of {x} is {found}, not {expected}");
            }
        }
    }
}

#[test]
fn a_value_outside_of_a_domain_keeps_everything_closed() {
    let cases: [(&str, Function, f32, f32); 8] = [
        ("reciprocal", Tensor::recip, 0.0, 0.25),
        ("div", |x| x.clone() / x, 0.0, -0.25),
        ("sqrt", Tensor::sqrt, -0.001, 0.0),
        ("rsqrt", |x| x.sqrt().recip(), 0.0, 0.001),
        ("ln", Tensor::log, 0.0, 0.001),
        ("exp", Tensor::exp, 27.5, 26.5),
        ("sin", Tensor::sin, -1025.0, -1023.0),
        ("sqrt", Tensor::asin, 1.001, 1.0),
    ];
    for (name, function, outside, inside) in cases {
        let x = [1.0, 0.5, inside, 0.75];
        all_ok(outcomes(&x, function));
        let x = [1.0, 0.5, outside, 0.75];
        for outcome in &outcomes(&x, function) {
            let error = outcome.error();
            let MpcError::Domain { places } = error else {
                panic!("{name}: {error}");
            };
            assert!(
                places.iter().any(|place| place.ends_with(name)),
                "{name}: {places:?}"
            );
            assert!(error.to_string().starts_with("MPC-DOMAIN: "), "{error}");
        }
    }
}

/// The value itself never reaches the reveal; what else was computed must not come out either.
#[test]
fn a_flag_waits_for_the_next_reveal_of_anything() {
    let outcome = run(Links::Memory.ends(), |device, _| -> Numbers {
        let x = input(device, Party::P1, "x", [2], &[1.0, 0.0])?;
        let first = reveal_with(x.clone(), Audience::All, "before", Precision::Exact)?;
        assert_eq!(first.map(values), Some(vec![1.0, 0.0]));
        drop(x.clone().recip());
        let y = reveal_with(x, Audience::All, "after", Precision::Exact)?;
        Ok(values(y.ok_or(MpcError::NotRevealed)?))
    });
    for party in &outcome {
        assert!(
            matches!(party.error(), MpcError::Domain { .. }),
            "{}",
            party.error()
        );
    }
}

#[test]
fn a_secret_index_outside_sets_a_flag() {
    for (index, is_inside) in [
        (0.0, true),
        (4.0, true),
        (5.0, false),
        (-1.0, false),
        (2000.0, false),
    ] {
        let outcome = run(Links::Memory.ends(), |device, _| -> Numbers {
            let x = input(device, Party::P1, "x", [5], &[0.0, 1.0, 2.0, 3.0, 4.0])?;
            let at = input(device, Party::P0, "index", [1], &[index])?.int();
            let y = reveal_with(x.select(0, at), Audience::All, "y", Precision::Exact)?;
            Ok(values(y.ok_or(MpcError::NotRevealed)?))
        });
        if is_inside {
            assert_eq!(all_ok(outcome), [vec![index], vec![index], vec![index]]);
        } else {
            for party in &outcome {
                let error = party.error();
                assert!(matches!(error, MpcError::Domain { .. }), "{index}: {error}");
            }
        }
    }
}

/// A coordinate outside of its own axis, though the place that the tuple would name lies inside.
#[test]
fn a_secret_coordinate_outside_its_axis_sets_a_flag() {
    for (tuple, is_inside) in [
        ([1.0, 2.0], true),
        ([0.0, 3.0], false),
        ([1.0, -1.0], false),
        ([2.0, 0.0], false),
    ] {
        for reads in [true, false] {
            let outcome = run(Links::Memory.ends(), |device, _| -> Numbers {
                let x = input(device, Party::P1, "x", [6], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0])?;
                let at = input(device, Party::P0, "at", [2], &tuple)?.int();
                let (x, at) = (x.reshape([2, 3]), at.reshape([1, 2]));
                let y = if reads {
                    x.gather_nd::<2, 1>(at)
                } else {
                    let one = input(device, Party::P2, "one", [1], &[1.0])?;
                    x.scatter_nd(at, one, IndexingUpdateOp::Add).reshape([6])
                };
                let y = reveal_with(y, Audience::All, "y", Precision::Exact)?;
                Ok(values(y.ok_or(MpcError::NotRevealed)?))
            });
            if is_inside {
                let found = all_ok(outcome);
                let expected = if reads {
                    vec![5.0]
                } else {
                    vec![0.0, 1.0, 2.0, 3.0, 4.0, 6.0]
                };
                assert!(found.iter().all(|found| *found == expected), "{found:?}");
            } else {
                for party in &outcome {
                    let error = party.error();
                    assert!(
                        matches!(error, MpcError::Domain { .. }),
                        "{tuple:?}: {error}"
                    );
                }
            }
        }
    }
}

/// Two equal letters need a blank between them: with two steps their loss is infinite.
#[test]
fn a_target_without_an_alignment_sets_a_flag() {
    for (steps, has_alignment) in [(2, false), (3, true)] {
        let outcome = run(Links::Memory.ends(), |device, _| -> Numbers {
            let third = vec![(1.0_f32 / 3.0).ln(); 3 * steps];
            let x = input(device, Party::P1, "x", [3 * steps], &third)?;
            let letters = input(device, Party::P0, "letters", [2], &[1.0, 1.0])?.int();
            let steps_of = input(device, Party::P2, "steps", [1], &[steps as f32])?.int();
            let count = input(device, Party::P2, "count", [1], &[2.0])?.int();
            let x = x.reshape([steps, 1, 3]);
            let loss = ctc_loss(x, letters.reshape([1, 2]), steps_of, count, 0);
            let loss = reveal_with(loss, Audience::All, "loss", Precision::Exact)?;
            Ok(values(loss.ok_or(MpcError::NotRevealed)?))
        });
        if has_alignment {
            let expected = 3.0 * 3.0_f32.ln();
            for loss in all_ok(outcome) {
                assert!((loss[0] - expected).abs() < 1e-3, "{loss:?}");
            }
        } else {
            for party in &outcome {
                let error = party.error();
                assert!(matches!(error, MpcError::Domain { .. }), "{error}");
                assert!(error.to_string().contains("ctc_loss"), "{error}");
            }
        }
    }
}

/// A row of 0s and a 1 makes nothing larger: elements near the declared limit, of an axis so long that a sum of all of
/// them times numbers would not fit.
#[test]
fn secret_indices_select_large_values_from_a_long_axis() {
    let table: Vec<f32> = (0..2048).map(|i| (i - 1024) as f32 * 3900.0).collect();
    let outcome = run(Links::Memory.ends(), |device, _| -> Numbers {
        let own = (device.party() == Some(Party::P1)).then(|| TensorData::from(&table[..]));
        let x = share_within::<Flex, Z64, 1>(device, Party::P1, "x", [table.len()], LARGEST, own)?;
        let at = input(device, Party::P0, "at", [2], &[2047.0, 3.0])?.int();
        let taken = x.clone().select(0, at.clone());
        let tuples = at.reshape([2, 1]);
        let again = x.clone().gather_nd::<2, 1>(tuples.clone());
        let back = x.scatter_nd(tuples.clone(), again, IndexingUpdateOp::Assign);
        let both = Tensor::cat(vec![taken, back.gather_nd::<2, 1>(tuples)], 0);
        let both = reveal_with(both, Audience::All, "y", Precision::Exact)?;
        Ok(values(both.ok_or(MpcError::NotRevealed)?))
    });
    for found in all_ok(outcome) {
        assert_eq!(found, [table[2047], table[3], table[2047], table[3]]);
    }
}
