//! Reading tensors as Burn's data.

use burn_backend::{DType, ExecutionError, Shape, TensorData};

use super::MpcTensor;
use super::kind::Plain;
use crate::error::MpcError;
use crate::ops;
use crate::ring::Ring;
use crate::tensor::{PublicTensor, SecretTensor};

/// Burn's error for a failed session.
pub(super) fn session_failed(message: String) -> ExecutionError {
    // The message begins with the error's code.
    ExecutionError::WithContext { reason: message }
}

/// Reads a tensor. A secret is an error unless the session was opened to reveal what is read.
pub(super) async fn read<K: Plain, R: Ring>(
    tensor: MpcTensor<K::Tensor, R>,
) -> Result<TensorData, ExecutionError> {
    match tensor {
        MpcTensor::Public(tensor, _, _) => K::read(tensor).await,
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
            "{} (a {:?} tensor of shape {:?})",
            MpcError::NotRevealed,
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

pub(super) fn public(data: &TensorData) -> PublicTensor {
    PublicTensor {
        shape: data.shape.to_vec(),
        values: data.iter::<f64>().collect(),
    }
}
