//! Weights with their own scales: what they give, what they cost, and how calibration finds them.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use burn::backend::Flex;
use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};
use burn_mpc::session::local::three_parties;
use burn_mpc::session::{ScaleSearch, Schedule, WeightScales, calibrate};
use burn_mpc::{
    Audience, Mpc, MpcDevice, MpcError, Party, Precision, Ring, SessionConfig, ShareOptions, Z32,
    Z64, prepare, reveal, reveal_with, share, share_model, share_within,
};

fn seed() -> u64 {
    let seed = std::env::var("MPC_SEED").ok();
    let seed = seed.and_then(|text| text.parse().ok()).unwrap_or(47);
    println!("MPC_SEED={seed}");
    seed
}

/// Uniform in `[low, high)`.
fn values(stream: u64, len: usize, [low, high]: [f32; 2]) -> Vec<f32> {
    let mut state = seed() ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * (state >> 40) as f32 / (1 << 24) as f32
    };
    (0..len).map(|_| next()).collect()
}

const CHANNELS: usize = 4;
const SIDE: usize = 8;
const IMAGE: [usize; 4] = [1, CHANNELS, SIDE, SIDE];

/// Two pointwise convolutions beside an identity, and a classifier.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    first: Conv2d<B>,
    second: Conv2d<B>,
    head: Linear<B>,
}

impl<B: Backend> Net<B> {
    /// With weights of the first layer in `range`, and small ones elsewhere.
    fn new(device: &B::Device, range: [f32; 2]) -> Self {
        let conv = |stream, range| {
            let mut conv = Conv2dConfig::new([CHANNELS, CHANNELS], [1, 1]).init(device);
            let shape = [CHANNELS, CHANNELS, 1, 1];
            let weight = TensorData::new(values(stream, CHANNELS * CHANNELS, range), shape);
            let bias = TensorData::new(values(stream + 1, CHANNELS, [-0.1, 0.1]), [CHANNELS]);
            conv.weight = Param::from_data(weight, device);
            conv.bias = Some(Param::from_data(bias, device));
            conv
        };
        let mut head = LinearConfig::new(CHANNELS, 3).init(device);
        let weight = TensorData::new(values(5, 3 * CHANNELS, [-0.05, 0.05]), [CHANNELS, 3]);
        head.weight = Param::from_data(weight, device);
        head.bias = Some(Param::from_data(
            TensorData::new(values(6, 3, [-0.1, 0.1]), [3]),
            device,
        ));
        Self {
            first: conv(1, range),
            second: conv(3, [-0.05, 0.05]),
            head,
        }
    }

    /// One sign per channel of the first layer's result, one per element of the second's.
    fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 2> {
        let y = self.pixels(x);
        let z = relu(self.second.forward(y.clone()) + y);
        let z = z.mean_dim(3).mean_dim(2).reshape([1, CHANNELS as i32]);
        self.head.forward(z)
    }

    fn pixels(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        channel_relu(self.first.forward(x))
    }
}

/// A block as large as the channel, written as a user would.
fn channel_relu<B: Backend>(x: Tensor<B, 4>) -> Tensor<B, 4> {
    let [batch, channels, height, width] = x.dims();
    let device = x.device();
    let pixels = channels * height * width;
    let map: Vec<i64> = (0..pixels).map(|i| (i / (height * width)) as i64).collect();
    let map = Tensor::<B, 1, Int>::from_data(TensorData::new(map, [pixels]), &device);
    let flat = x.reshape([batch, pixels]);
    let sums = Tensor::<B, 2>::zeros([batch, channels], &device).select_assign(
        1,
        map.clone(),
        flat.clone(),
        IndexingUpdateOp::Add,
    );
    let mask = sums.greater_elem(0.0).float().select(1, map);
    (flat * mask).reshape([batch, channels, height, width])
}

#[derive(Clone, Copy)]
struct Case {
    weights: [f32; 2],
    image: [f32; 2],
    /// Whether the pixels of the first layer are opened, instead of what the network says.
    pixels: bool,
}

