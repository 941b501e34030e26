//! Moves parts of tensors by public or secret indices.

use burn_backend::tensor::{IndexingUpdateOp, IntTensor};
use burn_backend::{Backend, Slice, TensorMetadata};

use super::MpcTensor;
use super::kind::Plain;
use super::{lift, refuse as refusing};
use crate::ops::{self, movement};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, SecretTensor, elements};

/// What to do instead of indexing by a secret.
const PUBLIC_INDICES: &str = "these indices must be public; use select, gather, select_assign or scatter, which take \
     secret ones, or reveal them";
const UPDATE: &str = "only assignment and addition are defined on secrets";

/// Refuses secret indices into tensors of these shapes.
fn refuse<R: Ring>(
    op: &'static str,
    device: &MpcDevice,
    shapes: &[&[usize]],
    out: Vec<usize>,
    kind: Kind,
) -> SecretTensor<R> {
    refusing::refuse(op, device, shapes, PUBLIC_INDICES, (out, kind))
}

/// Hyperplanes `indices` along `dim`.
pub(super) fn select<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    dim: usize,
    indices: MpcTensor<IntTensor<P>, R>,
) -> SecretTensor<R> {
    let device = lift::device_of(&tensor, &indices);
    let (shape, index_shape) = (tensor.shape().to_vec(), indices.shape().to_vec());
    if let MpcTensor::Secret(indices) = indices {
        return ops::select_secretly(lift::secret::<K, R>(tensor, &device), dim, &indices);
    }
    match lift::indices::<P, R>(indices) {
        Some(indices) => movement::select(lift::secret::<K, R>(tensor, &device), dim, &indices),
        None => {
            let out = lift::with_dim(&shape, dim, elements(&index_shape));
            refuse("select", &device, &[&shape, &index_shape], out, K::KIND)
        }
    }
}

/// Elements along `dim` by indices.
pub(super) fn gather<K: Plain, P: Backend, R: Ring>(
    dim: usize,
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
) -> SecretTensor<R> {
    let device = lift::device_of(&tensor, &indices);
    let (shape, index_shape) = (tensor.shape().to_vec(), indices.shape().to_vec());
    if let MpcTensor::Secret(indices) = indices {
        return ops::gather_secretly(lift::secret::<K, R>(tensor, &device), dim, &indices);
    }
    match lift::coordinates::<P, R>(indices) {
        Some((indices, _)) => movement::gather(
            lift::secret::<K, R>(tensor, &device),
            dim,
            &indices,
            &index_shape,
        ),
        None => refuse(
            "gather",
            &device,
            &[&shape, &index_shape],
            index_shape.clone(),
            K::KIND,
        ),
    }
}

/// Sub-tensors by coordinates.
pub(super) fn gather_nd<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
) -> SecretTensor<R> {
    let device = lift::device_of(&tensor, &indices);
    let (shape, index_shape) = (tensor.shape().to_vec(), indices.shape().to_vec());
    if let MpcTensor::Secret(indices) = indices {
        return ops::gather_nd_secretly(lift::secret::<K, R>(tensor, &device), &indices);
    }
    match lift::coordinates::<P, R>(indices) {
        Some((indices, _)) => movement::gather_nd(
            lift::secret::<K, R>(tensor, &device),
            &indices,
            &index_shape,
        ),
        None => {
            let depth = index_shape.last().copied().unwrap_or(0).min(shape.len());
            let lead = &index_shape[..index_shape.len().saturating_sub(1)];
            let out = [lead, &shape[depth..]].concat();
            refuse("gather_nd", &device, &[&shape, &index_shape], out, K::KIND)
        }
    }
}

/// The operands of an indexed update, and their common device.
struct Update<R: Ring, I> {
    tensor: Operand<R>,
    device: MpcDevice,
    value: SecretTensor<R>,
    indices: I,
}

/// All that an update needs, or the refusal of secret indices. `read` reads public ones.
fn update<K: Plain, P: Backend, R: Ring, I>(
    op: &'static str,
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
    read: impl FnOnce(MpcTensor<IntTensor<P>, R>) -> Option<I>,
) -> Result<Update<R, I>, SecretTensor<R>> {
    let device = lift::meeting(&[tensor.device(), indices.device(), value.device()]);
    let (shape, index_shape) = (tensor.shape().to_vec(), indices.shape().to_vec());
    match read(indices) {
        Some(indices) => Ok(Update {
            tensor: lift::operand::<K, R>(tensor),
            value: lift::secret::<K, R>(value, &device),
            device,
            indices,
        }),
        None => Err(refuse(
            op,
            &device,
            &[&shape, &index_shape],
            shape.clone(),
            K::KIND,
        )),
    }
}

