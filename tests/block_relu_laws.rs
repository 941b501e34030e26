//! Block-ReLU on secrets: the plaintext result, in the rounds of a plain ReLU, for the bytes that are declared.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use burn::backend::Flex;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};
use burn_blockrelu_core::{Block, BlockReluConfig, block_relu};
use burn_mpc::session::Schedule;
use burn_mpc::session::calibrate;
use burn_mpc::session::local::three_parties;
use burn_mpc::testkit::{Bound, Place, World};
use burn_mpc::{
    BlockReluSize, CostModel, Mpc, MpcDevice, MpcError, Party, Ring, SessionConfig, ShareOptions,
    Z32, Z64, laws, share, share_model,
};

fn blocks(names: &str) -> Vec<Block> {
    let parse = |name: &str| name.parse().expect("a block");
    names.split_whitespace().map(parse).collect()
}

/// Blocks of one layer, and its map: every branch of the module.
fn cases() -> Vec<(Vec<Block>, [usize; 2])> {
    [
        ("1x1 1x1", [3, 4]),
        ("2x2 2x2 2x2", [4, 6]),
        ("3x2 1x1 9x9 2x5 1x7", [5, 7]),
        ("1x1 id 2x2 zero 4x4 3x1 id", [7, 6]),
        ("zero id", [3, 3]),
        ("id id", [2, 3]),
        ("zero zero", [2, 3]),
        ("2x2 zero 2x2", [5, 5]),
        ("1x1 id 1x1", [4, 4]),
        ("5x5 8x8", [1, 1]),
    ]
    .map(|(names, map)| (blocks(names), map))
    .into()
}

/// Eighths are encoded and added up without an error, also in single precision: every sign is right, zero
/// included, and every pixel.
fn exact_inputs<B: Place>(w: &mut World<B>) {
    for batch in [1, 2, 17] {
        for (blocks, [height, width]) in cases() {
            let x = w.dyadic([batch, blocks.len(), height, width], 2.0);
            w.exact(
                &format!("{batch} x {blocks:?}"),
                block_relu(x.clone(), &blocks),
            );
            // The input is unchanged, and so is anything else computed from it.
            w.exact("the input", x.clone());
            w.exact("with a shortcut", block_relu(x.clone() + x, &blocks));
        }
    }
}

#[test]
fn block_relu_on_secrets_is_exact_on_exact_inputs() {
    laws!(Z64, SessionConfig::z64(); exact_inputs);
    laws!(Z32, SessionConfig::z32(); exact_inputs);
}

fn convolution<B: burn::tensor::backend::Backend>(
    x: Tensor<B, 4>,
    weight: Tensor<B, 4>,
    bias: Tensor<B, 1>,
) -> Tensor<B, 4> {
    conv2d(
        x,
        weight,
        Some(bias),
        ConvOptions::new([1, 1], [1, 1], [1, 1], 1),
    )
}

/// 1 for pixels whose patch has a sum farther from zero than the error of that sum, else 0.
fn clear_of_zero(y: &[f32], blocks: &[Block], map: [usize; 2], error: f64) -> Vec<f32> {
    let [height, width] = map;
    let mut keep = Vec::with_capacity(y.len());
    for (plane, pixels) in y.chunks(height * width).enumerate() {
        let block = blocks[plane % blocks.len()];
        let [down, across] = match block {
            Block::Patch {
                height: h,
                width: w,
            } => [h as usize, w as usize],
            Block::Identity | Block::Zero => {
                keep.extend(vec![1.0; pixels.len()]);
                continue;
            }
        };
        let columns = width.div_ceil(across);
        let mut sums = vec![(0.0, 0); height.div_ceil(down) * columns];
        let patch = |i: usize| i / width / down * columns + i % width / across;
        for (i, &pixel) in pixels.iter().enumerate() {
            let (sum, count) = &mut sums[patch(i)];
            *sum += f64::from(pixel);
            *count += 1;
        }
        keep.extend((0..pixels.len()).map(|i| {
            let (sum, count) = sums[patch(i)];
            f32::from(sum.abs() > f64::from(count) * error)
        }));
    }
    keep
}

