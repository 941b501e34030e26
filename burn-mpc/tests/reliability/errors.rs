//! Wrong inputs, wrong ops and wrong configurations end in typed errors that contain no secret, and a failed session
//! stays failed (R18).

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_mpc::backend::MpcTensor;
use burn_mpc::ops;
use burn_mpc::session::WeightScales;
use burn_mpc::tensor::Operand;
use burn_mpc::{
    Mpc, MpcDevice, MpcError, Party, SessionConfig, ShareOptions, Z32, Z64, prepare, reveal,
    reveal_to, share, share_model,
};
use burn_mpc_engine::protocol::{Audience, Truncation};

use super::common::{Links, Net, Outcome, PATIENCE, Private, input, run, run_each, values};

/// All parties failed with a typed error and stay failed.
#[track_caller]
fn all_failed<T>(outcomes: &[Outcome<T>; 3]) {
    for outcome in outcomes {
        let _ = outcome.error();
        assert!(outcome.failure.is_some(), "the session does not know");
    }
}

/// After a failure, ops return tensors of the right shape that hold nothing; reads and syncs return errors.
fn is_dead(device: &MpcDevice, tensor: Tensor<Private, 2>) {
    use burn::tensor::backend::Backend;
    let failure = device.failure().expect("failed").to_string();
    let _ = tensor.clone().greater_elem(0.5).any();
    assert_eq!(tensor.clone().greater_elem(0.5).dims(), tensor.dims());
    let after = (tensor.clone() * 2.0).matmul(tensor.clone().transpose());
    assert_eq!(after.dims(), [tensor.dims()[0]; 2]);
    let error = after.clone().try_into_data().expect_err("poisoned");
    assert!(error.to_string().contains(&failure), "{error}");
    let error = Private::sync(device).expect_err("failed");
    assert!(error.to_string().contains(&failure), "{error}");
    assert!(reveal(after, "late").is_err());
    assert!(input(device, Party::P0, "late", [1, 1], &[1.0]).is_err());
    assert_eq!(device.failure().expect("failed").to_string(), failure);
}

fn operand<const D: usize>(tensor: Tensor<Private, D>) -> Operand<Z64> {
    match tensor.into_primitive().tensor() {
        MpcTensor::Secret(tensor) => Operand::Secret(tensor),
        MpcTensor::Public(..) => panic!("public"),
    }
}

#[test]
fn a_value_out_of_range_names_the_input_and_not_the_value() {
    for (bad, word) in [
        (f32::NAN, "finite"),
        (f32::INFINITY, "finite"),
        (3.777e19, "limit"),
    ] {
        let outcomes = run(Links::Memory.ends(), |device, party| {
            let x = input(device, Party::P1, "age", [1, 2], &[0.5, bad]);
            assert!(x.is_err(), "{party}");
            let x = x?;
            let result = reveal(x.clone() * x.clone(), "square");
            is_dead(device, x);
            result
        });
        all_failed(&outcomes);
        let error = outcomes[1].error();
        assert!(
            matches!(error, MpcError::Range { party: Party::P1, name, .. } if name == "age"),
            "{error}"
        );
        for (party, outcome) in outcomes.iter().enumerate() {
            let text = outcome.error().to_string();
            // The owner learns what is wrong with which element, the others only which input it is.
            assert!(text.contains("age"), "{text}");
            assert_eq!(text.contains(word), party == 1, "{text}");
            assert!(!text.contains("777") && !text.contains("3777"), "{text}");
        }
    }
}

#[test]
fn a_weight_out_of_range_names_the_parameter() {
    for bad in [f32::NAN, 6.0e13] {
        let outcomes = run(Links::Memory.ends(), |device, party| {
            let mut net = Net::<Private>::at(device, party == Party::P0, true);
            if let (Party::P0, Some(norm)) = (party, &mut net.norm) {
                norm.beta = burn::module::Param::from_tensor(Tensor::from_data(
                    TensorData::new(vec![0.0, bad, 1.0], [3]),
                    device,
                ));
            }
            share_model(net, device, Party::P0, ShareOptions::default())?;
            // Sharing alone waits for no peer at some parties; the reveal does at all.
            let x = input(device, Party::P1, "x", [1], &[1.0])?;
            reveal(x, "x").map(|_| ())
        });
        all_failed(&outcomes);
        assert!(
            matches!(outcomes[0].error(), MpcError::Range { name, .. } if name == "norm.beta"),
            "{}",
            outcomes[0].error()
        );
        assert!(outcomes[1].error().to_string().contains("norm.beta"));
    }
}

