//! R24: what a session accepts can be multiplied once, and declared limits that cannot fit are errors before anything
//! wraps.

// A single range is a slice of the first axis here.
#![allow(clippy::single_range_in_vec_init)]

use burn::backend::Flex;
use burn::tensor::activation::{leaky_relu, relu};
use burn::tensor::backend::Backend;
use burn::tensor::module::{adaptive_avg_pool2d, avg_pool2d, conv2d, linear, max_pool2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData, TensorPrimitive};
use burn_mpc::backend::MpcTensor;
use burn_mpc::ops::parameter;
use burn_mpc::{MpcDevice, MpcError, Party, Z64, reveal, share_within};

use super::common::{Links, Private, all_ok, input, numbers, run, values};

fn within<const D: usize>(
    device: &MpcDevice,
    shape: [usize; D],
    limit: f64,
    numbers: &[f32],
) -> Result<Tensor<Private, D>, MpcError> {
    let own = device.party() == Some(Party::P0);
    let data = own.then(|| TensorData::new(numbers.to_vec(), shape));
    share_within::<Flex, Z64, D>(device, Party::P0, "large", shape, limit, data)
}

/// The reproduction of the report: `3000 * 3000` was `-7777216`.
#[test]
fn what_is_accepted_can_be_multiplied_once() {
    for refused in [2048.0_f32, 3000.0, -1e5, 4e12] {
        let outcomes = run(Links::Memory.ends(), |device, _| {
            let x = input(device, Party::P0, "x", [1], &[refused])?;
            reveal(x.clone() * x, "square").map(values)
        });
        for outcome in &outcomes {
            let text = outcome.error().to_string();
            assert!(text.contains("MPC-RANGE"), "{refused}: {text}");
        }
        let owner = outcomes[0].error().to_string();
        assert!(owner.contains("share_within"), "{owner}");
        // The limit is 2048, which no other value is.
        assert!(
            refused == 2048.0 || !owner.contains(&refused.to_string()),
            "{owner}"
        );
    }
    for accepted in [2047.75_f32, -2047.75, 0.25] {
        let squares = run(Links::Memory.ends(), |device, _| {
            let x = input(device, Party::P0, "x", [1], &[accepted])?;
            reveal(x.clone() * x, "square").map(values)
        });
        for square in all_ok(squares) {
            assert!(
                (square[0] - accepted * accepted).abs() <= 0.26,
                "{square:?}"
            );
        }
    }
}

#[test]
fn values_beyond_their_declared_limit_are_refused_by_their_owner() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let x = within(device, [2], 5000.0, &[1.0, -5001.0])?;
        reveal(x, "x").map(|_| ())
    });
    for outcome in &outcomes {
        assert!(
            outcome.error().to_string().contains("MPC-RANGE"),
            "{:?}",
            outcome.result
        );
    }
    let owner = outcomes[0].error().to_string();
    assert!(
        owner.contains("element 1") && !owner.contains("5001"),
        "{owner}"
    );
}

type TooLarge = (
    &'static str,
    fn(Tensor<Private, 2>, Tensor<Private, 2>) -> Tensor<Private, 2>,
);

/// Ops on a value whose limit is declared, with what makes them too large.
const TOO_LARGE: &[TooLarge] = &[
    ("square", |a, _| a.clone() * a),
    ("times what has no limit", |a, b| a.clone() * b.clone() * b),
    ("times a public number", |a, _| a * 1e12),
    ("product of matrices", |a, b| {
        a.matmul(b.transpose() * 600.0)
    }),
    ("linear", |a, b| relu(linear(a, b * 600.0, None))),
    ("sum", |a, _| (a * 1e8).sum_dim(0).sum_dim(1)),
    ("compared", |a, _| {
        let large = a * 1e9;
        large.clone().greater(large * -1.0).float()
    }),
];

#[test]
fn declared_limits_that_cannot_fit_are_errors_before_anything_wraps() {
    for (name, op) in TOO_LARGE {
        for limit in [3000.0, 1e6] {
            let numbers: Vec<f32> = numbers(16, 3).iter().map(|x| x * limit as f32).collect();
            let outcomes = run(Links::Memory.ends(), |device, _| {
                let a = within(device, [4, 4], limit, &numbers)?;
                let b = input(device, Party::P1, "b", [4, 4], &[2000.0; 16])?;
                reveal(op(a, b), "result").map(values)
            });
            for outcome in &outcomes {
                let text = outcome.error().to_string();
                assert!(text.contains("MPC-OVERFLOW"), "{name} of {limit}: {text}");
            }
        }
    }
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let x = within(device, [1], 1e13, &[1.0])?;
        reveal(x, "x").map(|_| ())
    });
    for outcome in &outcomes {
        assert!(outcome.error().to_string().contains("MPC-OVERFLOW"));
    }
}

