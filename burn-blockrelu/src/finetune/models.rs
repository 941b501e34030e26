//! The networks of `example-models`.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use example_models::AnyModel;

use super::Classifier;

impl<B: Backend> Classifier<B> for AnyModel<B> {
    fn logits(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        self.forward(images)
    }
}
