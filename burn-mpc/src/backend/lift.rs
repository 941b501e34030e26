//! Between Burn's tensors and ours: reading, creating, lifting, refusing.

use std::future::Future;
use std::marker::PhantomData;

use burn_backend::tensor::{BoolTensor, Device, FloatTensor, IntTensor};
use burn_backend::{
    Backend, DType, Distribution, Element, ExecutionError, Scalar, Shape, Slice, TensorData,
    TensorMetadata, try_read_sync,
};

use super::MpcTensor;
use crate::ops::{self, movement::Span};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor, elements};

/// Begins the error of reading a secret that nobody revealed.
pub const NOT_REVEALED: &str = "MPC-NOT-REVEALED";
/// Begins the error of using a session that failed.
pub const SESSION_FAILED: &str = "MPC-SESSION-FAILED";

/// One of Burn's three kinds of tensor, as the plaintext backend has it.
pub(super) trait Plain {
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
pub(super) struct Floats<P>(PhantomData<P>);
/// Int tensors of `P`.
pub(super) struct Ints<P>(PhantomData<P>);
/// Bool tensors of `P`.
pub(super) struct Bools<P>(PhantomData<P>);

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

/// Burn's error for a failed session.
pub(super) fn session_failed(message: String) -> ExecutionError {
    ExecutionError::WithContext {
        reason: format!("{SESSION_FAILED}: {message}"),
    }
}

/// Reads a tensor. A secret is an error unless the session was opened to reveal what is read.
pub(super) async fn read<K: Plain, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
) -> Result<TensorData, ExecutionError> {
    match tensor {
        MpcTensor::Public(tensor, _) => K::read(tensor).await,
        MpcTensor::Secret(tensor) => read_secret::<K, R>(&tensor),
    }
}

fn read_secret<K: Plain, R: Ring>(tensor: &SecretTensor<R>) -> Result<TensorData, ExecutionError> {
    let device = tensor.device();
    if let Some(message) = device.failure_message() {
        return Err(session_failed(message));
    }
    if !device.reads_reveal() {
        let reason = format!(
            "{NOT_REVEALED}: this {:?} tensor of shape {:?} is secret. Call `reveal` or `reveal_to` on it first, \
             at every party, and read what they return.",
            tensor.kind(),
            tensor.shape()
        );
        return Err(ExecutionError::WithContext { reason });
    }
    let values = ops::reveal_values(tensor).map_err(session_failed)?;
    Ok(data(
        &PublicTensor {
            shape: tensor.shape().to_vec(),
            values,
        },
        K::default_dtype(),
    ))
}

/// Values as Burn's data of type `dtype`.
pub(super) fn data(tensor: &PublicTensor, dtype: DType) -> TensorData {
    let shape = Shape::from(tensor.shape.clone());
    if dtype.is_bool() {
        let values: Vec<bool> = tensor.values.iter().map(|&v| v != 0.0).collect();
        return TensorData::new(values, shape).convert_dtype(dtype);
    }
    TensorData::new(tensor.values.clone(), shape).convert_dtype(dtype)
}

fn public(data: &TensorData) -> PublicTensor {
    PublicTensor {
        shape: data.shape.to_vec(),
        values: data.iter::<f64>().collect(),
    }
}

/// Makes a tensor of public data: public, unless the session shares all that is created.
pub(super) fn create<K: Plain, R: Ring>(
    data: TensorData,
    device: &MpcDevice,
) -> MpcTensor<K::Tensor, R> {
    if device.shares_creations() {
        return MpcTensor::Secret(ops::share_public(public(&data), K::KIND, device));
    }
    MpcTensor::Public(K::make(data), device.clone())
}

/// Makes a tensor by a function of the plaintext backend: public, unless the session shares all that
/// is created.
pub(super) fn created<K: Plain, R: Ring>(
    tensor: K::Tensor,
    device: &MpcDevice,
) -> MpcTensor<K::Tensor, R> {
    if !device.shares_creations() {
        return MpcTensor::Public(tensor, device.clone());
    }
    let shape = tensor.shape().to_vec();
    MpcTensor::Secret(match try_read_sync(K::read(tensor)) {
        Some(Ok(data)) => ops::share_public(public(&data), K::KIND, device),
        _ => unreadable(device, shape, K::KIND),
    })
}

fn unreadable<R: Ring>(device: &MpcDevice, shape: Vec<usize>, kind: Kind) -> SecretTensor<R> {
    let hint = "the plaintext backend could not read one of its own tensors";
    device.unsupported("into_data", &[shape.as_slice()], hint, shape.clone(), kind)
}

/// Either side of a mixed operation.
pub(super) fn operand<K: Plain, R: Ring>(tensor: MpcTensor<K::Tensor, R>) -> Operand<R> {
    match tensor {
        MpcTensor::Secret(tensor) => Operand::Secret(tensor),
        MpcTensor::Public(tensor, device) => {
            let shape = tensor.shape().to_vec();
            match try_read_sync(K::read(tensor)) {
                Some(Ok(data)) => Operand::Public(public(&data)),
                _ => Operand::Secret(unreadable(&device, shape, K::KIND)),
            }
        }
    }
}

