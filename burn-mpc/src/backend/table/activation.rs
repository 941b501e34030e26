//! Activations.

use burn_backend::ops::ActivationOps;

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

        // Beyond every bound, so that the tails are tested too.
        one (Floats<P> = domain::WIDE => Floats<P>) {
            fn gelu(t) => ops::gelu(t), within(4.0);
            fn sigmoid(t) => ops::sigmoid(t), within(4.0);
            fn log_sigmoid(t) => ops::log_sigmoid(t), within(4.0);
            fn softmax(t; dim: usize = 1) => ops::softmax(t, dim), within(4.0);
            fn log_softmax(t; dim: usize = 1) => ops::log_softmax(t, dim), within(4.0);
            fn softmin(t; dim: usize = 1) => ops::softmin(t, dim), within(4.0);
        }

        // Slopes err by 4 units, and gradients are up to 3.
        many (Floats<P> = domain::WIDE, Floats<P> = domain::SIGNED.shaped(&[16, 15], &[64, 64]) => Floats<P>) {
            fn gelu_backward(t, grad) => ops::gelu_backward(layers::first(t, &grad), grad), within(16.0);
            fn log_sigmoid_backward(t, grad) => ops::log_sigmoid_backward(layers::first(t, &grad), grad), within(16.0);
        }
    }
}