impl Case {
    fn image(self) -> TensorData {
        TensorData::new(values(9, IMAGE.iter().product(), self.image), IMAGE)
    }

    fn output<B: Backend>(self, net: &Net<B>, x: Tensor<B, 4>) -> Tensor<B, 2> {
        if self.pixels {
            let pixels = CHANNELS * SIDE * SIDE;
            net.pixels(x).reshape([1, pixels as i32])
        } else {
            net.forward(x)
        }
    }

    fn plaintext(self) -> Vec<f32> {
        let device = Default::default();
        let net = Net::<Flex>::new(&device, self.weights);
        let x = Tensor::from_data(self.image(), &device);
        self.output(&net, x).into_data().iter::<f32>().collect()
    }

    /// The result, and the bytes that this party sent for set-up and inference.
    fn play<R: Ring>(self, device: &MpcDevice) -> Result<(Vec<f32>, [u64; 2]), MpcError> {
        let net = Net::<Mpc<Flex, R>>::new(device, self.weights);
        let net = share_model(net, device, Party::P0, ShareOptions::default())?;
        let data = (device.party() == Some(Party::P1)).then(|| self.image());
        let largest = f64::from(self.image[0].abs().max(self.image[1].abs()));
        let once = device.online("test")?.scales().once();
        let x = if largest < once {
            share::<Flex, R, 4>(device, Party::P1, "image", IMAGE, data)?
        } else {
            // Larger than a session accepts without a declared limit.
            share_within::<Flex, R, 4>(device, Party::P1, "image", IMAGE, largest, data)?
        };
        prepare(device, || self.output(&net, x.clone()))?;
        let session = device.online("test")?.clone();
        session.synchronise()?;
        let setup = session.report().declared_bytes.iter().sum();
        session.start_measuring();
        let y = reveal_with(
            self.output(&net, x),
            Audience::All,
            "result",
            Precision::Exact,
        )?
        .ok_or(MpcError::NotRevealed)?;
        let sent = session.report().declared_bytes.iter().sum();
        Ok((y.into_data().iter::<f32>().collect(), [setup, sent]))
    }

    /// The largest error of the result, and the bytes of all parties.
    fn run<R: Ring>(self, config: &SessionConfig) -> (f32, [u64; 2]) {
        let [(result, bytes), ..] = three_parties(config, |device| self.play::<R>(&device))
            .expect("three parties")
            .map(|result| result.expect("no failure"));
        let pairs = result.iter().zip(self.plaintext());
        let worst = pairs.map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
        (worst, bytes)
    }
}

fn own(layers: &[(&str, u32)]) -> WeightScales {
    let layers = layers.iter().map(|&(name, bits)| (name.to_owned(), bits));
    WeightScales::new(layers.collect())
}

const CASE: Case = Case {
    weights: [-1.0, 1.0],
    image: [-1.0, 1.0],
    pixels: true,
};

/// With pixels and weights in `[-1, 1]`, rounded to half a unit of their scales, a sum of four products is off by at
/// most four times the sum of both errors, the bias by half a unit of the product, and the truncation by one of the
/// pixels.
#[test]
fn a_product_is_as_exact_as_the_scale_of_its_weight() {
    let mut before = f32::INFINITY;
    for weight in [3, 8, 14] {
        for schedule in [Schedule::Bytes, Schedule::Classic, Schedule::FewestRounds] {
            let config = SessionConfig::z32()
                .with_schedule(schedule)
                .with_weight_scales(own(&[("first", weight)]));
            let half = |frac: u32| 0.5 * (-f64::from(frac)).exp2() as f32;
            let bound = 4.0 * (half(10) + half(weight) * (1.0 + half(10)))
                + half(10 + weight)
                + 2.0 * half(10);
            let (worst, _) = CASE.run::<Z32>(&config);
            assert!(worst <= bound, "{weight} {schedule:?}: {worst} > {bound}");
            assert!(worst < before, "more bits are no better: {worst}, {before}");
        }
        before = CASE
            .run::<Z32>(&SessionConfig::z32().with_weight_scales(own(&[("first", weight)])))
            .0;
    }
}

