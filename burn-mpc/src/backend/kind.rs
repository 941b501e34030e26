//! Burn's three kinds of tensor, as the plaintext backend has them.

use std::future::Future;
use std::marker::PhantomData;

use burn::tensor::{BasicOps, Bool, Float, Int, TensorKind, TensorPrimitive};
use burn_backend::tensor::{BoolTensor, Device, FloatTensor, IntTensor};
use burn_backend::{
    Backend, DType, Element, ExecutionError, FloatDType, IntDType, TensorData, TensorMetadata,
};

use super::quantised::Grid;
use super::{Mpc, MpcQuantized, MpcTensor};
use crate::ring::Ring;
use crate::tensor::{Kind, SecretTensor};

/// One of Burn's three kinds of tensor, as the plaintext backend has it.
pub trait Plain: 'static {
    /// The plaintext backend's tensor.
    type Tensor: TensorMetadata + 'static;
    /// Our name of the kind.
    const KIND: Kind;

    fn read(
        tensor: Self::Tensor,
    ) -> impl Future<Output = Result<TensorData, ExecutionError>> + Send;
    fn make(data: TensorData) -> Self::Tensor;
    fn default_dtype() -> DType;
    /// The tensor in the type that plaintext twins of secrets have.
    fn as_twin(tensor: Self::Tensor) -> Self::Tensor;
}

/// Float tensors of `P`.
pub struct Floats<P>(PhantomData<P>);
/// Int tensors of `P`.
pub struct Ints<P>(PhantomData<P>);
/// Bool tensors of `P`.
pub struct Bools<P>(PhantomData<P>);

macro_rules! plain {
    ($marker:ident, $tensor:ident, $kind:ident, $read:ident, $make:ident, $element:ident, $twin:expr) => {
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

            fn as_twin(tensor: Self::Tensor) -> Self::Tensor {
                let twin: fn(Self::Tensor) -> Self::Tensor = $twin;
                twin(tensor)
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
    FloatElem,
    |tensor| {
        let dtype = <P::FloatElem as Element>::dtype();
        if tensor.dtype() == dtype {
            tensor
        } else {
            P::float_cast(tensor, FloatDType::from(dtype))
        }
    }
);
plain!(
    Ints,
    IntTensor,
    Int,
    int_into_data,
    int_from_data,
    IntElem,
    // As wide as a ring.
    |tensor| {
        if tensor.dtype() == DType::I64 {
            tensor
        } else {
            P::int_cast(tensor, IntDType::I64)
        }
    }
);
plain!(
    Bools,
    BoolTensor,
    Bool,
    bool_into_data,
    bool_from_data,
    BoolElem,
    |tensor| tensor
);

/// A kind of Burn's tensors that may be secret: `Float`, `Int` or `Bool`.
pub trait MpcKind<P: Backend, R: Ring>: BasicOps<Mpc<P, R>> + BasicOps<P> {
    /// The same kind, as the plaintext backend has it.
    type Plain: Plain;

    /// The tensor of a primitive. A quantised one is dequantised.
    fn tensor(
        primitive: <Self as TensorKind<Mpc<P, R>>>::Primitive,
    ) -> MpcTensor<<Self::Plain as Plain>::Tensor, R>;

    /// The secret of a primitive, if it is secret. Computes nothing.
    fn secret(primitive: <Self as TensorKind<Mpc<P, R>>>::Primitive) -> Option<SecretTensor<R>>;

    /// The primitive of a plaintext tensor.
    fn plain(tensor: <Self::Plain as Plain>::Tensor) -> <Self as TensorKind<P>>::Primitive;
}

impl<P: Backend, R: Ring> MpcKind<P, R> for Float {
    type Plain = Floats<P>;

    fn tensor(primitive: TensorPrimitive<Mpc<P, R>>) -> MpcTensor<FloatTensor<P>, R> {
        primitive.tensor()
    }

    fn secret(primitive: TensorPrimitive<Mpc<P, R>>) -> Option<SecretTensor<R>> {
        match primitive {
            TensorPrimitive::Float(MpcTensor::Secret(secret))
            | TensorPrimitive::QFloat(MpcQuantized::Secret(Grid { values: secret, .. })) => {
                Some(secret)
            }
            _ => None,
        }
    }

    fn plain(tensor: FloatTensor<P>) -> TensorPrimitive<P> {
        TensorPrimitive::Float(tensor)
    }
}

impl<P: Backend, R: Ring> MpcKind<P, R> for Int {
    type Plain = Ints<P>;

    fn tensor(primitive: MpcTensor<IntTensor<P>, R>) -> MpcTensor<IntTensor<P>, R> {
        primitive
    }

    fn secret(primitive: MpcTensor<IntTensor<P>, R>) -> Option<SecretTensor<R>> {
        primitive.secret().cloned()
    }

    fn plain(tensor: IntTensor<P>) -> IntTensor<P> {
        tensor
    }
}

impl<P: Backend, R: Ring> MpcKind<P, R> for Bool {
    type Plain = Bools<P>;

    fn tensor(primitive: MpcTensor<BoolTensor<P>, R>) -> MpcTensor<BoolTensor<P>, R> {
        primitive
    }

    fn secret(primitive: MpcTensor<BoolTensor<P>, R>) -> Option<SecretTensor<R>> {
        primitive.secret().cloned()
    }

    fn plain(tensor: BoolTensor<P>) -> BoolTensor<P> {
        tensor
    }
}

/// The device of the plaintext backend.
pub(super) fn plain_device<P: Backend>() -> P::Device {
    P::Device::default()
}
