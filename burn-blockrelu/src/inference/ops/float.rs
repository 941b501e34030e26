//! `FloatTensorOps` by delegation; written by `scripts/generate_inference.py` from burn-backend 0.21.0.

use super::delegate;
use crate::inference::Inference;
use burn_backend::ops::{FloatTensorOps, GridSampleOptions};
use burn_backend::tensor::{BoolTensor, Device, FloatTensor, IndexingUpdateOp, IntTensor};
use burn_backend::{
    Backend, BoolDType, Distribution, ExecutionError, FloatDType, IntDType, Scalar, Shape, Slice,
    TensorData,
};

delegate! { FloatTensorOps
    float_from_data(data: TensorData, device: &Device<A>) -> FloatTensor<A>;
    float_random(
        shape: Shape, distribution: Distribution, device: &Device<A>, dtype: FloatDType
    ) -> FloatTensor<A>;
    float_zeros(shape: Shape, device: &Device<A>, dtype: FloatDType) -> FloatTensor<A>;
    float_ones(shape: Shape, device: &Device<A>, dtype: FloatDType) -> FloatTensor<A>;
    float_full(
        shape: Shape, fill_value: Scalar, device: &Device<A>, dtype: FloatDType
    ) -> FloatTensor<A>;
    float_into_data(
        tensor: FloatTensor<A>
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send;
    float_device(tensor: &FloatTensor<A>) -> Device<A>;
    float_to_device(tensor: FloatTensor<A>, device: &Device<A>) -> FloatTensor<A>;
    float_into_int(tensor: FloatTensor<A>, out_dtype: IntDType) -> IntTensor<A>;
    float_empty(shape: Shape, device: &Device<A>, dtype: FloatDType) -> FloatTensor<A>;
    float_repeat_dim(tensor: FloatTensor<A>, dim: usize, times: usize) -> FloatTensor<A>;
    float_add(lhs: FloatTensor<A>, rhs: FloatTensor<A>) -> FloatTensor<A>;
    float_add_scalar(lhs: FloatTensor<A>, rhs: Scalar) -> FloatTensor<A>;
    float_clamp_min(tensor: FloatTensor<A>, min: Scalar) -> FloatTensor<A>;
    float_clamp_max(tensor: FloatTensor<A>, max: Scalar) -> FloatTensor<A>;
    float_clamp(tensor: FloatTensor<A>, min: Scalar, max: Scalar) -> FloatTensor<A>;
    float_sub(lhs: FloatTensor<A>, rhs: FloatTensor<A>) -> FloatTensor<A>;
    float_sub_scalar(lhs: FloatTensor<A>, rhs: Scalar) -> FloatTensor<A>;
    float_mul(lhs: FloatTensor<A>, rhs: FloatTensor<A>) -> FloatTensor<A>;
    float_mul_scalar(lhs: FloatTensor<A>, rhs: Scalar) -> FloatTensor<A>;
    float_div(lhs: FloatTensor<A>, rhs: FloatTensor<A>) -> FloatTensor<A>;
    float_div_scalar(lhs: FloatTensor<A>, rhs: Scalar) -> FloatTensor<A>;
    float_remainder(lhs: FloatTensor<A>, rhs: FloatTensor<A>) -> FloatTensor<A>;
    float_remainder_scalar(lhs: FloatTensor<A>, rhs: Scalar) -> FloatTensor<A>;
    float_matmul(lhs: FloatTensor<A>, rhs: FloatTensor<A>) -> FloatTensor<A>;
    float_cross(lhs: FloatTensor<A>, rhs: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_neg(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_recip(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_transpose(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_swap_dims(tensor: FloatTensor<A>, dim1: usize, dim2: usize) -> FloatTensor<A>;
    float_permute(tensor: FloatTensor<A>, axes: &[usize]) -> FloatTensor<A>;
    float_flip(tensor: FloatTensor<A>, axes: &[usize]) -> FloatTensor<A>;
    float_reshape(tensor: FloatTensor<A>, shape: Shape) -> FloatTensor<A>;
    float_gather(dim: usize, tensor: FloatTensor<A>, indices: IntTensor<A>) -> FloatTensor<A>;
    float_scatter_add(
        dim: usize, tensor: FloatTensor<A>, indices: IntTensor<A>, value: FloatTensor<A>
    ) -> FloatTensor<A>;
    float_scatter_nd(
        data: FloatTensor<A>, indices: IntTensor<A>, values: FloatTensor<A>,
        reduction: IndexingUpdateOp
    ) -> FloatTensor<A>;
    float_gather_nd(data: FloatTensor<A>, indices: IntTensor<A>) -> FloatTensor<A>;
    float_select(tensor: FloatTensor<A>, dim: usize, indices: IntTensor<A>) -> FloatTensor<A>;
    float_select_add(
        tensor: FloatTensor<A>, dim: usize, indices: IntTensor<A>, value: FloatTensor<A>
    ) -> FloatTensor<A>;
    float_slice(tensor: FloatTensor<A>, slices: &[Slice]) -> FloatTensor<A>;
    float_slice_assign(
        tensor: FloatTensor<A>, slices: &[Slice], value: FloatTensor<A>
    ) -> FloatTensor<A>;
    float_mask_where(
        tensor: FloatTensor<A>, mask: BoolTensor<A>, value: FloatTensor<A>
    ) -> FloatTensor<A>;
    float_mask_fill(tensor: FloatTensor<A>, mask: BoolTensor<A>, value: Scalar) -> FloatTensor<A>;
    float_equal(lhs: FloatTensor<A>, rhs: FloatTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    float_not_equal(
        lhs: FloatTensor<A>, rhs: FloatTensor<A>, out_dtype: BoolDType
    ) -> BoolTensor<A>;
    float_equal_elem(lhs: FloatTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    float_not_equal_elem(lhs: FloatTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    float_greater(lhs: FloatTensor<A>, rhs: FloatTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    float_greater_elem(lhs: FloatTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    float_greater_equal(
        lhs: FloatTensor<A>, rhs: FloatTensor<A>, out_dtype: BoolDType
    ) -> BoolTensor<A>;
    float_greater_equal_elem(
        lhs: FloatTensor<A>, rhs: Scalar, out_dtype: BoolDType
    ) -> BoolTensor<A>;
    float_lower(lhs: FloatTensor<A>, rhs: FloatTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    float_lower_elem(lhs: FloatTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    float_lower_equal(
        lhs: FloatTensor<A>, rhs: FloatTensor<A>, out_dtype: BoolDType
    ) -> BoolTensor<A>;
    float_lower_equal_elem(lhs: FloatTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    float_detach(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_set_require_grad(tensor: FloatTensor<A>, require_grad: bool) -> FloatTensor<A>;
    float_is_require_grad(tensor: &FloatTensor<A>) -> bool;
    float_sum(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_sum_dim(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_prod(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_prod_dim(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_mean(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_mean_dim(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_cumsum(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_cumprod(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_cummin(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_cummax(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_cast(tensor: FloatTensor<A>, dtype: FloatDType) -> FloatTensor<A>;
    float_exp(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_log(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_log1p(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_powf(lhs: FloatTensor<A>, rhs: FloatTensor<A>) -> FloatTensor<A>;
    float_powi(lhs: FloatTensor<A>, rhs: IntTensor<A>) -> FloatTensor<A>;
    float_powi_scalar(lhs: FloatTensor<A>, rhs: Scalar) -> FloatTensor<A>;
    float_powi_scalar_impl(lhs: FloatTensor<A>, rhs: Scalar) -> FloatTensor<A>;
    float_powf_scalar(tensor: FloatTensor<A>, value: Scalar) -> FloatTensor<A>;
    float_powf_scalar_impl(tensor: FloatTensor<A>, value: Scalar) -> FloatTensor<A>;
    float_sqrt(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_abs(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_cos(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_sin(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_tan(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_cosh(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_sinh(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_tanh(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_acos(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_acosh(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_asin(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_asinh(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_atan(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_atanh(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_atan2(lhs: FloatTensor<A>, rhs: FloatTensor<A>) -> FloatTensor<A>;
    float_round(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_floor(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_ceil(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_trunc(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_erf(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_cat(tensors: Vec<FloatTensor<A>>, dim: usize) -> FloatTensor<A>;
    float_argmax(tensor: FloatTensor<A>, dim: usize, out_dtype: IntDType) -> IntTensor<A>;
    float_argtopk(
        tensor: FloatTensor<A>, dim: usize, k: usize, out_dtype: IntDType
    ) -> IntTensor<A>;
    float_topk(tensor: FloatTensor<A>, dim: usize, k: usize) -> FloatTensor<A>;
    float_argmin(tensor: FloatTensor<A>, dim: usize, out_dtype: IntDType) -> IntTensor<A>;
    float_max(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_max_dim(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_max_dim_with_indices(
        tensor: FloatTensor<A>, dim: usize, indices_dtype: IntDType
    ) -> (FloatTensor<A>, IntTensor<A>);
    float_min(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_min_dim(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_min_dim_with_indices(
        tensor: FloatTensor<A>, dim: usize, indices_dtype: IntDType
    ) -> (FloatTensor<A>, IntTensor<A>);
    float_max_abs(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_max_abs_dim(tensor: FloatTensor<A>, dim: usize) -> FloatTensor<A>;
    float_any(tensor: FloatTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    float_any_dim(tensor: FloatTensor<A>, dim: usize, out_dtype: BoolDType) -> BoolTensor<A>;
    float_all(tensor: FloatTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    float_all_dim(tensor: FloatTensor<A>, dim: usize, out_dtype: BoolDType) -> BoolTensor<A>;
    float_sign(tensor: FloatTensor<A>) -> FloatTensor<A>;
    float_expand(tensor: FloatTensor<A>, shape: Shape) -> FloatTensor<A>;
    float_sort(tensor: FloatTensor<A>, dim: usize, descending: bool) -> FloatTensor<A>;
    float_sort_with_indices(
        tensor: FloatTensor<A>, dim: usize, descending: bool, indices_dtype: IntDType
    ) -> (FloatTensor<A>, IntTensor<A>);
    float_argsort(
        tensor: FloatTensor<A>, dim: usize, descending: bool, out_dtype: IntDType
    ) -> IntTensor<A>;
    float_grid_sample_2d(
        tensor: FloatTensor<A>, grid: FloatTensor<A>, options: GridSampleOptions
    ) -> FloatTensor<A>;
    float_unfold(tensor: FloatTensor<A>, dim: usize, size: usize, step: usize) -> FloatTensor<A>;
    float_is_nan(tensor: FloatTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    float_is_inf(tensor: FloatTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
}
