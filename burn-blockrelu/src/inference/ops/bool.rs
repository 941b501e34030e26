//! `BoolTensorOps` by delegation; written by `scripts/generate_inference.py` from burn-backend 0.21.0.

use super::delegate;
use crate::inference::Inference;
use burn_backend::ops::BoolTensorOps;
use burn_backend::tensor::{BoolTensor, Device, FloatTensor, IntTensor};
use burn_backend::{
    Backend, BoolDType, ExecutionError, FloatDType, IntDType, Scalar, Shape, Slice, TensorData,
};

delegate! { BoolTensorOps
    bool_empty(shape: Shape, device: &Device<A>, dtype: BoolDType) -> BoolTensor<A>;
    bool_zeros(shape: Shape, device: &Device<A>, dtype: BoolDType) -> BoolTensor<A>;
    bool_ones(shape: Shape, device: &Device<A>, dtype: BoolDType) -> BoolTensor<A>;
    bool_into_data(
        tensor: BoolTensor<A>
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send;
    bool_from_data(data: TensorData, device: &Device<A>) -> BoolTensor<A>;
    bool_into_int(tensor: BoolTensor<A>, out_dtype: IntDType) -> IntTensor<A>;
    bool_into_float(tensor: BoolTensor<A>, out_dtype: FloatDType) -> FloatTensor<A>;
    bool_device(tensor: &BoolTensor<A>) -> Device<A>;
    bool_to_device(tensor: BoolTensor<A>, device: &Device<A>) -> BoolTensor<A>;
    bool_reshape(tensor: BoolTensor<A>, shape: Shape) -> BoolTensor<A>;
    bool_slice(tensor: BoolTensor<A>, slices: &[Slice]) -> BoolTensor<A>;
    bool_slice_assign(
        tensor: BoolTensor<A>, slices: &[Slice], value: BoolTensor<A>
    ) -> BoolTensor<A>;
    bool_mask_where(
        tensor: BoolTensor<A>, mask: BoolTensor<A>, value: BoolTensor<A>
    ) -> BoolTensor<A>;
    bool_mask_fill(tensor: BoolTensor<A>, mask: BoolTensor<A>, value: Scalar) -> BoolTensor<A>;
    bool_gather(dim: usize, tensor: BoolTensor<A>, indices: IntTensor<A>) -> BoolTensor<A>;
    bool_scatter_or(
        dim: usize, tensor: BoolTensor<A>, indices: IntTensor<A>, value: BoolTensor<A>
    ) -> BoolTensor<A>;
    bool_select(tensor: BoolTensor<A>, dim: usize, indices: IntTensor<A>) -> BoolTensor<A>;
    bool_select_or(
        tensor: BoolTensor<A>, dim: usize, indices: IntTensor<A>, value: BoolTensor<A>
    ) -> BoolTensor<A>;
    bool_repeat_dim(tensor: BoolTensor<A>, dim: usize, times: usize) -> BoolTensor<A>;
    bool_cat(tensors: Vec<BoolTensor<A>>, dim: usize) -> BoolTensor<A>;
    bool_equal(lhs: BoolTensor<A>, rhs: BoolTensor<A>) -> BoolTensor<A>;
    bool_not_equal(lhs: BoolTensor<A>, rhs: BoolTensor<A>) -> BoolTensor<A>;
    bool_equal_elem(lhs: BoolTensor<A>, rhs: Scalar) -> BoolTensor<A>;
    bool_not_equal_elem(lhs: BoolTensor<A>, rhs: Scalar) -> BoolTensor<A>;
    bool_not(tensor: BoolTensor<A>) -> BoolTensor<A>;
    bool_and(lhs: BoolTensor<A>, rhs: BoolTensor<A>) -> BoolTensor<A>;
    bool_or(lhs: BoolTensor<A>, rhs: BoolTensor<A>) -> BoolTensor<A>;
    bool_xor(lhs: BoolTensor<A>, rhs: BoolTensor<A>) -> BoolTensor<A>;
    bool_transpose(tensor: BoolTensor<A>) -> BoolTensor<A>;
    bool_swap_dims(tensor: BoolTensor<A>, dim1: usize, dim2: usize) -> BoolTensor<A>;
    bool_permute(tensor: BoolTensor<A>, axes: &[usize]) -> BoolTensor<A>;
    bool_flip(tensor: BoolTensor<A>, axes: &[usize]) -> BoolTensor<A>;
    bool_any(tensor: BoolTensor<A>) -> BoolTensor<A>;
    bool_any_dim(tensor: BoolTensor<A>, dim: usize) -> BoolTensor<A>;
    bool_all(tensor: BoolTensor<A>) -> BoolTensor<A>;
    bool_all_dim(tensor: BoolTensor<A>, dim: usize) -> BoolTensor<A>;
    bool_argwhere(
        tensor: BoolTensor<A>, out_dtype: IntDType
    ) -> impl Future<Output = IntTensor<A>> + 'static + Send;
    bool_expand(tensor: BoolTensor<A>, shape: Shape) -> BoolTensor<A>;
    bool_unfold(tensor: BoolTensor<A>, dim: usize, size: usize, step: usize) -> BoolTensor<A>;
}
