//! The shares of a tensor cannot be taken out of its primitive.

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn_mpc::{Mpc, Z64};

fn shares(tensor: Tensor<Mpc<Flex, Z64>, 2>) {
    let primitive = tensor.into_primitive().tensor();
    let _ = primitive.secret();
}

fn main() {}
