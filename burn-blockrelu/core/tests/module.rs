//! Laws of the module and of finding it in a model.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use burn::backend::Flex;
use burn::module::{AutodiffModule, Module};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::record::{BinBytesRecorder, FullPrecisionSettings, Recorder};
use burn::tensor::backend::Backend;
use burn::tensor::{Distribution, Tensor};
use burn_autodiff::Autodiff;
use burn_blockrelu_core::layers::count_drelus;
use burn_blockrelu_core::{
    Block, BlockRelu, BlockReluConfig, LayersError, ReluPlan, block_relu, layers,
};
use proptest::prelude::*;

type Train = Autodiff<Flex>;

fn block(h: u32, w: u32) -> Block {
    Block::patch(h, w).unwrap()
}

/// The definition, pixel by pixel.
fn definition(x: &[f32], [n, c, h, w]: [usize; 4], blocks: &[Block]) -> Vec<f32> {
    let at = |n: usize, ch: usize, y: usize, x: usize| ((n * c + ch) * h + y) * w + x;
    let mut out = vec![0.0; x.len()];
    for image in 0..n {
        for (channel, block) in blocks.iter().enumerate() {
            let (height, width) = match *block {
                Block::Patch { height, width } => (height as usize, width as usize),
                other => {
                    if other == Block::Identity {
                        let range = at(image, channel, 0, 0)..at(image, channel, h - 1, w - 1) + 1;
                        out[range.clone()].copy_from_slice(&x[range]);
                    }
                    continue;
                }
            };
            for top in (0..h).step_by(height) {
                for left in (0..w).step_by(width) {
                    let pixels: Vec<usize> = (top..h.min(top + height))
                        .flat_map(|y| (left..w.min(left + width)).map(move |x| (y, x)))
                        .map(|(y, x)| at(image, channel, y, x))
                        .collect();
                    // Small integers: sums are exact in any order.
                    if pixels.iter().map(|&p| x[p]).sum::<f32>() > 0.0 {
                        pixels.iter().for_each(|&p| out[p] = x[p]);
                    }
                }
            }
        }
    }
    out
}

