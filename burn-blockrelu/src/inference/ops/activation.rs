//! `ActivationOps` by delegation; written by `scripts/generate_inference.py` from burn-backend 0.21.0.

use super::delegate;
use crate::inference::Inference;
use burn_backend::ops::ActivationOps;
use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, Scalar};

delegate! { ActivationOps
    leaky_relu(tensor: FloatTensor<A>, negative_slope: Scalar) -> FloatTensor<A>;
    relu(tensor: FloatTensor<A>) -> FloatTensor<A>;
    relu_backward(output: FloatTensor<A>, grad: FloatTensor<A>) -> FloatTensor<A>;
    gelu(tensor: FloatTensor<A>) -> FloatTensor<A>;
    prelu(tensor: FloatTensor<A>, alpha: FloatTensor<A>) -> FloatTensor<A>;
    gelu_backward(x: FloatTensor<A>, grad: FloatTensor<A>) -> FloatTensor<A>;
    sigmoid(tensor: FloatTensor<A>) -> FloatTensor<A>;
    sigmoid_backward(output: FloatTensor<A>, grad: FloatTensor<A>) -> FloatTensor<A>;
    hard_sigmoid(tensor: FloatTensor<A>, alpha: Scalar, beta: Scalar) -> FloatTensor<A>;
    log_sigmoid(tensor: FloatTensor<A>) -> FloatTensor<A>;
    softmax(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    log_softmax(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    softmin(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    log_sigmoid_backward(x: FloatTensor<A>, grad: FloatTensor<A>) -> FloatTensor<A>;
}