/// Results that wrap although every operand was accepted.
#[test]
fn public_numbers_and_parameters_are_no_way_around_the_limits() {
    type Case = (
        &'static str,
        fn(&MpcDevice) -> Result<Tensor<Private, 2>, MpcError>,
    );
    let cases: &[Case] = &[
        ("a fine public factor", |device| {
            Ok(input(device, Party::P0, "x", [1, 1], &[2000.0])? * 5000.7)
        }),
        ("a large parameter", |device| {
            let own = (device.party() == Some(Party::P1)).then_some(&[100_000.0_f32][..]);
            let weight = parameter::<Z64>(device, Party::P1, "w", vec![1, 1], own.map(Into::into))?;
            let weight = MpcTensor::Secret(weight);
            let weight = Tensor::from_primitive(TensorPrimitive::Float(weight));
            Ok(within(device, [1, 1], 100.0, &[100.0])? * weight)
        }),
        ("a small public weight", |device| {
            let weight = Tensor::from_data([[0.0043_f32]], device);
            Ok(linear(
                within(device, [1, 1], 8_388_608.0, &[8e6])?,
                weight,
                None,
            ))
        }),
        ("a quotient", |device| {
            let small = input(device, Party::P1, "small", [1, 1], &[1e-4])?;
            let large = within(device, [1, 1], 1000.0, &[1000.0])?;
            Ok(large / within(device, [1, 1], 1.0, &[1e-4])? + small)
        }),
    ];
    for (name, case) in cases {
        let outcomes = run(Links::Memory.ends(), |device, _| {
            reveal(case(device)?, "result").map(values)
        });
        for outcome in &outcomes {
            let text = outcome.error().to_string();
            // How large a quotient is, nobody knows before its flag is opened.
            let code = if *name == "a quotient" {
                "MPC-DOMAIN"
            } else {
                "MPC-OVERFLOW"
            };
            assert!(text.contains(code), "{name}: {text}");
        }
    }
}

/// What `prepare` makes holds zeros.
#[test]
fn a_tensor_made_while_preparing_is_refused_outside() {
    let outcomes = run(Links::Memory.ends(), |device, _| {
        let mut kept = None;
        burn_mpc::prepare(device, || {
            let x = input(device, Party::P0, "x", [1, 2], &[1.0, 2.0]).expect("passed over");
            kept = Some(x.clone());
            relu(x)
        })?;
        let x: Tensor<Private, 2> = kept.expect("kept");
        reveal(x * 2.0, "kept").map(values)
    });
    for outcome in &outcomes {
        let text = outcome.error().to_string();
        assert!(text.contains("MPC-PREPARED"), "{text}");
    }
}

/// Large values that fit stay right.
#[test]
fn large_values_that_fit_are_right() {
    let numbers = [1e6_f32, -2e6, 3.5e6, 16_777_215.0];
    let results = run(Links::Memory.ends(), |device, _| {
        let x = within(device, [4], 16_777_216.0, &numbers)?;
        let sum = reveal(x.clone().sum(), "sum").map(values)?;
        let difference = reveal(x.clone() - x.clone().flip([0]), "difference").map(values)?;
        let positive = reveal(relu(x.clone()), "relu").map(values)?;
        let half = reveal(x * 0.5, "half").map(values)?;
        Ok([sum, difference, positive, half].concat())
    });
    let expected = [
        19_277_216.0,
        -15_777_215.0,
        -5.5e6,
        5.5e6,
        15_777_215.0,
        1e6,
        0.0,
        3.5e6,
        16_777_215.0,
        5e5,
        -1e6,
        1.75e6,
        8_388_607.5,
    ];
    for result in all_ok(results) {
        for (found, expected) in result.iter().zip(expected) {
            assert!(
                (found - expected).abs() <= 2.0,
                "{found} instead of {expected}: {result:?}"
            );
        }
    }
}

