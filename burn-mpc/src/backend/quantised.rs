//! The quantised primitive: the plaintext backend's, or a secret on a grid.

use burn_backend::quantization::{QuantLevel, QuantPropagation, QuantScheme, QuantizedBytes};
use burn_backend::{DType, QTensorPrimitive, Shape, TensorData, TensorMetadata};

use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::SecretTensor;

/// A quantised tensor of the [`Mpc`](super::Mpc) backend.
///
/// A secret holds the values that dequantisation gives: multiples of a step, as ring words.
#[derive(Clone, Debug)]
pub enum MpcQuantized<Q, R: Ring> {
    /// Known to all parties, as the plaintext backend stores it.
    Public(Q, MpcDevice),
    /// Known to no party alone.
    Secret(Grid<R>),
}

/// Secret multiples of secret steps.
#[derive(Clone, Debug)]
pub struct Grid<R: Ring> {
    /// The values.
    pub values: SecretTensor<R>,
    /// The scheme that rounded them.
    pub scheme: QuantScheme,
    /// The step of each block of consecutive elements; none where blocks were torn apart.
    pub steps: Option<Box<SecretTensor<R>>>,
}

impl<R: Ring> Grid<R> {
    /// Moves elements. Steps of blocks are lost.
    fn moved(self, to: impl FnOnce(SecretTensor<R>) -> SecretTensor<R>) -> Self {
        Self {
            values: to(self.values),
            scheme: self.scheme,
            steps: self
                .steps
                .filter(|_| self.scheme.level == QuantLevel::Tensor),
        }
    }
}

/// The scheme of quantised data, and the steps that they bring along.
pub(super) fn grid_of(data: &TensorData) -> (Option<QuantScheme>, TensorData) {
    let DType::QFloat(scheme) = data.dtype else {
        return (None, TensorData::from([1.0_f32]));
    };
    let bytes = QuantizedBytes {
        bytes: data.bytes.clone(),
        scheme,
        num_elements: data.num_elements(),
    };
    let steps = TensorData::from(&bytes.into_vec_i8().1.scales[..]);
    (Some(scheme), steps)
}

/// Data of quantised elements: opened values and steps.
pub(super) fn packed(values: &TensorData, steps: &TensorData, scheme: QuantScheme) -> TensorData {
    let steps: Vec<f32> = steps.iter::<f32>().collect();
    let each = values.num_elements().div_ceil(steps.len().max(1)).max(1);
    let [low, high] = range(&scheme);
    let whole = |(at, value): (usize, f64)| {
        let step = f64::from(steps.get(at / each).copied().unwrap_or(1.0));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "limited to the scheme's range"
        )]
        let whole = (value / step).round().clamp(low, high) as i8;
        whole
    };
    let whole: Vec<i8> = values.iter::<f64>().enumerate().map(whole).collect();
    TensorData::quantized(whole, values.shape.clone(), scheme, &steps)
}

impl<Q, R: Ring> MpcQuantized<Q, R> {
    /// The device the tensor lives on.
    pub fn device(&self) -> &MpcDevice {
        match self {
            Self::Public(_, device) => device,
            Self::Secret(grid) => grid.values.device(),
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
            Self::Secret(grid) => Self::Secret(grid.moved(secret)),
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
            Self::Secret(grid) => DType::QFloat(grid.scheme),
        }
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Public(tensor, _) => tensor.shape(),
            Self::Secret(grid) => Shape::from(grid.values.shape().to_vec()),
        }
    }
}

impl<Q: QTensorPrimitive, R: Ring> QTensorPrimitive for MpcQuantized<Q, R> {
    fn scheme(&self) -> &QuantScheme {
        match self {
            Self::Public(tensor, _) => tensor.scheme(),
            Self::Secret(grid) => &grid.scheme,
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