#[test]
fn a_weight_and_its_bias_are_shared_at_their_scales_and_nothing_is_truncated_in_set_up() {
    let case = Case {
        pixels: false,
        ..CASE
    };
    let (_, [one, _]) = case.run::<Z32>(&SessionConfig::z32());
    for bits in [4, 13] {
        let scales = own(&[("first", bits), ("second", bits + 2), ("head", 9)]);
        let config = SessionConfig::z32().with_weight_scales(scales);
        let (_, [setup, _]) = case.run::<Z32>(&config);
        assert_eq!(setup, one);
    }
}

/// Every pixel of the first layer is near 44; sixty-four of them at 20 fractional bits wrap to a negative sum.
const WIDE: Case = Case {
    weights: [0.9, 1.0],
    image: [11.0, 12.0],
    pixels: true,
};

#[test]
fn a_block_sum_that_one_scale_cannot_hold_is_right_under_calibrated_ones() {
    let single = SessionConfig::z32();
    let (_, ranges) = calibrate(&single, |device| WIDE.play::<Z64>(&device)).expect("parties");
    let refused = ranges.check().expect_err("too wide");
    assert!(matches!(refused, MpcError::Overflow { .. }), "{refused}");
    let (wrong, _) = WIDE.run::<Z32>(&single);
    assert!(wrong > 1.0, "the sum did not wrap: {wrong}");

    let (config, ranges) = ScaleSearch::default()
        .run(&single, |device| WIDE.play::<Z64>(&device))
        .expect("scales");
    ranges.check().expect("fits");
    let weight = config.weight_scales.of("first").expect("a layer");
    let product = &ranges.products[0];
    assert!(product.bits + 2 <= ranges.available, "{product:?}");
    assert!(weight < 10, "{weight}");
    let half = |frac: u32| 0.5 * (-f64::from(frac)).exp2() as f32;
    let frac = config.frac_bits;
    let bound = 4.0 * (half(frac) + half(weight) * 12.0) + 3.0 * half(frac);
    let (worst, _) = WIDE.run::<Z32>(&config);
    assert!(worst <= bound, "{worst} > {bound}");
}

#[test]
fn what_fits_no_scales_is_refused_by_the_name_of_its_layer() {
    let case = Case {
        image: [11_000.0, 12_000.0],
        ..WIDE
    };
    let refused = ScaleSearch::default()
        .run(&SessionConfig::z32(), |device| case.play::<Z64>(&device))
        .expect_err("too wide");
    assert!(matches!(refused, MpcError::Overflow { .. }), "{refused}");
}

#[test]
fn a_calibration_names_the_layers_that_values_come_from() {
    let case = Case {
        pixels: false,
        ..CASE
    };
    let config = SessionConfig::z32().with_weight_scales(own(&[("second", 14)]));
    let named = |device: MpcDevice| {
        let net = Net::<Mpc<Flex, Z64>>::new(&device, case.weights);
        let net = share_model(net, &device, Party::P0, ShareOptions::default())?;
        let data = (device.party() == Some(Party::P1)).then(|| case.image());
        let x = share::<Flex, Z64, 4>(&device, Party::P1, "image", IMAGE, data)?;
        let y = device.scope("block", || net.pixels(x));
        let z = net.second.forward(y.clone()) + y;
        let z = device.scope("relu", || relu(z));
        let z = z.mean_dim(3).mean_dim(2).reshape([1, CHANNELS as i32]);
        reveal(net.head.forward(z), "result").map(|_| ())
    };
    let (_, ranges) = calibrate(&config, named).expect("three parties");
    let of = |at: usize| {
        let product = &ranges.products[at];
        let names = (product.layer.as_str(), product.seen_at.as_str());
        (names, product.frac_bits, product.weight_bits)
    };
    assert_eq!(ranges.products.len(), 3);
    // The largest of uniform weights has as many bits as the range.
    assert_eq!(of(0), (("first", "block"), 10, 10));
    assert_eq!(of(1), (("second", "relu"), 14, 10));
    assert_eq!(of(2), (("head", "result"), 10, 6));
    // 64 pixels at 20 fractional bits, of which none leaves [-4.1, 4.1].
    let bits = ranges.products[0].bits;
    assert!((20..=28).contains(&bits), "{bits}");
}

