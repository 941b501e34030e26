//! What a model expects of a weight file.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Tensor, backend::Backend};

use super::{ShapeMismatch, WeightFile, WeightsError, names};

/// Names (torchvision's, or Hugging Face's) and PyTorch shapes of a model's parameters and running statistics.
pub type Expected = BTreeMap<String, Vec<usize>>;

/// Names and shapes of everything a model loads. No value is read or initialised.
pub fn expected_weights<B: Backend, M: Module<B>>(model: &M) -> Expected {
    let mut names = Names::default();
    model.visit(&mut names);
    names.expected
}

/// Follows a visitor through the module tree.
#[derive(Default)]
pub(super) struct Names {
    path: Vec<String>,
    containers: Vec<String>,
    expected: Expected,
}

impl<B: Backend> ModuleVisitor<B> for Names {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.containers.push(container_type.to_owned());
        // Variants of an enum are no part of torchvision's names.
        if !container_type.starts_with("Enum:") {
            self.path.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.containers.pop();
        if !container_type.starts_with("Enum:") {
            self.path.pop();
        }
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let (name, shape) = self.name_and_shape(param.lazy_shape().to_vec());
        self.expected.insert(name, shape);
    }
}

impl Names {
    /// The file's name of the parameter being visited and PyTorch's shape of it.
    pub(super) fn name_and_shape(&self, mut shape: Vec<usize>) -> (String, Vec<usize>) {
        let mut path = self.path.clone();
        let container = self.containers.last().map_or("", String::as_str);
        if let Some(last) = path.last_mut() {
            match (container, last.as_str()) {
                ("Struct:BatchNorm" | "Struct:LayerNorm", "gamma") => "weight".clone_into(last),
                ("Struct:BatchNorm" | "Struct:LayerNorm", "beta") => "bias".clone_into(last),
                _ => {}
            }
        }
        if self.is_weight_of_linear() {
            shape.reverse();
        }
        let path: Vec<&str> = path.iter().map(|part| names::in_file(part)).collect();
        (path.join("."), shape)
    }

    /// Whether the parameter being visited is one that Burn keeps as `[inputs, outputs]`, PyTorch the other way round.
    pub(super) fn is_weight_of_linear(&self) -> bool {
        let (container, name) = (self.containers.last(), self.path.last());
        container.is_some_and(|container| container == "Struct:Linear")
            && name.is_some_and(|name| name == "weight")
    }
}

/// Fails with every difference between a model and a weight file.
pub(super) fn compare<B: Backend, M: Module<B>>(
    model: &M,
    network: &str,
    weights: &WeightFile,
) -> Result<(), WeightsError> {
    let expected = expected_weights(model);
    let mut missing = Vec::new();
    let mut shapes = Vec::new();
    for (name, shape) in &expected {
        match weights.shape(name) {
            None => missing.push(name.clone()),
            Some(found) if found != shape.as_slice() => shapes.push(ShapeMismatch {
                name: name.clone(),
                expected: shape.clone(),
                found: found.to_vec(),
            }),
            Some(_) => {}
        }
    }
    let surplus: Vec<String> = weights
        .names()
        .filter(|name| !expected.contains_key(*name))
        .map(str::to_owned)
        .collect();
    if missing.is_empty() && surplus.is_empty() && shapes.is_empty() {
        return Ok(());
    }
    Err(WeightsError::Mismatch {
        path: weights.path().to_owned(),
        model: network.to_owned(),
        missing,
        surplus,
        shapes,
    })
}
