//! Tests of the plaintext networks. Those that need the data folder say so when it is absent.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod accuracy;
mod bert;
mod hostile_weights;
mod images;
mod photographs;
mod plain;
mod shapes;
mod torch_file;
mod weights;

#[path = "../../../../tests/needed.rs"]
mod needed;

use std::path::PathBuf;

use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use example_models::AnyModel;
use example_models::data::DATA_VARIABLE;

use needed::needed;

/// The data folder; if it is missing, the test says so and passes.
fn data() -> Option<PathBuf> {
    needed(
        DATA_VARIABLE,
        "data",
        &["weights", "cifar10_test", "cifar100"],
    )
}

/// Runs a model on images `[3, height, width]`, flat, and returns the logits of each.
fn logits(model: &AnyModel<Flex>, values: Vec<f32>, size: [usize; 2]) -> Vec<Vec<f32>> {
    let count = values.len() / (3 * size[0] * size[1]);
    let data = TensorData::new(values, [count, 3, size[0], size[1]]);
    let images = Tensor::<Flex, 4>::from_data(data, &Default::default());
    let output = model.forward(images);
    let classes = output.dims()[1];
    let values = output.into_data().to_vec::<f32>().unwrap();
    values.chunks(classes).map(<[f32]>::to_vec).collect()
}

fn argmax(logits: &[f32]) -> usize {
    let order = |a: &(usize, &f32), b: &(usize, &f32)| a.1.total_cmp(b.1);
    logits.iter().enumerate().max_by(order).unwrap().0
}

/// Values between -1.7 and 1.7, with variance one and no pattern a convolution would notice.
fn noise(count: usize) -> Vec<f32> {
    (0..count as u64)
        .map(|i| {
            let hash = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((hash >> 40) as f32 / (1 << 24) as f32 - 0.5) * 12_f32.sqrt()
        })
        .collect()
}
