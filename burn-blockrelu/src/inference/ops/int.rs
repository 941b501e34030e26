//! `IntTensorOps` by delegation; written by `scripts/generate_inference.py` from burn-backend 0.21.0.

use super::delegate;
use crate::inference::Inference;
use burn_backend::ops::IntTensorOps;
use burn_backend::tensor::{BoolTensor, Device, FloatTensor, IndexingUpdateOp, IntTensor};
use burn_backend::{
    Backend, BoolDType, Distribution, ExecutionError, FloatDType, IntDType, Scalar, Shape, Slice,
    TensorData,
};
use std::ops::Range;

delegate! { IntTensorOps
    int_empty(shape: Shape, device: &Device<A>, dtype: IntDType) -> IntTensor<A>;
    int_into_data(
        tensor: IntTensor<A>
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send;
    int_from_data(data: TensorData, device: &Device<A>) -> IntTensor<A>;
    int_device(tensor: &IntTensor<A>) -> Device<A>;
    int_to_device(tensor: IntTensor<A>, device: &Device<A>) -> IntTensor<A>;
    int_reshape(tensor: IntTensor<A>, shape: Shape) -> IntTensor<A>;
    int_slice(tensor: IntTensor<A>, slices: &[Slice]) -> IntTensor<A>;
    int_slice_assign(tensor: IntTensor<A>, slices: &[Slice], value: IntTensor<A>) -> IntTensor<A>;
    int_into_float(tensor: IntTensor<A>, out_dtype: FloatDType) -> FloatTensor<A>;
    int_mask_where(tensor: IntTensor<A>, mask: BoolTensor<A>, value: IntTensor<A>) -> IntTensor<A>;
    int_mask_fill(tensor: IntTensor<A>, mask: BoolTensor<A>, value: Scalar) -> IntTensor<A>;
    int_gather(dim: usize, tensor: IntTensor<A>, indices: IntTensor<A>) -> IntTensor<A>;
    int_scatter_add(
        dim: usize, tensor: IntTensor<A>, indices: IntTensor<A>, value: IntTensor<A>
    ) -> IntTensor<A>;
    int_scatter_nd(
        data: IntTensor<A>, indices: IntTensor<A>, values: IntTensor<A>,
        reduction: IndexingUpdateOp
    ) -> IntTensor<A>;
    int_gather_nd(data: IntTensor<A>, indices: IntTensor<A>) -> IntTensor<A>;
    int_select(tensor: IntTensor<A>, dim: usize, indices: IntTensor<A>) -> IntTensor<A>;
    int_select_add(
        tensor: IntTensor<A>, dim: usize, indices: IntTensor<A>, value: IntTensor<A>
    ) -> IntTensor<A>;
    int_repeat_dim(tensor: IntTensor<A>, dim: usize, times: usize) -> IntTensor<A>;
    int_cat(tensors: Vec<IntTensor<A>>, dim: usize) -> IntTensor<A>;
    int_equal(lhs: IntTensor<A>, rhs: IntTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    int_not_equal(lhs: IntTensor<A>, rhs: IntTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    int_equal_elem(lhs: IntTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    int_not_equal_elem(lhs: IntTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    int_greater(lhs: IntTensor<A>, rhs: IntTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    int_greater_elem(lhs: IntTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    int_greater_equal(lhs: IntTensor<A>, rhs: IntTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    int_greater_equal_elem(lhs: IntTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    int_lower(lhs: IntTensor<A>, rhs: IntTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    int_lower_elem(lhs: IntTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    int_lower_equal(lhs: IntTensor<A>, rhs: IntTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    int_lower_equal_elem(lhs: IntTensor<A>, rhs: Scalar, out_dtype: BoolDType) -> BoolTensor<A>;
    int_add(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    int_add_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    int_powi(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    int_powi_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    int_powi_scalar_impl(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    int_clamp_min(tensor: IntTensor<A>, min: Scalar) -> IntTensor<A>;
    int_clamp_max(tensor: IntTensor<A>, max: Scalar) -> IntTensor<A>;
    int_clamp(tensor: IntTensor<A>, min: Scalar, max: Scalar) -> IntTensor<A>;
    int_sub(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    int_sub_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    int_mul(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    int_mul_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    int_div(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    int_div_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    int_remainder(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    int_remainder_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    int_matmul(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    int_neg(tensor: IntTensor<A>) -> IntTensor<A>;
    int_zeros(shape: Shape, device: &Device<A>, dtype: IntDType) -> IntTensor<A>;
    int_ones(shape: Shape, device: &Device<A>, dtype: IntDType) -> IntTensor<A>;
    int_full(shape: Shape, fill_value: Scalar, device: &Device<A>, dtype: IntDType) -> IntTensor<A>;
    int_sum(tensor: IntTensor<A>) -> IntTensor<A>;
    int_sum_dim(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_prod(tensor: IntTensor<A>) -> IntTensor<A>;
    int_prod_dim(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_mean(tensor: IntTensor<A>) -> IntTensor<A>;
    int_mean_dim(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_cumsum(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_cumprod(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_cummin(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_cummax(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_argmax(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_argtopk(tensor: IntTensor<A>, dim: usize, k: usize) -> IntTensor<A>;
    int_topk(tensor: IntTensor<A>, dim: usize, k: usize) -> IntTensor<A>;
    int_argmin(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_max(tensor: IntTensor<A>) -> IntTensor<A>;
    int_max_dim(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_max_dim_with_indices(tensor: IntTensor<A>, dim: usize) -> (IntTensor<A>, IntTensor<A>);
    int_max_abs(tensor: IntTensor<A>) -> IntTensor<A>;
    int_max_abs_dim(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_min(tensor: IntTensor<A>) -> IntTensor<A>;
    int_min_dim(tensor: IntTensor<A>, dim: usize) -> IntTensor<A>;
    int_min_dim_with_indices(tensor: IntTensor<A>, dim: usize) -> (IntTensor<A>, IntTensor<A>);
    int_abs(tensor: IntTensor<A>) -> IntTensor<A>;
    int_transpose(tensor: IntTensor<A>) -> IntTensor<A>;
    int_swap_dims(tensor: IntTensor<A>, dim1: usize, dim2: usize) -> IntTensor<A>;
    int_permute(tensor: IntTensor<A>, axes: &[usize]) -> IntTensor<A>;
    int_flip(tensor: IntTensor<A>, axes: &[usize]) -> IntTensor<A>;
    int_random(
        shape: Shape, distribution: Distribution, device: &Device<A>, dtype: IntDType
    ) -> IntTensor<A>;
    int_arange_step(
        range: Range<i64>, step: usize, device: &Device<A>, dtype: IntDType
    ) -> IntTensor<A>;
    int_arange(range: Range<i64>, device: &Device<A>, dtype: IntDType) -> IntTensor<A>;
    int_any(tensor: IntTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    int_any_dim(tensor: IntTensor<A>, dim: usize, out_dtype: BoolDType) -> BoolTensor<A>;
    int_all(tensor: IntTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    int_all_dim(tensor: IntTensor<A>, dim: usize, out_dtype: BoolDType) -> BoolTensor<A>;
    int_sign(tensor: IntTensor<A>) -> IntTensor<A>;
    int_expand(tensor: IntTensor<A>, shape: Shape) -> IntTensor<A>;
    int_sort(tensor: IntTensor<A>, dim: usize, descending: bool) -> IntTensor<A>;
    int_sort_with_indices(
        tensor: IntTensor<A>, dim: usize, descending: bool
    ) -> (IntTensor<A>, IntTensor<A>);
    int_argsort(tensor: IntTensor<A>, dim: usize, descending: bool) -> IntTensor<A>;
    bitwise_and(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    bitwise_and_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    bitwise_or(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    bitwise_or_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    bitwise_xor(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    bitwise_xor_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    bitwise_not(tensor: IntTensor<A>) -> IntTensor<A>;
    bitwise_left_shift(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    bitwise_left_shift_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    bitwise_right_shift(lhs: IntTensor<A>, rhs: IntTensor<A>) -> IntTensor<A>;
    bitwise_right_shift_scalar(lhs: IntTensor<A>, rhs: Scalar) -> IntTensor<A>;
    int_cast(tensor: IntTensor<A>, dtype: IntDType) -> IntTensor<A>;
    int_unfold(tensor: IntTensor<A>, dim: usize, size: usize, step: usize) -> IntTensor<A>;
}
