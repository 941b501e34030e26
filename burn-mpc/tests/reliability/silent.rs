//! Programs of a hostile reading that gave wrong numbers without an error: each gives the right ones now, or an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::backend::Flex;
use burn::module::Param;
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::PadMode;
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};
use burn_mpc::{
    Audience, Mpc, MpcDevice, MpcError, Party, Precision, Ring, SessionConfig, ShareOptions, Z32,
    Z64, prepare, reveal, reveal_with, share, share_model, share_within,
};

use super::common::{Links, PATIENCE, Private, all_ok, input, run, run_each, values};

type Numbers = Result<Vec<f32>, MpcError>;

/// What a program of one secret vector opens to all.
fn opened(
    secrets: &[&[f32]],
    program: impl Fn(&MpcDevice, &[Tensor<Private, 1>]) -> Tensor<Private, 1> + Sync,
) -> [Vec<f32>; 3] {
    all_ok(run(Links::Memory.ends(), |device, _| -> Numbers {
        let named = secrets.iter().enumerate();
        let shared = named
            .map(|(i, values)| input(device, Party::P0, &format!("x{i}"), [values.len()], values));
        let shared = shared.collect::<Result<Vec<_>, _>>()?;
        let y = reveal_with(
            program(device, &shared),
            Audience::All,
            "y",
            Precision::Exact,
        )?;
        Ok(values(y.ok_or(MpcError::NotRevealed)?))
    }))
}

#[track_caller]
fn is_near(found: &[Vec<f32>; 3], expected: &[f32], tolerance: f32) {
    for found in found {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() <= tolerance,
                "{found} for {expected}"
            );
        }
    }
}

