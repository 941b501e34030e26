//! Accuracy of a network.

use std::sync::Arc;

use burn::data::dataloader::DataLoader as _;
use burn::tensor::ElementConversion as _;
use burn::tensor::backend::Backend;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use super::Classifier;
use crate::data::{DataError, ImageBatcher, ImageLoader, ImageSource, Normalization};

/// Number of images classified correctly, of all images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Images whose highest logit is that of their class.
    pub correct: usize,
    /// All images.
    pub total: usize,
}

impl Accuracy {
    /// In percent; 0 without images.
    pub fn percent(&self) -> f64 {
        100.0 * self.correct as f64 / self.total.max(1) as f64
    }
}

/// Classifies all images of a source, `batch_size` at a time, and counts the correct ones. The bar
/// shows images; pass [`ProgressBar::hidden`] for none.
///
/// # Errors
///
/// [`DataError`] for an image that cannot be read.
pub fn evaluate<B: Backend, M: Classifier<B>>(
    model: &M,
    images: Arc<dyn ImageSource>,
    normalization: Normalization,
    batch_size: usize,
    bar: &ProgressBar,
) -> Result<Accuracy, DataError> {
    let device = model.devices().into_iter().next().unwrap_or_default();
    let batcher = ImageBatcher::new(normalization);
    let mut accuracy = Accuracy {
        correct: 0,
        total: 0,
    };
    bar.set_length(images.len() as u64);
    let loader = ImageLoader::<B>::sequential(images, batcher, batch_size, device);
    for batch in loader.iter() {
        let [count] = batch.labels.dims();
        let best = model.logits(batch.images).argmax(1).reshape([count]);
        let right = best.equal(batch.labels).int().sum().into_scalar();
        accuracy.correct += right.elem::<i64>().max(0) as usize;
        accuracy.total += count;
        bar.inc(count as u64);
    }
    match loader.fault().take() {
        Some(error) => Err(error),
        None => Ok(accuracy),
    }
}
