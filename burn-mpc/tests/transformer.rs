//! Attention, layer normalisation and Burn's own transformer on secrets, beside plaintext.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use burn::backend::Flex;
use burn::module::Module;
use burn::nn::attention::generate_autoregressive_mask;
use burn::nn::transformer::{
    TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::tensor::activation::{gelu, log_softmax, sigmoid, silu, softmax};
use burn::tensor::backend::Backend;
use burn::tensor::module::attention;
use burn::tensor::ops::{AttentionModuleOptions, ModuleOps};
use burn::tensor::{Bool, Tensor, TensorData, TensorPrimitive};
use burn_mpc::session::local::three_parties;
use burn_mpc::{
    Audience, Mpc, MpcDevice, MpcError, Party, Precision, Ring, SessionConfig, ShareOptions, Z32,
    Z64, reveal_with, share, share_model,
};

fn seed() -> u64 {
    let seed = std::env::var("MPC_SEED").ok();
    let seed = seed.and_then(|text| text.parse().ok()).unwrap_or(53);
    println!("MPC_SEED={seed}");
    seed
}

/// Uniform in `[-limit, limit)`.
fn values(stream: u64, len: usize, limit: f32) -> Vec<f32> {
    let mut state = seed() ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        limit * ((state >> 40) as f32 / (1 << 23) as f32 - 1.0)
    };
    (0..len).map(|_| next()).collect()
}

/// A function of three tensors of one shape, on any backend.
trait Function: Sync {
    fn of<B: Backend>(&self, x: [Tensor<B, 4>; 3], device: &B::Device) -> Tensor<B, 4>;
}

const SHAPE: [usize; 4] = [2, 2, 5, 4];

fn data(stream: u64, limit: f32) -> TensorData {
    TensorData::new(values(stream, SHAPE.iter().product(), limit), SHAPE)
}

