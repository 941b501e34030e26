//! The Block-ReLUs of any model: where they are, how large their maps are, and what they executed.

use std::cell::RefCell;
use std::rc::Rc;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor};
use thiserror::Error;

use crate::module::blocks_of;
use crate::observe::{Call, Observer, with_observer};
use crate::{Block, BlockError};

/// Burn's name for the container of a Block-ReLU's parameter.
const CONTAINER: &str = "Struct:BlockRelu";

/// A Block-ReLU of a model, as one forward pass showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Dotted path of the module's fields and indices, such as `layer1.0.relu2`.
    pub path: String,
    /// Identifies the module within this process.
    pub id: ParamId,
    /// `[height, width]` of its input.
    pub map: [usize; 2],
    /// One block per channel.
    pub blocks: Vec<Block>,
}

impl Layer {
    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.blocks.len()
    }

    /// Signs that its blocks evaluate on one image.
    pub fn drelus(&self) -> u64 {
        let counts = self
            .blocks
            .iter()
            .map(|block| block.drelus(self.map) as u64);
        counts.sum()
    }

    /// Signs that an ordinary ReLU evaluates on one image.
    pub fn full_drelus(&self) -> u64 {
        (self.channels() * self.map[0] * self.map[1]) as u64
    }
}

/// A model whose Block-ReLUs cannot be profiled or planned.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayersError {
    /// The model has no Block-ReLU.
    #[error(
        "the model has no BlockRelu module; put one in the place of each ReLU (a field `relu: BlockRelu<B>`, made \
         by BlockReluConfig::new(channels).init(device))"
    )]
    None,
    /// A module that the forward pass did not use.
    #[error("`{path}` was not used by the forward pass; remove the module or use it")]
    Unused {
        /// Path of the module.
        path: String,
    },
    /// A module that stands for several ReLUs.
    #[error(
        "`{path}` was used {calls} times in one forward pass; give each ReLU a module of its own, so that each gets \
         its own blocks"
    )]
    Reused {
        /// Path of the module.
        path: String,
        /// Forward calls in one pass.
        calls: usize,
    },
    /// A module that ran but is not in the module tree that was visited.
    #[error(
        "a BlockRelu ran that the model's module tree does not contain; is it behind a field marked `#[module(skip)]`?"
    )]
    Hidden,
    /// Two modules with one parameter.
    #[error(
        "`{first}` and `{second}` share one parameter; initialise each module anew instead of cloning it"
    )]
    Shared {
        /// Path of the first module.
        first: String,
        /// Path of the second.
        second: String,
    },
    /// Sizes that are no blocks.
    #[error("`{path}`: {source}")]
    Block {
        /// Path of the module.
        path: String,
        /// What is wrong.
        source: BlockError,
    },
}

/// The Block-ReLUs of `model` in the order in which `forward` runs them. `forward` runs the model once, on a
/// batch of any size; what it returns is dropped.
///
/// # Errors
/// If there is none, or one is unused, used more than once, or shares its parameter with another.
pub fn layers<B: Backend, M: Module<B>, T>(
    model: &M,
    forward: impl FnOnce(&M) -> T,
) -> Result<Vec<Layer>, LayersError> {
    let visited = visit::<B, M>(model)?;
    let recorder = Rc::new(RefCell::new(Recorder::default()));
    with_observer::<B, _, _>(&recorder, || drop(forward(model)));
    let calls = recorder.take().calls;
    for module in &visited {
        let path = module.path.clone();
        match calls.iter().filter(|(id, _)| *id == module.id).count() {
            0 => return Err(LayersError::Unused { path }),
            1 => {}
            calls => return Err(LayersError::Reused { path, calls }),
        }
    }
    let layer = |(id, map)| {
        let module = visited.iter().find(|module| module.id == id);
        let module = module.ok_or(LayersError::Hidden)?;
        Ok(Layer {
            path: module.path.clone(),
            id,
            map,
            blocks: module.blocks.clone(),
        })
    };
    calls.into_iter().map(layer).collect()
}

/// A Block-ReLU in the module tree.
pub(crate) struct Visited {
    pub(crate) path: String,
    pub(crate) id: ParamId,
    pub(crate) blocks: Vec<Block>,
}

/// The Block-ReLUs in the module tree, in its order.
pub(crate) fn visit<B: Backend, M: Module<B>>(model: &M) -> Result<Vec<Visited>, LayersError> {
    let mut finder = Finder::default();
    model.visit(&mut finder);
    if let Some(error) = finder.failure {
        return Err(error);
    }
    if finder.found.is_empty() {
        return Err(LayersError::None);
    }
    Ok(finder.found)
}

/// Names of the modules around the one being visited.
#[derive(Default)]
pub(crate) struct ModulePath(Vec<(String, String)>);

impl ModulePath {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        self.0.push((name.to_owned(), container.to_owned()));
    }

    pub(crate) fn exit(&mut self) {
        self.0.pop();
    }

    /// The path of the Block-ReLU whose parameter is being visited, if it is one. Variants of enums are left out, as in
    /// Burn's own paths of weights.
    pub(crate) fn block_relu(&self) -> Option<String> {
        let ((_, container), outer) = self.0.split_last()?;
        (container == CONTAINER).then(|| {
            let names = outer
                .iter()
                .filter(|(_, container)| !container.starts_with("Enum:"));
            names
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>()
                .join(".")
        })
    }
}

#[derive(Default)]
struct Finder {
    path: ModulePath,
    found: Vec<Visited>,
    failure: Option<LayersError>,
}

impl<B: Backend> ModuleVisitor<B> for Finder {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<B, D, Int>>) {
        let Some(path) = self.path.block_relu() else {
            return;
        };
        if let Some(first) = self.found.iter().find(|module| module.id == param.id) {
            self.failure.get_or_insert(LayersError::Shared {
                first: first.path.clone(),
                second: path,
            });
            return;
        }
        match blocks_of(param.val()) {
            Ok(blocks) => self.found.push(Visited {
                path,
                id: param.id,
                blocks,
            }),
            Err(source) => {
                self.failure
                    .get_or_insert(LayersError::Block { path, source });
            }
        }
    }
}

/// Notes which Block-ReLUs ran.
#[derive(Default)]
struct Recorder {
    calls: Vec<(ParamId, [usize; 2])>,
}

impl<B: Backend> Observer<B> for Recorder {
    fn forward(&mut self, call: Call<'_, B>) -> Tensor<B, 4> {
        self.calls.push((call.layer, call.map()));
        call.run()
    }
}

/// Counts the signs that Block-ReLUs of any backend evaluate, per image of the batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DreluCounter {
    /// Signs evaluated so far for one image.
    pub drelus: u64,
    /// Forward calls so far.
    pub calls: u64,
}

impl<B: Backend> Observer<B> for DreluCounter {
    fn forward(&mut self, call: Call<'_, B>) -> Tensor<B, 4> {
        let map = call.map();
        let counts = call.blocks.iter().map(|block| block.drelus(map) as u64);
        self.drelus += counts.sum::<u64>();
        self.calls += 1;
        call.run()
    }
}

/// Runs `work` and returns its result and the signs per image that Block-ReLUs of backend `B` evaluated in
/// it, counted where they run.
pub fn count_drelus<B: Backend, T>(work: impl FnOnce() -> T) -> (T, u64) {
    let counter = Rc::new(RefCell::new(DreluCounter::default()));
    let result = with_observer::<B, _, _>(&counter, work);
    let drelus = counter.borrow().drelus;
    (result, drelus)
}
