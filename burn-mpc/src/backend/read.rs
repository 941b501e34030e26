//! Reading tensors as Burn's data.

use burn_backend::{DType, ExecutionError, Shape, TensorData};

use super::MpcTensor;
use super::kind::Plain;
use crate::Party;
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
    opened::<K, R>(tensor, values).map_err(|error| session_failed(error.to_string()))
}

/// The opened values of a secret, as Burn's data of the plaintext backend's default type.
///
/// # Errors
/// [`MpcError::Range`] if an integer does not fit that type.
pub(super) fn opened<K: Plain, R: Ring>(
    tensor: &SecretTensor<R>,
    values: Vec<f64>,
) -> Result<TensorData, MpcError> {
    let dtype = K::default_dtype();
    if let Some((least, most)) = limits(dtype)
        && let Some(at) = values.iter().position(|v| !(least..=most).contains(v))
    {
        return Err(MpcError::Range {
            party: tensor.device().party().unwrap_or(Party::P0),
            name: "an integer that is read".to_owned(),
            reason: format!("element {at} does not fit {dtype:?}"),
        });
    }
    let shape = tensor.shape().to_vec();
    Ok(data(&PublicTensor { shape, values }, dtype))
}

/// The least and the largest integer of a type, as far as a double holds integers exactly.
fn limits(dtype: DType) -> Option<(f64, f64)> {
    // From 2^53 on a double stands for several integers.
    let exact = ((1_u64 << 53) - 1) as f64;
    Some(match dtype {
        DType::I64 => (-exact, exact),
        DType::I32 => (i32::MIN.into(), i32::MAX.into()),
        DType::I16 => (i16::MIN.into(), i16::MAX.into()),
        DType::I8 => (i8::MIN.into(), i8::MAX.into()),
        DType::U64 => (0.0, exact),
        DType::U32 => (0.0, u32::MAX.into()),
        DType::U16 => (0.0, u16::MAX.into()),
        DType::U8 => (0.0, u8::MAX.into()),
        _ => return None,
    })
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
