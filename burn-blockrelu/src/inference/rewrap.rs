//! Burn's structures of primitives, which carry the backend in their type.

use burn_backend::ops::{
    DeformConv2dBackward, MaxPool1dBackward, MaxPool1dWithIndices, MaxPool2dBackward,
    MaxPool2dWithIndices, TransactionPrimitive,
};
use burn_backend::tensor::quantization::QuantizationParametersPrimitive;
use burn_backend::{Backend, TensorPrimitive};

use super::Inference;

/// The same primitives in the structure of the decorator.
pub(super) trait Lift {
    /// The structure of the decorator.
    type Lifted;

    /// Takes the structure apart and builds it again.
    fn lift(self) -> Self::Lifted;
}

/// The same primitives in the structure of the decorated backend.
pub(super) trait Lower {
    /// The structure of the decorated backend.
    type Lowered;

    /// Takes the structure apart and builds it again.
    fn lower(self) -> Self::Lowered;
}

/// Results of layers, field by field.
macro_rules! results {
    ($($name:ident { $($field:ident),+ })+) => {$(
        impl<A: Backend> Lift for $name<A> {
            type Lifted = $name<Inference<A>>;

            fn lift(self) -> Self::Lifted {
                $name { $($field: self.$field),+ }
            }
        }
    )+};
}

results! {
    DeformConv2dBackward { x_grad, offset_grad, weight_grad, mask_grad, bias_grad }
    MaxPool1dBackward { x_grad }
    MaxPool1dWithIndices { output, indices }
    MaxPool2dBackward { x_grad }
    MaxPool2dWithIndices { output, indices }
}

impl<A: Backend> Lift for TensorPrimitive<A> {
    type Lifted = TensorPrimitive<Inference<A>>;

    fn lift(self) -> Self::Lifted {
        match self {
            Self::Float(tensor) => TensorPrimitive::Float(tensor),
            Self::QFloat(tensor) => TensorPrimitive::QFloat(tensor),
        }
    }
}

impl<A: Backend> Lower for TensorPrimitive<Inference<A>> {
    type Lowered = TensorPrimitive<A>;

    fn lower(self) -> Self::Lowered {
        match self {
            Self::Float(tensor) => TensorPrimitive::Float(tensor),
            Self::QFloat(tensor) => TensorPrimitive::QFloat(tensor),
        }
    }
}

impl<A: Backend> Lower for QuantizationParametersPrimitive<Inference<A>> {
    type Lowered = QuantizationParametersPrimitive<A>;

    fn lower(self) -> Self::Lowered {
        QuantizationParametersPrimitive {
            scales: self.scales,
        }
    }
}

impl<A: Backend> Lower for TransactionPrimitive<Inference<A>> {
    type Lowered = TransactionPrimitive<A>;

    /// Drops the order in which tensors were registered: Burn keeps it outside the call.
    fn lower(self) -> Self::Lowered {
        TransactionPrimitive::new(
            self.read_floats,
            self.read_qfloats,
            self.read_ints,
            self.read_bools,
        )
    }
}
