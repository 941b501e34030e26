//! Each rule alone: when it fuses, and when it must not.

use crate::fixed::{Fixed, Form};
use crate::ops::base::max_pool::Windows;
use crate::ops::base::places::{Places, ZERO};
use crate::ops::deferred::function::{self, Function, Waiting};
use crate::ops::deferred::{Affine, clamp, linear};
use crate::ops::deferred::{Clamp, Gate, Linear, LinearMap, Relu, Sign, Spread, Sum};
use crate::ops::rules::{Request, fuse};
use crate::protocol::{MatmulShape, Patches};
use crate::ring::Z64;
use crate::session::{MpcDevice, Schedule, SessionConfig};
use crate::share::{Additive, Rss};
use crate::tensor::{Kind, Operand, SecretTensor};

type Secret = SecretTensor<Z64>;

fn device_with(schedule: Schedule) -> MpcDevice {
    let config = SessionConfig::z64().with_schedule(schedule);
    MpcDevice::estimate(config).expect("a session that estimates")
}

fn device() -> MpcDevice {
    device_with(Schedule::Bytes)
}

fn data(device: &MpcDevice, shape: &[usize]) -> Secret {
    let share = Rss::counted(shape.iter().product());
    SecretTensor::of_numbers(device, shape.to_vec(), Kind::Float, Fixed::new(share, 20))
}

/// What a product leaves.
fn product(device: &MpcDevice, shape: &[usize]) -> Secret {
    let part = Form::Additive(Additive::counted(shape.iter().product()));
    SecretTensor::of_numbers(device, shape.to_vec(), Kind::Float, Fixed::new(part, 40))
}

fn parameter(device: &MpcDevice, shape: &[usize]) -> Secret {
    let session = device.session().expect("a session");
    data(device, shape).with_key(Some(session.parameter_key()))
}

fn public(value: f64) -> Operand<Z64> {
    Operand::scalar(value)
}

/// `[2, 3] x [3, 4]`, deferred.
fn layer(device: &MpcDevice, weight: Secret) -> Secret {
    let map = LinearMap::Matmul(MatmulShape {
        batch: 1,
        m: 2,
        k: 3,
        n: 4,
        shared_rhs: true,
    });
    let layer = Linear {
        map,
        shape: vec![2, 4],
        channel_axis: 1,
        input: data(device, &[2, 3]).into(),
        weight: weight.into(),
        scale: None,
        shift: None,
        path: None,
    };
    linear::defer(device, layer)
}

fn limits(input: Secret, min: Option<f64>, max: Option<f64>) -> Clamp<Z64> {
    Clamp {
        op: "clamp",
        path: None,
        input,
        min,
        max,
    }
}

fn plain(input: Secret, min: Option<f64>, max: Option<f64>) -> Secret {
    clamp::defer(limits(input, min, max), |clamp| clamp)
}

#[test]
fn maps_per_channel_fold_into_a_layer_of_constant_weight() {
    let device = device();
    let layer_of = |weight| Operand::Secret(layer(&device, weight));
    let layer = layer_of(parameter(&device, &[3, 4]));
    let vector = Operand::Secret(parameter(&device, &[4]));
    let folded = |request: Request<'_, Z64>| fuse(&request)?.waits_as::<Linear<Z64>>();
    let sum = folded(Request::Add(&layer, &vector)).expect("a sum folds");
    assert!(sum.shift.is_some() && sum.scale.is_none());
    assert!(folded(Request::Add(&vector, &layer)).is_some());
    let difference = folded(Request::Sub(&layer, &vector)).expect("a difference folds");
    assert!(difference.shift.is_some());
    assert!(
        folded(Request::Sub(&vector, &layer)).is_none(),
        "the layer is subtracted"
    );
    let scaled = folded(Request::Mul(&layer, &vector)).expect("a factor folds");
    assert!(scaled.scale.is_some() && scaled.shift.is_none());

    let other = Operand::Secret(data(&device, &[4]));
    assert!(
        folded(Request::Mul(&layer, &other)).is_none(),
        "no constant"
    );
    let rows = Operand::Secret(parameter(&device, &[2, 1]));
    assert!(folded(Request::Mul(&layer, &rows)).is_none(), "per row");
    assert!(
        folded(Request::Mul(&layer, &public(0.5))).is_none(),
        "one public factor costs nothing afterwards"
    );
    let varying = layer_of(data(&device, &[3, 4]));
    assert!(
        folded(Request::Mul(&varying, &vector)).is_none(),
        "the weight is no constant"
    );
}

