//! The quantised primitive: the plaintext backend's, or a secret on a grid.

use burn_backend::quantization::{QuantLevel, QuantPropagation, QuantScheme};
use burn_backend::{DType, QTensorPrimitive, Shape, TensorMetadata};

use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::SecretTensor;

/// A quantised tensor of the [`Mpc`](super::Mpc) backend.
///
/// A secret holds the values that dequantisation gives: multiples of a step, as ring words. Its steps are not stored.
#[derive(Clone, Debug)]
pub enum MpcQuantized<Q, R: Ring> {
    /// Known to all parties, as the plaintext backend stores it.
    Public(Q, MpcDevice),
    /// Known to no party alone, with the scheme that rounded it.
    Secret(SecretTensor<R>, QuantScheme),
}

impl<Q, R: Ring> MpcQuantized<Q, R> {
    /// The device the tensor lives on.
    pub fn device(&self) -> &MpcDevice {
        match self {
            Self::Public(_, device) => device,
            Self::Secret(tensor, _) => tensor.device(),
        }
    }

    /// Moves elements: of the plaintext backend's tensor, or of the secret.
    pub(super) fn moved(
        self,
        public: impl FnOnce(Q) -> Q,
        secret: impl FnOnce(SecretTensor<R>) -> SecretTensor<R>,
    ) -> Self {
        match self {
            Self::Public(tensor, device) => Self::Public(public(tensor), device),
            Self::Secret(tensor, scheme) => Self::Secret(secret(tensor), scheme),
        }
    }
}

/// How many blocks of `len` elements have a step of their own.
pub(super) fn blocks(scheme: &QuantScheme, len: usize) -> usize {
    match scheme.level {
        QuantLevel::Tensor => 1,
        QuantLevel::Block(size) => len / size.num_elements().max(1),
    }
}

/// The fewest and the most steps of a value.
pub(super) fn range(scheme: &QuantScheme) -> [f64; 2] {
    let (low, high) = scheme.value.range();
    [low, high].map(f64::from)
}

impl<Q: TensorMetadata, R: Ring> TensorMetadata for MpcQuantized<Q, R> {
    fn dtype(&self) -> DType {
        match self {
            Self::Public(tensor, _) => tensor.dtype(),
            Self::Secret(_, scheme) => DType::QFloat(*scheme),
        }
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Public(tensor, _) => tensor.shape(),
            Self::Secret(tensor, _) => Shape::from(tensor.shape().to_vec()),
        }
    }
}

impl<Q: QTensorPrimitive, R: Ring> QTensorPrimitive for MpcQuantized<Q, R> {
    fn scheme(&self) -> &QuantScheme {
        match self {
            Self::Public(tensor, _) => tensor.scheme(),
            Self::Secret(_, scheme) => scheme,
        }
    }

    fn propagation(&self) -> QuantPropagation {
        match self {
            Self::Public(tensor, _) => tensor.propagation(),
            Self::Secret(..) => QuantPropagation::Inhibit,
        }
    }

    fn default_scheme() -> QuantScheme {
        Q::default_scheme()
    }
}
