//! Float tensors.

use std::future::Future;

use burn_backend::ops::{FloatTensorOps, GridSampleOptions};
use burn_backend::tensor::{BoolTensor, FloatTensor, IndexingUpdateOp, IntTensor};
use burn_backend::{
    Backend, BoolDType, Distribution, ExecutionError, FloatDType, IntDType, Scalar, Shape, Slice,
    TensorData, TensorMetadata,
};

use super::kind::{Bools, Floats, Ints};
use super::{Mpc, MpcTensor, create, indexing, kind, lift, random, read, refuse};
use crate::ops::{self, movement};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand};

/// Hints: what to do instead.
mod hint {
    pub const EXP: &str =
        "no protocol for exponentials yet; reveal first, or use an activation made of relu";
    pub const LOG: &str = "no protocol for logarithms yet; reveal first";
    pub const TRIGONOMETRY: &str = "no protocol for trigonometric functions; reveal first";
    pub const REMAINDER: &str = "no protocol for remainders; reveal first";
    pub const ROUND: &str =
        "rounding halves to even has no protocol; use floor of the value plus 0.5";
    pub const SCAN: &str = "no protocol for running products and extrema; reveal first";
    pub const SORT: &str =
        "sorting by secrets has no protocol; use max_dim or argmax, or reveal first";
    pub const GRID: &str = "no protocol for sampling on a grid; use interpolate, or reveal first";
}

impl<P: Backend, R: Ring> FloatTensorOps<Self> for Mpc<P, R> {
    fn float_from_data(data: TensorData, device: &MpcDevice) -> FloatTensor<Self> {
        create::create::<Floats<P>, R>(data, device)
    }

    fn float_random(
        shape: Shape,
        distribution: Distribution,
        device: &MpcDevice,
        dtype: FloatDType,
    ) -> FloatTensor<Self> {
        if let Some(refused) = create::oversized::<Floats<P>, R>("float_random", &shape, device) {
            return refused;
        }
        match random::random(&shape, distribution, device, dtype.into()) {
            Some(data) => create::create::<Floats<P>, R>(data, device),
            None => {
                let made = P::float_random(shape, distribution, &kind::plain_device::<P>(), dtype);
                create::created::<Floats<P>, R>(made, device)
            }
        }
    }

    creation! { FloatTensor as Floats;
        fn float_zeros(), FloatDType;
        fn float_ones(), FloatDType;
        fn float_full(fill_value: Scalar), FloatDType;
        fn float_empty(), FloatDType;
    }

    fn float_into_data(
        tensor: FloatTensor<Self>,
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
        read::read::<Floats<P>, R>(tensor)
    }

    fn float_device(tensor: &FloatTensor<Self>) -> MpcDevice {
        tensor.device().clone()
    }

    fn float_to_device(tensor: FloatTensor<Self>, device: &MpcDevice) -> FloatTensor<Self> {
        create::to_device(tensor, device)
    }

    unary! { FloatTensor -> IntTensor;
        fn float_into_int(t; out_dtype: IntDType) => ops::float_into_int(t);
        fn float_argmax(t; dim: usize, out_dtype: IntDType) => ops::argmax(t, dim);
        fn float_argmin(t; dim: usize, out_dtype: IntDType) => ops::argmin(t, dim);
        fn float_argtopk(t; dim: usize, k: usize, out_dtype: IntDType) =>
            refuse::refuse_dim("float_argtopk", &t, hint::SORT, dim, k, Kind::Int);
        fn float_argsort(t; dim: usize, descending: bool, out_dtype: IntDType) =>
            refuse::refuse_like("float_argsort", &t, hint::SORT).with_kind(Kind::Int);
    }

    // Element by element.
    unary! { FloatTensor -> FloatTensor;
        fn float_neg(t) => ops::neg(t);
        fn float_recip(t) => ops::recip(t);
        fn float_abs(t) => ops::abs(t);
        fn float_sign(t) => ops::sign(t);
        fn float_sqrt(t) => ops::sqrt(t);
        fn float_trunc(t) => ops::trunc(t);
        fn float_floor(t) => ops::floor(t);
        fn float_ceil(t) => ops::ceil(t);
        fn float_cast(t; dtype: FloatDType) => t;
        fn float_clamp_min(t; min: Scalar) => ops::clamp(t, Some(min.elem()), None);
        fn float_clamp_max(t; max: Scalar) => ops::clamp(t, None, Some(max.elem()));
        fn float_clamp(t; min: Scalar, max: Scalar) => ops::clamp(t, Some(min.elem()), Some(max.elem()));
        fn float_powi_scalar(t; exponent: Scalar) => ops::power("powi_scalar", t, exponent.elem());
        fn float_powi_scalar_impl(t; exponent: Scalar) => ops::power("powi_scalar", t, exponent.elem());
        fn float_powf_scalar(t; exponent: Scalar) => ops::power("powf_scalar", t, exponent.elem());
        fn float_powf_scalar_impl(t; exponent: Scalar) => ops::power("powf_scalar", t, exponent.elem());
    }