fn any_block() -> impl Strategy<Value = Block> {
    prop_oneof![
        6 => (1u32..9, 1u32..9).prop_map(|(h, w)| block(h, w)),
        1 => Just(Block::Identity),
        1 => Just(Block::Zero),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn forward_is_the_definition(
        (n, h, w) in (1usize..4, 1usize..10, 1usize..10),
        blocks in prop::collection::vec(any_block(), 1..7),
        seed in prop::collection::vec(-3i8..4, 3 * 6 * 81),
    ) {
        let shape = [n, blocks.len(), h, w];
        let x: Vec<f32> = seed.iter().take(shape.iter().product()).map(|&v| f32::from(v)).collect();
        let device = Default::default();
        let input = Tensor::<Flex, 4>::from_data(burn::tensor::TensorData::new(x.clone(), shape), &device);
        let y = block_relu(input, &blocks).into_data().to_vec::<f32>().unwrap();
        prop_assert_eq!(y, definition(&x, shape, &blocks));
    }
}

#[derive(Module, Debug)]
struct Net<B: Backend> {
    conv: Conv2d<B>,
    first: BlockRelu<B>,
    rest: Vec<BlockRelu<B>>,
}

impl<B: Backend> Net<B> {
    fn new(device: &B::Device) -> Self {
        Self {
            conv: Conv2dConfig::new([2, 3], [3, 3]).init(device),
            first: BlockReluConfig::new(3).init(device),
            rest: vec![BlockReluConfig::new(3).init(device)],
        }
    }

    fn forward(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        let x = self.first.forward(self.conv.forward(x));
        self.rest.iter().fold(x - 0.1, |x, relu| relu.forward(x))
    }
}

fn input<B: Backend>() -> Tensor<B, 4> {
    Tensor::random(
        [1, 2, 8, 8],
        Distribution::Normal(0.0, 1.0),
        &Default::default(),
    )
}

fn planned() -> (Net<Flex>, ReluPlan) {
    let net = Net::<Flex>::new(&Default::default());
    let found = layers(&net, |net| net.forward(input())).unwrap();
    let blocks = vec![
        vec![block(2, 3), Block::Identity, Block::RELU],
        vec![Block::Zero, block(6, 6), block(4, 1)],
    ];
    let fingerprint = ReluPlan::fingerprint::<Flex, _>(&net).unwrap();
    (net, ReluPlan::new(fingerprint, &found, blocks))
}

#[test]
fn layers_are_found_in_order_with_paths_and_maps() {
    let net = Net::<Flex>::new(&Default::default());
    let found = layers(&net, |net| net.forward(input())).unwrap();
    let facts: Vec<_> = found
        .iter()
        .map(|layer| (layer.path.as_str(), layer.map, layer.channels()))
        .collect();
    assert_eq!(facts, [("first", [6, 6], 3), ("rest.0", [6, 6], 3)]);
    assert_eq!(found[0].drelus(), 108);
    assert_eq!(found[0].full_drelus(), 108);
}

#[test]
fn executed_drelus_are_those_of_the_plan() {
    let (net, plan) = planned();
    let net = plan.apply(net).unwrap();
    let (_, counted) = count_drelus::<Flex, _>(|| net.forward(input()));
    assert_eq!(counted, plan.drelus());
    assert_eq!(plan.drelus(), 6 + 36 + 1 + 12);
    assert_eq!(plan.full_drelus(), 216);
}

#[test]
fn a_module_that_is_reused_unused_or_cloned_is_named() {
    let net = Net::<Flex>::new(&Default::default());
    let twice = layers(&net, |net| {
        net.first.forward(net.forward(input()));
    });
    let (path, calls) = ("first".to_owned(), 2);
    assert_eq!(twice, Err(LayersError::Reused { path, calls }));
    let unused = layers(&net, |net| {
        net.first.forward(net.conv.forward(input()));
    });
    let path = "rest.0".to_owned();
    assert_eq!(unused, Err(LayersError::Unused { path }));
    let mut cloned = Net::<Flex>::new(&Default::default());
    cloned.rest = vec![cloned.first.clone()];
    let shared = layers(&cloned, |net| net.forward(input()));
    let (first, second) = ("first".to_owned(), "rest.0".to_owned());
    assert_eq!(shared, Err(LayersError::Shared { first, second }));
    let conv = Conv2dConfig::new([2, 3], [3, 3]).init::<Flex>(&Default::default());
    let none = layers(&conv, |conv| conv.forward(input()));
    assert_eq!(none, Err(LayersError::None));
}

#[test]
fn block_sizes_travel_in_records_and_between_training_and_inference() {
    let (net, plan) = planned();
    let net = plan.apply(net).unwrap();
    let recorder = BinBytesRecorder::<FullPrecisionSettings, Vec<u8>>::new();
    let bytes = Recorder::<Flex>::record(&recorder, net.clone().into_record(), ()).unwrap();
    let device = Default::default();
    let record = Recorder::<Train>::load(&recorder, bytes, &device).unwrap();
    let loaded = Net::<Train>::new(&device).load_record(record);
    assert_eq!(loaded.first.blocks(), net.first.blocks());
    assert_eq!(loaded.valid().rest[0].blocks(), net.rest[0].blocks());
}

#[test]
fn a_pass_of_the_optimiser_leaves_block_sizes_and_uses_the_mask_as_gradient() {
    let device = Default::default();
    let relu = BlockReluConfig::new(1)
        .with_blocks(Some(vec![block(1, 2)]))
        .init::<Train>(&device);
    let x = Tensor::<Train, 4>::from_data([[[[3.0, -1.0, 1.0, -2.0]]]], &device).require_grad();
    let grads = (relu.forward(x.clone()) * 5.0).sum().backward();
    let gradient = x.grad(&grads).unwrap().into_data().to_vec::<f32>().unwrap();
    assert_eq!(gradient, [5.0, 5.0, 0.0, 0.0]);
}

#[test]
fn display() {
    let relu = BlockReluConfig::new(4)
        .with_blocks(Some(vec![
            Block::RELU,
            block(2, 2),
            Block::Identity,
            Block::Zero,
        ]))
        .init::<Flex>(&Default::default());
    assert_eq!(
        format!("{relu}"),
        "BlockRelu {channels: 4, relu: 1, identity: 1, zero: 1}"
    );
}

#[test]
#[should_panic = "BlockRelu: the input [1, 2, 1, 1] has 2 channels, but there are 3 blocks"]
fn another_number_of_channels_is_refused() {
    let relu = BlockReluConfig::new(3).init::<Flex>(&Default::default());
    relu.forward(Tensor::zeros([1, 2, 1, 1], &Default::default()));
}