#[test]
fn an_upper_limit_joins_a_lower_one_that_waits() {
    let device = device();
    let joined = |inner: Secret, min, max| {
        let fused = fuse(&Request::Clamp(&limits(inner, min, max)))?;
        fused.waits_as::<Clamp<Z64>>()
    };
    let low = || plain(data(&device, &[6]), Some(-1.0), None);
    let both = joined(low(), None, Some(6.0)).expect("they join");
    assert_eq!((both.min, both.max), (Some(-1.0), Some(6.0)));
    assert!(joined(low(), None, Some(-2.0)).is_none(), "limits cross");
    assert!(joined(low(), Some(0.5), Some(6.0)).is_none(), "two limits");
    let high = plain(data(&device, &[6]), None, Some(2.0));
    assert!(joined(high, None, Some(1.0)).is_none(), "two upper ones");
    assert!(joined(data(&device, &[6]), None, Some(6.0)).is_none());
    let view = low().reshape(vec![2, 3]);
    assert!(joined(view, None, Some(6.0)).is_none(), "another shape");
}

#[test]
fn a_relu_may_be_a_gate_where_the_schedule_has_gates() {
    let fused = |device: &MpcDevice, min, max| {
        let relu = limits(data(device, &[6]), min, max);
        fuse(&Request::Clamp(&relu)).and_then(|fused| fused.waits_as::<Relu<Z64>>())
    };
    assert!(fused(&device(), Some(0.0), None).is_some());
    assert!(fused(&device(), Some(1.0), None).is_none());
    assert!(fused(&device(), Some(0.0), Some(6.0)).is_none());
    let classic = device_with(Schedule::Classic);
    assert!(fused(&classic, Some(0.0), None).is_none());
}

#[test]
fn a_maximum_goes_before_clamps() {
    let device = device();
    let windows = Windows {
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0],
        dilation: [1, 1],
        ceil_mode: false,
    };
    let image = [1, 2, 4, 4];
    let relu = fuse(&Request::Clamp(&limits(
        product(&device, &image),
        Some(0.0),
        None,
    )));
    let limited = plain(relu.expect("a relu"), None, Some(6.0));
    let pooled = fuse(&Request::MaxPool(&limited, windows)).expect("clamps wait");
    let outer = pooled.waits_as::<Clamp<Z64>>().expect("the upper limit");
    assert_eq!(outer.max, Some(6.0));
    let inner = outer.input.waits_as::<Relu<Z64>>().expect("the relu");
    assert_eq!(inner.0.input.shape(), [1, 2, 2, 2], "pooled first");

    assert!(fuse(&Request::MaxPool(&data(&device, &image), windows)).is_none());
    let large = Windows {
        kernel: [5, 5],
        ..windows
    };
    assert!(
        fuse(&Request::MaxPool(&limited, large)).is_none(),
        "the window does not fit"
    );
}

/// Sums of three pixels and one, onto nothing, and the pixels.
fn sums(device: &MpcDevice, onto_nothing: bool) -> (Secret, Secret) {
    let pixels = product(device, &[4]);
    let sum = Sum {
        base: data(device, &[2]),
        onto_nothing,
        value: pixels.clone(),
        target: Places::listed(vec![0, 0, 0, 1]),
    };
    let sums = SecretTensor::deferred(device, vec![2], Kind::Float, sum);
    (sums, pixels)
}

/// The bits of the signs of `sums` as numbers at `source`.
fn spread(sums: &Secret, source: &[usize]) -> Option<Secret> {
    let sums = Operand::Secret(sums.clone());
    let signs = fuse(&Request::Lower(&public(0.0), &sums))?;
    signs.waits_as::<Sign<Z64>>()?;
    let numbers = fuse(&Request::Lift(&signs, Kind::Float))?;
    let spread = fuse(&Request::Move(
        &numbers,
        &Places::listed(source.to_vec()),
        &[source.len()],
    ))?;
    spread.waits_as::<Spread<Z64>>()?;
    Some(spread)
}

#[test]
fn a_block_relu_is_a_gate() {
    let device = device();
    let (sums, pixels) = sums(&device, true);
    let bits = spread(&sums, &[0, 0, 0, 1]).expect("all defer");
    let (x, bits) = (Operand::Secret(pixels), Operand::Secret(bits));
    for (a, b) in [(&x, &bits), (&bits, &x)] {
        let gated = fuse(&Request::Mul(a, b)).expect("one gate");
        let gate = gated.waits_as::<Gate<Z64>>().expect("one gate");
        assert_eq!(gate.patches.patch_of(), [0, 0, 0, 1]);
    }
}

#[test]
fn what_is_no_block_relu_is_computed_as_it_stands() {
    let device = device();
    let (onto_zero, pixels) = sums(&device, true);
    let moved = spread(&onto_zero, &[1, 0, 0, 0]).expect("all defer");
    let (x, moved) = (Operand::Secret(pixels), Operand::Secret(moved));
    assert!(
        fuse(&Request::Mul(&x, &moved)).is_none(),
        "signs of other patches"
    );
    let other = Operand::Secret(product(&device, &[4]));
    let bits = Operand::Secret(spread(&onto_zero, &[0, 0, 0, 1]).expect("all defer"));
    assert!(
        fuse(&Request::Mul(&other, &bits)).is_none(),
        "signs of other elements"
    );
    assert!(spread(&onto_zero, &[0, ZERO]).is_none(), "a zero between");
    let sums_of = Operand::Secret(onto_zero);
    assert!(fuse(&Request::Lower(&public(0.5), &sums_of)).is_none());
    assert!(fuse(&Request::Lower(&sums_of, &public(0.0))).is_none());
    let (onto_something, _) = sums(&device, false);
    assert!(spread(&onto_something, &[0, 0, 0, 1]).is_none());
    let (classic, _) = sums(&device_with(Schedule::Classic), true);
    assert!(spread(&classic, &[0, 0, 0, 1]).is_none());
}