    public_only! { FloatTensor;
        fn float_exp() => hint::EXP;
        fn float_log() => hint::LOG;
        fn float_log1p() => hint::LOG;
        fn float_cos() => hint::TRIGONOMETRY;
        fn float_sin() => hint::TRIGONOMETRY;
        fn float_tan() => hint::TRIGONOMETRY;
        fn float_cosh() => hint::EXP;
        fn float_sinh() => hint::EXP;
        fn float_tanh() => hint::EXP;
        fn float_acos() => hint::TRIGONOMETRY;
        fn float_acosh() => hint::LOG;
        fn float_asin() => hint::TRIGONOMETRY;
        fn float_asinh() => hint::LOG;
        fn float_atan() => hint::TRIGONOMETRY;
        fn float_atanh() => hint::LOG;
        fn float_erf() => hint::EXP;
        fn float_round() => hint::ROUND;
        fn float_remainder_scalar(rhs: Scalar) => hint::REMAINDER;
        fn float_cumprod(dim: usize) => hint::SCAN;
        fn float_cummin(dim: usize) => hint::SCAN;
        fn float_cummax(dim: usize) => hint::SCAN;
        fn float_sort(dim: usize, descending: bool) => hint::SORT;
    }

    binary! { FloatTensor as Floats, FloatTensor as Floats -> FloatTensor;
        fn float_add() => ops::add;
        fn float_sub() => ops::sub;
        fn float_mul() => ops::mul;
        fn float_div() => ops::div;
        fn float_matmul() => ops::matmul;
        fn float_powf() => (|base, exponent| ops::power_of("powf", base, exponent, Kind::Float));
    }

    binary! { FloatTensor as Floats, IntTensor as Ints -> FloatTensor;
        fn float_powi() => (|base, exponent| ops::power_of("powi", base, exponent, Kind::Float));
    }

    binary_public_only! { FloatTensor;
        fn float_remainder() => hint::REMAINDER;
        fn float_atan2() => hint::TRIGONOMETRY;
    }

    with_scalar! { FloatTensor -> FloatTensor;
        fn float_add_scalar() => ops::add;
        fn float_sub_scalar() => ops::sub;
        fn float_mul_scalar() => ops::mul;
        fn float_div_scalar() => ops::div;
    }

    fn float_cross(
        lhs: FloatTensor<Self>,
        rhs: FloatTensor<Self>,
        dim: usize,
    ) -> FloatTensor<Self> {
        match (lhs, rhs) {
            (MpcTensor::Public(lhs, device), MpcTensor::Public(rhs, _)) => {
                MpcTensor::Public(P::float_cross(lhs, rhs, dim), device)
            }
            (lhs, rhs) => {
                let (lhs, rhs) = (
                    lift::operand::<Floats<P>, R>(lhs),
                    lift::operand::<Floats<P>, R>(rhs),
                );
                MpcTensor::Secret(ops::cross(&lhs, &rhs, dim))
            }
        }
    }

    // Comparisons.
    binary! { FloatTensor as Floats, FloatTensor as Floats -> BoolTensor;
        fn float_equal(out_dtype: BoolDType) => ops::equal;
        fn float_not_equal(out_dtype: BoolDType) => ops::not_equal;
        fn float_greater(out_dtype: BoolDType) => ops::greater;
        fn float_greater_equal(out_dtype: BoolDType) => ops::greater_equal;
        fn float_lower(out_dtype: BoolDType) => ops::lower;
        fn float_lower_equal(out_dtype: BoolDType) => ops::lower_equal;
    }

    with_scalar! { FloatTensor -> BoolTensor;
        fn float_equal_elem(out_dtype: BoolDType) => ops::equal;
        fn float_not_equal_elem(out_dtype: BoolDType) => ops::not_equal;
        fn float_greater_elem(out_dtype: BoolDType) => ops::greater;
        fn float_greater_equal_elem(out_dtype: BoolDType) => ops::greater_equal;
        fn float_lower_elem(out_dtype: BoolDType) => ops::lower;
        fn float_lower_equal_elem(out_dtype: BoolDType) => ops::lower_equal;
    }

    unary! { FloatTensor -> BoolTensor;
        fn float_any(t; out_dtype: BoolDType) => ops::any_nonzero(t, None);
        fn float_any_dim(t; dim: usize, out_dtype: BoolDType) => ops::any_nonzero(t, Some(dim));
        fn float_all(t; out_dtype: BoolDType) => ops::all_nonzero(t, None);
        fn float_all_dim(t; dim: usize, out_dtype: BoolDType) => ops::all_nonzero(t, Some(dim));
    }

    fn float_is_nan(tensor: FloatTensor<Self>, out_dtype: BoolDType) -> BoolTensor<Self> {
        match tensor {
            MpcTensor::Public(tensor, device) => {
                MpcTensor::Public(P::float_is_nan(tensor, out_dtype), device)
            }
            // A ring word is always a number.
            tensor => Self::bool_none(&tensor, out_dtype),
        }
    }

