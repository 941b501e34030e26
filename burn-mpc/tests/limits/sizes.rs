//! Every shape that is too large ends in an error.

use burn::backend::Flex;
use burn::tensor::module::{adaptive_avg_pool2d, avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, UnfoldOptions};
use burn::tensor::{Distribution, Int, Tensor, TensorData, module};
use burn_mpc::backend::MpcTensor;
use burn_mpc::ops::{Precision, movement, reveal_as};
use burn_mpc::session::local::three_parties;
use burn_mpc::{MpcDevice, MpcError, Party, SessionConfig, Z64, reveal, share};
use burn_mpc_engine::protocol::{Audience, ProtocolError};

use super::common::{Private, config, failing, input};

const HUGE: usize = 1 << 40;

#[track_caller]
fn too_large(errors: &[MpcError; 3], named: &str) {
    let public: Vec<String> = errors
        .iter()
        .map(|error| {
            assert!(matches!(error, MpcError::TooLarge { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(named), "{text}");
            text.replace("P0", "P")
                .replace("P1", "P")
                .replace("P2", "P")
        })
        .collect();
    assert!(public.iter().all(|text| *text == public[0]), "{public:?}");
}

#[test]
fn a_declared_shape_beyond_the_limit_is_one_typed_error_at_all_parties() {
    fn refused<const D: usize>(shape: [usize; D], named: &str) {
        let errors = failing(&config(), |device, _| {
            let x = share::<Flex, Z64, D>(device, Party::P1, "x", shape, None);
            if let Ok(x) = &x {
                assert_eq!(x.dims(), shape, "a tensor that lies");
            }
            x.map(|_| ())
        });
        too_large(&errors, named);
    }
    refused([HUGE], "[1099511627776]");
    // The product of these wraps to 0.
    refused([1 << 32, 1 << 32], "[4294967296, 4294967296]");
    refused([1 << 32, 0, 1 << 32], "[4294967296, 0, 4294967296]");
}

#[test]
fn the_limit_is_agreed_on() {
    let results = three_parties(&config().with_max_elements(3), |device| {
        let fits = input(&device, Party::P0, [3], &[1.0, 2.0, 3.0]).map(|_| ());
        let more = input(&device, Party::P0, [4], &[1.0; 4]).map(|_| ());
        (fits, more)
    });
    for (fits, more) in results.expect("no panic") {
        assert!(fits.is_ok());
        assert!(matches!(more, Err(MpcError::TooLarge { limit: 3, .. })));
    }
    assert_ne!(
        SessionConfig::z64().digest(),
        SessionConfig::z64().with_max_elements(3).digest()
    );
}

#[test]
fn memory_that_there_is_not_is_an_error_and_not_an_abort() {
    let config = config().with_max_elements(1 << 47);
    let errors = failing(&config, |device, _| {
        let x = share::<Flex, Z64, 1>(device, Party::P1, "x", [1 << 46], None)?;
        reveal(x, "x").map(|_| ())
    });
    // The owner gives nothing; a draw and a message have no room at the two others.
    let memory =
        |error: &MpcError| matches!(error, MpcError::Protocol(ProtocolError::Memory { .. }));
    assert!(errors.iter().any(memory), "{errors:?}");
}

#[test]
fn a_result_that_finds_no_memory_is_an_error_and_not_an_abort() {
    const MANY: usize = 1 << 45;
    type Large = fn(Tensor<Private, 1>) -> Tensor<Private, 1>;
    let programs: [(&str, Large); 3] = [
        ("repeat", |x| x.repeat_dim(0, MANY)),
        ("expand", |x| {
            x.reshape([2, 1]).expand([2, MANY]).reshape([2 * MANY])
        }),
        ("product", |x| {
            let long = x.repeat_dim(0, 1 << 21);
            let product = long
                .clone()
                .reshape([1 << 22, 1])
                .matmul(long.reshape([1, 1 << 22]));
            product.reshape([MANY / 2])
        }),
    ];
    for (name, program) in programs {
        let config = config().with_max_elements(1 << 47);
        let errors = failing(&config, |device, _| {
            let own = (device.party() == Some(Party::P1)).then(|| TensorData::from([1.0_f32, 2.0]));
            let x = share::<Flex, Z64, 1>(device, Party::P1, "x", [2], own)?;
            reveal(program(x), "y").map(|_| ())
        });
        let memory =
            |error: &MpcError| matches!(error, MpcError::Protocol(ProtocolError::Memory { .. }));
        assert!(errors.iter().all(memory), "{name}: {errors:?}");
    }
}

/// Programs on `x` of shape `[2, 3]` and images `[1, 2, 4, 4]` that would make more than 1,000 elements, and the
/// dimensions that Burn expects of their result.
type Program = fn(Tensor<Private, 2>, Tensor<Private, 4>, &MpcDevice) -> Vec<usize>;

fn dims<const D: usize>(tensor: Tensor<Private, D>) -> Vec<usize> {
    // Whatever comes next is poisoned as well and allocates nothing.
    let _ = (tensor.clone() * 2.0).permute(core::array::from_fn(|i| (D - 1 - i) as isize));
    let _ = tensor.clone().flip([0]).relu_like().sum();
    tensor.dims().to_vec()
}

trait ReluLike {
    fn relu_like(self) -> Self;
}

impl<const D: usize> ReluLike for Tensor<Private, D> {
    fn relu_like(self) -> Self {
        burn::tensor::activation::relu(self)
    }
}

const PROGRAMS: &[(&str, &str, Program, &[usize])] = &[
    (
        "repeat_dim",
        "repeat_dim",
        |x, _, _| dims(x.repeat_dim(0, HUGE)),
        &[2 << 40, 3],
    ),
    (
        "expand",
        "expand",
        |x, _, _| dims(x.reshape([2, 1, 3]).expand([2, HUGE, 3])),
        &[2, HUGE, 3],
    ),
    (
        "cat",
        "cat",
        |x, _, _| dims(Tensor::cat(vec![x; 400], 1)),
        &[2, 1200],
    ),
    (
        "unfold",
        "unfold",
        |x, _, _| dims(x.repeat_dim(1, 160).unfold::<3, _>(1, 300, 1)),
        &[2, 181, 300],
    ),
    (
        "outer product",
        "matmul",
        |x, _, _| {
            let long = x.reshape([6, 1]).repeat_dim(0, 20);
            dims(long.clone().matmul(long.transpose()))
        },
        &[120, 120],
    ),
    (
        "broadcast sum",
        "add",
        |x, _, _| {
            let long = x.reshape([6, 1]).repeat_dim(0, 20);
            dims(long.clone() + long.transpose())
        },
        &[120, 120],
    ),
    (
        "comparison",
        "lower",
        |x, _, _| {
            let long = x.reshape([6, 1]).repeat_dim(0, 20);
            dims(long.clone().greater(long.transpose()).float())
        },
        &[120, 120],
    ),
    (
        "padding",
        "conv2d",
        |_, image, device| {
            let weight = Tensor::ones([2, 2, 1, 1], device);
            dims(conv2d(
                image,
                weight,
                None,
                ConvOptions::new([1, 1], [1 << 30, 0], [1, 1], 1),
            ))
        },
        &[1, 2, 4 + (2 << 30), 4],
    ),
    (
        "wide strides",
        "conv2d",
        |_, image, device| {
            // The result is small; the padded input is not.
            let weight = Tensor::ones([2, 2, 1, 1], device);
            dims(conv2d(
                image,
                weight,
                None,
                ConvOptions::new([1 << 29, 1], [1 << 30, 0], [1, 1], 1),
            ))
        },
        &[1, 2, 5, 4],
    ),
    (
        "many channels",
        "conv2d",
        |_, image, device| {
            let weight = Tensor::ones([200, 2, 1, 1], device);
            dims(conv2d(
                image,
                weight,
                None,
                ConvOptions::new([1, 1], [0, 0], [1, 1], 1),
            ))
        },
        &[1, 200, 4, 4],
    ),
    (
        "set apart",
        "spread",
        |_, image, device| {
            let weight = Tensor::ones([2, 2, 1, 1], device);
            let options = ConvTransposeOptions::new([1 << 20, 1 << 20], [0, 0], [0, 0], [1, 1], 1);
            dims(module::conv_transpose2d(image, weight, None, options))
        },
        &[1, 2, (3 << 20) + 1, (3 << 20) + 1],
    ),
    (
        "average pool",
        "avg_pool2d",
        |_, image, _| dims(avg_pool2d(image, [1, 1], [1, 1], [1 << 30, 0], true, false)),
        &[1, 2, 4 + (2 << 30), 4],
    ),
    (
        "pool with places",
        "max_pool2d_with_indices",
        |_, image, _| {
            let pad = [1 << 30, 0];
            dims(module::max_pool2d_with_indices(image, [1, 1], [1, 1], pad, [1, 1], false).0)
        },
        &[1, 2, 4 + (2 << 30), 4],
    ),
    (
        "volume",
        "conv3d",
        |_, image, device| {
            let weight = Tensor::ones([2, 2, 1, 1, 1], device);
            let options = ConvOptions::new([1; 3], [1 << 30, 0, 0], [1; 3], 1);
            dims(module::conv3d(
                image.reshape([1, 2, 4, 4, 1]),
                weight,
                None,
                options,
            ))
        },
        &[1, 2, 4 + (2 << 30), 4, 1],
    ),
    (
        "adaptive pool",
        "adaptive_avg_pool2d",
        |_, image, _| dims(adaptive_avg_pool2d(image, [1 << 20, 1 << 20])),
        &[1, 2, 1 << 20, 1 << 20],
    ),
    (
        "maximum pool",
        "max_pool2d",
        |_, image, _| {
            dims(max_pool2d(
                image,
                [3, 3],
                [1, 1],
                [1 << 30, 0],
                [1, 1],
                false,
            ))
        },
        &[1, 2, 2 + (2 << 30), 2],
    ),
    (
        "patches",
        "unfold4d",
        |_, image, _| {
            dims(module::unfold4d(
                image,
                [3, 3],
                UnfoldOptions::new([1, 1], [30, 30], [1, 1]),
            ))
        },
        &[1, 18, 62 * 62],
    ),
    (
        "zeros",
        "float_zeros",
        |_, _, device| dims(Tensor::<Private, 2>::zeros([HUGE, HUGE], device)),
        &[HUGE, HUGE],
    ),
    (
        "random",
        "float_random",
        |_, _, device| {
            dims(Tensor::<Private, 1>::random(
                [HUGE],
                Distribution::Default,
                device,
            ))
        },
        &[HUGE],
    ),
    (
        "integers",
        "int_ones",
        |_, _, device| dims(Tensor::<Private, 1, Int>::ones([HUGE], device).float()),
        &[HUGE],
    ),
];

#[test]
fn what_an_op_would_make_is_refused_before_it_is_made() {
    for all_secret in [false, true] {
        let config = SessionConfig {
            all_secret,
            ..config().with_max_elements(1_000)
        };
        for (name, op, program, expected) in PROGRAMS {
            let errors = failing(&config, |device, _| {
                let x = input(device, Party::P0, [2, 3], &[1.0; 6])?;
                let image = input(device, Party::P2, [1, 2, 4, 4], &[1.0; 32])?;
                let found = program(x.clone(), image, device);
                assert_eq!(found, *expected, "{name}");
                assert!(reveal(x, "later").is_err(), "{name}: the session goes on");
                Err::<(), _>(device.failure().unwrap_or(MpcError::NotRevealed))
            });
            too_large(&errors, &format!("'{op}'"));
        }
    }
}

#[test]
fn a_reshape_cannot_make_a_tensor_that_lies() {
    // Burn's own check multiplies the dimensions, which wraps to the 0 elements there are.
    for (shape, wrong) in [
        (vec![1 << 32, 1 << 32], "TOO-LARGE"),
        (vec![2], "MPC-SHAPE"),
    ] {
        let errors = failing(&config(), |device, _| {
            let empty = input(device, Party::P0, [0], &[])?;
            let MpcTensor::Secret(empty) = empty.into_primitive().tensor() else {
                panic!("public");
            };
            let lie = movement::reshape(empty, shape.clone());
            assert_eq!(lie.shape(), shape);
            reveal_as(&lie, Audience::All, "lie", Precision::default()).map(|_| ())
        });
        assert!(
            errors.iter().all(|error| error.to_string().contains(wrong)),
            "{errors:?}"
        );
    }
}

#[test]
fn an_estimate_has_the_same_limit() {
    let device = MpcDevice::estimate(config()).expect("a device");
    let x = share::<Flex, Z64, 2>(&device, Party::P0, "x", [1 << 32, 1 << 32], None);
    assert!(matches!(x, Err(MpcError::TooLarge { .. })));
}
