//! The decorator, and all of it but the ops: types, devices, memory.

use std::marker::PhantomData;

use burn_backend::{Backend, BackendTypes, DType, DTypeUsageSet, ExecutionError, TensorData};

/// The backend `A`, except that modules on it behave as in inference.
///
/// `BatchNorm` normalises by its running statistics and leaves them as they are, and `Dropout` does
/// nothing, also where `A` records an autodiff graph. `Inference` itself is not an
/// [`AutodiffBackend`](burn_backend::AutodiffBackend): convert the output with
/// [`to_inner`](super::to_inner) and call `backward` there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inference<A>(PhantomData<A>);

impl<A: Backend> BackendTypes for Inference<A> {
    type Device = A::Device;
    type FloatTensorPrimitive = A::FloatTensorPrimitive;
    type FloatElem = A::FloatElem;
    type IntTensorPrimitive = A::IntTensorPrimitive;
    type IntElem = A::IntElem;
    type BoolTensorPrimitive = A::BoolTensorPrimitive;
    type BoolElem = A::BoolElem;
    type QuantizedTensorPrimitive = A::QuantizedTensorPrimitive;
}

impl<A: Backend> Backend for Inference<A> {
    fn ad_enabled(_device: &Self::Device) -> bool {
        false
    }

    fn memory_persistent_allocations<Output, Input, Func>(
        device: &Self::Device,
        input: Input,
        func: Func,
    ) -> Output
    where
        Output: Send,
        Input: Send,
        Func: Fn(Input) -> Output + Send,
    {
        A::memory_persistent_allocations(device, input, func)
    }

    fn memory_cleanup(device: &Self::Device) {
        A::memory_cleanup(device);
    }

    fn name(device: &Self::Device) -> String {
        format!("inference<{}>", A::name(device))
    }

    fn seed(device: &Self::Device, seed: u64) {
        A::seed(device, seed);
    }

    fn sync(device: &Self::Device) -> Result<(), ExecutionError> {
        A::sync(device)
    }

    fn staging<'a, Iter>(data: Iter, device: &Self::Device)
    where
        Iter: Iterator<Item = &'a mut TensorData>,
    {
        A::staging(data, device);
    }

    fn supports_dtype(device: &Self::Device, dtype: DType) -> bool {
        A::supports_dtype(device, dtype)
    }

    fn dtype_usage(device: &Self::Device, dtype: DType) -> DTypeUsageSet {
        A::dtype_usage(device, dtype)
    }

    fn device_count(type_id: u16) -> usize {
        A::device_count(type_id)
    }
}
