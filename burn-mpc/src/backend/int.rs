//! Int tensors.

use std::future::Future;
use std::ops::Range;

use burn_backend::ops::IntTensorOps;
use burn_backend::tensor::{BoolTensor, FloatTensor, IndexingUpdateOp, IntTensor};
use burn_backend::{
    Backend, BoolDType, Distribution, ExecutionError, FloatDType, IntDType, Scalar, Shape, Slice,
    TensorData, TensorMetadata,
};

use super::kind::{Bools, Ints};
use super::{Mpc, MpcTensor, create, indexing, kind, lift, random, read, refuse};
use crate::ops::{self, movement};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand};

/// Hints: what to do instead.
mod hint {
    pub const DIVISION: &str =
        "no exact integer division of secrets; convert to float, or reveal first";
    pub const BITS: &str = "no bitwise operations on secret integers; reveal first";
    pub const SCAN: &str = "no protocol for running products and extrema; reveal first";
    pub const SORT: &str =
        "sorting by secrets has no protocol; use max_dim or argmax, or reveal first";
}

impl<P: Backend, R: Ring> IntTensorOps<Self> for Mpc<P, R> {
    fn int_from_data(data: TensorData, device: &MpcDevice) -> IntTensor<Self> {
        create::create::<Ints<P>, R>(data, device)
    }

    fn int_random(
        shape: Shape,
        distribution: Distribution,
        device: &MpcDevice,
        dtype: IntDType,
    ) -> IntTensor<Self> {
        if let Some(refused) = create::oversized::<Ints<P>, R>("int_random", &shape, device) {
            return refused;
        }
        match random::random(&shape, distribution, device, dtype.into()) {
            Some(data) => create::create::<Ints<P>, R>(data, device),
            None => {
                let made = P::int_random(shape, distribution, &kind::plain_device::<P>(), dtype);
                create::created::<Ints<P>, R>(made, device)
            }
        }
    }

    creation! { IntTensor as Ints;
        fn int_empty(), IntDType;
        fn int_zeros(), IntDType;
        fn int_ones(), IntDType;
        fn int_full(fill_value: Scalar), IntDType;
    }

    fn int_arange_step(
        range: Range<i64>,
        step: usize,
        device: &MpcDevice,
        dtype: IntDType,
    ) -> IntTensor<Self> {
        let made = P::int_arange_step(range, step, &kind::plain_device::<P>(), dtype);
        create::created::<Ints<P>, R>(made, device)
    }

    fn int_arange(range: Range<i64>, device: &MpcDevice, dtype: IntDType) -> IntTensor<Self> {
        let made = P::int_arange(range, &kind::plain_device::<P>(), dtype);
        create::created::<Ints<P>, R>(made, device)
    }

    fn int_into_data(
        tensor: IntTensor<Self>,
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
        read::read::<Ints<P>, R>(tensor)
    }

    fn int_device(tensor: &IntTensor<Self>) -> MpcDevice {
        tensor.device().clone()
    }

    fn int_to_device(tensor: IntTensor<Self>, device: &MpcDevice) -> IntTensor<Self> {
        create::to_device(tensor, device)
    }

    unary! { IntTensor -> FloatTensor;
        fn int_into_float(t; out_dtype: FloatDType) => ops::int_into_float(t);
    }

    // Element by element.
    unary! { IntTensor -> IntTensor;
        fn int_neg(t) => ops::neg(t);
        fn int_abs(t) => ops::abs(t);
        fn int_sign(t) => ops::sign(t);
        fn int_cast(t; dtype: IntDType) => t;
        fn int_clamp_min(t; min: Scalar) => ops::clamp(t, Some(min.elem()), None);
        fn int_clamp_max(t; max: Scalar) => ops::clamp(t, None, Some(max.elem()));
        fn int_clamp(t; min: Scalar, max: Scalar) => ops::clamp(t, Some(min.elem()), Some(max.elem()));
        fn int_powi_scalar(t; exponent: Scalar) => ops::power("int_powi", t, exponent.elem());
        fn int_powi_scalar_impl(t; exponent: Scalar) => ops::power("int_powi", t, exponent.elem());
    }

    public_only! { IntTensor;
        fn int_div_scalar(rhs: Scalar) => hint::DIVISION;
        fn int_remainder_scalar(rhs: Scalar) => hint::DIVISION;
        fn int_cumprod(dim: usize) => hint::SCAN;
        fn int_cummin(dim: usize) => hint::SCAN;
        fn int_cummax(dim: usize) => hint::SCAN;
        fn int_sort(dim: usize, descending: bool) => hint::SORT;
        fn int_argsort(dim: usize, descending: bool) => hint::SORT;
        fn bitwise_and_scalar(rhs: Scalar) => hint::BITS;
        fn bitwise_or_scalar(rhs: Scalar) => hint::BITS;
        fn bitwise_xor_scalar(rhs: Scalar) => hint::BITS;
        fn bitwise_not() => hint::BITS;
        fn bitwise_left_shift_scalar(rhs: Scalar) => hint::BITS;
        fn bitwise_right_shift_scalar(rhs: Scalar) => hint::BITS;
    }

    binary! { IntTensor as Ints, IntTensor as Ints -> IntTensor;
        fn int_add() => ops::add;
        fn int_sub() => ops::sub;
        fn int_mul() => ops::mul;
        fn int_matmul() => ops::matmul;
        fn int_powi() => (|base, exponent| ops::power_of("powi", base, exponent, Kind::Int));
    }

