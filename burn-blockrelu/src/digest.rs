//! Fingerprint of a network's parameters.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Int, Tensor, TensorData};

/// BLAKE3 of paths, shapes and values of all parameters, integers and booleans included: equal for
/// equal networks on any backend of the same precision.
pub fn model_digest<B: Backend>(model: &impl Module<B>) -> [u8; 32] {
    let mut visitor = Digest {
        hasher: blake3::Hasher::new(),
    };
    model.visit(&mut visitor);
    *visitor.hasher.finalize().as_bytes()
}

/// [`model_digest`] as text, without block sizes: equal for equal weights, whatever the plan.
pub fn weights_digest<B: Backend>(model: &impl Module<B>) -> String {
    let mut visitor = Weights(Digest {
        hasher: blake3::Hasher::new(),
    });
    model.visit(&mut visitor);
    visitor.0.hasher.finalize().to_hex()[..16].to_owned()
}

/// A digest of floats alone; see [`Digest`].
struct Weights(Digest);

impl<B: Backend> ModuleVisitor<B> for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.0.visit_float(param);
    }
}

struct Digest {
    hasher: blake3::Hasher,
}

impl Digest {
    fn add(&mut self, data: &TensorData) {
        self.hasher.update(&(data.shape.len() as u64).to_le_bytes());
        for size in data.shape.iter() {
            self.hasher.update(&(*size as u64).to_le_bytes());
        }
        self.hasher.update(data.as_bytes());
    }
}

impl<B: Backend> ModuleVisitor<B> for Digest {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.add(&param.val().into_data().convert::<f32>());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<B, D, Int>>) {
        self.add(&param.val().into_data().convert::<i64>());
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<B, D, Bool>>) {
        self.add(&param.val().into_data().convert::<bool>());
    }

    fn enter_module(&mut self, name: &str, _: &str) {
        self.hasher.update(b"(");
        self.hasher.update(name.as_bytes());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.hasher.update(b")");
    }
}