/// Every op that carries limits along, on any backend.
fn results<B: Backend>(a: Tensor<B, 2>, b: Tensor<B, 2>) -> Vec<(&'static str, Tensor<B, 2>)> {
    let device = a.device();
    let at = || Tensor::<B, 1, Int>::from_data([3, 0, 1, 1], &device);
    let grid = || at().reshape([1, 4]).expand([4, 4]);
    let image = |x: Tensor<B, 2>| x.reshape([1, 1, 4, 4]);
    let below = |x: Tensor<B, 2>| x.lower_elem(0.25);
    let kernel = image(b.clone()).slice([0..1, 0..1, 0..3, 0..3]);
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let bias = b.clone().slice([0..1]).reshape([4]);
    vec![
        ("add", a.clone() + b.clone()),
        ("sub", a.clone() - b.clone()),
        ("mul", a.clone() * b.clone()),
        ("scaled", a.clone() * -3.0 + 7.0),
        ("matmul", a.clone().matmul(b.clone())),
        (
            "linear",
            linear(a.clone(), b.clone(), Some(bias)) * 0.5 + 3.0,
        ),
        (
            "conv2d",
            conv2d(image(a.clone()), kernel, None, options).reshape([4, 4]),
        ),
        ("relu", relu(a.clone())),
        ("leaky relu", leaky_relu(a.clone(), 0.25)),
        ("clamp", a.clone().clamp(-0.5, 9.0)),
        ("clamp below", a.clone().clamp_min(9.0)),
        ("abs", a.clone().abs()),
        ("sign", a.clone().sign()),
        ("floor", a.clone().floor()),
        ("power", a.clone().powi_scalar(2)),
        ("square root", (a.clone().abs() + 0.5).sqrt()),
        ("sum", a.clone().sum_dim(0)),
        ("sum of all", a.clone().sum().reshape([1, 1])),
        ("mean", a.clone().mean_dim(1)),
        ("running sum", a.clone().cumsum(0)),
        ("product along", b.clone().prod_dim(0)),
        ("max", a.clone().max_dim(1)),
        ("min", a.clone().min_dim(0)),
        (
            "max pool",
            max_pool2d(image(a.clone()), [2, 2], [2, 2], [0, 0], [1, 1], false).reshape([2, 2]),
        ),
        (
            "average pool",
            avg_pool2d(image(a.clone()), [2, 2], [2, 2], [0, 0], true, false).reshape([2, 2]),
        ),
        (
            "adaptive pool",
            adaptive_avg_pool2d(image(a.clone()), [3, 3]).reshape([3, 3]),
        ),
        ("joined", Tensor::cat(vec![b.clone(), a.clone()], 0)),
        ("turned", a.clone().transpose()),
        (
            "slice assign",
            b.clone().slice_assign([1..3], a.clone().slice([0..2])),
        ),
        ("select", a.clone().select(0, at())),
        (
            "select assign",
            a.clone()
                .select_assign(0, at(), b.clone(), IndexingUpdateOp::Add),
        ),
        ("gather", a.clone().gather(1, grid())),
        (
            "scatter",
            a.clone()
                .scatter(1, grid(), b.clone(), IndexingUpdateOp::Add),
        ),
        (
            "mask where",
            a.clone().mask_where(below(a.clone()), b.clone()),
        ),
        ("mask fill", a.clone().mask_fill(below(b), 30.0)),
        ("gated", a.clone() * a.greater_elem(0.0).float()),
    ]
}

/// The law behind all of it: no result exceeds the limit that its tensor carries, and results of declared limits carry
/// one.
#[test]
fn no_result_exceeds_the_limit_that_it_carries() {
    let (a, b) = (numbers(16, 5), numbers(16, 6));
    let a: Vec<f32> = a.iter().map(|x| (x * 160.0).round() / 8.0).collect();
    let b: Vec<f32> = b.iter().map(|x| (x * 40.0).round() / 8.0).collect();
    let plain = |x: &[f32]| {
        Tensor::<Flex, 2>::from_data(TensorData::new(x.to_vec(), [4, 4]), &Default::default())
    };
    let expected = results(plain(&a), plain(&b));
    let limits = run(Links::Memory.ends(), |device, _| {
        let (a, b) = (
            within(device, [4, 4], 20.0, &a)?,
            within(device, [4, 4], 5.0, &b)?,
        );
        let limit = |tensor: Tensor<Private, 2>| match tensor.into_primitive() {
            TensorPrimitive::Float(MpcTensor::Secret(secret)) => secret.bound().limit(),
            _ => None,
        };
        Ok(results(a, b)
            .into_iter()
            .map(|(name, tensor)| (name, limit(tensor)))
            .collect::<Vec<_>>())
    });
    for limits in all_ok(limits) {
        for ((name, limit), (_, plain)) in limits.into_iter().zip(&expected) {
            let most = values(plain.clone())
                .into_iter()
                .fold(0.0_f32, |most, v| most.max(v.abs()));
            let limit = limit.unwrap_or_else(|| panic!("{name} lost its limit"));
            assert!(f64::from(most) <= limit, "{name}: {most} exceeds {limit}");
            assert!(limit < 1e6, "{name}: {limit} says nothing");
        }
    }
}
