//! What an op takes: a secret tensor, or public values that a protocol may use in the clear.

use crate::ring::Ring;
use crate::session::{Key, MpcDevice};
use crate::tensor::{SecretTensor, elements};

/// Public tensors of more elements than this are not treated as constants of the model.
const MAX_CONSTANT_ELEMENTS: usize = 1 << 12;

/// Public values, row-major.
#[derive(Clone, Debug)]
pub struct PublicTensor {
    /// Dimensions.
    pub shape: Vec<usize>,
    /// Row-major values; as many as the shape says.
    pub values: Vec<f64>,
}

impl PublicTensor {
    /// One value that broadcasts against anything.
    #[must_use]
    pub fn scalar(value: f64) -> Self {
        Self {
            shape: vec![],
            values: vec![value],
        }
    }

    /// The transpose of a matrix.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let (rows, columns) = match self.shape[..] {
            [rows, columns] => (rows, columns),
            _ => (self.values.len(), 1),
        };
        let column = |at: usize| self.values.iter().skip(at).step_by(columns).copied();
        Self {
            shape: vec![columns, rows],
            values: (0..columns).flat_map(column).collect(),
        }
    }

    /// The largest magnitude; 0 of an empty tensor.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.values.iter().fold(0.0, |most, v| v.abs().max(most))
    }

    /// The value of all elements, if they are equal.
    #[must_use]
    pub fn as_scalar(&self) -> Option<f64> {
        let first = *self.values.first()?;
        self.values
            .iter()
            .all(|value| value.to_bits() == first.to_bits())
            .then_some(first)
    }
}

/// An operand of a mixed public/secret op.
#[derive(Clone, Debug)]
pub enum Operand<R: Ring> {
    /// Public values.
    Public(PublicTensor),
    /// A secret tensor.
    Secret(SecretTensor<R>),
}

impl<R: Ring> Operand<R> {
    /// A public number without dimensions.
    #[must_use]
    pub fn scalar(value: f64) -> Self {
        Self::Public(PublicTensor::scalar(value))
    }

    /// Dimensions.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Public(tensor) => &tensor.shape,
            Self::Secret(tensor) => tensor.shape(),
        }
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        elements(self.shape())
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The secret tensor, if it is one.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretTensor<R>> {
        match self {
            Self::Public(_) => None,
            Self::Secret(tensor) => Some(tensor),
        }
    }

    /// The secret tensor, if it is one.
    #[must_use]
    pub fn into_secret(self) -> Option<SecretTensor<R>> {
        match self {
            Self::Public(_) => None,
            Self::Secret(tensor) => Some(tensor),
        }
    }

    /// The device, if the operand is secret.
    #[must_use]
    pub fn device(&self) -> Option<&MpcDevice> {
        self.secret().map(SecretTensor::device)
    }

    /// The key of a value that is the same in every inference.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Secret(tensor) => tensor.key(),
            Self::Public(tensor) if tensor.values.len() <= MAX_CONSTANT_ELEMENTS => {
                Some(Key::of(&[
                    b"public",
                    &tensor
                        .shape
                        .iter()
                        .flat_map(|d| (*d as u64).to_le_bytes())
                        .collect::<Vec<_>>(),
                    bytemuck::cast_slice(&tensor.values),
                ]))
            }
            Self::Public(_) => None,
        }
    }

    /// The same elements under other dimensions.
    #[must_use]
    pub fn reshape(self, shape: Vec<usize>) -> Self {
        match self {
            Self::Public(tensor) => Self::Public(PublicTensor {
                shape,
                values: tensor.values,
            }),
            Self::Secret(tensor) => Self::Secret(tensor.reshape(shape)),
        }
    }
}

impl<R: Ring> From<SecretTensor<R>> for Operand<R> {
    fn from(tensor: SecretTensor<R>) -> Self {
        Self::Secret(tensor)
    }
}