#[test]
fn data_of_another_shape_are_refused() {
    for given in [vec![3, 2], vec![6], vec![2, 2]] {
        let outcomes = run(Links::Memory.ends(), |device, party| {
            let len = given.iter().product();
            let data =
                (party == Party::P1).then(|| TensorData::new(vec![1.0_f32; len], given.clone()));
            let x = share::<Flex, Z64, 2>(device, Party::P1, "x", [2, 3], data)?;
            reveal(x, "x").map(|_| ())
        });
        all_failed(&outcomes);
    }
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let x = share::<Flex, Z64, 2>(device, Party::P1, "x", [2, 3], None)?;
        reveal(x, "x").map(|_| ())
    });
    all_failed(&outcomes);
}

#[test]
fn a_bias_of_another_length_is_an_error_of_the_layer() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let x = input(device, Party::P0, "x", [1, 2], &[1.0, 2.0])?;
        let weight = input(device, Party::P0, "weight", [2, 3], &[1.0; 6])?;
        let bias = input(device, Party::P0, "bias", [4], &[1.0; 4])?;
        reveal(burn::tensor::module::linear(x, weight, Some(bias)), "y").map(|_| ())
    });
    all_failed(&outcomes);
    for outcome in &outcomes {
        assert!(
            matches!(outcome.error(), MpcError::Shape { .. }),
            "{}",
            outcome.error()
        );
    }
}

#[test]
fn data_shared_while_preparing_are_passed_over() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let data = || input(device, Party::P0, "x", [1, 2], &[3.0, 4.0]);
        prepare(device, || data().expect("passed over"))?;
        Ok(values(reveal(data()?, "x")?))
    });
    for outcome in outcomes {
        assert_eq!(
            outcome.result.expect("no panic").expect("opened"),
            [3.0, 4.0]
        );
    }
}

#[test]
fn shapes_that_do_not_fit_are_errors_of_the_op() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let x = input(device, Party::P0, "x", [2, 3], &[1.0; 6])?;
        let image = input(device, Party::P0, "image", [1, 2, 4, 4], &[1.0; 32])?;
        let weight = input(device, Party::P0, "weight", [1, 3, 3, 3], &[1.0; 27])?;
        // Burn refuses such shapes itself, by a panic; here they come to the op.
        let settings = ops::ConvSettings {
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            groups: 1,
        };
        let y = ops::conv(operand(image), operand(weight), None, settings);
        assert_eq!(y.shape(), [1, 1, 2, 2]);
        let result = ops::reveal_as(&y, Audience::All, "y", ops::Precision::default()).map(|_| ());
        assert!(
            matches!(device.failure(), Some(MpcError::Shape { op: "conv2d", .. })),
            "{:?}",
            device.failure()
        );
        is_dead(device, x);
        result
    });
    all_failed(&outcomes);
}

#[test]
fn an_op_that_secrets_lack_is_named_with_what_to_do_instead() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let x = input(device, Party::P0, "x", [2, 3], &[0.5; 6])?;
        let whole = x.clone().int();
        let y = whole.clone().powi(whole).float();
        assert_eq!(y.dims(), [2, 3]);
        assert!(matches!(
            device.failure(),
            Some(MpcError::Unsupported { .. })
        ));
        is_dead(device, x);
        reveal(y, "y").map(|_| ())
    });
    all_failed(&outcomes);
    let text = outcomes[0].failure.as_ref().expect("failed").to_string();
    assert!(
        text.contains("int_powi") && text.contains("[2, 3]"),
        "{text}"
    );
}

#[test]
fn reading_a_secret_is_an_error_and_printing_it_prints_nothing() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let x = input(device, Party::P0, "x", [1, 2], &[1234.5, -77.25])?;
        let error = x.clone().try_into_data().expect_err("secret");
        assert!(format!("{error}").contains("MPC-NOT-REVEALED"), "{error}");
        let text = format!("{x} {x:?}");
        assert!(!text.contains("1234") && !text.contains("77.25"), "{text}");
        // Nothing happened to the session.
        assert!(device.sync().is_ok());
        let back = reveal(x, "x")?;
        assert_eq!(values(back), [1234.5, -77.25]);
        Ok(())
    });
    super::common::all_ok(outcomes);
}

