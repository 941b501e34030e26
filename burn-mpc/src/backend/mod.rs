//! [`Mpc`]: the Burn backend. The only folder that names Burn's backend traits.
//!
//! Nothing is computed here. A call whose tensors are all public goes to the plaintext backend `P`; any
//! other call goes to the function of [`crate::ops`] named in its row. [`op_table`] says which methods
//! take secrets and what they cost.

#[macro_use]
mod rows;

mod activation;
mod bool;
mod create;
mod device;
mod doors;
mod float;
mod indexing;
mod int;
mod kind;
mod layers;
mod lift;
mod model;
mod module;
#[cfg(any(test, feature = "testkit"))]
pub mod op_table;
#[cfg(test)]
pub(crate) mod programs;
mod quantized;
mod random;
mod read;
mod refuse;
mod shapes;
mod tensor;
mod transaction;
mod values;

use std::marker::PhantomData;

use burn::backend::Flex;
use burn_backend::{Backend, BackendTypes, DType, DTypeUsageSet, ExecutionError};

use crate::ring::{Ring, Z64};
use crate::session::MpcDevice;

pub use doors::{
    prepare, prepare_only, reveal, reveal_argmax_to, reveal_to, reveal_with, share, share_within,
};
pub use model::{ShareOptions, forget_model, share_model};
pub use tensor::MpcTensor;

/// A Burn backend whose tensors are public, and then computed by the plaintext backend `P`, or secret,
/// and then shared among three parties as words of the ring `R`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mpc<P = Flex, R = Z64>(PhantomData<fn() -> (P, R)>);

impl<P: Backend, R: Ring> BackendTypes for Mpc<P, R> {
    type Device = MpcDevice;

    type FloatTensorPrimitive = MpcTensor<P::FloatTensorPrimitive, R>;
    type FloatElem = P::FloatElem;

    type IntTensorPrimitive = MpcTensor<P::IntTensorPrimitive, R>;
    type IntElem = P::IntElem;

    type BoolTensorPrimitive = MpcTensor<P::BoolTensorPrimitive, R>;
    type BoolElem = P::BoolElem;

    type QuantizedTensorPrimitive = P::QuantizedTensorPrimitive;
}

impl<P: Backend, R: Ring> Backend for Mpc<P, R> {
    fn name(_device: &MpcDevice) -> String {
        format!("mpc<{}>", P::name(&P::Device::default()))
    }

    fn seed(_device: &MpcDevice, seed: u64) {
        P::seed(&P::Device::default(), seed);
    }

    fn sync(device: &MpcDevice) -> Result<(), ExecutionError> {
        P::sync(&P::Device::default())?;
        device.sync().map_err(read::session_failed)
    }

    fn memory_cleanup(_device: &MpcDevice) {
        P::memory_cleanup(&P::Device::default());
    }

    fn dtype_usage(_device: &MpcDevice, dtype: DType) -> DTypeUsageSet {
        P::dtype_usage(&P::Device::default(), dtype)
    }

    fn device_count(_type_id: u16) -> usize {
        1
    }
}
