//! Plaintext twins: what they are, what the errors beside them say, and the wraps that they show.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use burn::backend::Flex;
use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::backend::Backend;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::quantization::{QuantScheme, QuantStore, QuantValue};
use burn::tensor::{Int, Tensor, TensorData, TensorPrimitive};
use burn_mpc::session::{ErrorReport, LayerError, calibrate, explain};
use burn_mpc::testkit::{secret, twin};
use burn_mpc::{
    Mpc, MpcDevice, MpcError, Party, Ring, SessionConfig, ShareOptions, Z32, Z64, prepare, reveal,
    reveal_to, share, share_int, share_model,
};

const IMAGE: [usize; 4] = [2, 3, 8, 8];
const WIDTH: usize = 4;
const CLASSES: usize = 5;

/// Numbers in `[-size, size)`.
fn values(stream: u64, len: usize, size: f32) -> Vec<f32> {
    let mut state = stream.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        size * ((state >> 40) as f32 / (1 << 23) as f32 - 1.0)
    };
    (0..len).map(|_| next()).collect()
}

/// One layer of several kinds.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    conv: Conv2d<B>,
    norm: BatchNorm<B>,
    last: Linear<B>,
    rows: LayerNorm<B>,
}

impl<B: Backend> Net<B> {
    fn new(device: &B::Device) -> Self {
        let param = |stream, shape: &[usize], size| {
            let data = values(stream, shape.iter().product(), size);
            TensorData::new(data, shape.to_vec())
        };
        let mut conv = Conv2dConfig::new([3, WIDTH], [3, 3]).init(device);
        conv.weight = Param::from_data(param(1, &[WIDTH, 3, 3, 3], WEIGHT), device);
        conv.bias = Some(Param::from_data(param(2, &[WIDTH], 0.5), device));
        let mut norm = BatchNormConfig::new(WIDTH).init(device);
        norm.gamma = Param::from_data(param(3, &[WIDTH], 1.5), device);
        norm.beta = Param::from_data(param(4, &[WIDTH], 0.5), device);
        let mut last = LinearConfig::new(WIDTH, CLASSES).init(device);
        last.weight = Param::from_data(param(5, &[WIDTH, CLASSES], 0.5), device);
        last.bias = Some(Param::from_data(param(6, &[CLASSES], 0.5), device));
        let rows = LayerNormConfig::new(CLASSES).init(device);
        Self {
            conv,
            norm,
            last,
            rows,
        }
    }

    fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = self.conv.forward(x);
        let x = relu(self.norm.forward(x.clone())) + x;
        let x = max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], false);
        let x = avg_pool2d(x, [3, 3], [3, 3], [0, 0], true, false).reshape([IMAGE[0], WIDTH]);
        softmax(self.rows.forward(self.last.forward(x)), 1)
    }
}

/// The largest weight of the convolution, and the largest pixel.
const WEIGHT: f32 = 0.5;
const PIXEL: f32 = 2.0;

fn image() -> TensorData {
    TensorData::new(values(7, IMAGE.iter().product(), PIXEL), IMAGE)
}

/// The network on secrets, with the twin of its result where it is kept.
fn explained<R: Ring>(config: &SessionConfig) -> (Vec<f64>, ErrorReport) {
    let run = |device: MpcDevice| {
        let net = Net::<Mpc<Flex, R>>::new(&device);
        let net = share_model(net, &device, Party::P1, ShareOptions::default())?;
        let data = (device.party() == Some(Party::P2)).then(image);
        let x = share::<Flex, R, 4>(&device, Party::P2, "image", IMAGE, data)?;
        prepare(&device, || net.forward(x.clone()))?;
        let y = net.forward(x);
        let kept = match y.clone().into_primitive() {
            TensorPrimitive::Float(tensor) => secret(&tensor).and_then(twin),
            TensorPrimitive::QFloat(_) => None,
        };
        reveal_to(y, Party::P2, "y")?;
        Ok::<_, MpcError>(kept)
    };
    let ([kept, others @ ..], report) = explain(config, run).expect("three parties");
    for other in others {
        assert_eq!(other.expect("a party"), None, "one party keeps the twins");
    }
    (kept.expect("a party").expect("a twin"), report)
}

fn plain() -> Vec<f64> {
    let device = Default::default();
    let x = Tensor::<Flex, 4>::from_data(image(), &device);
    let y = Net::<Flex>::new(&device).forward(x);
    y.into_data().iter::<f64>().collect()
}

fn row<'a>(report: &'a ErrorReport, layer: &str, op: &str) -> &'a LayerError {
    let mut rows = report.layers.iter();
    rows.rfind(|row| row.layer == layer && row.op == op)
        .unwrap_or_else(|| panic!("no {op} of {layer} in {:#?}", report.layers))
}

/// What each step may err by, with `frac` fractional bits of values and weights.
fn check(report: &ErrorReport, frac: u32) {
    assert_eq!(report.unknown, Vec::<String>::new());
    let unit = (-f64::from(frac)).exp2();
    let pixels = row(report, "image", "share");
    assert_eq!(pixels.values, IMAGE.iter().product::<usize>() as u64);
    // Half a unit of rounding, and half a step of single precision.
    assert!(pixels.largest_error <= 0.5 * unit + 2e-7, "{pixels:?}");
    let conv = row(report, "conv", "conv2d");
    // Of each of 27 products both factors are rounded by half a unit; the sum by a unit at most, and so is the bias.
    let products = 27.0 * 0.5 * unit * f64::from(WEIGHT + PIXEL) * 1.01;
    assert!(conv.largest_error <= products + 2.0 * unit, "{conv:?}");
    for row in &report.layers {
        // Roots keep a relative 2^-13.
        assert!(row.relative <= 200.0 * unit + 2e-4, "{row:?}");
        assert!(row.rms_error <= row.largest_error, "{row:?}");
        assert!(row.added <= row.relative, "{row:?}");
    }
    for (layer, op) in [
        ("norm", "relu"),
        ("last", "linear"),
        ("rows", "layer_norm"),
        ("rows", "softmax"),
    ] {
        row(report, layer, op);
    }
    let worst = report.worst(3);
    assert_eq!(worst.len(), 3);
    assert!(worst[0].added >= worst[2].added);
}

