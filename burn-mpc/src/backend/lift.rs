//! Converts Burn's tensors to what ops on secrets take.

use std::sync::Arc;

use burn_backend::tensor::IntTensor;
use burn_backend::{Backend, Scalar, Slice, TensorMetadata, try_read_sync};

use super::MpcTensor;
use super::kind::Plain;
use super::read::public;
use crate::ops;
use crate::ops::movement::{Indices, Span};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, SecretTensor};

/// The poisoned result in place of a tensor that the plaintext backend could not read.
pub(super) fn unreadable<R: Ring>(
    device: &MpcDevice,
    shape: Vec<usize>,
    kind: Kind,
) -> SecretTensor<R> {
    let hint = "the plaintext backend could not read one of its own tensors";
    ops::unsupported(
        device,
        "into_data",
        &[shape.as_slice()],
        hint,
        shape.clone(),
        kind,
    )
}

/// Either side of a mixed operation.
pub(super) fn operand<K: Plain, R: Ring>(tensor: MpcTensor<K::Tensor, R>) -> Operand<R> {
    match tensor {
        MpcTensor::Secret(tensor) => Operand::Secret(tensor),
        MpcTensor::Public(tensor, device, _) => {
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
        Some(MpcTensor::Public(tensor, _, _)) => Ok(Some(tensor)),
        Some(MpcTensor::Secret(tensor)) => Err(tensor),
    }
}

/// Converts the result of [`optional`] to an operand.
pub(super) fn optional_operand<K: Plain, R: Ring>(
    tensor: Result<Option<K::Tensor>, SecretTensor<R>>,
) -> Option<Operand<R>> {
    match tensor {
        Err(tensor) => Some(Operand::Secret(tensor)),
        Ok(tensor) => {
            let public = |tensor| MpcTensor::public(tensor, MpcDevice::default());
            tensor.map(|tensor| operand::<K, R>(public(tensor)))
        }
    }
}

/// A secret holding the tensor; a public one is lifted, without a message.
pub(super) fn secret<K: Plain, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    device: &MpcDevice,
) -> SecretTensor<R> {
    ops::movement::held(operand::<K, R>(tensor), K::KIND, device)
}

/// A scalar as an operand.
pub(super) fn scalar<R: Ring>(value: Scalar) -> Operand<R> {
    Operand::scalar(value.elem())
}

/// The common device of two tensors; tensors of two sessions end both.
pub(super) fn device_of<T, U, R: Ring>(
    first: &MpcTensor<T, R>,
    second: &MpcTensor<U, R>,
) -> MpcDevice {
    meeting(&[first.device(), second.device()])
}

/// The common device of tensors on several devices; tensors of two sessions end both.
pub(super) fn meeting(devices: &[&MpcDevice]) -> MpcDevice {
    ops::meeting(devices.iter().copied())
}

/// Public indices along an axis; `None` if they are secret or cannot be read.
pub(super) fn indices<P: Backend, R: Ring>(
    tensor: MpcTensor<IntTensor<P>, R>,
) -> Option<Arc<Indices>> {
    let MpcTensor::Public(tensor, _, memo) = tensor else {
        return None;
    };
    memo.indices(|| {
        let data = try_read_sync(P::int_into_data(tensor))?.ok()?;
        Some(Arc::new(Indices::new(
            &data.iter::<i64>().collect::<Vec<_>>(),
        )))
    })
}

/// Public coordinates with their shape; `None` if they are secret or cannot be read.
pub(super) fn coordinates<P: Backend, R: Ring>(
    tensor: MpcTensor<IntTensor<P>, R>,
) -> Option<(Vec<i64>, Vec<usize>)> {
    let MpcTensor::Public(tensor, ..) = tensor else {
        return None;
    };
    let data = try_read_sync(P::int_into_data(tensor))?.ok()?;
    Some((data.iter::<i64>().collect(), data.shape.to_vec()))
}

/// Burn's slices as spans of the axes they take.
pub(super) fn spans(slices: &[Slice], shape: &[usize]) -> Vec<Span> {
    let resolve = |(slice, &size): (&Slice, &usize)| {
        let range = slice.to_range(size);
        Span::ranged(range.start, range.end, slice.step)
    };
    slices.iter().zip(shape).map(resolve).collect()
}

/// `shape` with axis `dim` of length `size`.
pub(super) fn with_dim(shape: &[usize], dim: usize, size: usize) -> Vec<usize> {
    let mut shape = shape.to_vec();
    shape[dim] = size;
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