/// Between two convolutions, as in a network: the first leaves an additive share at the scale of a product, the second
/// truncates. Patches whose sign may flip by the error of the first are left out.
fn in_a_network<B: Place>(w: &mut World<B>) {
    let (channels, map) = (6, [7, 6]);
    let blocks = blocks("1x1 id 2x2 zero 4x4 3x1");
    // Operands in [-1, 1], nine taps of three channels and a bias.
    let taps = Bound::of(2.0 * 27.0 + 1.0, 0.0).cancelling(28.0);
    for batch in [1, 2] {
        let shape = [batch, 3, map[0], map[1]];
        let inputs = w.numbers(shape.iter().product(), 1.0);
        let weights = w.numbers(channels * 27, 1.0);
        let biases = w.numbers(channels, 1.0);
        let plain = |values: &[f32]| TensorData::new(values.to_vec(), [values.len()]);
        let flex = &Default::default();
        let y = convolution::<Flex>(
            Tensor::<Flex, 1>::from_data(plain(&inputs), flex).reshape(shape),
            Tensor::<Flex, 1>::from_data(plain(&weights), flex).reshape([channels, 3, 3, 3]),
            Tensor::from_data(plain(&biases), flex),
        );
        let y: Vec<f32> = y.into_data().iter::<f32>().collect();
        // The tolerance of the coarser session, so that both rings leave out the same patches.
        let keep = clear_of_zero(&y, &blocks, map, taps.tolerance(0.0, 10));
        let kept = keep.iter().sum::<f32>() / keep.len() as f32;
        assert!(kept > 0.9, "{kept} of the pixels have a certain sign");

        let out_shape = [batch, channels, map[0], map[1]];
        let x = w.secret_of(&inputs, shape);
        let weight = w.secret_of(&weights, [channels, 3, 3, 3]);
        let bias = w.secret_of(&biases, [channels]);
        let out = block_relu(convolution(x, weight, bias), &blocks);
        let keep = w.public_of(&keep, out_shape);
        let kept = out * keep;
        w.check("products", kept.clone(), taps);
        // Its truncation errs by one unit more; the second convolution sums 54 terms of up to 28.
        let weight = w.parameter([2, channels, 3, 3], 1.0);
        let next = conv2d(
            kept,
            weight,
            None,
            ConvOptions::new([1, 1], [1, 1], [1, 1], 1),
        );
        let error = Bound::of(54.0 * (taps.operands + 2.0 + 28.0), 54.0).cancelling(54.0 * 28.0);
        w.check("the next convolution", next, error);
    }
}

#[test]
fn block_relu_agrees_within_the_error_of_the_layers_around_it() {
    laws!(Z64, SessionConfig::z64(); in_a_network);
    laws!(Z32, SessionConfig::z32(); in_a_network);
}

