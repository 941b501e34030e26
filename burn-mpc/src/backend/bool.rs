//! Bool tensors: secrets are bits, kept as words 0 and 1.

use std::future::Future;

use burn_backend::ops::BoolTensorOps;
use burn_backend::tensor::{BoolTensor, FloatTensor, IntTensor};
use burn_backend::{
    Backend, BoolDType, ExecutionError, FloatDType, IntDType, Scalar, Shape, Slice, TensorData,
};

use super::kind::{Bools, Ints};
use super::{Mpc, MpcTensor, create, indexing, kind, lift, read, refuse};
use crate::ops::{self, movement};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, SecretTensor};

const ARGWHERE: &str = "how many elements are set is itself a secret; reveal the mask first";

/// The bits equal to a public bit.
fn equal_to<R: Ring>(tensor: SecretTensor<R>, bit: bool) -> SecretTensor<R> {
    if bit { tensor } else { ops::bool_not(tensor) }
}

fn equal<R: Ring>(lhs: Operand<R>, rhs: Operand<R>) -> SecretTensor<R> {
    ops::bool_not(ops::bool_xor(lhs, rhs))
}

impl<P: Backend, R: Ring> BoolTensorOps<Self> for Mpc<P, R> {
    fn bool_from_data(data: TensorData, device: &MpcDevice) -> BoolTensor<Self> {
        create::create::<Bools<P>, R>(data, device)
    }

    creation! { BoolTensor as Bools;
        fn bool_empty(), BoolDType;
        fn bool_zeros(), BoolDType;
        fn bool_ones(), BoolDType;
    }

    fn bool_into_data(
        tensor: BoolTensor<Self>,
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
        read::read::<Bools<P>, R>(tensor)
    }

    fn bool_device(tensor: &BoolTensor<Self>) -> MpcDevice {
        tensor.device().clone()
    }

    fn bool_to_device(tensor: BoolTensor<Self>, device: &MpcDevice) -> BoolTensor<Self> {
        create::to_device(tensor, device)
    }

    unary! { BoolTensor -> IntTensor;
        fn bool_into_int(t; out_dtype: IntDType) => ops::bool_into_int(t);
    }

    unary! { BoolTensor -> FloatTensor;
        fn bool_into_float(t; out_dtype: FloatDType) => ops::bool_into_float(t);
    }

    unary! { BoolTensor -> BoolTensor;
        fn bool_not(t) => ops::bool_not(t);
        fn bool_equal_elem(t; bit: Scalar) => equal_to(t, bit.elem());
        fn bool_not_equal_elem(t; bit: Scalar) => equal_to(t, !bit.elem::<bool>());
        fn bool_any(t) => ops::any(t, None);
        fn bool_any_dim(t; dim: usize) => ops::any(t, Some(dim));
        fn bool_all(t) => ops::all(t, None);
        fn bool_all_dim(t; dim: usize) => ops::all(t, Some(dim));
    }

    binary! { BoolTensor as Bools, BoolTensor as Bools -> BoolTensor;
        fn bool_equal() => equal;
        fn bool_not_equal() => ops::bool_xor;
        fn bool_and() => ops::bool_and;
        fn bool_or() => ops::bool_or;
        fn bool_xor() => ops::bool_xor;
    }

    masks! { BoolTensor as Bools; fill fn bool_mask_fill, choose fn bool_mask_where }

    // Movement.
    unary! { BoolTensor -> BoolTensor;
        fn bool_transpose(t) => movement::transpose(t);
        fn bool_swap_dims(t; dim1: usize, dim2: usize) => movement::swap_dims(t, dim1, dim2);
        fn bool_permute(t; axes: &[usize]) => movement::permute(t, axes);
        fn bool_flip(t; axes: &[usize]) => movement::flip(t, axes);
        fn bool_reshape(t; shape: Shape) => movement::reshape(t, shape.to_vec());
        fn bool_expand(t; shape: Shape) => movement::expand(t, &shape);
        fn bool_repeat_dim(t; dim: usize, times: usize) => movement::repeat_dim(t, dim, times);
        fn bool_slice(t; slices: &[Slice]) => { let spans = lift::spans(slices, t.shape()); movement::slice(t, &spans) };
        fn bool_unfold(t; dim: usize, size: usize, step: usize) => movement::unfold(t, dim, size, step);
    }

    indexing! { BoolTensor as Bools; fn bool_select, fn bool_gather, fn bool_slice_assign, fn bool_cat }

    updates! { BoolTensor as Bools; fn bool_select_or by select_or, fn bool_scatter_or by scatter_or }

    // As `async fn` the future would not be known to live for 'static.
    #[allow(clippy::manual_async_fn)]
    fn bool_argwhere(
        tensor: BoolTensor<Self>,
        out_dtype: IntDType,
    ) -> impl Future<Output = IntTensor<Self>> + 'static + Send {
        async move {
            match tensor {
                MpcTensor::Public(tensor, device) => create::created::<Ints<P>, R>(
                    P::bool_argwhere(tensor, out_dtype).await,
                    &device,
                ),
                MpcTensor::Secret(tensor) => {
                    let out = (vec![0, tensor.shape().len()], Kind::Int);
                    let shapes = [tensor.shape()];
                    MpcTensor::Secret(refuse::refuse(
                        "argwhere",
                        tensor.device(),
                        &shapes,
                        ARGWHERE,
                        out,
                    ))
                }
            }
        }
    }
}