    fn float_is_inf(tensor: FloatTensor<Self>, out_dtype: BoolDType) -> BoolTensor<Self> {
        match tensor {
            MpcTensor::Public(tensor, device) => {
                MpcTensor::Public(P::float_is_inf(tensor, out_dtype), device)
            }
            // A ring word is always finite.
            tensor => Self::bool_none(&tensor, out_dtype),
        }
    }

    masks! { FloatTensor as Floats; fill fn float_mask_fill, choose fn float_mask_where }

    // Reductions.
    unary! { FloatTensor -> FloatTensor;
        fn float_sum(t) => ops::sum(t);
        fn float_sum_dim(t; dim: usize) => ops::sum_dim(t, dim);
        fn float_prod(t) => ops::prod(t);
        fn float_prod_dim(t; dim: usize) => ops::prod_dim(t, dim);
        fn float_mean(t) => ops::mean(t);
        fn float_mean_dim(t; dim: usize) => ops::mean_dim(t, dim);
        fn float_cumsum(t; dim: usize) => ops::cumsum(t, dim);
        fn float_max(t) => ops::max(t);
        fn float_max_dim(t; dim: usize) => ops::max_dim(t, dim);
        fn float_min(t) => ops::min(t);
        fn float_min_dim(t; dim: usize) => ops::min_dim(t, dim);
        fn float_max_abs(t) => ops::max(ops::abs(t));
        fn float_max_abs_dim(t; dim: usize) => ops::max_dim(ops::abs(t), dim);
        fn float_topk(t; dim: usize, k: usize) =>
            refuse::refuse_dim("float_topk", &t, hint::SORT, dim, k, Kind::Float);
    }

    with_indices! { FloatTensor;
        fn float_max_dim_with_indices(t; dim: usize, indices_dtype: IntDType) => ops::max_dim_with_indices(t, dim);
        fn float_min_dim_with_indices(t; dim: usize, indices_dtype: IntDType) => ops::min_dim_with_indices(t, dim);
        fn float_sort_with_indices(t; dim: usize, descending: bool, indices_dtype: IntDType) =>
            refuse::refuse_pair("float_sort_with_indices", &t, hint::SORT);
    }

    // Movement.
    unary! { FloatTensor -> FloatTensor;
        fn float_transpose(t) => movement::transpose(t);
        fn float_swap_dims(t; dim1: usize, dim2: usize) => movement::swap_dims(t, dim1, dim2);
        fn float_permute(t; axes: &[usize]) => movement::permute(t, axes);
        fn float_flip(t; axes: &[usize]) => movement::flip(t, axes);
        fn float_reshape(t; shape: Shape) => movement::reshape(t, shape.to_vec());
        fn float_expand(t; shape: Shape) => movement::expand(t, &shape);
        fn float_repeat_dim(t; dim: usize, times: usize) => movement::repeat_dim(t, dim, times);
        fn float_slice(t; slices: &[Slice]) => { let spans = lift::spans(slices, t.shape()); movement::slice(t, &spans) };
        fn float_unfold(t; dim: usize, size: usize, step: usize) => movement::unfold(t, dim, size, step);
    }

    indexing! { FloatTensor as Floats; fn float_select, fn float_gather, fn float_slice_assign, fn float_cat }

    updates! { FloatTensor as Floats; fn float_select_add by select_add, fn float_scatter_add by scatter_add }

    indexing_nd! { FloatTensor as Floats; fn float_gather_nd, fn float_scatter_nd }

    fn float_grid_sample_2d(
        tensor: FloatTensor<Self>,
        grid: FloatTensor<Self>,
        options: GridSampleOptions,
    ) -> FloatTensor<Self> {
        match (tensor, grid) {
            (MpcTensor::Public(tensor, device), MpcTensor::Public(grid, _)) => {
                MpcTensor::Public(P::float_grid_sample_2d(tensor, grid, options), device)
            }
            (tensor, grid) => {
                let (shape, points) = (tensor.shape().to_vec(), grid.shape().to_vec());
                let out = vec![shape[0], shape[1], points[1], points[2]];
                let device = lift::device_of(&tensor, &grid);
                let shapes = [shape.as_slice(), points.as_slice()];
                MpcTensor::Secret(refuse::refuse(
                    "grid_sample_2d",
                    &device,
                    &shapes,
                    hint::GRID,
                    (out, Kind::Float),
                ))
            }
        }
    }
}

impl<P: Backend, R: Ring> Mpc<P, R> {
    /// `false` for every element of a tensor.
    fn bool_none(tensor: &FloatTensor<Self>, dtype: BoolDType) -> BoolTensor<Self> {
        let none = P::bool_zeros(tensor.shape(), &kind::plain_device::<P>(), dtype);
        create::created::<Bools<P>, R>(none, tensor.device())
    }
}
