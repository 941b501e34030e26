//! Jacobian sketches: distortions of every block of every layer from a few backward passes.

use std::cell::RefCell;
use std::rc::Rc;

use burn::module::ParamId;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_autodiff::Autodiff;
use burn_blockrelu_core::observe::{Call, Observer, with_observer};
use burn_blockrelu_core::{Block, block_relu};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::sums::PatchSums;
use super::{Contribution, DistortionError, Method, Samples, Target, read};
use crate::inference::{Inference, from_inner, to_inner};

/// The backend on which a model is sketched: gradients, but in evaluation mode.
pub type Sketched<B> = Inference<Autodiff<B>>;

/// Distortions to first order.
///
/// Replacing the block of a channel changes the output of its Block-ReLU by some `d`, and the network's output by
/// about `J d`, with the Jacobian `J` of what follows. For a random vector `v` of signs at the output, one
/// backward pass gives `g = J^T v` at *every* Block-ReLU at once, and `(g . d)^2` is an unbiased estimate of
/// `|J d|^2` for every channel and block. `probes` such vectors are drawn per sample.
///
/// `g . d` is not computed block by block: the sums of `x` and of `g x` over all patches of all blocks are four
/// matrix products per layer.
pub struct Sketch<'a, B: Backend, F> {
    forward: F,
    targets: &'a [Target],
    samples: &'a Samples,
    device: B::Device,
    probes: usize,
    batch: usize,
    seed: u64,
    sums: Vec<PatchSums<B>>,
}

