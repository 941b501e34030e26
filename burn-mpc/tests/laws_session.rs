//! What ops cost, and how ops that secrets do not have are refused.

// A single range is a slice of the first axis here.
#![allow(clippy::single_range_in_vec_init)]
#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use burn::backend::Flex;
use burn::tensor::backend::Backend;
use burn::tensor::module::{
    adaptive_avg_pool2d, avg_pool2d, conv_transpose2d, conv2d, interpolate, max_pool2d, unfold4d,
};
use burn::tensor::ops::{
    ConvOptions, ConvTransposeOptions, InterpolateMode, InterpolateOptions, UnfoldOptions,
};
use burn::tensor::{Int, Tensor, TensorData, activation};
use burn_mpc::session::local::three_parties;
use burn_mpc::testkit::{Place, World};
use burn_mpc::{Mpc, MpcDevice, MpcError, SessionConfig, Z64, reveal};

type Private = Mpc<Flex, Z64>;

/// Bytes and rounds of a computation at party 0, with its result computed to the end.
fn cost(work: impl Fn(&mut World<Private>) -> Tensor<Private, 4> + Sync) -> (u64, u32) {
    let [bytes_and_rounds, others @ ..] = costs(work);
    assert!(
        others.iter().all(|other| other.1 == bytes_and_rounds.1),
        "rounds are common"
    );
    bytes_and_rounds
}

fn costs(work: impl Fn(&mut World<Private>) -> Tensor<Private, 4> + Sync) -> [(u64, u32); 3] {
    costs_of(work, |tensor| tensor)
}

/// Bytes and rounds of `op` on the result of `work`, and of what that had left undone.
fn costs_of(
    work: impl Fn(&mut World<Private>) -> Tensor<Private, 4> + Sync,
    op: impl Fn(Tensor<Private, 4>) -> Tensor<Private, 4> + Sync,
) -> [(u64, u32); 3] {
    three_parties(&SessionConfig::z64(), |device| {
        let mut world = World::<Private>::new(device.clone(), 16);
        let tensor = work(&mut world);
        let session = device.session().expect("online");
        session.start_measuring();
        let tensor = op(tensor);
        // Squaring needs a replicated share and is local itself.
        let _needed = tensor.clone() * tensor;
        let report = session.report();
        assert_eq!(report.bytes_sent, report.declared_bytes[report.party]);
        (report.bytes_sent, report.rounds)
    })
    .expect("three parties")
}

fn image(w: &mut World<Private>, n: usize) -> Tensor<Private, 4> {
    w.secret([1, 4, n, n], 1.0)
}

#[test]
fn rounds_do_not_grow_with_the_tensor() {
    let relu = |n| cost(move |w| activation::relu(image(w, n)));
    let layer = |n| {
        cost(move |w| {
            let weight = w.parameter([4, 4, 3, 3], 1.0);
            let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
            activation::relu(conv2d(image(w, n), weight, None, options))
        })
    };
    let pool = |n| {
        let max_pool = |x| max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], false);
        costs_of(move |w| image(w, n), max_pool)[0]
    };
    let argmax = |n| cost(move |w| w.secret([1, 1, n, 10], 1.0).argmax(3).float());
    for (name, small, large) in [
        ("relu", relu(4), relu(40)),
        ("conv and relu", layer(4), layer(40)),
        ("max pool", pool(4), pool(40)),
        ("argmax", argmax(4), argmax(400)),
    ] {
        println!("{name}: {small:?} {large:?}");
        assert_eq!(small.1, large.1, "rounds of {name}");
        assert!(
            large.0 > 50 * small.0 / 2,
            "bytes of {name} follow the size"
        );
    }
}

#[test]
fn half_the_relus_cost_half_the_bytes() {
    let total = |n: usize| -> u64 {
        let all = costs(move |w| activation::relu(w.secret([1, 1, n, 64], 1.0)));
        all.iter().map(|cost| cost.0).sum()
    };
    let (half, whole, twice) = (total(50), total(100), total(200));
    // Bytes are `a n` plus framing, so that differences show `a` alone.
    assert_eq!(
        2 * (whole - half),
        twice - whole,
        "bytes are affine in the size"
    );
    let framing = 2 * half - whole;
    assert!(
        framing < whole / 100,
        "framing of {framing} bytes beside {whole}"
    );
}

