//! From a plan to a model.

use std::collections::{BTreeMap, BTreeSet};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Int, Tensor};

use super::{Mismatch, PlanError, ReluPlan};
use crate::layers::{ModulePath, visit};
use crate::module::sizes;
use crate::{Block, Layer, LayersError};

impl ReluPlan {
    /// Fingerprint of a model: the paths and channels of its Block-ReLUs and the shapes of its weights of two and more
    /// dimensions, in the order of the module tree. Training and folding of batch normalisation do not change it;
    /// another architecture or number of classes does. Initialises no parameter.
    ///
    /// # Errors
    /// If the model has no Block-ReLU, or two share a parameter.
    pub fn fingerprint<B: Backend, M: Module<B>>(model: &M) -> Result<String, LayersError> {
        let mut shapes = Shapes::default();
        for module in visit::<B, M>(model)? {
            shapes.add(&module.path, &[module.blocks.len()]);
        }
        model.visit(&mut shapes);
        Ok(shapes.hash.finalize().to_hex()[..16].to_owned())
    }

    /// All differences between the plan and a model. `layers` are those that a forward pass showed, or none.
    fn mismatches(
        &self,
        fingerprint: String,
        channels: &BTreeMap<String, usize>,
        layers: &[Layer],
    ) -> Vec<Mismatch> {
        let mut found = Vec::new();
        if fingerprint != self.model {
            found.push(Mismatch::Fingerprint {
                plan: self.model.clone(),
                model: fingerprint,
            });
        }
        let mut planned = BTreeSet::new();
        for layer in &self.layers {
            let path = layer.path.clone();
            if !planned.insert(&layer.path) {
                found.push(Mismatch::Twice { path });
                continue;
            }
            let plan = layer.blocks.len();
            match channels.get(&path) {
                None => found.push(Mismatch::Unknown { path }),
                Some(&model) if model != plan => {
                    found.push(Mismatch::Channels { path, plan, model });
                }
                Some(_) => {}
            }
        }
        let missing = channels.keys().filter(|path| !planned.contains(path));
        found.extend(missing.map(|path| Mismatch::Missing { path: path.clone() }));
        for (layer, planned) in layers
            .iter()
            .filter_map(|layer| Some((layer, self.layers.iter().find(|p| p.path == layer.path)?)))
        {
            if layer.map != planned.map {
                found.push(Mismatch::Map {
                    path: layer.path.clone(),
                    plan: planned.map,
                    model: layer.map,
                });
            }
        }
        found
    }

    /// Sets the block sizes of `model`.
    ///
    /// In private inference the plan is public, and all parties apply the same one: put [`ReluPlan::checksum`] into the
    /// program of the session's config, so that parties with different plans refuse to start.
    ///
    /// # Errors
    /// [`PlanError::Mismatch`], which lists every difference. The model is then dropped without a change: build it
    /// anew.
    pub fn apply<B: Backend, M: Module<B>>(&self, model: M) -> Result<M, PlanError> {
        self.apply_checked(model, &[])
    }

    /// Applies a plan, and also checks the map sizes of `layers`, as [`crate::layers()`] returns them.
    ///
    /// # Errors
    /// Those of [`ReluPlan::apply`].
    pub fn apply_checked<B: Backend, M: Module<B>>(
        &self,
        model: M,
        layers: &[Layer],
    ) -> Result<M, PlanError> {
        let channels = visit::<B, M>(&model)?
            .into_iter()
            .map(|module| (module.path, module.blocks.len()))
            .collect();
        let found = self.mismatches(Self::fingerprint::<B, M>(&model)?, &channels, layers);
        if !found.is_empty() {
            return Err(PlanError::Mismatch(found));
        }
        let blocks = self
            .layers
            .iter()
            .map(|layer| (&*layer.path, &*layer.blocks));
        Ok(model.map(&mut Setter {
            path: ModulePath::default(),
            blocks: blocks.collect(),
        }))
    }
}

/// Sets the block sizes of all layers by path; layers that are not named keep theirs.
pub(crate) struct Setter<'a> {
    path: ModulePath,
    blocks: BTreeMap<&'a str, &'a [Block]>,
}

impl<B: Backend> ModuleMapper<B> for Setter<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    // Left as they are, so that lazy parameters stay lazy.
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        param
    }

    fn map_bool<const D: usize>(
        &mut self,
        param: Param<Tensor<B, D, Bool>>,
    ) -> Param<Tensor<B, D, Bool>> {
        param
    }

    fn map_int<const D: usize>(
        &mut self,
        param: Param<Tensor<B, D, Int>>,
    ) -> Param<Tensor<B, D, Int>> {
        let path = self.path.block_relu();
        let Some(blocks) = path.and_then(|path| self.blocks.get(&*path)) else {
            return param;
        };
        let (id, old, mapper) = param.consume();
        let new = sizes::<B>(blocks, &old.device()).reshape(old.shape());
        Param::from_mapped_value(id, new, mapper)
    }
}

/// Hashes the shapes of weights without initialising them.
#[derive(Default)]
struct Shapes {
    path: Vec<String>,
    hash: blake3::Hasher,
}

impl Shapes {
    fn add(&mut self, name: &str, shape: &[usize]) {
        self.hash.update(name.as_bytes());
        self.hash.update(&[0, shape.len() as u8]);
        for &side in shape {
            self.hash.update(&(side as u64).to_le_bytes());
        }
    }
}

impl<B: Backend> ModuleVisitor<B> for Shapes {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if D > 1 {
            let name = self.path.join(".");
            self.add(&name, &param.lazy_shape());
        }
    }
}
