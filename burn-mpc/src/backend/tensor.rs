//! The tensor primitive: public and delegated, or secret.

use std::sync::{Arc, OnceLock};

use burn_backend::{BoolStore, DType, Shape, TensorMetadata};

use crate::ops::movement::Indices;
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, SecretTensor};

/// What is remembered of a public tensor that a program made of data, and of its clones: the values as indices, once
/// an op has used them so. Results of ops remember nothing.
#[derive(Clone, Debug, Default)]
pub struct Memo(Option<Arc<OnceLock<Option<Arc<Indices>>>>>);

impl Memo {
    /// Remembers nothing yet.
    pub(super) fn empty() -> Self {
        Self(Some(Arc::default()))
    }

    /// The indices, read at most once if they can be remembered.
    pub(super) fn indices(
        &self,
        read: impl FnOnce() -> Option<Arc<Indices>>,
    ) -> Option<Arc<Indices>> {
        match &self.0 {
            Some(memo) => memo.get_or_init(read).clone(),
            None => read(),
        }
    }
}

/// A tensor of the [`Mpc`](super::Mpc) backend.
///
/// A public tensor is one of the plaintext backend, known to all parties and held by each of them; a
/// secret one is shared among them.
#[derive(Clone, Debug)]
pub enum MpcTensor<T, R: Ring> {
    /// Known to all parties.
    Public(T, MpcDevice, Memo),
    /// Known to no party alone.
    Secret(SecretTensor<R>),
}

impl<T, R: Ring> MpcTensor<T, R> {
    /// A public tensor.
    pub(crate) fn public(tensor: T, device: MpcDevice) -> Self {
        Self::Public(tensor, device, Memo::default())
    }

    /// The device the tensor lives on.
    pub fn device(&self) -> &MpcDevice {
        match self {
            Self::Public(_, device, _) => device,
            Self::Secret(tensor) => tensor.device(),
        }
    }

    /// Whether the tensor is secret.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// The secret tensor, if it is one. Tests see it through `testkit`; users do not, since its shares would lead to
    /// its values.
    pub(crate) fn secret(&self) -> Option<&SecretTensor<R>> {
        match self {
            Self::Public(..) => None,
            Self::Secret(tensor) => Some(tensor),
        }
    }
}

impl<T: TensorMetadata, R: Ring> TensorMetadata for MpcTensor<T, R> {
    fn dtype(&self) -> DType {
        match self {
            Self::Public(tensor, ..) => tensor.dtype(),
            // Ring words have no Burn type: gives the type by which a plaintext backend would hold them.
            Self::Secret(tensor) => match tensor.kind() {
                Kind::Float => DType::F32,
                Kind::Int => DType::I32,
                Kind::Bool => DType::Bool(BoolStore::Native),
            },
        }
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Public(tensor, ..) => tensor.shape(),
            Self::Secret(tensor) => Shape::from(tensor.shape().to_vec()),
        }
    }
}