/// An optional tensor: the plaintext one, or the secret.
pub(super) fn optional<T, R: Ring>(
    tensor: Option<MpcTensor<T, R>>,
) -> Result<Option<T>, SecretTensor<R>> {
    match tensor {
        None => Ok(None),
        Some(MpcTensor::Public(tensor, _)) => Ok(Some(tensor)),
        Some(MpcTensor::Secret(tensor)) => Err(tensor),
    }
}

/// What [`optional`] gave, as an operand.
pub(super) fn optional_operand<K: Plain, R: Ring>(
    tensor: Result<Option<K::Tensor>, SecretTensor<R>>,
) -> Option<Operand<R>> {
    match tensor {
        Err(tensor) => Some(Operand::Secret(tensor)),
        Ok(tensor) => {
            let public = |tensor| MpcTensor::Public(tensor, MpcDevice::default());
            tensor.map(|tensor| operand::<K, R>(public(tensor)))
        }
    }
}

/// A secret holding the tensor; a public one is lifted, without a message.
pub(super) fn secret<K: Plain, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    device: &MpcDevice,
) -> SecretTensor<R> {
    ops::movement::secret(operand::<K, R>(tensor), K::KIND, device)
}

/// A scalar as an operand.
pub(super) fn scalar<R: Ring>(value: Scalar) -> Operand<R> {
    Operand::Public(PublicTensor::scalar(value.elem()))
}

/// The device on which two tensors meet; those of two sessions end both.
pub(super) fn device_of<T, U, R: Ring>(
    first: &MpcTensor<T, R>,
    second: &MpcTensor<U, R>,
) -> MpcDevice {
    meeting(&[first.device(), second.device()])
}

/// The device on which tensors of several devices meet; those of two sessions end both.
pub(super) fn meeting(devices: &[&MpcDevice]) -> MpcDevice {
    ops::meeting(devices.iter().copied())
}

/// Public indices with their shape; `None` if they are secret or cannot be read.
pub(super) fn indices<P: Backend, R: Ring>(
    tensor: MpcTensor<IntTensor<P>, R>,
) -> Option<(Vec<i64>, Vec<usize>)> {
    let MpcTensor::Public(tensor, _) = tensor else {
        return None;
    };
    let data = try_read_sync(P::int_into_data(tensor))?.ok()?;
    Some((data.iter::<i64>().collect(), data.shape.to_vec()))
}

/// The value that all elements of a public tensor have, if they have one in common.
pub(super) fn uniform<R: Ring>(operand: &Operand<R>) -> Option<f64> {
    let Operand::Public(tensor) = operand else {
        return None;
    };
    let (&first, rest) = tensor.values.split_first()?;
    rest.iter().all(|&value| value == first).then_some(first)
}

/// Burn's slices as spans of the axes they take.
pub(super) fn spans(slices: &[Slice], shape: &[usize]) -> Vec<Span> {
    let resolve = |(slice, &size): (&Slice, &usize)| {
        let range = slice.to_range(size);
        Span::ranged(range.start, range.end, slice.step)
    };
    slices.iter().zip(shape).map(resolve).collect()
}

/// Shape of two tensors broadcast against each other.
pub(super) fn broadcast(first: &[usize], second: &[usize]) -> Vec<usize> {
    let rank = first.len().max(second.len());
    let size = |shape: &[usize], axis: usize| {
        (axis + shape.len())
            .checked_sub(rank)
            .map_or(1, |axis| shape[axis])
    };
    let join = |(a, b)| if a == 1 { b } else { a };
    (0..rank)
        .map(|axis| join((size(first, axis), size(second, axis))))
        .collect()
}

/// `shape` with axis `dim` of length `size`.
pub(super) fn with_dim(shape: &[usize], dim: usize, size: usize) -> Vec<usize> {
    let mut shape = shape.to_vec();
    shape[dim] = size;
    shape
}

/// Refuses an operation on secrets: the session fails with an error naming the operation, the shapes
/// and what would do instead.
pub(super) fn refuse<R: Ring>(
    op: &'static str,
    device: &MpcDevice,
    shapes: &[&[usize]],
    hint: &'static str,
    (shape, kind): (Vec<usize>, Kind),
) -> SecretTensor<R> {
    device.unsupported(op, shapes, hint, shape, kind)
}

/// Refuses an operation whose result has the shape of its operand.
pub(super) fn refuse_like<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    hint: &'static str,
) -> SecretTensor<R> {
    refuse(
        op,
        tensor.device(),
        &[tensor.shape()],
        hint,
        (tensor.shape().to_vec(), tensor.kind()),
    )
}