#[test]
fn calibrated_scales_leave_the_margin_and_are_more_exact() {
    let case = Case {
        pixels: false,
        ..CASE
    };
    let single = SessionConfig::z32();
    let (config, ranges) = ScaleSearch::default()
        .run(&single, |device| case.play::<Z64>(&device))
        .expect("scales");
    assert_eq!(config.frac_bits, 11);
    for product in &ranges.products {
        assert_eq!(
            config.weight_scales.of(&product.layer),
            Some(product.frac_bits)
        );
        assert!(product.bits + 2 <= ranges.available, "{product:?}");
    }
    let ((one, _), (own, _)) = (case.run::<Z32>(&single), case.run::<Z32>(&config));
    assert!(own < one, "{own} with scales of their own, {one} with one");
}

#[test]
fn an_estimate_under_scales_is_what_is_sent() {
    let case = Case {
        pixels: false,
        ..CASE
    };
    let scales = own(&[("first", 6), ("second", 13), ("head", 15)]);
    for schedule in [Schedule::Bytes, Schedule::Classic, Schedule::Rounds] {
        let config = SessionConfig::z32()
            .with_schedule(schedule)
            .with_weight_scales(scales.clone());
        let measured = three_parties(&config, |device| {
            case.play::<Z32>(&device).expect("played");
            device.online("test").expect("online").report().bytes_sent
        });
        let measured: u64 = measured.expect("three parties").iter().sum();
        let device = MpcDevice::estimate(config).expect("a config");
        let (_, [_, estimated]) = case.play::<Z32>(&device).expect("estimated");
        assert_eq!(measured, estimated, "{schedule:?}");
    }
}

#[test]
fn scales_without_room_for_integers_are_refused() {
    let config = SessionConfig::z32().with_weight_scales(own(&[("first", 20)]));
    let refused = config.scales().expect_err("no room");
    assert!(matches!(refused, MpcError::Config { .. }), "{refused}");
}

/// A hidden sum of `count` products near `2^20`, of which the result keeps little.
fn hidden(last: f32, count: usize) -> impl Fn(MpcDevice) + Sync {
    move |device: MpcDevice| {
        let held = |party, name, values: Vec<f32>, shape: [usize; 2]| {
            let data = (device.party() == Some(party)).then(|| TensorData::new(values, shape));
            share::<Flex, Z64, 2>(&device, party, name, shape, data).expect("shared")
        };
        let mut x = vec![1024.0; count];
        x[0] = last;
        let x = held(Party::P1, "x", x, [1, count]);
        let first = held(Party::P0, "first", vec![1024.0; count], [count, 1]);
        let second = held(Party::P0, "second", vec![1e-5], [1, 1]);
        let y = device.scope("hidden", || relu(x.matmul(first)));
        device
            .scope("result", || reveal(y.matmul(second), "result").map(|_| ()))
            .expect("revealed");
    }
}

