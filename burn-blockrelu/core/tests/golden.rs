//! The reference cases of `../shared/golden/brelu`, bit for bit.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::PathBuf;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use burn_autodiff::Autodiff;
use burn_blockrelu_core::{Block, BlockReluConfig};
use safetensors::SafeTensors;

type Train = Autodiff<Flex>;

#[path = "../../../tests/needed.rs"]
mod needed;

/// The folder of golden files, or `None` (and a line that says so) where there is none.
fn folder() -> Option<PathBuf> {
    Some(needed::needed("BURN_MPC_GOLDEN", "golden", &["brelu"])?.join("brelu"))
}

fn floats(file: &SafeTensors<'_>, name: &str) -> (Vec<f32>, [usize; 4]) {
    let view = file.tensor(name).unwrap();
    let values = view
        .data()
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    (values.collect(), view.shape().try_into().unwrap())
}

fn blocks(file: &SafeTensors<'_>) -> Vec<Block> {
    let view = file.tensor("block_sizes").unwrap();
    let values: Vec<i64> = view
        .data()
        .chunks_exact(8)
        .map(|b| i64::from_le_bytes(b.try_into().unwrap()))
        .collect();
    let pairs = values.chunks_exact(2);
    pairs
        .map(|pair| Block::from_pair([pair[0], pair[1]]).unwrap())
        .collect()
}

/// Equal as numbers to the last bit; a masked pixel is a zero of either sign.
fn assert_same(ours: &[f32], golden: &[f32], what: &str) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    for (i, (a, b)) in ours.iter().zip(golden).enumerate() {
        assert!(
            a.to_bits() == b.to_bits() || (*a == 0.0 && *b == 0.0),
            "{what} [{i}]: {a} is not {b}"
        );
    }
}

fn to_vec(tensor: Tensor<Flex, 4>) -> Vec<f32> {
    tensor.into_data().to_vec().unwrap()
}

#[test]
fn every_golden_case_agrees_on_outputs_masks_and_gradients() {
    let Some(folder) = folder() else { return };
    let device = Default::default();
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|ending| ending != "safetensors")
        {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let blocks = blocks(&file);
        let (x, shape) = floats(&file, "x");
        let module = BlockReluConfig::new(blocks.len())
            .with_blocks(Some(blocks))
            .init::<Train>(&device);
        let input = || Tensor::<Train, 4>::from_data(TensorData::new(x.clone(), shape), &device);
        let gradient = |weights: Vec<f32>| {
            let x = input().require_grad();
            let weights = Tensor::from_data(TensorData::new(weights, shape), &device);
            let grads = (module.forward(x.clone()) * weights).sum().backward();
            to_vec(x.grad(&grads).unwrap())
        };
        let y = to_vec(module.forward(input()).inner());
        assert_same(&y, &floats(&file, "y").0, &format!("{name} y"));
        let mask = gradient(vec![1.0; x.len()]);
        assert_same(&mask, &floats(&file, "mask").0, &format!("{name} mask"));
        let grad_x = gradient(floats(&file, "grad_y").0);
        let golden = floats(&file, "grad_x").0;
        assert_same(&grad_x, &golden, &format!("{name} grad_x"));
        cases += 1;
    }
    assert!(cases >= 6, "only {cases} golden cases were found");
}