    binary_public_only! { IntTensor;
        fn int_div() => hint::DIVISION;
        fn int_remainder() => hint::DIVISION;
        fn bitwise_and() => hint::BITS;
        fn bitwise_or() => hint::BITS;
        fn bitwise_xor() => hint::BITS;
        fn bitwise_left_shift() => hint::BITS;
        fn bitwise_right_shift() => hint::BITS;
    }

    with_scalar! { IntTensor -> IntTensor;
        fn int_add_scalar() => ops::add;
        fn int_sub_scalar() => ops::sub;
        fn int_mul_scalar() => ops::mul;
    }

    // Comparisons.
    binary! { IntTensor as Ints, IntTensor as Ints -> BoolTensor;
        fn int_equal(out_dtype: BoolDType) => ops::equal;
        fn int_not_equal(out_dtype: BoolDType) => ops::not_equal;
        fn int_greater(out_dtype: BoolDType) => ops::greater;
        fn int_greater_equal(out_dtype: BoolDType) => ops::greater_equal;
        fn int_lower(out_dtype: BoolDType) => ops::lower;
        fn int_lower_equal(out_dtype: BoolDType) => ops::lower_equal;
    }

    with_scalar! { IntTensor -> BoolTensor;
        fn int_equal_elem(out_dtype: BoolDType) => ops::equal;
        fn int_not_equal_elem(out_dtype: BoolDType) => ops::not_equal;
        fn int_greater_elem(out_dtype: BoolDType) => ops::greater;
        fn int_greater_equal_elem(out_dtype: BoolDType) => ops::greater_equal;
        fn int_lower_elem(out_dtype: BoolDType) => ops::lower;
        fn int_lower_equal_elem(out_dtype: BoolDType) => ops::lower_equal;
    }

    unary! { IntTensor -> BoolTensor;
        fn int_any(t; out_dtype: BoolDType) => ops::any_nonzero(t, None);
        fn int_any_dim(t; dim: usize, out_dtype: BoolDType) => ops::any_nonzero(t, Some(dim));
        fn int_all(t; out_dtype: BoolDType) => ops::all_nonzero(t, None);
        fn int_all_dim(t; dim: usize, out_dtype: BoolDType) => ops::all_nonzero(t, Some(dim));
    }

    masks! { IntTensor as Ints; fill fn int_mask_fill, choose fn int_mask_where }

    // Reductions.
    unary! { IntTensor -> IntTensor;
        fn int_sum(t) => ops::sum(t);
        fn int_sum_dim(t; dim: usize) => ops::sum_dim(t, dim);
        fn int_prod(t) => ops::prod(t);
        fn int_prod_dim(t; dim: usize) => ops::prod_dim(t, dim);
        fn int_mean(t) => refuse::refuse("int_mean", t.device(), &[t.shape()], hint::DIVISION, (vec![1], Kind::Int));
        fn int_mean_dim(t; dim: usize) => refuse::refuse_dim("int_mean_dim", &t, hint::DIVISION, dim, 1, Kind::Int);
        fn int_cumsum(t; dim: usize) => ops::cumsum(t, dim);
        fn int_argmax(t; dim: usize) => ops::argmax(t, dim);
        fn int_argmin(t; dim: usize) => ops::argmin(t, dim);
        fn int_max(t) => ops::max(t);
        fn int_max_dim(t; dim: usize) => ops::max_dim(t, dim);
        fn int_min(t) => ops::min(t);
        fn int_min_dim(t; dim: usize) => ops::min_dim(t, dim);
        fn int_max_abs(t) => ops::max(ops::abs(t));
        fn int_max_abs_dim(t; dim: usize) => ops::max_dim(ops::abs(t), dim);
        fn int_topk(t; dim: usize, k: usize) => refuse::refuse_dim("int_topk", &t, hint::SORT, dim, k, Kind::Int);
        fn int_argtopk(t; dim: usize, k: usize) => refuse::refuse_dim("int_argtopk", &t, hint::SORT, dim, k, Kind::Int);
    }

    with_indices! { IntTensor;
        fn int_max_dim_with_indices(t; dim: usize) => ops::max_dim_with_indices(t, dim);
        fn int_min_dim_with_indices(t; dim: usize) => ops::min_dim_with_indices(t, dim);
        fn int_sort_with_indices(t; dim: usize, descending: bool) =>
            refuse::refuse_pair("int_sort_with_indices", &t, hint::SORT);
    }

    // Movement.
    unary! { IntTensor -> IntTensor;
        fn int_transpose(t) => movement::transpose(t);
        fn int_swap_dims(t; dim1: usize, dim2: usize) => movement::swap_dims(t, dim1, dim2);
        fn int_permute(t; axes: &[usize]) => movement::permute(t, axes);
        fn int_flip(t; axes: &[usize]) => movement::flip(t, axes);
        fn int_reshape(t; shape: Shape) => movement::reshape(t, shape.to_vec());
        fn int_expand(t; shape: Shape) => movement::expand(t, &shape);
        fn int_repeat_dim(t; dim: usize, times: usize) => movement::repeat_dim(t, dim, times);
        fn int_slice(t; slices: &[Slice]) => { let spans = lift::spans(slices, t.shape()); movement::slice(t, &spans) };
        fn int_unfold(t; dim: usize, size: usize, step: usize) => movement::unfold(t, dim, size, step);
    }

    indexing! { IntTensor as Ints; fn int_select, fn int_gather, fn int_slice_assign, fn int_cat }

    updates! { IntTensor as Ints; fn int_select_add by select_add, fn int_scatter_add by scatter_add }

    indexing_nd! { IntTensor as Ints; fn int_gather_nd, fn int_scatter_nd }
}
