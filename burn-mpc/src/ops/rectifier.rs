//! What goes with rectifiers: the gradient, and a slope per channel.

use crate::ops::{activation, arith, compare, convert};
use crate::ring::Ring;
use crate::tensor::{Operand, PublicTensor, SecretTensor};

/// The gradient of a rectifier: `grad` where its output was positive.
pub fn relu_backward<R: Ring>(output: Operand<R>, grad: Operand<R>) -> SecretTensor<R> {
    match output {
        Operand::Public(output) => {
            let values = output
                .values
                .iter()
                .map(|&v| f64::from(u8::from(v > 0.0)))
                .collect();
            let mask = PublicTensor {
                shape: output.shape,
                values,
            };
            arith::mul(grad, Operand::Public(mask))
        }
        output => {
            let zero = Operand::scalar(0.0);
            let positive = convert::bool_into_float(compare::greater(output, zero));
            arith::mul(grad, Operand::Secret(positive))
        }
    }
}

/// A rectifier with a slope per channel for negative values.
pub fn prelu<R: Ring>(tensor: Operand<R>, alpha: Operand<R>) -> SecretTensor<R> {
    match tensor {
        Operand::Secret(tensor) => activation::prelu(tensor, alpha),
        Operand::Public(tensor) => {
            let slopes = tensor.values.iter().map(|&value| value.min(0.0)).collect();
            let passed = tensor.values.iter().map(|&value| value.max(0.0)).collect();
            let negative = PublicTensor {
                shape: tensor.shape.clone(),
                values: slopes,
            };
            let positive = PublicTensor {
                shape: tensor.shape,
                values: passed,
            };
            let scaled = arith::mul(alpha, Operand::Public(negative));
            arith::add(Operand::Secret(scaled), Operand::Public(positive))
        }
    }
}
