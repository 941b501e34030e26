//! Moves parts of tensors by public or secret indices.

use burn_backend::tensor::{IndexingUpdateOp, IntTensor};
use burn_backend::{Backend, Slice, TensorMetadata};

use super::MpcTensor;
use super::kind::Plain;
use super::lift;
use crate::ops::{self, movement};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Operand, SecretTensor, elements};

/// Where: by public indices as they are read, or by secret ones.
enum At<R: Ring, I> {
    Public(I),
    Secret(SecretTensor<R>),
}

/// Public indices as `read` reads them, or secret ones. `None` if public ones cannot be read.
fn located<T, R: Ring, I>(
    indices: MpcTensor<T, R>,
    read: impl FnOnce(MpcTensor<T, R>) -> Option<I>,
) -> Option<At<R, I>> {
    match indices {
        MpcTensor::Secret(indices) => Some(At::Secret(indices)),
        public @ MpcTensor::Public(..) => read(public).map(At::Public),
    }
}

/// Hyperplanes `indices` along `dim`.
pub(super) fn select<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    dim: usize,
    indices: MpcTensor<IntTensor<P>, R>,
) -> SecretTensor<R> {
    let device = lift::device_of(&tensor, &indices);
    let count = elements(&indices.shape());
    let tensor = lift::secret::<K, R>(tensor, &device);
    match located(indices, lift::indices::<P, R>) {
        Some(At::Public(indices)) => movement::select(tensor, dim, &indices),
        Some(At::Secret(indices)) => ops::select_secretly(tensor, dim, &indices),
        None => lift::unreadable(&device, lift::with_dim(tensor.shape(), dim, count), K::KIND),
    }
}

/// Elements along `dim` by indices.
pub(super) fn gather<K: Plain, P: Backend, R: Ring>(
    dim: usize,
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
) -> SecretTensor<R> {
    let device = lift::device_of(&tensor, &indices);
    let shape = indices.shape().to_vec();
    let tensor = lift::secret::<K, R>(tensor, &device);
    match located(indices, lift::coordinates::<P, R>) {
        Some(At::Public((indices, shape))) => movement::gather(tensor, dim, &indices, &shape),
        Some(At::Secret(indices)) => ops::gather_secretly(tensor, dim, &indices),
        None => lift::unreadable(&device, shape, K::KIND),
    }
}

/// Sub-tensors by coordinates.
pub(super) fn gather_nd<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
) -> SecretTensor<R> {
    let device = lift::device_of(&tensor, &indices);
    let shape = indices.shape().to_vec();
    let tensor = lift::secret::<K, R>(tensor, &device);
    match located(indices, lift::coordinates::<P, R>) {
        Some(At::Public((indices, shape))) => movement::gather_nd(tensor, &indices, &shape),
        Some(At::Secret(indices)) => ops::gather_nd_secretly(tensor, &indices),
        None => {
            let depth = shape.last().copied().unwrap_or(0).min(tensor.shape().len());
            let lead = &shape[..shape.len().saturating_sub(1)];
            let out = [lead, &tensor.shape()[depth..]].concat();
            lift::unreadable(&device, out, K::KIND)
        }
    }
}

/// The operands of an indexed update, and their common device.
struct Update<R: Ring, I> {
    tensor: Operand<R>,
    device: MpcDevice,
    value: SecretTensor<R>,
    at: At<R, I>,
}

/// All that an update needs. `read` reads public indices; the error stands for ones that cannot be read.
fn update<K: Plain, P: Backend, R: Ring, I>(
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
    read: impl FnOnce(MpcTensor<IntTensor<P>, R>) -> Option<I>,
) -> Result<Update<R, I>, SecretTensor<R>> {
    let device = lift::meeting(&[tensor.device(), indices.device(), value.device()]);
    let unreadable = || lift::unreadable(&device, tensor.shape().to_vec(), K::KIND);
    let at = located(indices, read).ok_or_else(unreadable)?;
    Ok(Update {
        tensor: lift::operand::<K, R>(tensor),
        value: lift::secret::<K, R>(value, &device),
        device,
        at,
    })
}

/// Adds hyperplanes along `dim`.
pub(super) fn select_add<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    dim: usize,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
) -> SecretTensor<R> {
    match update::<K, P, R, _>(tensor, indices, value, lift::indices::<P, R>) {
        Ok(u) => match u.at {
            At::Public(indices) => movement::select_add(u.tensor, dim, &indices, u.value),
            At::Secret(indices) => ops::select_add_secretly(u.tensor, dim, &indices, u.value),
        },
        Err(unreadable) => unreadable,
    }
}

