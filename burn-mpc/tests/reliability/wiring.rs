//! R6, R7: parties whose ops have other operands of equal shape stop with typed errors before anything is opened.

// A single range is a slice of the first axis here.
#![allow(clippy::single_range_in_vec_init)]

use std::thread;

use burn::module::Module;
use burn::tensor::activation::{leaky_relu, relu};
use burn::tensor::module::{avg_pool2d, conv2d, linear, max_pool2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{IndexingUpdateOp, Int, Tensor};
use burn_mpc::ops::parameter;
use burn_mpc::{
    Audience, MpcDevice, MpcError, Party, Precision, SessionConfig, ShareOptions, Z64, reveal,
    reveal_to, reveal_with, share_model,
};

use super::common::{IMAGE, Links, Net, PATIENCE, Private, all_ok, input, numbers, run, run_each};

type Matrix = Tensor<Private, 2>;

/// An op on two operands of one shape, `[4, 4]`.
type Case = (&'static str, fn(Matrix, Matrix) -> Matrix);

fn image(x: Matrix) -> Tensor<Private, 4> {
    x.reshape([1, 1, 4, 4])
}

fn indices(x: &Matrix) -> Tensor<Private, 1, Int> {
    Tensor::from_data([3, 0, 1, 1], &x.device())
}

fn grid(x: &Matrix) -> Tensor<Private, 2, Int> {
    let columns = indices(x).reshape([1, 4]);
    columns.expand([4, 4])
}

/// Every kind of op that takes secrets, written so that most would give another value if the operands changed places.
const CASES: &[Case] = &[
    ("add", |a, b| a + b * 2.0),
    ("sub", |a, b| a - b),
    ("mul", |a, b| a * (b + 1.0)),
    ("div", |a, b| a / (b.abs() + 1.0)),
    ("matmul", Matrix::matmul),
    ("linear", |a, b| linear(a, b, None)),
    ("linear with a bias", |a, b| {
        linear(b.clone(), a.clone(), Some(b.slice([0..1]).reshape([4])))
    }),
    ("conv2d", |a, b| {
        let kernel = image(b).slice([0..1, 0..1, 0..3, 0..3]);
        conv2d(
            image(a),
            kernel,
            None,
            ConvOptions::new([1, 1], [1, 1], [1, 1], 1),
        )
        .reshape([4, 4])
    }),
    ("relu of one", |a, _| relu(a)),
    ("relu that waits", |a, b| {
        let (first, _second) = (relu(a), relu(b));
        first
    }),
    ("relu of a product", |a, b| relu(a.clone().matmul(b) - a)),
    ("clamp", |a, b| a.clamp(-0.5, 0.5) + b * 2.0),
    ("leaky relu", |a, _| leaky_relu(a, 0.25)),
    ("max pool", |a, _| {
        max_pool2d(image(a), [2, 2], [1, 1], [0, 0], [1, 1], false)
            .reshape([3, 3])
            .pad((0, 1, 0, 1), 0.0)
    }),
    ("average pool", |a, _| {
        avg_pool2d(image(a), [2, 2], [1, 1], [0, 0], true, false)
            .reshape([3, 3])
            .pad((0, 1, 0, 1), 0.0)
    }),
    ("max along", |a, _| a.max_dim(1).expand([4, 4])),
    ("argmax", |a, _| a.argmax(1).float().expand([4, 4])),
    ("sum", |a, _| a.sum_dim(0).expand([4, 4])),
    ("mean", |a, _| a.mean_dim(0).expand([4, 4])),
    ("running sum", |a, _| a.cumsum(0)),
    ("product along", |a, _| a.prod_dim(0).expand([4, 4])),
    ("square root", |a, _| (a.abs() + 0.5).sqrt()),
    ("sign", |a, _| a.sign()),
    ("floor", |a, _| a.floor()),
    ("compared", |a, b| a.greater(b).float()),
    ("equal", |a, _| a.equal_elem(0.0).float()),
    ("not", |a, _| a.greater_elem(0.0).bool_not().float()),
    ("and", |a, b| {
        let below = b.lower_elem(0.0);
        a.greater_elem(0.0).bool_and(below).float()
    }),
    ("xor", |a, b| {
        let below = b.lower_elem(0.25);
        a.greater_elem(0.0).bool_xor(below).float()
    }),
    ("mask where", |a, b| {
        let mask = a.clone().greater_elem(0.0);
        a.mask_where(mask, b)
    }),
    ("mask fill", |a, b| a.mask_fill(b.greater_elem(0.0), 3.0)),
    ("joined", |a, b| Tensor::cat(vec![a, b], 0).slice([2..6])),
    ("turned", |a, _| a.transpose()),
    ("reshaped", |a, _| a.reshape([2, 8]).reshape([4, 4])),
    ("slice assign", |a, b| {
        a.slice_assign([1..3], b.slice([0..2]))
    }),
    ("select", |a, _| {
        let at = indices(&a);
        a.select(0, at)
    }),
    ("select assign", |a, b| {
        let at = indices(&a);
        a.select_assign(0, at, b, IndexingUpdateOp::Add)
    }),
    ("gather", |a, _| {
        let at = grid(&a);
        a.gather(1, at)
    }),
    ("scatter", |a, b| {
        let at = grid(&a);
        a.scatter(1, at, b, IndexingUpdateOp::Add)
    }),
];

/// Opens all bits, so that nothing is sent before the transcripts are compared.
fn exactly<const D: usize>(tensor: Tensor<Private, D>, reader: Party) -> Result<(), MpcError> {
    reveal_with(tensor, Audience::One(reader), "result", Precision::Exact).map(|_| ())
}

/// The operands that the odd party uses.
#[derive(Clone, Copy, Debug)]
enum Slip {
    None,
    /// The two in the other order.
    Swapped,
    /// The right ones, and reveals another result of the same shape and label.
    OtherReveal,
}

fn program(
    device: &MpcDevice,
    op: fn(Matrix, Matrix) -> Matrix,
    slip: Slip,
) -> Result<(), MpcError> {
    let a = input(device, Party::P0, "input", [4, 4], &numbers(16, 1))?;
    let b = input(device, Party::P0, "input", [4, 4], &numbers(16, 2))?;
    let (a, b) = match slip {
        Slip::Swapped => (b, a),
        _ => (a, b),
    };
    let (right, wrong) = (op(a.clone(), b.clone()), op(b, a));
    let result = match slip {
        Slip::OtherReveal => wrong,
        _ => right,
    };
    exactly(result, Party::P1)
}

/// What is wrong with how the parties ended.
fn complaints(name: &str, slip: Slip, odd: Party) -> Vec<String> {
    let op = CASES
        .iter()
        .find(|(case, _)| *case == name)
        .expect("a case")
        .1;
    let outcomes = run(Links::Memory.ends(), |device, party| {
        program(device, op, if party == odd { slip } else { Slip::None })
    });
    let complaint = |outcome: &super::common::Outcome<()>| match &outcome.result {
        Some(Err(error)) if error.to_string().contains("nothing was revealed") => None,
        other => Some(format!("{name}, {slip:?} at {odd}: {other:?}")),
    };
    outcomes.iter().filter_map(complaint).collect()
}

#[test]
fn other_operands_of_one_shape_stop_all_parties_before_anything_is_opened() {
    for (name, op) in CASES {
        for outcome in run(Links::Memory.ends(), |device, _| {
            program(device, *op, Slip::None)
        }) {
            assert!(
                matches!(outcome.result, Some(Ok(()))),
                "{name}: {:?}",
                outcome.result
            );
        }
    }
    let wrong: Vec<String> = thread::scope(|scope| {
        let cases =
            CASES
                .iter()
                .zip(Party::ALL.into_iter().cycle())
                .flat_map(|((name, _), odd)| {
                    [Slip::Swapped, Slip::OtherReveal]
                        .map(|slip| scope.spawn(move || complaints(name, slip, odd)))
                });
        let cases: Vec<_> = cases.collect();
        cases
            .into_iter()
            .flat_map(|case| case.join().expect("no panic"))
            .collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Two programs on one secret that differ in a side, a dimension or a limit alone.
type Twins = (&'static str, fn(Matrix) -> Matrix, fn(Matrix) -> Matrix);

fn public(x: &Matrix) -> Matrix {
    let values: Vec<f32> = (0..16).map(|i| (i * 5 % 11) as f32 - 4.0).collect();
    Tensor::from_data(burn::tensor::TensorData::new(values, [4, 4]), &x.device())
}

fn column(x: &Matrix) -> Matrix {
    public(x).slice([0..1]).reshape([4, 1])
}

const TWINS: &[Twins] = &[
    ("limits", |x| x.clamp_min(0.25), |x| x.clamp_max(0.25)),
    ("relu and its mirror", relu, |x| x.clamp_max(0.0)),
    (
        "sides of a product",
        |x| x.clone().matmul(public(&x)),
        |x| public(&x).matmul(x),
    ),
    (
        "sides of a difference",
        |x| x.clone() - public(&x),
        |x| public(&x) - x,
    ),
    (
        "a column and a row",
        |x| x.clone() + column(&x),
        |x| x.clone() + column(&x).transpose(),
    ),
    (
        "a factor",
        |x| x.clone() * column(&x),
        |x| x.clone() * column(&x).transpose(),
    ),
    (
        "an outer product",
        |x| {
            let row = x.slice([0..1]);
            row.clone().reshape([4, 1]) * row.reshape([1, 4]) * 2.0
        },
        |x| {
            let row = x.slice([0..1]);
            row.clone().reshape([1, 4]) * row.reshape([4, 1]) * 2.0
        },
    ),
    (
        "a pooled shape",
        |x| {
            avg_pool2d(x.reshape([1, 1, 2, 8]), [2, 2], [4, 4], [0, 0], true, false).reshape([1, 2])
        },
        |x| {
            avg_pool2d(x.reshape([1, 1, 8, 2]), [2, 2], [4, 4], [0, 0], true, false).reshape([1, 2])
        },
    ),
];

#[test]
fn other_sides_dimensions_and_limits_stop_all_parties_before_anything_is_opened() {
    let program = |device: &MpcDevice, op: fn(Matrix) -> Matrix| -> Result<(), MpcError> {
        let x = input(device, Party::P0, "input", [4, 4], &numbers(16, 1))?;
        exactly(op(x), Party::P1)
    };
    for (name, right, wrong) in TWINS {
        for outcome in run(Links::Memory.ends(), |device, _| program(device, *right)) {
            assert!(
                matches!(outcome.result, Some(Ok(()))),
                "{name}: {:?}",
                outcome.result
            );
        }
        for odd in Party::ALL {
            let outcomes = run(Links::Memory.ends(), |device, party| {
                program(device, if party == odd { *wrong } else { *right })
            });
            for outcome in &outcomes {
                let text = outcome.error().to_string();
                assert!(
                    text.contains("nothing was revealed"),
                    "{name}, {odd}: {text}"
                );
            }
        }
    }
}

#[test]
fn a_parameter_where_the_others_share_data_is_noticed() {
    let outcomes = run(Links::Memory.ends(), |device, party| {
        let own = (party == Party::P0).then_some(&[1.0_f32, 2.0][..]);
        let own = own.map(Into::into);
        let tensor = if party == Party::P2 {
            parameter::<Z64>(device, Party::P0, "x", vec![2], own)?
        } else {
            burn_mpc::ops::share_values::<Z64>(
                device,
                Party::P0,
                "x",
                vec![2],
                own,
                burn_mpc::tensor::Bound::NONE,
            )?
        };
        let tensor: Tensor<Private, 1> = Tensor::from_primitive(
            burn::tensor::TensorPrimitive::Float(burn_mpc::backend::MpcTensor::Secret(tensor)),
        );
        exactly(tensor, Party::P2)
    });
    for outcome in &outcomes {
        let text = outcome.error().to_string();
        assert!(text.contains("nothing was revealed"), "{text}");
    }
}

/// `P0` opens its own `a`, where the others open `b`, to a reader who could add up the shares of `a`. Rounding compares
/// replicas before the transcripts are compared: then that stops the parties, and again nothing is opened.
#[test]
fn a_reader_learns_nothing_of_a_tensor_that_the_others_did_not_agree_to_open() {
    let pairs = Party::ALL
        .into_iter()
        .flat_map(|odd| Party::ALL.map(|reader| (odd, reader)));
    for (odd, reader) in pairs {
        for (links, rounded) in Links::ALL.into_iter().flat_map(|l| [(l, false), (l, true)]) {
            let outcomes = run(links.ends(), |device, party| {
                let a = input(device, Party::P0, "a", [1, 3], &[1.5, -2.25, 3.0])?;
                let b = input(device, Party::P0, "b", [1, 3], &[0.0, 1.0, 2.0])?;
                let opened = if party == odd { a } else { b };
                if rounded {
                    return reveal_to(opened, reader, "result").map(|_| ());
                }
                exactly(opened, reader)
            });
            for outcome in &outcomes {
                // A faster peer may tell a party of it.
                let text = outcome.error().to_string();
                let stopped = text.contains("nothing was revealed")
                    || rounded && text.contains("a different copy of the shares to be opened");
                assert!(stopped, "{odd}, {reader}, {links:?}: {text}");
            }
        }
    }
}

#[test]
fn parameters_that_change_places_are_noticed_though_their_products_are_remembered() {
    let outcomes = run(Links::Memory.ends(), |device, party| {
        let weight = |seed: u64| -> Result<Matrix, MpcError> {
            let own = (party == Party::P0).then(|| numbers(16, seed));
            let tensor = parameter::<Z64>(
                device,
                Party::P0,
                "weight",
                vec![4, 4],
                own.as_deref().map(Into::into),
            )?;
            Ok(Tensor::from_primitive(
                burn::tensor::TensorPrimitive::Float(burn_mpc::backend::MpcTensor::Secret(tensor)),
            ))
        };
        let (a, b) = (weight(1)?, weight(2)?);
        let difference = if party == Party::P2 { b - a } else { a - b };
        exactly(difference, Party::P1)
    });
    for outcome in &outcomes {
        let text = outcome.error().to_string();
        assert!(text.contains("nothing was revealed"), "{text}");
    }
}

#[test]
fn a_model_that_is_dropped_takes_its_constants_along_and_the_session_goes_on() {
    let config = || SessionConfig::z64().with_deadline(PATIENCE);
    let bytes = run_each(
        Links::Memory.ends(),
        [config(), config(), config()],
        |device, party| {
            let session = device.online("test")?;
            let mut seen = Vec::new();
            for round in 0..4_u64 {
                let net = Net::<Private>::at(device, party == Party::P0, true);
                let net = share_model(net, device, Party::P0, ShareOptions::default())?;
                let x = input(device, Party::P1, "image", IMAGE, &numbers(72, round))?;
                let _ = reveal_to(net.forward(x), Party::P1, "logits")?;
                seen.push(session.constants_bytes());
                assert!(net.num_params() > 0);
                burn_mpc::forget_model(net, device)?;
                seen.push(session.constants_bytes());
            }
            Ok(seen)
        },
    );
    for seen in all_ok(bytes) {
        let (full, after) = (seen[0], seen[1]);
        assert!(after < full, "{seen:?}");
        assert!(seen.chunks(2).all(|pair| pair == [full, after]), "{seen:?}");
    }
}

#[test]
fn constants_beyond_the_budget_are_computed_again_and_results_stay_right() {
    let config = || {
        SessionConfig::z64()
            .with_deadline(PATIENCE)
            .with_constants_budget(2_000)
    };
    let image = numbers(72, 9);
    let expected = super::common::plain_logits(&image, true);
    let logits = run_each(
        Links::Memory.ends(),
        [config(), config(), config()],
        |device, party| {
            let net = Net::<Private>::at(device, party == Party::P0, true);
            let net = share_model(net, device, Party::P0, ShareOptions::default())?;
            let mut all = Vec::new();
            for _ in 0..2 {
                let x = input(device, Party::P1, "image", IMAGE, &image)?;
                all.push(super::common::values(reveal(net.forward(x), "logits")?));
            }
            assert!(device.online("test")?.constants_bytes() <= 2_000);
            Ok(all)
        },
    );
    for all in all_ok(logits) {
        for logits in all {
            assert!(super::common::worst(&logits, &expected) < 0.004);
        }
    }
}