#[test]
fn two_limits_in_two_calls_cost_one_clamp() {
    let written = cost(|w| activation::relu(image(w, 8)).clamp_max(6.0));
    let at_once = cost(|w| image(w, 8).clamp(0.0, 6.0));
    assert_eq!(written, at_once);
    let other_order = cost(|w| image(w, 8).clamp_min(0.0).clamp_max(6.0));
    assert_eq!(other_order, at_once);
}

#[test]
fn pooling_goes_before_a_pending_relu() {
    let pool = |x| max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], false);
    let fused = cost(move |w| pool(activation::relu(image(w, 8))));
    let alone = cost(move |w| activation::relu(pool(image(w, 8))));
    assert_eq!(fused, alone);
}

#[test]
fn nothing_is_reshared_twice() {
    let report = |uses: usize| {
        cost(move |w| {
            let x = activation::relu(image(w, 8));
            let forced = x.clone() * x.clone();
            for _ in 1..uses {
                let _again = x.clone() * x.clone();
            }
            drop(forced);
            x
        })
    };
    assert_eq!(report(1), (0, 0), "settled before the measurement");
    assert_eq!(report(3), (0, 0));
}

#[test]
fn batch_norm_is_free_from_the_second_inference_on() {
    use burn::nn::BatchNormConfig;
    let results = three_parties(&SessionConfig::z64(), |device| {
        let mut w = World::<Private>::new(device.clone(), 16);
        let norm = BatchNormConfig::new(4).init::<Private>(&device);
        let norm = burn_mpc::share_model(norm, &device, burn_mpc::Party::P0, Default::default())
            .expect("shared");
        let weight = w.parameter([4, 4, 3, 3], 1.0);
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        let layer = |x| conv2d(x, weight.clone(), None, options.clone());
        let measure = |x: Tensor<Private, 4>| {
            let session = device.session().expect("online");
            // Level clocks and the roles of a first call: chains depend on both.
            session.synchronise().expect("level");
            session.start_measuring();
            let y = activation::relu(x);
            let _needed = y.clone() * y;
            let report = session.report();
            (report.bytes_sent, report.rounds)
        };
        let x = image(&mut w, 6);
        let _first = measure(norm.forward(layer(x.clone())));
        (measure(norm.forward(layer(x.clone()))), measure(layer(x)))
    });
    // The roles of the parties, and so what each of them sends, change from call to call.
    let results = results.expect("three parties");
    let with: u64 = results.iter().map(|result| result.0.0).sum();
    let without: u64 = results.iter().map(|result| result.1.0).sum();
    assert_eq!(with, without);
    assert!(results.iter().all(|(with, without)| with.1 == without.1));
}

#[test]
fn local_ops_send_nothing() {
    // A product may be scaled again before it is truncated only with 16 fractional bits.
    let config = SessionConfig::z64().with_frac_bits(16);
    let sent = three_parties(&config, |device| {
        let mut w = World::<Private>::new(device, 16);
        let x = w.secret([2, 4, 6, 6], 1.0);
        let y = w.secret([2, 4, 6, 6], 1.0);
        let weight = w.parameter([4, 4, 3, 3], 1.0);
        let bias = w.parameter([4], 1.0);
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        let z = w.local("conv", || conv2d(x.clone(), weight, Some(bias), options));
        w.local("residual", || z.clone() + y.clone() - x.clone());
        // A sum of more products than fit is truncated first.
        w.local("product", || (x.clone() * y.clone()).sum_dim(3));
        w.local("scaled product", || x.clone() * y.clone() * 0.37);
        w.local("avg pool", || {
            avg_pool2d(x.clone(), [3, 3], [1, 1], [1, 1], false, false)
        });
        w.local("adaptive", || adaptive_avg_pool2d(x.clone(), [1, 1]));
        w.local("mean", || x.clone().mean_dim(3));
        w.local("cumsum", || x.clone().cumsum(1));
        let nearest = InterpolateOptions::new(InterpolateMode::Nearest);
        w.local("nearest", || interpolate(x.clone(), [12, 12], nearest));
        w.local("patches", || {
            unfold4d(
                x.clone(),
                [2, 2],
                UnfoldOptions::new([1, 1], [0, 0], [1, 1]),
            )
        });
        w.local("cat", || {
            Tensor::cat(vec![x.clone(), z.clone(), y.clone()], 1)
        });
        w.local("pending relu", || activation::relu(z.clone()));
        w.local("pending clamp", || z.clone().clamp(0.0, 6.0));
        let mask = w.public([2, 4, 6, 6], 1.0).greater_elem(0.0);
        w.local("public mask", || {
            x.clone().mask_where(mask.clone(), y.clone())
        });
        w.local("public fill", || x.clone().mask_fill(mask, 0.5));
        let bits = x.clone().greater_elem(0.0);
        let others = y.clone().greater_elem(0.0);
        w.local("bit logic", || {
            bits.clone()
                .bool_xor(others)
                .bool_not()
                .permute([1, 0, 2, 3])
        });
        w.local("permute", || {
            z.clone().permute([3, 2, 1, 0]).flip([0]).reshape([6, 48])
        });
        World::<Private>::cost(&w, || ()).1
    });
    assert_eq!(sent.expect("three parties"), [0; 3]);
}

