//! [`Mpc`]: the Burn backend. The only folder that names Burn's backend traits.
//!
//! Nothing is computed here. A call whose tensors are all public goes to the plaintext backend `P`; any
//! other call goes to the function of [`crate::ops`] named in its row of the `table`, which says also which methods
//! take secrets.

mod create;
mod device;
mod doors;
mod extension;
mod indexing;
mod kind;
mod layers;
mod lift;
mod model;
#[cfg(test)]
pub(crate) mod programs;
mod quantised;
mod random;
mod read;
mod refuse;
mod shadow;
mod table;
mod tensor;
mod transaction;
mod values;

use std::marker::PhantomData;

use burn::backend::Flex;
use burn_backend::{Backend, BackendTypes};

use crate::ring::{Ring, Z64};
use crate::session::MpcDevice;

pub use doors::{
    prepare, prepare_only, reveal, reveal_argmax_to, reveal_to, reveal_with, share, share_int,
    share_within,
};
pub use extension::MpcTensorExt;
pub use model::{ShareOptions, forget_model, share_model};
pub use quantised::MpcQuantized;
#[cfg(any(test, feature = "testkit"))]
pub use table::{Cost, Row, Takes, op_table};
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

    type QuantizedTensorPrimitive = MpcQuantized<P::QuantizedTensorPrimitive, R>;
}
