//! Distortions by their definition, many blocks per forward pass.

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
/// A sample enters as a batch of one. At the layer under test the Block-ReLU returns a batch of variants, each with one
/// channel replaced by one block. The later layers work on the batch, and residual additions broadcast. One pass gives
/// as many distortions as there are variants, and the earlier layers run once.
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

    /// Distortions of variants for one sample.
    fn distortions(
        &self,
        target: &Target,
        variants: &[(usize, Block)],
        image: &Tensor<B, 4>,
        unchanged: &Tensor<B, 2>,
    ) -> Result<Vec<f32>, DistortionError> {
        let observer = Variants {
            layer: target.layer.id,
            variants: variants.to_vec(),
        };
        let observer = Rc::new(RefCell::new(observer));
        let output = with_observer::<B, _, _>(&observer, || (self.forward)(image.clone()));
        let found = output.dims()[0];
        if found != variants.len() {
            return Err(DistortionError::Batch {
                layer: target.layer.path.clone(),
                wanted: variants.len(),
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
        // The distortion of a channel's own block is exactly 0, so it is not computed: the summation order of a batch
        // could change the output.
        let mut sums = vec![0.0; target.pairs()];
        let mut places = Vec::with_capacity(target.pairs());
        let mut variants = Vec::with_capacity(target.pairs());
        for (channel, own) in target.layer.blocks.iter().enumerate() {
            for (candidate, block) in target.candidates.iter().enumerate() {
                if block != own {
                    places.push(channel * target.candidates.len() + candidate);
                    variants.push((channel, *block));
                }
            }
        }
        for (places, variants) in places
            .chunks(self.variants)
            .zip(variants.chunks(self.variants))
        {
            let values = self.distortions(target, variants, &image, &unchanged)?;
            for (&place, value) in places.iter().zip(values) {
                sums[place] = f64::from(value);
            }
        }
        Ok(vec![Contribution {
            target: index,
            samples: 1,
            sums,
        }])
    }
}

/// Returns a batch of variants at one layer; each variant is a channel and its block.
struct Variants {
    layer: ParamId,
    variants: Vec<(usize, Block)>,
}

impl<B: Backend> Observer<B> for Variants {
    fn forward(&mut self, call: Call<'_, B>) -> Tensor<B, 4> {
        if call.layer != self.layer {
            return call.run();
        }
        let [_, _, height, width] = call.input.dims();
        let input = call.input.clone();
        let mut output = call.run().repeat_dim(0, self.variants.len());
        // Variants of one channel are adjacent: their blocks are computed as channels of one map.
        let mut first = 0;
        for run in self.variants.chunk_by(|(a, _), (b, _)| a == b) {
            let channel = run[0].0;
            let blocks: Vec<Block> = run.iter().map(|&(_, block)| block).collect();
            let count = run.len();
            let maps = input.clone().narrow(1, channel, 1).repeat_dim(1, count);
            let replaced = block_relu(maps, &blocks).reshape([count, 1, height, width]);
            let place = [
                first..first + count,
                channel..channel + 1,
                0..height,
                0..width,
            ];
            output = output.slice_assign(place, replaced);
            first += count;
        }
        output
    }
}