impl<'a, B, F> Sketch<'a, B, F>
where
    B: Backend,
    F: Fn(Tensor<Sketched<B>, 4>) -> Tensor<Sketched<B>, 2>,
{
    /// `forward` runs the network: `[N, C, H, W]` to its output, `[N, K]`; its parameters should not require
    /// gradients. `probes` random vectors are drawn for each sample, from `seed`; a unit of work is `batch`
    /// samples.
    pub fn new(
        forward: F,
        targets: &'a [Target],
        samples: &'a Samples,
        device: B::Device,
        (probes, batch, seed): (usize, usize, u64),
    ) -> Self {
        let sums = |target: &Target| PatchSums::new(&target.candidates, target.layer.map, &device);
        Self {
            sums: targets.iter().map(sums).collect(),
            forward,
            targets,
            samples,
            device,
            probes: probes.max(1),
            batch: batch.max(1),
            seed,
        }
    }

    /// Random signs, the same for a unit and probe whenever it is run.
    fn signs(&self, unit: usize, probe: usize, shape: [usize; 2]) -> Tensor<B, 2> {
        let stream = (unit * self.probes + probe) as u64;
        let mut rng = StdRng::seed_from_u64(self.seed ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let sign = |_| if rng.random::<bool>() { 1.0 } else { -1.0 };
        let values: Vec<f32> = (0..shape[0] * shape[1]).map(sign).collect();
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    /// Returns `g . d` for all channels and candidates of one probe (per target `[samples, channels, candidates]`,
    /// row-major), and the number of output elements per sample.
    ///
    /// # Errors
    /// Those of [`Method::run`].
    pub fn responses(
        &self,
        unit: usize,
        probe: usize,
    ) -> Result<(Vec<Vec<f32>>, usize), DistortionError> {
        let (from, to) = self.range(unit);
        let images = self.samples.batch::<Sketched<B>>(from, to, &self.device);
        let tap = Rc::new(RefCell::new(Tap::<B> {
            layers: self.targets.iter().map(|target| target.layer.id).collect(),
            taken: self.targets.iter().map(|_| None).collect(),
        }));
        let output = with_observer::<Sketched<B>, _, _>(&tap, || (self.forward)(images));
        let signs = self.signs(unit, probe, output.dims());
        let elements = output.dims()[1];
        let signs = Tensor::<Autodiff<B>, 2>::from_inner(signs);
        let mut gradients = (to_inner(output) * signs).sum().backward();
        let mut responses = Vec::with_capacity(self.targets.len());
        for (index, target) in self.targets.iter().enumerate() {
            let missing = || DistortionError::NoGradient {
                layer: target.layer.path.clone(),
            };
            let taken = tap.borrow_mut().taken[index].take().ok_or_else(missing)?;
            let gradient = taken.leaf.grad_remove(&mut gradients).ok_or_else(missing)?;
            responses.push(self.response(index, taken.input, taken.output, gradient)?);
        }
        Ok((responses, elements))
    }

    /// The samples of a unit.
    fn range(&self, unit: usize) -> (usize, usize) {
        let from = unit * self.batch;
        (from, self.samples.count().min(from + self.batch))
    }

    /// `g . d` of one layer, from its input, output and the gradient at its output.
    fn response(
        &self,
        index: usize,
        input: Tensor<B, 4>,
        output: Tensor<B, 4>,
        gradient: Tensor<B, 4>,
    ) -> Result<Vec<f32>, DistortionError> {
        let (target, sums) = (&self.targets[index], &self.sums[index]);
        let [batch, channels, height, width] = input.dims();
        let maps = |tensor: Tensor<B, 4>| tensor.reshape([batch * channels, height, width]);
        let total = |tensor: Tensor<B, 4>| {
            read(
                tensor
                    .reshape([batch * channels, height * width])
                    .sum_dim(1),
            )
        };
        // The change is the new output minus `y`; the part `g . y` is the same for all blocks.
        let unchanged = total(gradient.clone() * output)?;
        let weighted = gradient * input.clone();
        let whole = total(weighted.clone())?;
        let mask = sums.patches(maps(input)).greater_elem(0.0).float();
        let patches = sums.by_block(mask * sums.patches(maps(weighted)));
        let row = patches.dims()[1];
        let patches = read(patches)?;
        let mut response = Vec::with_capacity(batch * target.pairs());
        for map in 0..batch * channels {
            let own = target.layer.blocks[map % channels];
            response.extend(target.candidates.iter().enumerate().map(|(k, &block)| {
                let with_block = match (sums.place(k), block) {
                    _ if block == own => return 0.0,
                    (Some(place), _) => patches[map * row + place],
                    (None, Block::Identity) => whole[map],
                    (None, _) => 0.0,
                };
                with_block - unchanged[map]
            }));
        }
        Ok(response)
    }
}

impl<B, F> Method for Sketch<'_, B, F>
where
    B: Backend,
    F: Fn(Tensor<Sketched<B>, 4>) -> Tensor<Sketched<B>, 2>,
{
    fn describe(&self) -> String {
        format!(
            "sketch, {} probes, {} samples a unit, seed {}",
            self.probes, self.batch, self.seed
        )
    }

    fn units(&self) -> usize {
        self.samples.count().div_ceil(self.batch)
    }

    fn run(&mut self, unit: usize) -> Result<Vec<Contribution>, DistortionError> {
        let (from, to) = self.range(unit);
        let mut contributions: Vec<Contribution> = (0..self.targets.len())
            .map(|target| Contribution {
                target,
                samples: (to - from) as u64,
                sums: vec![0.0; self.targets[target].pairs()],
            })
            .collect();
        for probe in 0..self.probes {
            let (responses, elements) = self.responses(unit, probe)?;
            let scale = 1.0 / (elements * self.probes) as f64;
            for (contribution, response) in contributions.iter_mut().zip(responses) {
                let pairs = contribution.sums.len();
                for sample in response.chunks(pairs) {
                    for (sum, &value) in contribution.sums.iter_mut().zip(sample) {
                        *sum += f64::from(value) * f64::from(value) * scale;
                    }
                }
            }
        }
        Ok(contributions)
    }
}

/// Values recorded at one layer.
struct Taken<B: Backend> {
    input: Tensor<B, 4>,
    output: Tensor<B, 4>,
    /// Zeros added to the output: their gradient is the gradient at the output.
    leaf: Tensor<Autodiff<B>, 4>,
}

/// Records input, output and a leaf for the gradient of each layer.
struct Tap<B: Backend> {
    layers: Vec<ParamId>,
    taken: Vec<Option<Taken<B>>>,
}

impl<B: Backend> Observer<Sketched<B>> for Tap<B> {
    fn forward(&mut self, call: Call<'_, Sketched<B>>) -> Tensor<Sketched<B>, 4> {
        let Some(index) = self.layers.iter().position(|&layer| layer == call.layer) else {
            return call.run();
        };
        let input = to_inner(call.input.clone()).inner();
        let output = to_inner(block_relu(call.input, call.blocks));
        let leaf = Tensor::<Autodiff<B>, 4>::zeros(output.dims(), &output.device()).require_grad();
        self.taken[index] = Some(Taken {
            input,
            output: output.clone().inner(),
            leaf: leaf.clone(),
        });
        from_inner(output + leaf)
    }
}