/// The error that all parties must end with.
#[track_caller]
fn refused<T: core::fmt::Debug + Send>(
    text: &str,
    program: impl Fn(&MpcDevice, Party) -> Result<T, MpcError> + Sync,
) {
    for outcome in &run(Links::Memory.ends(), program) {
        let error = outcome.error().to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn a_large_constant_may_stand_beside_products() {
    let found = opened(&[&[3.0], &[0.5]], |device, x| {
        let product = x[0].clone() * x[1].clone();
        Tensor::cat(vec![product, Tensor::full([1], 1e7, device)], 0)
    });
    is_near(&found, &[1.5, 1e7], 0.001);
}

/// The sign of `x - limit` was taken from bits that a truncated product and a limit within the range need.
#[test]
fn a_limit_beyond_what_a_product_reaches_is_refused_or_has_no_effect() {
    type Limit = fn(Tensor<Private, 1>) -> Tensor<Private, 1>;
    let of_product = |limit: Limit| {
        move |device: &MpcDevice, _: Party| {
            let x = input(device, Party::P0, "x", [2], &[5.0, -3.0])?;
            let y = limit(x.clone() * x);
            Ok(values(reveal(y, "y")?))
        }
    };
    let beyond: [Limit; 2] = [|y| y.clamp_min(1e7), |y| y.clamp_max(-1e7)];
    for limit in beyond {
        refused("MPC-RANGE", of_product(limit));
    }
    let within: [(Limit, [f32; 2]); 4] = [
        (|y| y.clamp_min(4e6), [4e6; 2]),
        (|y| y.clamp_max(-4e6), [-4e6; 2]),
        (|y| y.clamp_max(1e7), [25.0, 9.0]),
        (|y| y.clamp_min(-1e7), [25.0, 9.0]),
    ];
    for (limit, expected) in within {
        let found = all_ok(run(Links::Memory.ends(), of_product(limit)));
        is_near(&found, &expected, 0.5);
    }
}

/// A public term may bring a product beside the range in which truncation is right.
#[test]
fn a_large_sum_is_compared_as_it_is() {
    let found = opened(&[&[10.0], &[1.0]], |_, x| {
        let product = x[0].clone() * x[1].clone();
        (product + 4_194_300.0).clamp_min(0.25) - 4_194_300.0
    });
    is_near(&found, &[10.0], 0.001);
}

#[test]
fn what_follows_from_small_weights_is_as_fine_as_a_product() {
    let outcomes = run(Links::Memory.ends(), |device, _| -> Numbers {
        let mut linear: Linear<Private> = LinearConfig::new(1, 1).init(device);
        let data = TensorData::new(vec![0.0005_f32], [1, 1]);
        linear.weight = Param::from_tensor(Tensor::from_data(data, device));
        let linear = share_model(linear, device, Party::P0, ShareOptions::default())?;
        let weight = linear.weight.val();
        let square = (weight.clone() * weight) * 1e6;
        Ok(values(reveal(square, "square")?))
    });
    is_near(&all_ok(outcomes), &[0.25], 0.002);
}

#[test]
fn a_constant_border_is_as_low_as_it_says() {
    let found = opened(&[&[3.0, -1.0, 2.0, 0.5], &[-0.5; 4]], |_, x| {
        let product = x[0].clone() * x[1].clone();
        let image = product.reshape([1, 1, 2, 2]);
        let padded = image.pad((1, 1, 1, 1), PadMode::Constant(-1e9));
        max_pool2d(padded, [4, 4], [4, 4], [0, 0], [1, 1], false).reshape([1])
    });
    is_near(&found, &[0.5], 0.001);
}

#[test]
fn a_constant_counts_with_its_size_beside_declared_limits() {
    refused("MPC-OVERFLOW", |device, party| {
        let within = |name: &str, limit: f64, value: f32| {
            let data = (party == Party::P0).then(|| TensorData::new(vec![value], [1]));
            share_within::<Flex, Z64, 1>(device, Party::P0, name, [1], limit, data)
        };
        let joined = Tensor::cat(
            vec![within("x", 1.0, 0.5)?, Tensor::full([1], 1e9, device)],
            0,
        );
        reveal(joined * within("z", 0.25, 0.25)?, "y").map(values)
    });
}

#[test]
fn terms_of_very_different_scales_add_up() {
    let secrets: [&[f32]; 4] = [&[200.0], &[200.0], &[1.0], &[1.0]];
    let found = opened(&secrets, |_, x| {
        x[0].clone() * x[1].clone() + (x[2].clone() * x[3].clone()) / 256.0
    });
    is_near(&found, &[40_000.004], 0.01);
}

#[test]
fn an_index_found_while_preparing_is_refused_outside() {
    for index in [
        |x: Tensor<Private, 2>| x.argmax(1),
        |x: Tensor<Private, 2>| x.argmin(1),
        |x: Tensor<Private, 2>| x.max_dim_with_indices(1).1,
    ] {
        refused("MPC-PREPARED", |device, _| {
            let mut kept: Option<Tensor<Private, 2, Int>> = None;
            let x = input(device, Party::P0, "x", [1, 3], &[1.0, 3.0, 2.0])?;
            prepare(device, || {
                kept = Some(index(x.clone()));
                x
            })?;
            let kept = kept.ok_or(MpcError::NotRevealed)?;
            reveal(kept.float(), "class").map(values)
        });
    }
}

#[test]
fn a_limit_between_integers_is_refused_where_it_cannot_fit() {
    refused("MPC-OVERFLOW", |device, party| {
        let large = 16_777_216.0;
        let data = (party == Party::P0).then(|| TensorData::new(vec![large as f32], [1]));
        let t = share_within::<Flex, Z64, 1>(device, Party::P0, "t", [1], large, data)?.int();
        reveal((t.clone() * t).float().clamp_min(0.5), "y").map(values)
    });
}

#[test]
fn integers_stay_integers_with_a_bias() {
    let found = opened(&[&[1500.0]], |device, x| {
        let two = Tensor::<Private, 2, Int>::from_data([[2]], device);
        let s = x[0].clone().int().reshape([1, 1]).matmul(two).add_scalar(1);
        (s.clone() * s).float().reshape([1])
    });
    is_near(&found, &[9_006_001.0], 0.0);
}

/// Of `v` the root needs more bits than the product does that comes between: with those alone it is off by several.
#[test]
fn a_root_keeps_the_bits_that_it_needs() {
    let x = 0.003_2_f32;
    let found = opened(&[&[x], &[1.0]], |_, secrets| {
        let v = secrets[0].clone() * secrets[0].clone();
        let root = v.clone().sqrt();
        let product = v * secrets[1].clone();
        root.recip() + product * 0.0
    });
    // The input errs by half a unit of 2^-20 in x, and x x by one of 2^-24, which x x has 170 of: half of that in the root.
    is_near(
        &found,
        &[1.0 / x],
        1.0 / x * (0.5 / 170.0 + 0.5 / 3355.0 + 0.001),
    );
}

#[test]
fn public_integers_that_are_not_exact_are_refused() {
    refused("MPC-RANGE", |device, _| {
        let t = input(device, Party::P0, "t", [1], &[3.0])?.int();
        let t = t.add_scalar(9_007_199_254_740_993_i64);
        let t = t.sub_scalar(9_007_199_254_740_992_i64);
        reveal(t.float(), "t").map(values)
    });
}

fn variance<R: Ring>(variance: f32, options: ShareOptions) -> [Result<(), MpcError>; 3] {
    let config = || {
        SessionConfig::for_ring(R::BITS)
            .expect("a ring")
            .with_deadline(PATIENCE)
    };
    let configs = [config(), config(), config()];
    let outcomes = run_each(Links::Memory.ends(), configs, |device, party| {
        let mut norm: BatchNorm<Mpc<Flex, R>> = BatchNormConfig::new(2).init(device);
        if party == Party::P0 {
            let values = TensorData::new(vec![1.0, variance], [2]);
            norm.running_var = burn::module::RunningState::new(Tensor::from_data(values, device));
        }
        share_model(norm, device, Party::P0, options)?;
        device.online("test")?.synchronise()
    });
    outcomes.map(|outcome| outcome.result.expect("no panic"))
}

/// Newton's iteration found the negative root of a large variance, and the table no start for a small one.
#[test]
fn a_variance_whose_root_is_out_of_range_is_refused() {
    let on_shares = ShareOptions {
        fold_on_shares: true,
    };
    let fits = [variance::<Z64>(0.0, on_shares)]
        .into_iter()
        .chain([variance::<Z64>(4.0e6, on_shares)])
        .chain([variance::<Z32>(0.01, on_shares)])
        .chain([variance::<Z64>(5.0e6, ShareOptions::default())])
        .chain([variance::<Z32>(2000.0, ShareOptions::default())]);
    for results in fits {
        for result in results {
            result.expect("in range");
        }
    }
    for (results, hint) in [
        (variance::<Z64>(5.0e6, on_shares), "in the clear"),
        (variance::<Z32>(2000.0, on_shares), "in the clear"),
        (variance::<Z64>(-1.0, ShareOptions::default()), "positive"),
        (
            variance::<Z64>(f32::NAN, ShareOptions::default()),
            "positive",
        ),
    ] {
        let owner = results[0].as_ref().expect_err("out of range").to_string();
        assert!(
            owner.contains("MPC-RANGE") && owner.contains(hint),
            "{owner}"
        );
        assert!(owner.contains("element 1"), "{owner}");
        assert!(results.iter().all(Result::is_err));
    }
}

/// A scope that a panic left open would have taken the costs, and the window, of what comes later.
#[test]
fn a_panic_ends_the_scope_it_happens_in() {
    let names = all_ok(run(Links::Memory.ends(), |device, _| {
        let x = input(device, Party::P0, "x", [1, 2], &[1.0, -2.0])?;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            device.scope("inner", || panic!("on purpose"))
        }));
        assert!(panicked.is_err());
        reveal(x.clone() * x, "square")?;
        let layers = device.online("test")?.report().layers;
        Ok(layers
            .into_iter()
            .map(|layer| layer.name)
            .collect::<Vec<_>>())
    }));
    for names in &names {
        assert!(
            names.iter().any(|name| name.starts_with("mul#")),
            "{names:?}"
        );
    }
}

