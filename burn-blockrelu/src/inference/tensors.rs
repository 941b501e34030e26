//! Converts tensors between the decorator and the decorated backend.

use burn::tensor::{Bool, Int, Tensor};
use burn_backend::Backend;

use super::Inference;
use super::rewrap::{Lift, Lower};

/// Converts a float tensor to the decorated backend. No data moves, and the autodiff graph
/// continues.
pub fn to_inner<A: Backend, const D: usize>(tensor: Tensor<Inference<A>, D>) -> Tensor<A, D> {
    Tensor::from_primitive(tensor.into_primitive().lower())
}

/// Converts a float tensor to the decorator. No data moves, and the autodiff graph continues.
pub fn from_inner<A: Backend, const D: usize>(tensor: Tensor<A, D>) -> Tensor<Inference<A>, D> {
    Tensor::from_primitive(tensor.into_primitive().lift())
}

/// [`to_inner`] of an integer tensor.
pub fn int_to_inner<A: Backend, const D: usize>(
    tensor: Tensor<Inference<A>, D, Int>,
) -> Tensor<A, D, Int> {
    Tensor::from_primitive(tensor.into_primitive())
}

/// [`from_inner`] of an integer tensor.
pub fn int_from_inner<A: Backend, const D: usize>(
    tensor: Tensor<A, D, Int>,
) -> Tensor<Inference<A>, D, Int> {
    Tensor::from_primitive(tensor.into_primitive())
}

/// [`to_inner`] of a boolean tensor.
pub fn bool_to_inner<A: Backend, const D: usize>(
    tensor: Tensor<Inference<A>, D, Bool>,
) -> Tensor<A, D, Bool> {
    Tensor::from_primitive(tensor.into_primitive())
}

/// [`from_inner`] of a boolean tensor.
pub fn bool_from_inner<A: Backend, const D: usize>(
    tensor: Tensor<A, D, Bool>,
) -> Tensor<Inference<A>, D, Bool> {
    Tensor::from_primitive(tensor.into_primitive())
}
