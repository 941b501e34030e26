//! Images as tensors.

use burn::data::dataloader::batcher::Batcher;
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::LabelledImage;

/// `(value / 255 - mean) / std` for each channel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Subtracted from red, green and blue, on a scale where white is 1.
    pub mean: [f32; 3],
    /// Each channel is divided by this, on the same scale.
    pub std: [f32; 3],
}

impl Normalization {
    /// Mean and standard deviation of CIFAR-100's training images.
    pub const CIFAR100: Self = Self {
        mean: [0.5071, 0.4865, 0.4409],
        std: [0.2673, 0.2564, 0.2762],
    };

    /// ImageNet's constants, which torchvision's networks expect, and the CIFAR-10 networks here.
    pub const IMAGENET: Self = Self {
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
    };

    /// The planes of an image as numbers.
    pub fn apply<'a>(&self, image: &'a LabelledImage) -> impl Iterator<Item = f32> + 'a {
        let Self { mean, std } = *self;
        let [_, height, width] = image.shape;
        let plane = (height * width).max(1);
        image.pixels.iter().enumerate().map(move |(at, value)| {
            let channel = (at / plane) % 3;
            (f32::from(*value) / 255.0 - mean[channel]) / std[channel]
        })
    }
}

/// A batch on a device.
#[derive(Clone, Debug)]
pub struct ImageBatch<B: Backend> {
    /// Normalised images `[N, 3, H, W]`.
    pub images: Tensor<B, 4>,
    /// Classes `[N]`.
    pub labels: Tensor<B, 1, Int>,
}

/// Makes batches of images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageBatcher {
    /// What the network expects.
    pub normalization: Normalization,
}

impl ImageBatcher {
    /// A batcher with these constants.
    pub const fn new(normalization: Normalization) -> Self {
        Self { normalization }
    }
}

impl<B: Backend> Batcher<B, LabelledImage, ImageBatch<B>> for ImageBatcher {
    fn batch(&self, items: Vec<LabelledImage>, device: &B::Device) -> ImageBatch<B> {
        let [channels, height, width] = items.first().map_or([3, 0, 0], |image| image.shape);
        let mut values = Vec::with_capacity(items.len() * channels * height * width);
        let mut labels = Vec::with_capacity(items.len());
        for image in &items {
            values.extend(self.normalization.apply(image));
            labels.push(image.label as i32);
        }
        let shape = [items.len(), channels, height, width];
        ImageBatch {
            images: Tensor::from_data(TensorData::new(values, shape), device),
            labels: Tensor::from_data(TensorData::new(labels, [items.len()]), device),
        }
    }
}
