//! The definition, many blocks per forward pass.

use std::cell::RefCell;
use std::rc::Rc;

use burn::module::ParamId;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use burn_blockrelu_core::observe::{Call, Observer, with_observer};
use burn_blockrelu_core::{Block, block_relu};

use super::{Contribution, DistortionError, Method, Samples, Target, read};

/// Distortions by the definition.
///
/// A sample enters as a batch of one; at the layer in question the Block-ReLU answers with a batch of
/// variants, of which each has one channel replaced by one block. What follows works on the batch, and
/// residual additions broadcast: one pass gives as many distortions as there are variants, and what precedes
/// the layer runs once.
pub struct Exact<'a, B: Backend, F> {
    forward: F,
    targets: &'a [Target],
    samples: &'a Samples,
    device: B::Device,
    variants: usize,
}

impl<'a, B: Backend, F: Fn(Tensor<B, 4>) -> Tensor<B, 2>> Exact<'a, B, F> {
    /// `forward` runs the network in evaluation mode: `[N, C, H, W]` to its output, `[N, K]`. At most
    /// `variants` variants form a batch.
    pub fn new(
        forward: F,
        targets: &'a [Target],
        samples: &'a Samples,
        device: B::Device,
        variants: usize,
    ) -> Self {
        Self {
            forward,
            targets,
            samples,
            device,
            variants: variants.max(1),
        }
    }

    /// Distortions of `blocks` in one channel for one sample.
    fn variants(
        &self,
        target: &Target,
        channel: usize,
        blocks: &[Block],
        image: &Tensor<B, 4>,
        unchanged: &Tensor<B, 2>,
    ) -> Result<Vec<f32>, DistortionError> {
        let observer = Variants {
            layer: target.layer.id,
            channel,
            blocks: blocks.to_vec(),
        };
        let observer = Rc::new(RefCell::new(observer));
        let output = with_observer::<B, _, _>(&observer, || (self.forward)(image.clone()));
        let found = output.dims()[0];
        if found != blocks.len() {
            return Err(DistortionError::Batch {
                layer: target.layer.path.clone(),
                wanted: blocks.len(),
                found,
            });
        }
        let difference = output - unchanged.clone();
        read(difference.powi_scalar(2).mean_dim(1))
    }
}

impl<B: Backend, F: Fn(Tensor<B, 4>) -> Tensor<B, 2>> Method for Exact<'_, B, F> {
    fn describe(&self) -> String {
        "exact".into()
    }

    fn units(&self) -> usize {
        self.samples.count() * self.targets.len()
    }

    fn run(&mut self, unit: usize) -> Result<Vec<Contribution>, DistortionError> {
        let (sample, index) = (unit / self.targets.len(), unit % self.targets.len());
        let target = &self.targets[index];
        let image = self.samples.batch(sample, sample + 1, &self.device);
        let unchanged = (self.forward)(image.clone());
        let mut sums = Vec::with_capacity(target.pairs());
        for (channel, own) in target.layer.blocks.iter().enumerate() {
            for blocks in target.candidates.chunks(self.variants) {
                // The channel's own block changes nothing, whatever the order in which a batch is summed.
                let others: Vec<Block> = blocks.iter().filter(|b| *b != own).copied().collect();
                let mut values = if others.is_empty() {
                    Vec::new()
                } else {
                    self.variants(target, channel, &others, &image, &unchanged)?
                }
                .into_iter();
                let value = |block: &Block| {
                    let other = (block != own).then(|| values.next()).flatten();
                    other.map_or(0.0, f64::from)
                };
                sums.extend(blocks.iter().map(value));
            }
        }
        Ok(vec![Contribution {
            target: index,
            samples: 1,
            sums,
        }])
    }
}

/// Answers for one layer with a batch of variants.
struct Variants {
    layer: ParamId,
    channel: usize,
    blocks: Vec<Block>,
}

impl<B: Backend> Observer<B> for Variants {
    fn forward(&mut self, call: Call<'_, B>) -> Tensor<B, 4> {
        if call.layer != self.layer {
            return call.run();
        }
        let [_, channels, height, width] = call.input.dims();
        let (channel, count) = (self.channel, self.blocks.len());
        let one = call.input.clone().narrow(1, channel, 1);
        let replaced = block_relu(one.repeat_dim(1, count), &self.blocks);
        let replaced = replaced.reshape([count, 1, height, width]);
        let unchanged = call.run().repeat_dim(0, count);
        unchanged
            .slice_assign(
                [0..count, channel..channel + 1, 0..height, 0..width],
                replaced,
            )
            .reshape([count, channels, height, width])
    }
}