#[test]
fn a_large_constant_fits_also_in_what_comes_after() {
    type Program = fn(&MpcDevice, &[Tensor<Private, 1>]) -> Tensor<Private, 1>;
    let secrets: [&[f32]; 3] = [&[100.0], &[0.5], &[3.0]];
    let programs: [(&str, Program, &[f32]); 5] = [
        (
            "a sum",
            |_, x| (x[0].clone() + 1e7) + x[1].clone() * x[2].clone(),
            &[1e7 + 101.5],
        ),
        (
            "a joined tensor",
            |device, x| {
                let product = x[1].clone() * x[2].clone();
                let joined = Tensor::cat(vec![product.clone(), Tensor::full([1], 1e7, device)], 0);
                joined + product
            },
            &[3.0, 1e7 + 1.5],
        ),
        (
            "a product",
            |_, x| x[0].clone() * 1e6 + x[1].clone() * x[2].clone(),
            &[1e8 + 1.5],
        ),
        (
            "a limit",
            |_, x| (x[0].clone() + 1e7).clamp_min(0.25) + x[1].clone() * x[2].clone(),
            &[1e7 + 101.5],
        ),
        (
            "terms at one place",
            |device, x| {
                let product = x[1].clone() * x[2].clone();
                let places = Tensor::<Private, 1, Int>::zeros([10_000], device);
                let terms = Tensor::full([10_000], 1000.0, device);
                product.select_assign(0, places, terms, IndexingUpdateOp::Add)
            },
            &[1e7 + 1.5],
        ),
    ];
    for (name, program, expected) in programs {
        println!("{name}");
        is_near(
            &opened(&secrets, program),
            expected,
            0.01 + expected[0] * f32::EPSILON,
        );
    }
}

