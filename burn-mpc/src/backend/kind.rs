//! Burn's three kinds of tensor, as the plaintext backend has them.

use std::future::Future;
use std::marker::PhantomData;

use burn_backend::tensor::{BoolTensor, Device, FloatTensor, IntTensor};
use burn_backend::{Backend, DType, Element, ExecutionError, TensorData, TensorMetadata};

use crate::tensor::Kind;

/// One of Burn's three kinds of tensor, as the plaintext backend has it.
pub trait Plain {
    /// The plaintext backend's tensor.
    type Tensor: TensorMetadata + 'static;
    /// Our name of the kind.
    const KIND: Kind;

    fn read(
        tensor: Self::Tensor,
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send;
    fn make(data: TensorData) -> Self::Tensor;
    fn default_dtype() -> DType;
}

/// Float tensors of `P`.
pub struct Floats<P>(PhantomData<P>);
/// Int tensors of `P`.
pub struct Ints<P>(PhantomData<P>);
/// Bool tensors of `P`.
pub struct Bools<P>(PhantomData<P>);

macro_rules! plain {
    ($marker:ident, $tensor:ident, $kind:ident, $read:ident, $make:ident, $element:ident) => {
        impl<P: Backend> Plain for $marker<P> {
            type Tensor = $tensor<P>;
            const KIND: Kind = Kind::$kind;

            fn read(
                tensor: Self::Tensor,
            ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send {
                P::$read(tensor)
            }

            fn make(data: TensorData) -> Self::Tensor {
                P::$make(data, &Device::<P>::default())
            }

            fn default_dtype() -> DType {
                <P::$element as Element>::dtype()
            }
        }
    };
}

plain!(
    Floats,
    FloatTensor,
    Float,
    float_into_data,
    float_from_data,
    FloatElem
);
plain!(Ints, IntTensor, Int, int_into_data, int_from_data, IntElem);
plain!(
    Bools,
    BoolTensor,
    Bool,
    bool_into_data,
    bool_from_data,
    BoolElem
);

/// The device of the plaintext backend.
pub(super) fn plain_device<P: Backend>() -> P::Device {
    P::Device::default()
}
