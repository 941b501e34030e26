//! Quantised tensors: always public, and the plaintext backend's own.

use std::future::Future;

use burn_backend::ops::QTensorOps;
use burn_backend::quantization::{QuantScheme, QuantizationParametersPrimitive};

use super::hint;
use super::prelude::*;

/// The plaintext tensor.
///
/// # Panics
///
/// On a secret: a quantised tensor belongs to the plaintext backend, and none of its values would be
/// right. The session has failed by then, so that the other parties stop as well.
fn public<T: TensorMetadata, R: Ring>(op: &'static str, tensor: MpcTensor<T, R>) -> T {
    match tensor {
        MpcTensor::Public(tensor, _, _) => tensor,
        MpcTensor::Secret(tensor) => {
            let _poisoned: SecretTensor<R> = refuse::refuse_like(op, &tensor, hint::QUANTISED);
            panic!(
                "{op} of a secret tensor of shape {:?}: quantised tensors are public",
                tensor.shape()
            )
        }
    }
}

table! { QTensorOps<Self>;
    written {
        fn q_from_data(data: TensorData, _device: &MpcDevice) -> QuantizedTensor<Self> {
            P::q_from_data(data, &kind::plain_device::<P>())
        }
        public hint::QUANTISED;

        fn quantize(tensor: FloatTensor<Self>, scheme: &QuantScheme, qparams: QuantizationParametersPrimitive<Self>) -> QuantizedTensor<Self> {
            let scales = public("quantize", qparams.scales);
            P::quantize(
                public("quantize", tensor),
                scheme,
                QuantizationParametersPrimitive { scales },
            )
        }
        public hint::QUANTISED;

        fn quantize_dynamic(tensor: FloatTensor<Self>, scheme: &QuantScheme) -> QuantizedTensor<Self> {
            P::quantize_dynamic(public("quantize_dynamic", tensor), scheme)
        }
        public hint::QUANTISED;

        fn dequantize(tensor: QuantizedTensor<Self>, dtype: FloatDType) -> FloatTensor<Self> {
            MpcTensor::public(P::dequantize(tensor, dtype), MpcDevice::default())
        }
        public hint::QUANTISED;

        fn q_device(_tensor: &QuantizedTensor<Self>) -> MpcDevice {
            MpcDevice::default()
        }
        public hint::QUANTISED;

        fn q_to_device(tensor: QuantizedTensor<Self>, _device: &MpcDevice) -> QuantizedTensor<Self> {
            tensor
        }
        public hint::QUANTISED;

        fn q_reshape(tensor: QuantizedTensor<Self>, shape: Shape) -> QuantizedTensor<Self> {
            P::q_reshape(tensor, shape)
        }
        public hint::QUANTISED;

        fn q_into_data(tensor: QuantizedTensor<Self>) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
            P::q_into_data(tensor)
        }
        public hint::QUANTISED;

        fn q_expand(tensor: QuantizedTensor<Self>, shape: Shape) -> QuantizedTensor<Self> {
            P::q_expand(tensor, shape)
        }
        public hint::QUANTISED;

        fn q_swap_dims(tensor: QuantizedTensor<Self>, dim1: usize, dim2: usize) -> QuantizedTensor<Self> {
            P::q_swap_dims(tensor, dim1, dim2)
        }
        public hint::QUANTISED;

        fn q_permute(tensor: QuantizedTensor<Self>, axes: &[usize]) -> QuantizedTensor<Self> {
            P::q_permute(tensor, axes)
        }
        public hint::QUANTISED;

        fn q_flip(tensor: QuantizedTensor<Self>, axes: &[usize]) -> QuantizedTensor<Self> {
            P::q_flip(tensor, axes)
        }
        public hint::QUANTISED;

        fn q_select(tensor: QuantizedTensor<Self>, dim: usize, indices: IntTensor<Self>) -> QuantizedTensor<Self> {
            P::q_select(tensor, dim, public("q_select", indices))
        }
        public hint::QUANTISED;

        fn q_slice(tensor: QuantizedTensor<Self>, slices: &[Slice]) -> QuantizedTensor<Self> {
            P::q_slice(tensor, slices)
        }
        public hint::QUANTISED;
    }
}