/// Adds hyperplanes along `dim`.
pub(super) fn select_add<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    dim: usize,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
) -> SecretTensor<R> {
    if let MpcTensor::Secret(indices) = indices {
        let device = lift::meeting(&[tensor.device(), indices.device(), value.device()]);
        let value = lift::secret::<K, R>(value, &device);
        return ops::select_add_secretly(lift::operand::<K, R>(tensor), dim, &indices, value);
    }
    match update::<K, P, R, _>("select_add", tensor, indices, value, lift::indices::<P, R>) {
        Ok(u) => movement::select_add(u.tensor, dim, &u.indices, u.value),
        Err(refused) => refused,
    }
}

/// Adds elements along `dim`.
pub(super) fn scatter_add<K: Plain, P: Backend, R: Ring>(
    dim: usize,
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
) -> SecretTensor<R> {
    if let MpcTensor::Secret(indices) = indices {
        let device = lift::meeting(&[tensor.device(), indices.device(), value.device()]);
        let value = lift::secret::<K, R>(value, &device);
        let tensor = lift::operand::<K, R>(tensor);
        return ops::scatter_add_secretly(tensor, dim, &indices, value, &device);
    }
    match update::<K, P, R, _>(
        "scatter_add",
        tensor,
        indices,
        value,
        lift::coordinates::<P, R>,
    ) {
        Ok(u) => movement::scatter_add(u.tensor, dim, &u.indices.0, &u.indices.1, u.value),
        Err(refused) => refused,
    }
}

/// Writes or adds sub-tensors at coordinates.
pub(super) fn scatter_nd<K: Plain, P: Backend, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
    reduction: IndexingUpdateOp,
) -> SecretTensor<R> {
    let add = match reduction {
        IndexingUpdateOp::Add => true,
        IndexingUpdateOp::Assign => false,
        _ => {
            let (shape, device) = (tensor.shape().to_vec(), lift::device_of(&tensor, &value));
            return refusing::refuse(
                "scatter_nd",
                &device,
                &[&shape],
                UPDATE,
                (shape.clone(), K::KIND),
            );
        }
    };
    match update::<K, P, R, _>(
        "scatter_nd",
        tensor,
        indices,
        value,
        lift::coordinates::<P, R>,
    ) {
        Ok(u) => movement::scatter_nd(
            movement::held(u.tensor, K::KIND, &u.device),
            &u.indices.0,
            &u.indices.1,
            u.value,
            add,
        ),
        Err(refused) => refused,
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
    if let MpcTensor::Secret(indices) = indices {
        let device = lift::meeting(&[tensor.device(), indices.device(), value.device()]);
        let value = lift::secret::<K, R>(value, &device);
        let tensor = lift::operand::<K, R>(tensor);
        return ops::select_or_secretly(tensor, dim, &indices, value, &device);
    }
    match update::<K, P, R, _>("select_or", tensor, indices, value, lift::indices::<P, R>) {
        Ok(u) => ops::select_or(u.tensor, dim, &u.indices, u.value, &u.device),
        Err(refused) => refused,
    }
}

/// `or` of elements along `dim`.
pub(super) fn scatter_or<K: Plain, P: Backend, R: Ring>(
    dim: usize,
    tensor: MpcTensor<K::Tensor, R>,
    indices: MpcTensor<IntTensor<P>, R>,
    value: MpcTensor<K::Tensor, R>,
) -> SecretTensor<R> {
    if let MpcTensor::Secret(indices) = indices {
        let device = lift::meeting(&[tensor.device(), indices.device(), value.device()]);
        let value = lift::secret::<K, R>(value, &device);
        let tensor = lift::operand::<K, R>(tensor);
        return ops::scatter_or_secretly(tensor, dim, &indices, value, &device);
    }
    match update::<K, P, R, _>(
        "scatter_or",
        tensor,
        indices,
        value,
        lift::coordinates::<P, R>,
    ) {
        Ok(u) => {
            let at = (&u.indices.0[..], &u.indices.1[..]);
            ops::scatter_or(u.tensor, dim, at, u.value, &u.device)
        }
        Err(refused) => refused,
    }
}
