//! Burn's data as values of a type that holds them exactly.

use burn_backend::{DType, TensorData};

use crate::ops::Values;

/// Calls `take` with the values of `data`, in a type that holds them exactly.
pub(super) fn with_values<T>(
    data: Option<&TensorData>,
    take: impl FnOnce(Option<Values<'_>>) -> T,
) -> T {
    let Some(data) = data else {
        return take(None);
    };
    match data.dtype {
        DType::F64 => take(Some(Values::Double(&data.iter().collect::<Vec<f64>>()))),
        DType::I64 | DType::I32 | DType::I16 | DType::I8 => {
            take(Some(Values::Signed(&data.iter().collect::<Vec<i64>>())))
        }
        DType::U64 | DType::U32 | DType::U16 | DType::U8 => {
            take(Some(Values::Unsigned(&data.iter().collect::<Vec<u64>>())))
        }
        // Single precision and what it holds: half precisions, truth values, quantised values.
        _ => match data.as_slice::<f32>() {
            Ok(values) => take(Some(Values::Single(values))),
            Err(_) => take(Some(Values::Single(&data.iter().collect::<Vec<f32>>()))),
        },
    }
}