#[test]
fn configurations_that_differ_end_the_set_up_of_all() {
    let base = || SessionConfig::z64().with_deadline(PATIENCE);
    let mut all_secret = base();
    all_secret.all_secret = true;
    let others = [
        base().with_frac_bits(15),
        base().with_truncation(Truncation::Probabilistic),
        SessionConfig::z32().with_deadline(PATIENCE),
        all_secret,
        base().with_frac_bits(60),
        base().with_weight_scales(WeightScales::new([("conv".into(), 12)].into())),
    ];
    for links in Links::ALL {
        for other in &others {
            for odd in [0, 1, 2] {
                let mut configs = [base(), base(), base()];
                configs[odd] = other.clone();
                let outcomes = run_each(links.ends(), configs, |_, party| {
                    panic!("{party} got a session: {other:?}");
                    #[expect(unreachable_code, reason = "names the type")]
                    Ok(())
                });
                for outcome in &outcomes {
                    let error = outcome.error();
                    assert!(
                        matches!(error, MpcError::Setup(_) | MpcError::Config { .. }),
                        "{error}"
                    );
                    assert!(outcome.ended < PATIENCE / 2, "waited for the deadline");
                }
            }
        }
    }
}

#[test]
fn the_ring_of_the_backend_must_be_the_sessions() {
    let outcomes = run(Links::Memory.ends(), |device, party| {
        let data = (party == Party::P0).then(|| TensorData::new(vec![1.0_f32], [1]));
        let x = share::<Flex, Z32, 1>(device, Party::P0, "x", [1], data)?;
        reveal::<Flex, Z32, 1, _>(x, "x").map(|_| ())
    });
    all_failed(&outcomes);
    for outcome in &outcomes {
        let error = outcome.error();
        assert!(
            matches!(
                error,
                MpcError::Ring {
                    session: 64,
                    backend: 32
                }
            ),
            "{error}"
        );
    }
    // At one party only: the others are told.
    let outcomes = run(Links::Memory.ends(), |device, party| {
        if party == Party::P2 {
            share::<Flex, Z32, 1>(device, Party::P0, "x", [1], None)?;
            return Ok(());
        }
        let x = input(device, Party::P0, "x", [1], &[1.0])?;
        reveal(x, "x").map(|_| ())
    });
    all_failed(&outcomes);
    assert!(outcomes.iter().all(|outcome| outcome.ended < PATIENCE / 2));
}

#[test]
fn offline_there_are_public_tensors_and_typed_refusals() {
    let device = MpcDevice::offline();
    let x = Tensor::<Private, 2>::from_data([[1.0, -2.0], [3.0, 4.0]], &device);
    let y = burn::tensor::activation::relu(x.clone()).matmul(x);
    let expected = TensorData::from([[1.0_f32, -2.0], [15.0, 10.0]]);
    y.clone().into_data().assert_eq(&expected, false);
    assert!(matches!(
        share::<Flex, Z64, 1>(&device, Party::P0, "x", [1], None),
        Err(MpcError::Offline { .. })
    ));
    assert!(device.sync().is_ok());
    let shown = reveal_to::<Flex, Z64, 2, _>(y, Party::P0, "y").expect("public");
    assert!(shown.is_some(), "a public tensor needs no reveal");
    assert_eq!(format!("{device:?}"), "MpcDevice(offline)");
    let _: Mpc<Flex, Z64> = Mpc::default();
}

#[test]
fn a_panic_while_preparing_does_not_leave_a_session_that_computes_zeros() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let x = input(device, Party::P0, "x", [1, 2], &[1.0, 2.0])?;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            prepare::<Flex, Z64, 2>(device, || {
                let _ = x.clone() * x.clone();
                panic!("on purpose");
            })
        }));
        assert!(panicked.is_err());
        reveal(x.clone() * x, "square").map(|_| ())
    });
    all_failed(&outcomes);
    assert!(
        matches!(
            outcomes[2].failure,
            Some(
                MpcError::Panicked {
                    party: Party::P2,
                    ..
                } | MpcError::Protocol(_)
            )
        ),
        "{:?}",
        outcomes[2].failure
    );
}

#[test]
fn a_model_that_is_shared_already_is_refused_with_the_parameters_name() {
    let outcomes = run(Links::Memory.ends(), |device, party| {
        let net = Net::<Private>::at(device, party == Party::P0, true);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let x = input(device, Party::P1, "x", super::common::IMAGE, &[0.0; 72])?;
        reveal(net.forward(x), "x").map(|_| ())
    });
    all_failed(&outcomes);
    assert!(outcomes[1].error().to_string().contains("conv.weight"));
}