/// Bytes of all parties and rounds of `conv -> activation -> conv`, as measured, and the bytes on the activation's line
/// of the cost report.
fn spent<R: Ring>(config: &SessionConfig, blocks: &[Block], map: [usize; 2]) -> (u64, u64, u32) {
    let channels = blocks.len();
    let results = three_parties(config, |device| {
        let held = |party: Party, shape: [usize; 4]| {
            (device.party() == Some(party))
                .then(|| TensorData::new(vec![0.25_f32; shape.iter().product()], shape))
        };
        let shape = [2, 3, map[0], map[1]];
        let secret = |name, party, shape| {
            share::<Flex, R, 4>(&device, party, name, shape, held(party, shape)).expect("shared")
        };
        let x = secret("x", Party::P1, shape);
        let first = secret("first", Party::P0, [channels, 3, 1, 1]);
        let second = secret("second", Party::P0, [2, channels, 1, 1]);
        let options = || ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
        let session = device.online("test").expect("online");
        session.synchronise().expect("level");
        session.start_measuring();
        let y = conv2d(x, first, None, options());
        let y = device.scope("the activation", || block_relu(y, blocks));
        // A local op that forces the values to be computed.
        drop(conv2d(y, second, None, options()).permute([3, 2, 1, 0]));
        session.report()
    })
    .expect("three parties");
    let clock = |i: usize| results.iter().map(|report| report.clock[i]).max();
    let rounds = clock(1).expect("three") - clock(0).expect("three");
    let bytes = results.iter().map(|report| report.bytes_sent).sum();
    let lines = results.iter().flat_map(|report| &report.layers);
    let line = lines.filter(|line| line.name == "the activation");
    let activation = line.map(|line| line.bytes).sum();
    for report in &results {
        assert_eq!(report.bytes_sent, report.declared_bytes[report.party]);
        assert_eq!(report.rounds, rounds);
    }
    (bytes, activation, rounds)
}

fn size(blocks: &[Block], map: [usize; 2], batch: usize) -> BlockReluSize {
    let passed = |b: &&Block| !matches!(b, Block::Patch { .. });
    let passed = blocks.iter().filter(passed).count() * batch * map[0] * map[1];
    let areas = blocks.iter().flat_map(|block| block.areas(map));
    areas.fold(
        BlockReluSize::default().with_passed(passed),
        |size, (count, area)| size.with_patches(batch * count, area),
    )
}

fn layer_costs<R: Ring>(config: &SessionConfig) {
    let costs = CostModel::new(config).expect("a model");
    let map = [7, 6];
    let (_, _, relu_rounds) = spent::<R>(config, &blocks("1x1 1x1 1x1"), map);
    for names in [
        "1x1 1x1 1x1",
        "2x2 2x2 2x2",
        "1x1 2x2 3x1 1x3 4x4 7x6 2x5 6x1",
        "1x1 id 2x2 zero 4x4",
        "id 1x1",
        "zero 1x1",
        "2x2 id id id id id id id",
        "id id",
        "id zero",
    ] {
        let layer = blocks(names);
        let size = size(&layer, map, 2);
        let declared = costs.block_relu(size);
        let (bytes, activation, rounds) = spent::<R>(config, &layer, map);
        // One reshare of the signed pixels, one sign call, one bit conversion, one truncation; or one gate.
        assert_eq!(bytes, declared.sent().iter().sum::<u64>(), "{names}");
        // The activation's line holds its signs, that of the convolution the truncation.
        let signs = costs.signs(size);
        assert_eq!(activation, signs.sent().iter().sum::<u64>(), "{names}");
        assert_eq!(rounds, declared.rounds(), "{names}");
        if size.drelus > 0 {
            // Where every pixel is a patch, the gate of fewest bytes takes one round less.
            let every = size.drelus == size.signed_pixels && size.passed_pixels == 0;
            let more = config.schedule == Schedule::Bytes && !every;
            assert_eq!(rounds, relu_rounds + u32::from(more), "{names}");
        }
    }
}

#[test]
fn a_layer_costs_what_its_schedule_declares() {
    for schedule in [Schedule::Classic, Schedule::Bytes] {
        layer_costs::<Z64>(&SessionConfig::z64().with_schedule(schedule));
        layer_costs::<Z32>(&SessionConfig::z32().with_schedule(schedule));
    }
}

#[test]
fn layers_of_zeros_only_leave_public_zeros() {
    let device = MpcDevice::estimate(SessionConfig::z64()).expect("a config");
    let session = device.online("test").expect("online");
    let x = share::<Flex, Z64, 4>(&device, Party::P0, "x", [1, 2, 3, 3], None).expect("shared");
    session.start_measuring();
    let y = block_relu(x, &blocks("zero zero"));
    // Public: readable without a reveal.
    assert_eq!(y.into_data().iter::<f32>().sum::<f32>(), 0.0);
    assert_eq!(session.report().declared_bytes, [0; 3]);
}

