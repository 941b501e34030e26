//! What a block costs: how much the network's output changes if one channel uses it.
//!
//! The distortion of (layer, channel, block) is the mean squared difference of the final output, over its
//! elements and over samples, between the network with that one channel replaced and the network as it is
//! (arXiv 2304.10442, section on the distortion of a patch). Two methods fill the same table:
//! [`Exact`] runs the definition, [`Sketch`] estimates it from a few backward passes.

mod exact;
mod sketch;
mod sums;

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use burn_blockrelu_core::{Block, Layer, LayersError};
use thiserror::Error;

pub use exact::Exact;
pub use sketch::{Sketch, Sketched};

/// A distortion that cannot be computed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DistortionError {
    /// A model that cannot be profiled.
    #[error(transparent)]
    Layers(#[from] LayersError),
    /// A model that ties its batch size to its input.
    #[error(
        "`{layer}`: {wanted} variants went in, but the output has batch {found}: the model keeps the batch size of its \
         input; take sizes from the tensor at hand, such as x.dims()[0]"
    )]
    Batch {
        /// Path of the layer.
        layer: String,
        /// Variants.
        wanted: usize,
        /// Rows of the output.
        found: usize,
    },
    /// No gradient arrived at a layer.
    #[error("`{layer}`: the output does not depend on it, or the model detaches it")]
    NoGradient {
        /// Path of the layer.
        layer: String,
    },
    /// An output that is NaN or infinite.
    #[error("the output of the network is not finite; check weights and preprocessing")]
    NotFinite,
    /// Samples that cannot be used.
    #[error("{count} values are no images of {shape:?}")]
    Samples {
        /// Values given.
        count: usize,
        /// Shape of one image.
        shape: [usize; 3],
    },
    /// A backend that could not give its data.
    #[error("the backend could not compute: {0}")]
    Backend(String),
}

/// Preprocessed images.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    values: Vec<f32>,
    shape: [usize; 3],
}

impl Samples {
    /// Images of `[channels, height, width]`, one after the other.
    ///
    /// # Errors
    /// If the values are not a whole number of images, and at least one.
    pub fn new(values: Vec<f32>, shape: [usize; 3]) -> Result<Self, DistortionError> {
        let size: usize = shape.iter().product();
        if size == 0 || values.is_empty() || !values.len().is_multiple_of(size) {
            let count = values.len();
            return Err(DistortionError::Samples { count, shape });
        }
        Ok(Self { values, shape })
    }

    /// Number of images.
    pub fn count(&self) -> usize {
        self.values.len() / self.size()
    }

    fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Digest of the images.
    pub fn digest(&self) -> String {
        let mut hash = blake3::Hasher::new();
        hash.update(bytemuck::cast_slice(&self.values));
        hash.update(bytemuck::cast_slice(&self.shape.map(|side| side as u64)));
        hash.finalize().to_hex()[..16].to_owned()
    }

    /// Images `from..to` as `[to - from, channels, height, width]`.
    pub fn batch<B: Backend>(&self, from: usize, to: usize, device: &B::Device) -> Tensor<B, 4> {
        let values = self.values[from * self.size()..to * self.size()].to_vec();
        let [channels, height, width] = self.shape;
        let shape = [to - from, channels, height, width];
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}

/// A layer and the blocks that are tried in each of its channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The layer.
    pub layer: Layer,
    /// The blocks.
    pub candidates: Vec<Block>,
}

impl Target {
    /// Number of (channel, block) pairs.
    pub fn pairs(&self) -> usize {
        self.layer.channels() * self.candidates.len()
    }
}

/// What one unit of work adds to the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// Index of the target.
    pub target: usize,
    /// Samples that were added.
    pub samples: u64,
    /// Sum over those samples of the distortion, `[channels, candidates]` row by row.
    pub sums: Vec<f64>,
}

/// A method to compute distortions, cut into units of work. A unit gives the same result whenever and wherever it runs,
/// so that work can be resumed and distributed.
pub trait Method {
    /// Name and settings, for the table.
    fn describe(&self) -> String;

    /// Number of units.
    fn units(&self) -> usize;

    /// Runs one unit.
    ///
    /// # Errors
    /// If the model cannot be profiled or the backend fails.
    fn run(&mut self, unit: usize) -> Result<Vec<Contribution>, DistortionError>;
}

/// Values of a tensor on the host.
fn read<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Result<Vec<f32>, DistortionError> {
    let data = tensor
        .try_into_data()
        .map_err(|error| DistortionError::Backend(error.to_string()))?;
    let values: Vec<f32> = data.iter::<f32>().collect();
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(DistortionError::NotFinite)
    }
}
