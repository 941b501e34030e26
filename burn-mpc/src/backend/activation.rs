//! Activations.

use burn_backend::ops::ActivationOps;
use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, Scalar, TensorMetadata};

use super::kind::Floats;
use super::{Mpc, MpcTensor, lift, refuse};
use crate::ops;
use crate::ring::Ring;
use crate::tensor::Kind;

/// Hints: what to do instead.
mod hint {
    pub const SMOOTH: &str =
        "no protocol for exponentials yet; use relu, leaky_relu or hard_sigmoid";
    pub const SOFTMAX: &str =
        "no protocol for exponentials yet; reveal the logits, or take their argmax";
}

impl<P: Backend, R: Ring> ActivationOps<Self> for Mpc<P, R> {
    unary! { FloatTensor -> FloatTensor;
        fn relu(t) => ops::relu(t);
        fn leaky_relu(t; slope: Scalar) => ops::leaky_relu(t, slope.elem());
        fn hard_sigmoid(t; alpha: Scalar, beta: Scalar) => ops::hard_sigmoid(t, alpha.elem(), beta.elem());
    }

    public_only! { FloatTensor;
        fn gelu() => hint::SMOOTH;
        fn sigmoid() => hint::SMOOTH;
        fn log_sigmoid() => hint::SMOOTH;
        fn softmax(dim: usize) => hint::SOFTMAX;
        fn log_softmax(dim: usize) => hint::SOFTMAX;
        fn softmin(dim: usize) => hint::SOFTMAX;
    }

    binary! { FloatTensor as Floats, FloatTensor as Floats -> FloatTensor;
        fn relu_backward() => ops::relu_backward;
        fn prelu() => ops::prelu;
    }

    binary_public_only! { FloatTensor;
        fn gelu_backward() => hint::SMOOTH;
        fn log_sigmoid_backward() => hint::SMOOTH;
    }
}