#[test]
fn products_and_public_parts_pass_through_one_gate() {
    let device = device();
    let relu = || {
        let relu = limits(product(&device, &[1, 2]), Some(0.0), None);
        fuse(&Request::Clamp(&relu)).expect("a relu")
    };
    let joined = |parts: &[Secret], public: &[bool]| {
        let fused = fuse(&Request::Join(parts, public, 1))?;
        fused.waits_as::<Gate<Z64>>()
    };
    let pass = Patches::PASS;
    let parts = [product(&device, &[1, 1]), relu(), data(&device, &[1, 1])];
    let gate = joined(&parts, &[false, false, true]).expect("one gate");
    assert_eq!(gate.patches.patch_of(), [pass, 0, 1, pass]);
    assert!(
        joined(&parts, &[false; 3]).is_none(),
        "a replicated part need not be sent"
    );
    assert!(
        joined(&[relu(), relu()], &[false; 2]).is_none(),
        "two gates"
    );
    let none = [product(&device, &[1, 1]), product(&device, &[1, 1])];
    assert!(joined(&none, &[false; 2]).is_none(), "no gate");
}

#[test]
fn the_reciprocal_of_a_root_takes_its_place() {
    let device = device();
    let root = function::defer(Function::Sqrt, &data(&device, &[5]));
    let waits = || root.waits_as::<Waiting<Z64>>().is_some();
    assert!(waits());
    let spent = || device.session().expect("a session").report().rounds;
    let start = spent();
    assert!(fuse(&Request::Recip(&root)).is_some());
    let rounds = spent() - start;
    assert!(waits(), "nobody asked for it");
    crate::ops::compute(&root);
    let alone = spent() - start - rounds;
    assert!(rounds < alone, "{rounds} rounds, the root alone {alone}");
    assert!(
        fuse(&Request::Recip(&root)).is_none(),
        "the root is there already"
    );
}

#[test]
fn the_logarithm_of_an_exponential_and_a_number_is_one_function() {
    let device = device();
    let exp = || function::defer(Function::Exp, &data(&device, &[5]));
    let waits = |tensor: &Secret| tensor.waits_as::<Waiting<Z64>>().is_some();
    let spent = || device.session().expect("a session").report().rounds;
    let [times, plus] = [2.0, -1.0].map(|number| {
        let (exp, number) = (Operand::Secret(exp()), public(number));
        let product = fuse(&Request::Mul(&number, &exp)).expect("an affine function");
        fuse(&Request::Sub(&product.into(), &number)).expect("an affine function")
    });
    let found = [&times, &plus].map(|tensor| {
        let affine = tensor.waits_as::<Affine<Z64>>().expect("deferred");
        assert!(waits(&affine.value));
        [affine.times, affine.plus]
    });
    assert_eq!(found, [[2.0, -2.0], [-1.0, 1.0]]);
    assert!(fuse(&Request::Ln(&times)).is_none(), "of negative numbers");
    assert!(fuse(&Request::Ln(&plus)).is_none(), "of a difference");

    let start = spent();
    let sum = fuse(&Request::Sub(&public(3.0), &plus.clone().into())).expect("affine");
    assert!(fuse(&Request::Ln(&sum)).is_some());
    let together = spent() - start;
    crate::ops::compute(&crate::ops::exp(data(&device, &[5])));
    let exponential = spent() - start - together;
    assert!(
        together < 2 * exponential,
        "{together} rounds, beside {exponential}"
    );
    crate::ops::compute(&plus);
    assert!(fuse(&Request::Ln(&plus)).is_none(), "it is computed");
    let other = Operand::Secret(data(&device, &[5]));
    assert!(
        fuse(&Request::Add(&exp().into(), &other)).is_none(),
        "two secrets"
    );
}

#[test]
fn an_exponential_that_is_not_used_everywhere_is_taken_of_zero_elsewhere() {
    let device = device();
    let mask = data(&device, &[5]);
    let exp = function::defer(Function::Exp, &data(&device, &[5]));
    for where_true in [true, false] {
        let used = fuse(&Request::Used(&exp, &mask, where_true)).expect("an exponential");
        let input = function::input_of(&used, Function::Exp).expect("it waits");
        assert!(!input.shares_cell(&exp));
    }
    let shorter = data(&device, &[1]);
    assert!(
        fuse(&Request::Used(&exp, &shorter, true)).is_none(),
        "another shape"
    );
    crate::ops::compute(&exp);
    assert!(
        fuse(&Request::Used(&exp, &mask, true)).is_none(),
        "it is computed"
    );
}
