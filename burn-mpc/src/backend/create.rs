//! Creating tensors: public ones, unless the session shares all that is created.

use burn_backend::{Backend, BoolDType, Shape, TensorData, TensorMetadata, try_read_sync};

use super::MpcTensor;
use super::kind::{Bools, Plain, plain_device};
use super::lift::unreadable;
use super::read::public;
use super::refuse::refuse_like;
use super::shadow;
use super::tensor::Memo;
use crate::ops;
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::SecretTensor;

/// Makes a tensor of public data: public, unless the session shares all that is created.
pub(super) fn create<K: Plain, R: Ring>(
    data: TensorData,
    device: &MpcDevice,
) -> MpcTensor<K::Tensor, R> {
    if device.shares_creations() {
        let secret = ops::share_public(public(&data), K::KIND, device);
        return MpcTensor::Secret(shadow::known::<K, R>(secret, || K::make(data)));
    }
    MpcTensor::Public(K::make(data), device.clone(), Memo::empty())
}

/// Wraps a tensor that the plaintext backend made: public, unless the session shares all that is created.
pub(super) fn created<K: Plain, R: Ring>(
    tensor: K::Tensor,
    device: &MpcDevice,
) -> MpcTensor<K::Tensor, R> {
    if !device.shares_creations() {
        return MpcTensor::public(tensor, device.clone());
    }
    let shape = tensor.shape().to_vec();
    MpcTensor::Secret(match try_read_sync(K::read(tensor.clone())) {
        Some(Ok(data)) => {
            let secret = ops::share_public(public(&data), K::KIND, device);
            shadow::known::<K, R>(secret, || tensor)
        }
        _ => unreadable(device, shape, K::KIND),
    })
}

/// Moves a tensor to a device. A secret stays where its session is.
pub(super) fn to_device<T, R: Ring>(
    op: &'static str,
    tensor: MpcTensor<T, R>,
    device: &MpcDevice,
) -> MpcTensor<T, R> {
    match tensor {
        MpcTensor::Public(tensor, _, _) => MpcTensor::public(tensor, device.clone()),
        MpcTensor::Secret(tensor) if tensor.device().is_same_session(device) => {
            MpcTensor::Secret(tensor)
        }
        MpcTensor::Secret(tensor) => {
            let hint = "a secret lives in one session; reveal it there and share it in the other";
            MpcTensor::Secret(refuse_like(op, &tensor, hint))
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

/// `false` for every element of a tensor.
pub(super) fn none<P: Backend, R: Ring>(
    tensor: &MpcTensor<P::FloatTensorPrimitive, R>,
    dtype: BoolDType,
) -> MpcTensor<P::BoolTensorPrimitive, R> {
    let none = P::bool_zeros(tensor.shape(), &plain_device::<P>(), dtype);
    created::<Bools<P>, R>(none, tensor.device())
}