/// 32 by 32 pixels of 1.2 at 20 fractional bits: each fits 30 bits, their sum needs 31.
#[test]
fn calibration_measures_the_sums_of_patches_and_refuses_what_would_overflow() {
    let widest = |names: &str| {
        let layer = blocks(names);
        let (_, ranges) = calibrate(&SessionConfig::z32(), |device| {
            let shape = [1, 1, 32, 32];
            let held = |party, value: f32, shape: [usize; 4]| {
                let values = vec![value; shape.iter().product()];
                (device.party() == Some(party)).then(|| TensorData::new(values, shape))
            };
            let (p0, p1) = (Party::P0, Party::P1);
            let x = share::<Flex, Z64, 4>(&device, p1, "x", shape, held(p1, 1.2, shape));
            let weight = [1, 1, 1, 1];
            let w = share::<Flex, Z64, 4>(&device, p0, "w", weight, held(p0, 1.0, weight));
            let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
            let y = conv2d(x.expect("shared"), w.expect("shared"), None, options);
            let y = device.scope("features.relu", || block_relu(y, &layer));
            drop(y.permute([3, 2, 1, 0]));
        })
        .expect("three parties");
        ranges
    };
    widest("1x1").check().expect("pixels fit");
    widest("16x16").check().expect("smaller patches fit");
    let refused = widest("32x32").check().expect_err("the sum does not fit");
    assert!(
        matches!(&refused, MpcError::Overflow { layer, needed: 31, available: 30 } if layer == "features.relu"),
        "{refused}"
    );
}

#[test]
fn sharing_a_model_leaves_its_blocks_public_and_sends_nothing_for_them() {
    let device = MpcDevice::estimate(SessionConfig::z64()).expect("a config");
    let session = device.online("test").expect("online");
    let layer = blocks("2x2 id zero");
    let config = BlockReluConfig::new(3).with_blocks(Some(layer.clone()));
    let module = config.init::<Mpc<Flex, Z64>>(&device);
    let module = share_model(module, &device, Party::P0, ShareOptions::default()).expect("shared");
    assert_eq!(module.blocks(), layer);
    assert_eq!(session.report().declared_bytes, [0; 3]);
}

/// What a module remembers of the maps that it saw belongs to no session: one made before any serves all of them, and
/// all parties of a process.
#[test]
fn one_module_serves_every_session_and_party() {
    let shape = [2, 4, 4, 6];
    for names in ["2x2 id 3x1 zero", "3x3 3x3 3x3 3x3"] {
        let blocks = blocks(names);
        let values: Vec<f32> = (0..192_u8).map(|i| f32::from(i % 23) - 11.0).collect();
        let data = TensorData::new(values, shape);
        let x = Tensor::<Flex, 4>::from_data(data.clone(), &Default::default());
        let clear = block_relu(x, &blocks).into_data();
        let layer = BlockReluConfig::new(4)
            .with_blocks(Some(blocks))
            .init::<Mpc>(&MpcDevice::default());
        let layer = std::sync::Mutex::new(layer);
        for _ in 0..2 {
            let results = three_parties(&SessionConfig::z64(), |device| {
                let held = (device.party() == Some(Party::P1)).then(|| data.clone());
                let x = share::<Flex, Z64, 4>(&device, Party::P1, "x", shape, held)?;
                let layer = layer.lock().expect("no panic").clone();
                let y = layer.forward(x);
                let y = burn_mpc::reveal(y, "y")?;
                Ok::<_, MpcError>(y.into_data())
            });
            for result in results.expect("no panic") {
                let y = result.expect("opened");
                assert_eq!(y.shape, clear.shape);
                for (a, b) in y.iter::<f32>().zip(clear.iter::<f32>()) {
                    assert!((a - b).abs() < 0.001, "{a} {b}");
                }
            }
        }
    }
}
