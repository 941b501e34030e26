//! Writing a model's weights as a file that [`load_weights`](super::load_weights) reads.

use std::io;
use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Tensor, backend::Backend};
use safetensors::tensor::{Dtype, TensorView};

use super::expect::Names;

/// Writes parameters and running statistics as safetensors (f32) under torchvision's names, replacing a file of that
/// name. Block sizes are left out, since they belong to a plan.
///
/// # Errors
/// An error of the system, or of a backend that cannot return a value.
pub fn save_weights<B: Backend, M: Module<B>>(model: &M, path: &Path) -> io::Result<()> {
    let mut collector = Collector::default();
    model.visit(&mut collector);
    if let Some(error) = collector.failure {
        return Err(io::Error::other(error));
    }
    let tensors = collector.tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        Ok((name.clone(), view.map_err(io::Error::other)?))
    });
    let tensors = tensors.collect::<io::Result<Vec<_>>>()?;
    let content = safetensors::serialize(tensors, None).map_err(io::Error::other)?;
    burn_blockrelu_core::file::replace(path, &content)
}

#[derive(Default)]
struct Collector {
    names: Names,
    tensors: Vec<(String, Vec<usize>, Vec<u8>)>,
    failure: Option<String>,
}

impl<B: Backend> ModuleVisitor<B> for Collector {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        ModuleVisitor::<B>::enter_module(&mut self.names, name, container_type);
    }

    fn exit_module(&mut self, name: &str, container_type: &str) {
        ModuleVisitor::<B>::exit_module(&mut self.names, name, container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let (name, shape) = self.names.name_and_shape(param.lazy_shape().to_vec());
        let value = param.val();
        let value = if self.names.is_weight_of_linear() {
            value.transpose()
        } else {
            value
        };
        match value.try_into_data() {
            Ok(data) => {
                let bytes = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
                self.tensors.push((name, shape, bytes));
            }
            Err(error) => self.failure = Some(error.to_string()),
        }
    }
}