/// A parameter of one dimension has twice the fractional bits of a value, and keeps them.
#[test]
fn a_masked_parameter_holds_what_masks_it() {
    let outcomes = run(Links::Memory.ends(), |device, _| -> Numbers {
        let norm: BatchNorm<Private> = BatchNormConfig::new(2).init(device);
        let norm = share_model(norm, device, Party::P0, ShareOptions::default())?;
        let x = input(device, Party::P0, "x", [2], &[1.0, -1.0])?;
        let masked = norm.gamma.val().mask_fill(x.lower_elem(0.0), -1e9);
        Ok(values(reveal(masked, "masked")?))
    });
    is_near(&all_ok(outcomes), &[1.0, -1e9], 0.001);
}

#[test]
fn a_bias_of_large_integers_is_refused_only_where_it_cannot_fit() {
    let large = 100_000.0;
    let outcomes = run(Links::Memory.ends(), |device, party| -> Numbers {
        let data = (party == Party::P0).then(|| TensorData::new(vec![large as f32], [1, 1]));
        let t = share_within::<Flex, Z64, 2>(device, Party::P0, "t", [1, 1], large, data)?.int();
        let two = Tensor::<Private, 2, Int>::from_data([[2]], device);
        Ok(values(reveal(t.matmul(two).add_scalar(1).float(), "y")?))
    });
    is_near(&all_ok(outcomes), &[200_001.0], 0.0);
}

/// Borders of more elements than a constant of the model may have.
#[test]
fn an_estimate_of_a_border_is_what_a_run_pays() {
    const SHAPE: [usize; 4] = [1, 8, 32, 32];
    type Program = fn(Tensor<Private, 4>) -> Tensor<Private, 4>;
    let programs: [Program; 3] = [
        |x| (x.clone() * x).pad((1, 1, 1, 1), PadMode::Constant(-1e9)),
        |x| {
            avg_pool2d(x, [3, 3], [1, 1], [0, 0], true, false)
                .pad((1, 1, 1, 1), PadMode::Constant(0.0))
        },
        |x| x.pad((1, 1, 1, 1), PadMode::Constant(0.0)) * 0.3,
    ];
    for (number, program) in programs.into_iter().enumerate() {
        let cost = |device: &MpcDevice| -> Result<(u32, [u64; 3]), MpcError> {
            let own = (device.party() == Some(Party::P0))
                .then(|| TensorData::new(vec![0.5_f32; SHAPE.iter().product()], SHAPE));
            let x = share::<Flex, Z64, 4>(device, Party::P0, "x", SHAPE, own)?;
            let session = device.online("test")?;
            session.start_measuring();
            reveal_with(program(x), Audience::One(Party::P0), "y", Precision::Exact)?;
            let report = session.report();
            Ok((report.rounds, report.declared_bytes))
        };
        let ran = all_ok(run(Links::Memory.ends(), |device, _| cost(device)));
        let device = MpcDevice::estimate(SessionConfig::z64()).expect("a config");
        let estimated = cost(&device).expect("an estimate");
        assert_eq!(ran[0], estimated, "program {number}");
    }
}