/// A named op on a secret image and a secret matrix of integers.
type Case = (
    &'static str,
    fn(Tensor<Private, 4>, Tensor<Private, 2, Int>) -> Vec<usize>,
);

macro_rules! cases {
    ($($name:literal: |$x:pat_param, $i:pat_param| $work:expr;)+) => {
        &[$(($name, |$x, $i| $work.dims().to_vec())),+]
    };
}

/// Ops that secrets do not have; each gives the shape of the result.
const REFUSED: &[Case] = cases! {
    "power of integers by a secret": |_, i| i.clone().powi(i);
    "negative power": |_, i| i.powi_scalar(-1);
};

#[test]
fn unsupported_ops_fail_in_one_way() {
    for (name, op) in REFUSED {
        let errors = three_parties(&SessionConfig::z64(), |device| {
            let mut w = World::<Private>::new(device.clone(), 16);
            let (x, i) = (w.secret([2, 4, 6, 6], 1.0), w.integers([2, 3], 1));
            let shape = op(x.clone(), i);
            assert!(!shape.is_empty());
            let after = x + 1.0;
            assert!(reveal(after, "after").is_err(), "{name} went on");
            assert!(Private::sync(&device).is_err(), "{name} synced");
            device.failure()
        });
        for error in errors.unwrap_or_else(|error| panic!("{name}: {error}")) {
            let error = error.unwrap_or_else(|| panic!("{name} did not fail"));
            // A peer may hear of the failure before it comes to the op itself.
            let text = error.to_string();
            assert!(text.contains("MPC-UNSUPPORTED"), "{name}: {text}");
            assert!(text.contains("shapes ["), "{name}: {text}");
            assert!(
                matches!(error, MpcError::Unsupported { .. } | MpcError::Protocol(_)),
                "{name}: {text}"
            );
        }
    }
}

