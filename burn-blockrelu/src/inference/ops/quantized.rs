//! `QTensorOps` by delegation; written by `scripts/generate_inference.py` from burn-backend 0.21.0.

use super::delegate;
use crate::inference::Inference;
use crate::inference::rewrap::{Lift, Lower};
use burn_backend::ops::QTensorOps;
use burn_backend::quantization::QuantScheme;
use burn_backend::tensor::quantization::QuantizationParametersPrimitive;
use burn_backend::tensor::{BoolTensor, Device, FloatTensor, IntTensor, QuantizedTensor};
use burn_backend::{
    Backend, BoolDType, ExecutionError, FloatDType, IntDType, Scalar, Shape, Slice, TensorData,
    TensorPrimitive,
};

delegate! { QTensorOps
    q_from_data(data: TensorData, device: &Device<A>) -> QuantizedTensor<A>;
    quantize(
        tensor: FloatTensor<A>, scheme: &QuantScheme,
        qparams: QuantizationParametersPrimitive<Inference<A>>
    ) -> QuantizedTensor<A> = A::quantize(tensor, scheme, qparams.lower());
    quantize_dynamic(tensor: FloatTensor<A>, scheme: &QuantScheme) -> QuantizedTensor<A>;
    dequantize(tensor: QuantizedTensor<A>, dtype: FloatDType) -> FloatTensor<A>;
    q_device(tensor: &QuantizedTensor<A>) -> Device<A>;
    q_to_device(tensor: QuantizedTensor<A>, device: &Device<A>) -> QuantizedTensor<A>;
    q_reshape(tensor: QuantizedTensor<A>, shape: Shape) -> QuantizedTensor<A>;
    q_into_data(
        tensor: QuantizedTensor<A>
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send;
    q_detach(tensor: QuantizedTensor<A>) -> QuantizedTensor<A>;
    q_set_require_grad(tensor: QuantizedTensor<A>, require_grad: bool) -> QuantizedTensor<A>;
    q_is_require_grad(tensor: &QuantizedTensor<A>) -> bool;
    q_expand(tensor: QuantizedTensor<A>, shape: Shape) -> QuantizedTensor<A>;
    q_transpose(tensor: QuantizedTensor<A>) -> QuantizedTensor<A>;
    q_swap_dims(tensor: QuantizedTensor<A>, dim1: usize, dim2: usize) -> QuantizedTensor<A>;
    q_permute(tensor: QuantizedTensor<A>, axes: &[usize]) -> QuantizedTensor<A>;
    q_flip(tensor: QuantizedTensor<A>, axes: &[usize]) -> QuantizedTensor<A>;
    q_select(tensor: QuantizedTensor<A>, dim: usize, indices: IntTensor<A>) -> QuantizedTensor<A>;
    q_slice(tensor: QuantizedTensor<A>, slices: &[Slice]) -> QuantizedTensor<A>;
    q_gather(dim: usize, tensor: QuantizedTensor<A>, indices: IntTensor<A>) -> QuantizedTensor<A>;
    q_repeat_dim(tensor: QuantizedTensor<A>, dim: usize, times: usize) -> QuantizedTensor<A>;
    q_add(
        lhs: QuantizedTensor<A>, rhs: QuantizedTensor<A>
    ) -> TensorPrimitive<Inference<A>> = A::q_add(lhs, rhs).lift();
    q_add_scalar(
        lhs: QuantizedTensor<A>, rhs: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_add_scalar(lhs, rhs).lift();
    q_clamp_min(
        tensor: QuantizedTensor<A>, min: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_clamp_min(tensor, min).lift();
    q_clamp_max(
        tensor: QuantizedTensor<A>, max: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_clamp_max(tensor, max).lift();
    q_clamp(
        tensor: QuantizedTensor<A>, min: Scalar, max: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_clamp(tensor, min, max).lift();
    q_sub(
        lhs: QuantizedTensor<A>, rhs: QuantizedTensor<A>
    ) -> TensorPrimitive<Inference<A>> = A::q_sub(lhs, rhs).lift();
    q_sub_scalar(
        lhs: QuantizedTensor<A>, rhs: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_sub_scalar(lhs, rhs).lift();
    q_mul(
        lhs: QuantizedTensor<A>, rhs: QuantizedTensor<A>
    ) -> TensorPrimitive<Inference<A>> = A::q_mul(lhs, rhs).lift();
    q_mul_scalar(
        lhs: QuantizedTensor<A>, rhs: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_mul_scalar(lhs, rhs).lift();
    q_div(
        lhs: QuantizedTensor<A>, rhs: QuantizedTensor<A>
    ) -> TensorPrimitive<Inference<A>> = A::q_div(lhs, rhs).lift();
    q_div_scalar(
        lhs: QuantizedTensor<A>, rhs: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_div_scalar(lhs, rhs).lift();
    q_matmul(
        lhs: TensorPrimitive<Inference<A>>, rhs: TensorPrimitive<Inference<A>>
    ) -> TensorPrimitive<Inference<A>> = A::q_matmul(lhs.lower(), rhs.lower()).lift();
    q_neg(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_neg(tensor).lift();
    q_recip(
        tensor: QuantizedTensor<A>
    ) -> TensorPrimitive<Inference<A>> = A::q_recip(tensor).lift();
    q_sum(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_sum(tensor).lift();
    q_sum_dim(
        tensor: QuantizedTensor<A>, dim: usize
    ) -> TensorPrimitive<Inference<A>> = A::q_sum_dim(tensor, dim).lift();
    q_prod(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_prod(tensor).lift();
    q_prod_dim(
        tensor: QuantizedTensor<A>, dim: usize
    ) -> TensorPrimitive<Inference<A>> = A::q_prod_dim(tensor, dim).lift();
    q_mean(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_mean(tensor).lift();
    q_mean_dim(
        tensor: QuantizedTensor<A>, dim: usize
    ) -> TensorPrimitive<Inference<A>> = A::q_mean_dim(tensor, dim).lift();
    q_cumsum(
        tensor: QuantizedTensor<A>, dim: usize
    ) -> TensorPrimitive<Inference<A>> = A::q_cumsum(tensor, dim).lift();
    q_cumprod(
        tensor: QuantizedTensor<A>, dim: usize
    ) -> TensorPrimitive<Inference<A>> = A::q_cumprod(tensor, dim).lift();
    q_cummin(
        tensor: QuantizedTensor<A>, dim: usize
    ) -> TensorPrimitive<Inference<A>> = A::q_cummin(tensor, dim).lift();
    q_cummax(
        tensor: QuantizedTensor<A>, dim: usize
    ) -> TensorPrimitive<Inference<A>> = A::q_cummax(tensor, dim).lift();
    q_exp(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_exp(tensor).lift();
    q_log(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_log(tensor).lift();
    q_log1p(
        tensor: QuantizedTensor<A>
    ) -> TensorPrimitive<Inference<A>> = A::q_log1p(tensor).lift();
    q_powf(
        lhs: QuantizedTensor<A>, rhs: QuantizedTensor<A>
    ) -> TensorPrimitive<Inference<A>> = A::q_powf(lhs, rhs).lift();
    q_powi(
        lhs: QuantizedTensor<A>, rhs: IntTensor<A>
    ) -> TensorPrimitive<Inference<A>> = A::q_powi(lhs, rhs).lift();
    q_powi_scalar(
        lhs: QuantizedTensor<A>, rhs: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_powi_scalar(lhs, rhs).lift();
    q_powf_scalar(
        tensor: QuantizedTensor<A>, value: Scalar
    ) -> TensorPrimitive<Inference<A>> = A::q_powf_scalar(tensor, value).lift();
    q_sqrt(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_sqrt(tensor).lift();
    q_abs(tensor: QuantizedTensor<A>) -> QuantizedTensor<A>;
    q_cos(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_cos(tensor).lift();
    q_sin(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_sin(tensor).lift();
    q_tan(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_tan(tensor).lift();
    q_cosh(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_cosh(tensor).lift();
    q_sinh(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_sinh(tensor).lift();
    q_tanh(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_tanh(tensor).lift();
    q_erf(tensor: QuantizedTensor<A>) -> TensorPrimitive<Inference<A>> = A::q_erf(tensor).lift();
    q_cat(tensors: Vec<QuantizedTensor<A>>, dim: usize) -> QuantizedTensor<A>;
    q_argmax(tensor: QuantizedTensor<A>, dim: usize, out_dtype: IntDType) -> IntTensor<A>;
    q_argtopk(
        tensor: QuantizedTensor<A>, dim: usize, k: usize, out_dtype: IntDType
    ) -> IntTensor<A>;
    q_topk(tensor: QuantizedTensor<A>, dim: usize, k: usize) -> QuantizedTensor<A>;
    q_argmin(tensor: QuantizedTensor<A>, dim: usize, out_dtype: IntDType) -> IntTensor<A>;
    q_max(tensor: QuantizedTensor<A>) -> QuantizedTensor<A>;
    q_max_dim(tensor: QuantizedTensor<A>, dim: usize) -> QuantizedTensor<A>;
    q_max_dim_with_indices(
        tensor: QuantizedTensor<A>, dim: usize, out_dtype: IntDType
    ) -> (QuantizedTensor<A>, IntTensor<A>);
    q_min(tensor: QuantizedTensor<A>) -> QuantizedTensor<A>;
    q_min_dim(tensor: QuantizedTensor<A>, dim: usize) -> QuantizedTensor<A>;
    q_min_dim_with_indices(
        tensor: QuantizedTensor<A>, dim: usize, out_dtype: IntDType
    ) -> (QuantizedTensor<A>, IntTensor<A>);
    q_max_abs(tensor: QuantizedTensor<A>) -> QuantizedTensor<A>;
    q_max_abs_dim(tensor: QuantizedTensor<A>, dim: usize) -> QuantizedTensor<A>;
    q_any(tensor: QuantizedTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    q_any_dim(tensor: QuantizedTensor<A>, dim: usize, out_dtype: BoolDType) -> BoolTensor<A>;
    q_all(tensor: QuantizedTensor<A>, out_dtype: BoolDType) -> BoolTensor<A>;
    q_all_dim(tensor: QuantizedTensor<A>, dim: usize, out_dtype: BoolDType) -> BoolTensor<A>;
    q_sort(tensor: QuantizedTensor<A>, dim: usize, descending: bool) -> QuantizedTensor<A>;
    q_sort_with_indices(
        tensor: QuantizedTensor<A>, dim: usize, descending: bool, out_dtype: IntDType
    ) -> (QuantizedTensor<A>, IntTensor<A>);
    q_argsort(
        tensor: QuantizedTensor<A>, dim: usize, descending: bool, out_dtype: IntDType
    ) -> IntTensor<A>;
}