/// Refuses an operation whose result has `size` elements along `dim`.
pub(super) fn refuse_dim<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    hint: &'static str,
    dim: usize,
    size: usize,
    kind: Kind,
) -> SecretTensor<R> {
    let out = with_dim(tensor.shape(), dim, size);
    refuse(op, tensor.device(), &[tensor.shape()], hint, (out, kind))
}

/// Refuses an operation that gives values and indices, both of the operand's shape.
pub(super) fn refuse_pair<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    hint: &'static str,
) -> (SecretTensor<R>, SecretTensor<R>) {
    let refused = refuse_like(op, tensor, hint);
    (refused.clone(), refused.with_kind(Kind::Int))
}

/// Moves a tensor to a device. A secret stays where its session is.
pub(super) fn to_device<T, R: Ring>(
    tensor: MpcTensor<T, R>,
    device: &MpcDevice,
) -> MpcTensor<T, R> {
    match tensor {
        MpcTensor::Public(tensor, _) => MpcTensor::Public(tensor, device.clone()),
        MpcTensor::Secret(tensor) if tensor.device().is_same_session(device) => {
            MpcTensor::Secret(tensor)
        }
        MpcTensor::Secret(tensor) => {
            let hint = "a secret lives in one session; reveal it there and share it in the other";
            MpcTensor::Secret(refuse_like("to_device", &tensor, hint))
        }
    }
}

/// A poisoned tensor in place of one that is to be created on a session's device and has too many elements for it.
pub(super) fn oversized<K: Plain, R: Ring>(
    op: &'static str,
    shape: &Shape,
    device: &MpcDevice,
) -> Option<MpcTensor<K::Tensor, R>> {
    device.session()?;
    let error = device.checked_elements(op, shape).err()?;
    device.fail(&error);
    let poisoned = SecretTensor::poisoned(device, shape.to_vec(), K::KIND);
    Some(MpcTensor::Secret(poisoned))
}

/// Random values that all parties agree on, as `dtype`; `None` on a device without a session.
pub(super) fn random(
    shape: &Shape,
    distribution: Distribution,
    device: &MpcDevice,
    dtype: DType,
) -> Option<TensorData> {
    let count = elements(shape);
    let values = match distribution {
        Distribution::Default if dtype.is_float() => device.shared_random(count)?,
        // A range that every integer type holds.
        Distribution::Default => between(device.shared_random(count)?, 0.0, 127.0),
        Distribution::Uniform(low, high) => between(device.shared_random(count)?, low, high),
        Distribution::Bernoulli(chance) => {
            let hit = |draw| f64::from(u8::from(draw < chance));
            device.shared_random(count)?.into_iter().map(hit).collect()
        }
        Distribution::Normal(mean, deviation) => {
            normal(&device.shared_random(2 * count)?, mean, deviation)
        }
    };
    let values = if dtype.is_float() {
        values
    } else {
        values.into_iter().map(f64::floor).collect()
    };
    Some(data(
        &PublicTensor {
            shape: shape.to_vec(),
            values,
        },
        dtype,
    ))
}

fn between(draws: Vec<f64>, low: f64, high: f64) -> Vec<f64> {
    draws
        .into_iter()
        .map(|draw| low + draw * (high - low))
        .collect()
}

/// Box and Muller's transform of pairs of uniform draws from `[0, 1)`.
fn normal(draws: &[f64], mean: f64, deviation: f64) -> Vec<f64> {
    let one = |pair: &[f64]| {
        let radius = (-2.0 * (1.0 - pair[0]).ln()).sqrt();
        mean + deviation * radius * (std::f64::consts::TAU * pair[1]).cos()
    };
    draws.chunks_exact(2).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcast_aligns_at_the_right() {
        assert_eq!(broadcast(&[2, 1, 4], &[3, 1]), [2, 3, 4]);
        assert_eq!(broadcast(&[1], &[5, 0]), [5, 0]);
    }

    #[test]
    fn spans_resolve_negative_ends_and_steps() {
        let slices = [Slice::new(1, Some(-1), 2), Slice::new(0, None, -1)];
        let spans = spans(&slices, &[6, 4]);
        assert_eq!(
            spans[0],
            Span {
                start: 1,
                len: 2,
                step: 2
            }
        );
        assert_eq!(
            spans[1],
            Span {
                start: 3,
                len: 4,
                step: -1
            }
        );
    }

    /// Uniform draws from a counter.
    fn draws(count: u64) -> Vec<f64> {
        let mix = |i: u64| {
            let mut word = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((word ^ (word >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..count).map(mix).collect()
    }

    #[test]
    fn normal_draws_have_the_asked_moments() {
        let values = normal(&draws(20_000), 3.0, 2.0);
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        // Five standard errors of 10,000 draws.
        assert!((mean - 3.0).abs() < 0.1, "mean {mean}");
        assert!((variance - 4.0).abs() < 0.3, "variance {variance}");
    }
}