/// Adds elements along `dim`.
pub(super) fn scatter_add<K: Plain, P: Backend, R: Ring>(
    dim: usize,
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
) -> SecretTensor<R> {
    match update::<K, P, R, _>(tensor, indices, value, lift::coordinates::<P, R>) {
        Ok(u) => match u.at {
            At::Public((indices, shape)) => {
                movement::scatter_add(u.tensor, dim, &indices, &shape, u.value)
            }
            At::Secret(indices) => {
                ops::scatter_add_secretly(u.tensor, dim, &indices, u.value, &u.device)
            }
        },
        Err(unreadable) => unreadable,
    }
}

/// Updates sub-tensors at coordinates.
pub(super) fn scatter_nd<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
    reduction: IndexingUpdateOp,
) -> SecretTensor<R> {
    let how = match reduction {
        IndexingUpdateOp::Assign => ops::Update::Assign,
        IndexingUpdateOp::Add => ops::Update::Add,
        IndexingUpdateOp::Mul => ops::Update::Fold(ops::Fold::Product),
        IndexingUpdateOp::Min => ops::Update::Fold(ops::Fold::Minimum),
        IndexingUpdateOp::Max => ops::Update::Fold(ops::Fold::Maximum),
    };
    match update::<K, P, R, _>(tensor, indices, value, lift::coordinates::<P, R>) {
        Ok(u) => match u.at {
            At::Public((indices, shape)) => {
                let tensor = movement::held(u.tensor, K::KIND, &u.device);
                ops::scatter_nd(tensor, (&indices, &shape), u.value, how)
            }
            At::Secret(indices) => {
                ops::scatter_nd_secretly(u.tensor, &indices, u.value, how, &u.device)
            }
        },
        Err(unreadable) => unreadable,
    }
}

/// Replaces a regular part.
pub(super) fn slice_assign<K: Plain, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    slices: &[Slice],
    value: MpcTensor<K::Tensor, R>,
) -> SecretTensor<R> {
    let device = lift::device_of(&tensor, &value);
    let spans = lift::spans(slices, &tensor.shape());
    movement::slice_assign(
        lift::secret::<K, R>(tensor, &device),
        &spans,
        lift::secret::<K, R>(value, &device),
    )
}

/// Joins tensors of which at least one is secret.
pub(super) fn cat<K: Plain, R: Ring>(
    tensors: Vec<MpcTensor<K::Tensor, R>>,
    dim: usize,
) -> SecretTensor<R> {
    let device = ops::meeting(tensors.iter().map(MpcTensor::device));
    let parts: Vec<Operand<R>> = tensors.into_iter().map(lift::operand::<K, R>).collect();
    movement::cat(parts, dim, K::KIND, &device)
}

/// The plaintext tensors and their device, or the tensors as they were.
type AllPublic<T, R> = Result<(Vec<T>, MpcDevice), Vec<MpcTensor<T, R>>>;

/// The plaintext tensors, if all are public; otherwise all of them back.
pub(super) fn all_public<T, R: Ring>(tensors: Vec<MpcTensor<T, R>>) -> AllPublic<T, R> {
    if tensors.iter().any(MpcTensor::is_secret) {
        return Err(tensors);
    }
    let device = tensors
        .first()
        .map(|tensor| tensor.device().clone())
        .unwrap_or_default();
    let plain = |tensor| match tensor {
        MpcTensor::Public(tensor, _, _) => Some(tensor),
        MpcTensor::Secret(_) => None,
    };
    Ok((tensors.into_iter().filter_map(plain).collect(), device))
}

/// `or` of hyperplanes along `dim`.
pub(super) fn select_or<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    dim: usize,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
) -> SecretTensor<R> {
    match update::<K, P, R, _>(tensor, indices, value, lift::indices::<P, R>) {
        Ok(u) => match u.at {
            At::Public(indices) => ops::select_or(u.tensor, dim, &indices, u.value, &u.device),
            At::Secret(indices) => {
                ops::select_or_secretly(u.tensor, dim, &indices, u.value, &u.device)
            }
        },
        Err(unreadable) => unreadable,
    }
}

/// `or` of elements along `dim`.
pub(super) fn scatter_or<K: Plain, P: Backend, R: Ring>(
    dim: usize,
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
) -> SecretTensor<R> {
    match update::<K, P, R, _>(tensor, indices, value, lift::coordinates::<P, R>) {
        Ok(u) => match u.at {
            At::Public((indices, shape)) => {
                ops::scatter_or(u.tensor, dim, (&indices, &shape), u.value, &u.device)
            }
            At::Secret(indices) => {
                ops::scatter_or_secretly(u.tensor, dim, &indices, u.value, &u.device)
            }
        },
        Err(unreadable) => unreadable,
    }
}
