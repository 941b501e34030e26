//! Activations.

use burn_backend::ops::ActivationOps;

use super::hint;
use super::prelude::*;

table! { ActivationOps<Self>;
    rows {
        one (Floats<P> = domain::SIGNED => Floats<P>) {
            fn relu(t) => ops::relu(t);
            fn leaky_relu(t; slope: Scalar = Scalar::Float(0.125)) => ops::leaky_relu(t, slope.elem());
            fn hard_sigmoid(t; alpha: Scalar = Scalar::Float(0.25), beta: Scalar = Scalar::Float(0.5)) =>
                ops::hard_sigmoid(t, alpha.elem(), beta.elem());
        }

        many (Floats<P> = domain::SIGNED, Floats<P> = domain::SIGNED => Floats<P>) {
            fn relu_backward(output, grad) => ops::relu_backward(output, grad);
            fn prelu(t, alpha) => ops::prelu(t, alpha);
        }

        refused (Floats<P> = domain::SIGNED => Floats<P>) {
            fn gelu(t) => hint::SMOOTH;
            fn sigmoid(t) => hint::SMOOTH;
            fn log_sigmoid(t) => hint::SMOOTH;
            fn softmax(t; dim: usize = 1) => hint::SOFTMAX;
            fn log_softmax(t; dim: usize = 1) => hint::SOFTMAX;
            fn softmin(t; dim: usize = 1) => hint::SOFTMAX;
        }

        refused (Floats<P> = domain::SIGNED, Floats<P> = domain::SIGNED => Floats<P>) {
            fn gelu_backward(t, grad) => hint::SMOOTH;
            fn log_sigmoid_backward(t, grad) => hint::SMOOTH;
        }
    }
}
