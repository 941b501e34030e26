//! Gradients through a network in evaluation mode.
//!
//! Burn's `BatchNorm` and `Dropout` ask [`Backend::ad_enabled`] whether they are being trained, and
//! `Autodiff` always says yes. [`Inference`] decorates a backend so that it says no, and is the
//! backend `A` in everything else: the same devices, the same primitives, the same functions.
//! [`to_inner`] and [`from_inner`] therefore convert a tensor for free, and an autodiff graph
//! continues across the conversion:
//!
//! ```
//! use burn::backend::Flex;
//! use burn_autodiff::Autodiff;
//! use burn::tensor::Tensor;
//! use burn::tensor::activation::relu;
//! use burn_blockrelu::inference::{Inference, from_inner, to_inner};
//!
//! type Train = Autodiff<Flex>;
//!
//! let x = Tensor::<Train, 1>::from_floats([-1.0, 2.0], &Default::default()).require_grad();
//! let y: Tensor<Inference<Train>, 1> = relu(from_inner(x.clone())); // a network would stand here
//! let gradients = to_inner(y).sum().backward();
//! assert_eq!(x.grad(&gradients).unwrap().to_data().to_vec::<f32>().unwrap(), [0.0, 1.0]);
//! ```
//!
//! [`transfer`] moves the parameters of a network to the same network on another backend.

mod backend;
mod ops;
mod rewrap;
mod tensors;
mod transfer;

#[cfg(test)]
mod tests;

#[cfg(doc)]
use burn_backend::Backend;

pub use backend::Inference;
pub use tensors::{
    bool_from_inner, bool_to_inner, from_inner, int_from_inner, int_to_inner, to_inner,
};
pub use transfer::{TransferError, transfer};
