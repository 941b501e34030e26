//! Weight files: safetensors and PyTorch, read through burn-store.

mod error;
mod expect;
mod file;
mod fold;
mod names;
mod pickle;
mod save;
mod torch;

use std::path::Path;

use burn::module::{Module, ParamId};
use burn::tensor::backend::Backend;
use burn_store::{Applier, PyTorchToBurnAdapter, TensorSnapshot};

pub use error::{ShapeMismatch, WeightsError};
pub use expect::{Expected, expected_weights};
pub use file::WeightFile;
pub use fold::BATCH_NORM_EPSILON;
pub use names::KeyStyle;
pub use save::save_weights;

use crate::bert::Bert;
use crate::spec::{AnyModel, ModelSpec};

/// Loads `.safetensors`, `.pt` or `.pth` weights into a freshly made model of that spec.
///
/// All names and shapes are compared before a value is touched; [`WeightsError::Mismatch`] lists
/// every one that does not fit.
pub fn load_weights<B: Backend>(
    model: AnyModel<B>,
    spec: &ModelSpec,
    path: &Path,
) -> Result<AnyModel<B>, WeightsError> {
    load_weight_file(model, spec, WeightFile::open(path)?)
}

/// [`load_weights`] from the bytes of a safetensors file; `name` stands for it in errors.
pub fn load_weights_from_bytes<B: Backend>(
    model: AnyModel<B>,
    spec: &ModelSpec,
    name: &str,
    bytes: &[u8],
) -> Result<AnyModel<B>, WeightsError> {
    load_weight_file(model, spec, WeightFile::from_bytes(name, bytes)?)
}

/// [`load_weights`] from a file that is open already.
pub fn load_weight_file<B: Backend>(
    model: AnyModel<B>,
    spec: &ModelSpec,
    weights: WeightFile,
) -> Result<AnyModel<B>, WeightsError> {
    load_into(model, &spec.kind.to_string(), weights)
}

/// Loads weights by Hugging Face's names into a freshly made BERT. What it does not use (the pooler) is ignored.
pub fn load_bert<B: Backend>(model: Bert<B>, weights: WeightFile) -> Result<Bert<B>, WeightsError> {
    load_into(model, "BERT", weights)
}

/// Loads weights into a freshly made network, which errors call `network`.
fn load_into<B: Backend, M: Module<B>>(
    model: M,
    network: &str,
    weights: WeightFile,
) -> Result<M, WeightsError> {
    expect::compare(&model, network, &weights)?;
    let path = weights.path().to_owned();
    let snapshots = weights
        .into_tensors()
        .map(|(name, data)| {
            let path = name
                .split('.')
                .map(|part| names::in_module(part).to_owned());
            let path = path.collect();
            TensorSnapshot::from_data(data, path, Vec::new(), ParamId::new())
        })
        .collect();
    let adapter = Box::new(PyTorchToBurnAdapter);
    let mut applier = Applier::<B>::new(snapshots, None, Some(adapter), true);
    let model = model.map(&mut applier);
    // Names and shapes agree at this point: what is left are values that could not be read.
    // Block sizes are not in weight files: they come from plans.
    let mut result = applier.into_result();
    result
        .missing
        .retain(|(name, _)| !name.ends_with(".block_sizes"));
    if result.errors.is_empty() && result.missing.is_empty() {
        Ok(model)
    } else {
        let reason = result.to_string();
        Err(WeightsError::Read { path, reason })
    }
}