/// Shapes of a network's tensors.
fn network<B: Backend>(device: &B::Device, image: Tensor<B, 4>) -> Vec<Vec<usize>> {
    let make = |shape: [usize; 4]| {
        let count: usize = shape.iter().product();
        Tensor::<B, 4>::from_data(TensorData::new(vec![0.5_f32; count], shape), device)
    };
    let mut shapes = vec![];
    macro_rules! keep {
        ($tensor:expr) => {{
            let tensor = $tensor;
            shapes.push(tensor.dims().to_vec());
            tensor
        }};
    }
    let options = ConvOptions::new([2, 1], [1, 1], [1, 1], 1);
    let x = keep!(conv2d(image.clone(), make([6, 4, 3, 3]), None, options));
    let x = keep!(x + make([1, 6, 1, 1]));
    let x = keep!(activation::relu(x));
    let back = ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1);
    keep!(conv_transpose2d(x.clone(), make([6, 2, 2, 2]), None, back));
    keep!(max_pool2d(x.clone(), [2, 2], [2, 2], [0, 0], [1, 1], true));
    keep!(avg_pool2d(x.clone(), [3, 3], [1, 1], [0, 0], true, false));
    let pooled = keep!(adaptive_avg_pool2d(x.clone(), [1, 1]));
    let flat = pooled.reshape([2, 6]);
    let product = keep!(flat.clone().matmul(make([1, 1, 6, 10]).reshape([6, 10])));
    keep!(product.clone().greater(product.clone().mean_dim(1)));
    keep!(product.clone().slice([0..1]).lower(product.clone()));
    keep!(
        product
            .clone()
            .slice([0..1])
            .greater_elem(0.0)
            .bool_and(product.clone().greater_elem(0.0))
    );
    keep!(product.clone().argmax(1));
    keep!(Tensor::cat(vec![product.clone(), flat], 1));
    keep!(
        product
            .clone()
            .unsqueeze_dim::<3>(1)
            .matmul(make([1, 2, 10, 3]).reshape([2, 10, 3]))
    );
    keep!(product.clone().prod_dim(1));
    keep!(interpolate(
        x.clone(),
        [9, 11],
        InterpolateOptions::new(InterpolateMode::Bilinear)
    ));
    keep!(unfold4d(
        x,
        [2, 2],
        UnfoldOptions::new([1, 1], [0, 0], [1, 1])
    ));
    shapes
}

#[test]
fn in_a_failed_session_programs_run_to_their_end() {
    let device = Default::default();
    let values = vec![0.5_f32; 2 * 4 * 6 * 6];
    let data = TensorData::new(values, [2, 4, 6, 6]);
    let expected = network::<Flex>(&device, Tensor::from_data(data, &device));
    let found = three_parties(&SessionConfig::z64(), |device: MpcDevice| {
        let mut w = World::<Private>::new(device.clone(), 16);
        let x = w.secret([2, 4, 6, 6], 1.0);
        let _refused = x.clone().exp();
        network::<Private>(&device, x)
    });
    for found in found.expect("three parties") {
        assert_eq!(found, expected);
    }
}

#[test]
fn values_out_of_range_are_errors() {
    type Case = (&'static str, fn(Tensor<Private, 1>) -> Tensor<Private, 1>);
    let cases: [Case; 6] = [
        ("divided by zero", |x| x / 0.0),
        ("times infinity", |x| x * f32::INFINITY),
        ("times not a number", |x| x * f32::NAN),
        ("plus infinity", |x| x + f32::INFINITY),
        ("divided by a public zero", |x| {
            let zeros = Tensor::from_data([0.0_f32, 1.0, 2.0], &x.device());
            x / zeros
        }),
        ("maximum of nothing", |x| {
            x.permute([0])
                .reshape([1, 3])
                .select(0, Tensor::empty([0], &Default::default()))
                .max_dim(0)
                .reshape([-1])
        }),
    ];
    for (name, op) in cases {
        let errors = three_parties(&SessionConfig::z64(), |device| {
            let mut w = World::<Private>::new(device.clone(), 16);
            let y = op(w.secret([3], 1.0));
            assert!(reveal(y, "y").is_err(), "{name} went on");
            device.failure().expect("a failure").to_string()
        });
        for error in errors.unwrap_or_else(|error| panic!("{name}: {error}")) {
            assert!(
                error.contains("MPC-RANGE") || error.contains("MPC-SHAPE"),
                "{name}: {error}"
            );
        }
    }
}

#[test]
fn limits_that_cannot_bind_are_dropped() {
    let found = three_parties(&SessionConfig::z64(), |device| {
        let mut w = World::<Private>::new(device, 16);
        let x = w.secret_of(&[-2.5, 0.5, 4.0], [3]);
        let a = x.clone().clamp_max(f32::MAX).clamp_min(f32::NEG_INFINITY);
        let b = x.clone().clamp(-1.0e30, 1.0);
        let c = (x.clone() * 0.3 * 0.3).clamp(0.0, 1.0e6);
        [a, b, c].map(Private::open)
    });
    let [[a, b, c], ..] = found.expect("three parties");
    assert_eq!(a, [-2.5, 0.5, 4.0]);
    assert_eq!(b, [-2.5, 0.5, 1.0]);
    assert!(c[0] == 0.0 && (c[2] - 0.36).abs() < 1.0e-4, "{c:?}");
}
