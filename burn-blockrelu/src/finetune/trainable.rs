//! Makes the parameters of a network trainable.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;
use burn::tensor::backend::AutodiffBackend;

/// Asks for the gradients of all floating-point parameters.
///
/// Burn remembers in a parameter whether it is trained, but a plain backend answers "no" for every
/// tensor that is loaded or mapped there, so a network that was loaded on one would have all its
/// parameters frozen on autodiff. Running statistics are visited too; as the output does not depend
/// on them in training, they get no gradient, and no update.
pub(super) fn trainable<B: AutodiffBackend, M: Module<B>>(model: M) -> M {
    model.map(&mut Trainable)
}

struct Trainable;

impl<B: AutodiffBackend> ModuleMapper<B> for Trainable {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        param.set_require_grad(true)
    }
}