/// `2^25` at 40 fractional bits is 0 modulo `2^64`.
#[test]
fn a_calibration_sees_a_hidden_value_that_wraps_to_nothing() {
    let config = SessionConfig::z64();
    let checked = |last, count| {
        let (_, ranges) = calibrate(&config, hidden(last, count)).expect("three parties");
        ranges.check()
    };
    let refused = checked(1024.0, 32).expect_err("it wrapped");
    assert!(
        matches!(&refused, MpcError::Overflow { layer, needed: 66, available: 62 } if layer == "hidden"),
        "{refused}"
    );
    // Exact at the border: 2^22 is the first value that does not fit.
    let refused = checked(1024.0, 4).expect_err("it does not fit");
    assert!(
        matches!(&refused, MpcError::Overflow { layer, needed: 63, .. } if layer == "hidden"),
        "{refused}"
    );
    checked(1023.0, 4).expect("it fits");
}

/// The largest of three logits, of an image that is shared without a declared limit.
fn class(case: Case, device: &MpcDevice) -> Result<usize, MpcError> {
    let net = Net::<Mpc<Flex, Z64>>::new(device, case.weights);
    let net = share_model(net, device, Party::P0, ShareOptions::default())?;
    let data = (device.party() == Some(Party::P1)).then(|| case.image());
    let x = share::<Flex, Z64, 4>(device, Party::P1, "image", IMAGE, data)?;
    let logits = reveal(net.forward(x), "logits")?.into_data();
    let logits: Vec<f32> = logits.iter::<f32>().collect();
    let largest = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
    Ok(largest.expect("three logits"))
}

#[test]
fn the_narrow_ring_is_chosen_where_a_program_fits_and_agrees() {
    let case = Case {
        pixels: false,
        ..CASE
    };
    let wide = SessionConfig::z64().with_program("choice");
    let choose = |agree: fn(&[usize; 3], &[usize; 3]) -> bool| {
        let search = ScaleSearch::default();
        search
            .choose_ring(&wide, |_, device| class(case, &device), agree)
            .expect("a ring")
    };
    let chosen = choose(|wide, narrow| wide == narrow);
    assert_eq!(chosen.why_wide, None);
    assert_eq!(
        (chosen.config.ring_bits, chosen.config.headroom_bits),
        (32, 32)
    );
    assert_eq!(chosen.config.program, "choice");
    chosen.ranges.check().expect("fits");
    let (worst, _) = case.run::<Z32>(&chosen.config);
    assert!(worst < 0.05, "{worst}");

    let refused = choose(|_, _| false);
    assert_eq!(refused.config, wide);
    let why = refused.why_wide.expect("a reason");
    assert!(why.contains("differ"), "{why}");
}

#[test]
fn a_program_too_wide_for_the_narrow_ring_takes_the_wide_one() {
    // Sixty-four pixels of up to 2,000 each need 17 bits, and so do the coarsest scales of the search.
    let case = Case {
        weights: [0.9, 1.0],
        image: [1_000.0, 2_000.0],
        pixels: false,
    };
    let chosen = ScaleSearch::default()
        .choose_ring(
            &SessionConfig::z64(),
            |_, device| class(case, &device),
            |wide, narrow| wide == narrow,
        )
        .expect("a ring");
    assert_eq!(chosen.config, SessionConfig::z64());
    let why = chosen.why_wide.expect("a reason");
    assert!(why.contains("MPC-"), "{why}");
}

#[test]
fn data_too_large_for_fine_scales_are_shared_with_coarser_ones() {
    let case = Case {
        weights: [-0.1, 0.1],
        image: [-100.0, 100.0],
        pixels: false,
    };
    let config = SessionConfig::z32();
    let finest = config.clone().with_frac_bits(11).scales().expect("scales");
    assert!(finest.once() < 100.0);
    let (found, ranges) = ScaleSearch::default()
        .run(&config, |device| class(case, &device))
        .expect("scales");
    assert!(found.frac_bits < 11, "{}", found.frac_bits);
    assert!(found.scales().expect("scales").once() > 100.0);
    ranges.check().expect("fits");
    // Data that no scale of the search holds are refused, as before.
    let refused = ScaleSearch::with_frac_bits(11)
        .run(&config, |device| class(case, &device))
        .expect_err("too large");
    assert!(matches!(refused, MpcError::Range { .. }), "{refused}");
}