/// The largest difference of the function on secrets of up to `limit` from its plaintext.
fn difference<R: Ring>(config: &SessionConfig, limit: f32, function: &impl Function) -> f32 {
    let plain = Default::default();
    let x = [0, 1, 2].map(|i| Tensor::<Flex, 4>::from_data(data(i, limit), &plain));
    let expected: Vec<f32> = function.of(x, &plain).into_data().iter::<f32>().collect();
    let run = |device: MpcDevice| -> Result<Option<Vec<f32>>, MpcError> {
        let owners = [Party::P0, Party::P1, Party::P2];
        let mut shared = Vec::new();
        for (i, owner) in owners.into_iter().enumerate() {
            let own = (device.party() == Some(owner)).then(|| data(i as u64, limit));
            shared.push(share::<Flex, R, 4>(&device, owner, "x", SHAPE, own)?);
        }
        let [a, b, c] = <[_; 3]>::try_from(shared).unwrap_or_else(|_| unreachable!("three"));
        let result = function.of::<Mpc<Flex, R>>([a, b, c], &device);
        let reader = Audience::One(Party::P1);
        let opened = reveal_with(result, reader, "result", Precision::Exact)?;
        Ok(opened.map(|opened| opened.into_data().iter::<f32>().collect()))
    };
    let results = three_parties(config, run).expect("parties");
    let [_, found, _] = results.map(|result| result.expect("a result"));
    let found = found.expect("P1 reads");
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(&expected);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

struct Attends(AttentionModuleOptions, Masks);

#[derive(Clone, Copy, PartialEq)]
enum Masks {
    None,
    /// A mask that hides the first two keys from the first query, and all from the last.
    Public,
    /// A bias that does the same by minus infinity, and adds a little elsewhere.
    Infinite,
    /// The same mask as a secret.
    Secret,
}

fn hidden() -> Vec<bool> {
    let [batch, heads, queries, _] = SHAPE;
    let keys = queries;
    let is_hidden = |at: usize| {
        let (query, key) = (at / keys % queries, at % keys);
        (query == 0 && key < 2) || query + 1 == queries
    };
    (0..batch * heads * queries * keys).map(is_hidden).collect()
}

impl Function for Attends {
    fn of<B: Backend>(&self, [q, k, v]: [Tensor<B, 4>; 3], device: &B::Device) -> Tensor<B, 4> {
        let [batch, heads, queries, _] = SHAPE;
        let shape = [batch, heads, queries, queries];
        let mask = |hidden: Vec<bool>| {
            Tensor::<B, 4, Bool>::from_data(TensorData::new(hidden, shape), device)
        };
        let (mask, bias) = match self.1 {
            Masks::None => (None, None),
            Masks::Public => (Some(mask(hidden())), None),
            Masks::Infinite => {
                let values = hidden()
                    .into_iter()
                    .zip(values(9, shape.iter().product(), 0.5));
                let values: Vec<f32> = values
                    .map(|(hidden, v)| if hidden { f32::NEG_INFINITY } else { v })
                    .collect();
                let bias = Tensor::<B, 4>::from_data(TensorData::new(values, shape), device);
                (None, Some(bias))
            }
            // True exactly where the mask is, whatever the secret is.
            Masks::Secret => {
                let secret = q.clone().matmul(k.clone().swap_dims(2, 3));
                let hides = secret.clone().equal(secret);
                (Some(hides.bool_and(mask(hidden()))), None)
            }
        };
        attention(q, k, v, mask, bias, self.0)
    }
}

/// Scores of up to `4 x 2 x 2 / sqrt 4` err by a few units, weights by 4 units of 2^-16 each, and five of these by two.
const EXACT: f32 = 1.5e-3;
/// On 32 bits a unit is 2^-10.
const COARSE: f32 = 0.06;

#[test]
fn attention_is_that_of_the_plaintext_under_every_option() {
    let plain = AttentionModuleOptions::default();
    let capped = AttentionModuleOptions {
        scale: Some(0.7),
        softcap: Some(3.0),
        ..plain
    };
    let causal = AttentionModuleOptions {
        is_causal: true,
        ..plain
    };
    for (name, options) in [("plain", plain), ("capped", capped), ("causal", causal)] {
        for masks in [Masks::None, Masks::Public, Masks::Infinite, Masks::Secret] {
            let case = Attends(options, masks);
            let off = difference::<Z64>(&SessionConfig::z64(), 2.0, &case);
            assert!(off < EXACT, "{name}: {off}");
        }
    }
    let case = Attends(AttentionModuleOptions::default(), Masks::Public);
    let off = difference::<Z32>(&SessionConfig::z32(), 2.0, &case);
    assert!(off < COARSE, "32 bits: {off}");
}

/// Burn's activations that are made of several ops.
struct Composed;

impl Function for Composed {
    fn of<B: Backend>(&self, [a, b, c]: [Tensor<B, 4>; 3], _: &B::Device) -> Tensor<B, 4> {
        let sum = silu(a.clone()) + gelu(b.clone()) + sigmoid(c.clone());
        let rows = softmax(a, 3) + log_softmax(b, 2) + softmax(c, 1);
        sum + rows
    }
}

#[test]
fn activations_agree_beside_each_other() {
    let off = difference::<Z64>(&SessionConfig::z64(), 8.0, &Composed);
    // Six functions of 4 units of 2^-16, one of which is multiplied by up to 8, and another has values up to 18.
    assert!(off < 40.0 / 65536.0 * 4.0, "{off}");
    let off = difference::<Z32>(&SessionConfig::z32(), 8.0, &Composed);
    assert!(off < 0.1, "{off}");
}

/// Burn's layer normalisation over 48 numbers around a mean.
struct Normalises(f64);

impl Function for Normalises {
    fn of<B: Backend>(&self, [a, b, c]: [Tensor<B, 4>; 3], device: &B::Device) -> Tensor<B, 4> {
        let rows = Tensor::cat(vec![a, b, c], 3).reshape([-1, 48]) + self.0;
        let normal = burn::nn::LayerNormConfig::new(48)
            .init(device)
            .forward(rows);
        normal.reshape([2, 2, 5, 12])
    }
}

#[test]
fn rows_of_any_length_and_mean_are_normalised() {
    // Flex computes in single precision, and squares before it subtracts: larger means are wrong there.
    for mean in [0.0, 30.0] {
        let off = difference::<Z64>(&SessionConfig::z64(), 2.0, &Normalises(mean));
        assert!(off < 16.0 / 65536.0, "mean {mean}: {off}");
    }
    for mean in [0.0, 20.0] {
        let off = difference::<Z32>(&SessionConfig::z32(), 2.0, &Normalises(mean));
        assert!(off < 0.05, "32 bits, mean {mean}: {off}");
    }
}

#[test]
fn scales_of_a_norm_of_another_length_are_refused() {
    let results = three_parties(&SessionConfig::z64(), |device| {
        let own = (device.party() == Some(Party::P1)).then(|| data(0, 1.0));
        let x = share::<Flex, Z64, 4>(&device, Party::P1, "x", SHAPE, own)?;
        let gamma = Tensor::<Mpc<Flex, Z64>, 1>::ones([8], &device);
        let [x, gamma] = [x.into_primitive(), gamma.into_primitive()].map(TensorPrimitive::tensor);
        let norm = Mpc::<Flex, Z64>::layer_norm(x, gamma, None, 1e-5);
        let norm = Tensor::<Mpc<Flex, Z64>, 4>::from_primitive(TensorPrimitive::Float(norm));
        reveal_with(norm, Audience::One(Party::P1), "norm", Precision::Exact).map(|_| ())
    });
    for result in results.expect("parties") {
        let error = result.expect_err("8 numbers for 4 elements");
        assert!(matches!(error, MpcError::Shape { .. }), "{error}");
    }
}

const WIDTH: usize = 16;
const LENGTH: usize = 6;

fn encoder<B: Backend>(device: &B::Device) -> TransformerEncoder<B> {
    let config = TransformerEncoderConfig::new(WIDTH, 4 * WIDTH, 2, 2);
    let encoder: TransformerEncoder<B> = config.init(device);
    // The same parameters on every backend.
    encoder.map(&mut Numbered::<B>(0, core::marker::PhantomData))
}

/// Gives every parameter values of its own.
struct Numbered<B>(u64, core::marker::PhantomData<B>);

impl<B: Backend> burn::module::ModuleMapper<B> for Numbered<B> {
    fn map_float<const D: usize>(
        &mut self,
        param: burn::module::Param<Tensor<B, D>>,
    ) -> burn::module::Param<Tensor<B, D>> {
        self.0 += 1;
        let stream = 100 + self.0;
        let (id, old) = (param.id, param.val());
        let (shape, device) = (old.dims(), old.device());
        let len = shape.iter().product();
        let values = values(stream, len, 0.3);
        // Scales of norms are near 1, and all other parameters near 0.
        let is_scale = D == 1 && old.into_data().iter::<f32>().all(|v| v == 1.0);
        let values: Vec<f32> = values
            .into_iter()
            .map(|v| if is_scale { 1.0 + v } else { v })
            .collect();
        let tensor = Tensor::from_data(TensorData::new(values, shape), &device);
        burn::module::Param::initialized(id, tensor.require_grad())
    }
}

fn encoded<B: Backend>(
    model: &TransformerEncoder<B>,
    x: Tensor<B, 3>,
    causal: bool,
    device: &B::Device,
) -> Tensor<B, 3> {
    let mut input = TransformerEncoderInput::new(x);
    if causal {
        input = input.mask_attn(generate_autoregressive_mask(1, LENGTH, device));
    }
    model.forward(input)
}

#[test]
fn burns_transformer_encoder_runs_unchanged() {
    let shape = [1, LENGTH, WIDTH];
    let image = || TensorData::new(values(7, LENGTH * WIDTH, 1.0), shape);
    for causal in [false, true] {
        let plain = Default::default();
        let model = encoder::<Flex>(&plain);
        let x = Tensor::<Flex, 3>::from_data(image(), &plain);
        let expected = encoded(&model, x, causal, &plain).into_data();
        let results = three_parties(&SessionConfig::z64(), |device| {
            let model = encoder::<Mpc<Flex, Z64>>(&device);
            let model = share_model(model, &device, Party::P0, ShareOptions::default())?;
            let own = (device.party() == Some(Party::P1)).then(image);
            let x = share::<Flex, Z64, 3>(&device, Party::P1, "x", shape, own)?;
            let output = encoded(&model, x, causal, &device);
            let reader = Audience::One(Party::P1);
            reveal_with(output, reader, "output", Precision::Exact)
        });
        let [_, found, _] = results
            .expect("parties")
            .map(|result| result.expect("a result"));
        let found = found.expect("P1 reads").into_data();
        let pairs = found.iter::<f32>().zip(expected.iter::<f32>());
        let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // Outputs of norms are up to 4; each of two layers has two norms, which keep relative errors of 2^-13.
        assert!(off < 2e-3, "{off}, causal: {causal}");
    }
}
