//! What finetuning needs to know of a network.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

/// A network that classifies images.
///
/// One generic implementation serves training and inference:
/// `impl<B: Backend> Classifier<B> for MyNetwork<B>`.
pub trait Classifier<B: Backend>: Module<B> {
    /// Normalised images to one score per class.
    ///
    /// # Shapes
    ///
    /// - images: `[N, 3, H, W]`
    /// - logits: `[N, K]`
    fn logits(&self, images: Tensor<B, 4>) -> Tensor<B, 2>;

    /// The logits, and inner activations that a student should share with its teacher (the ends of
    /// the stages, say). None by default.
    ///
    /// # Shapes
    ///
    /// - images: `[N, 3, H, W]`
    /// - logits: `[N, K]`
    /// - features: any number of `[N, C, H', W']`
    fn logits_and_features(&self, images: Tensor<B, 4>) -> (Tensor<B, 2>, Vec<Tensor<B, 4>>) {
        (self.logits(images), Vec::new())
    }
}