#[test]
fn twins_are_a_plain_run_and_errors_follow_the_fractional_bits() {
    let expected = plain();
    let wide = SessionConfig::z64();
    let mut last = 0.0;
    for frac in [20, 16, 12] {
        let (kept, report) = explained::<Z64>(&wide.clone().with_frac_bits(frac));
        assert_eq!(kept, expected, "{frac} bits");
        check(&report, frac);
        // Sixteen times as large, but for the rounding of single precision.
        let conv = row(&report, "conv", "conv2d").rms_error;
        assert!(conv > 8.0 * last, "{frac} bits: {conv} after {last}");
        last = conv;
    }
    let narrow = SessionConfig::z32();
    let (kept, report) = explained::<Z32>(&narrow);
    assert_eq!(kept, expected);
    check(&report, narrow.frac_bits);
}

/// What follows from an op without a plaintext twin is named once, and the run goes on.
#[test]
fn values_without_twins_are_named() {
    let scheme = QuantScheme::default()
        .with_value(QuantValue::Q8S)
        .with_store(QuantStore::Native);
    let (_, report) = explain(&SessionConfig::z64(), |device| {
        let data = (device.party() == Some(Party::P0)).then(|| TensorData::from([[3.0_f32, 1.0]]));
        let x = share::<Flex, Z64, 2>(&device, Party::P0, "x", [1, 2], data)?;
        let steps = x.quantize_dynamic(&scheme).dequantize();
        reveal(steps + 1.0, "steps").map(|_| ())
    })
    .expect("three parties");
    assert_eq!(report.unknown, ["float_add_scalar (float_add_scalar)"]);
}

/// Ops that are written by hand have twins too.
#[test]
fn places_of_the_largest_have_twins() {
    let (places, report) = explain(&SessionConfig::z64(), |device| {
        let data = (device.party() == Some(Party::P0))
            .then(|| TensorData::from([[3.0_f32, 1.0, 7.0], [0.5, 0.25, -1.0]]));
        let x = share::<Flex, Z64, 2>(&device, Party::P0, "x", [2, 3], data)?;
        let at: Tensor<Mpc, 2, Int> = x.argtopk(2, 1);
        let kept = secret(&at.clone().into_primitive()).and_then(twin);
        reveal(at, "places").map(|at| (kept, at.into_data().iter::<f64>().collect::<Vec<_>>()))
    })
    .expect("three parties");
    assert_eq!(report.unknown, Vec::<String>::new());
    let [first, ..] = places;
    let (kept, found) = first.expect("a party");
    assert_eq!(
        (kept, found),
        (Some(vec![2.0, 0.0, 0.0, 1.0]), vec![2.0, 0.0, 0.0, 1.0])
    );
}

/// A program on the wide ring that wraps in its last step.
fn refused(program: impl Fn(&MpcDevice) -> Result<(), MpcError> + Sync) -> Vec<(String, u32)> {
    let config = SessionConfig::z64();
    let (results, ranges) = calibrate(&config, |device| program(&device)).expect("parties");
    for result in results {
        result.expect("a party");
    }
    ranges.check().expect_err("wraps");
    let beyond = ranges.layers.iter();
    beyond
        .filter(|layer| layer.bits > ranges.available)
        .map(|layer| (layer.name.clone(), layer.bits))
        .collect()
}

#[test]
fn a_wrap_is_named_by_layer_and_op() {
    let beyond = refused(|device| {
        let data = (device.party() == Some(Party::P1)).then(|| TensorData::from([1500.0_f32, 0.5]));
        let x = share::<Flex, Z64, 1>(device, Party::P1, "x", [2], data)?;
        let square = device.scope("square", || x.clone() * x.clone());
        let cube = device.scope("cube", || square * x);
        reveal(cube, "cube").map(|_| ())
    });
    // 1500^3 at 40 fractional bits.
    let name = String::from("cube (float_mul)");
    assert!(beyond.contains(&(name, 72)), "{beyond:?}");
    assert!(
        beyond.iter().all(|(name, _)| !name.contains("square")),
        "{beyond:?}"
    );
}

/// Integers have no fractional bits, so that a run with half of them wraps alike.
#[test]
fn a_product_of_integers_that_wraps_is_refused() {
    let product = |factors: usize| {
        move |device: &MpcDevice| {
            let data = (device.party() == Some(Party::P1)).then(|| TensorData::from([1_i64 << 30]));
            let x = share_int::<Flex, Z64, 1>(device, Party::P1, "x", [1], data)?;
            let product = (1..factors).fold(x.clone(), |product, _| product * x.clone());
            reveal(product.greater_elem(0), "positive").map(|_| ())
        }
    };
    let beyond = refused(product(3));
    let name = String::from("x (int_mul)");
    assert!(beyond.contains(&(name, 91)), "{beyond:?}");
    let config = SessionConfig::z64();
    let (_, fits) = calibrate(&config, |device| product(2)(&device)).expect("parties");
    fits.check().expect("2^60 fits");
}
