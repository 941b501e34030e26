//! What the files of rows import.

pub(super) use burn_backend::tensor::{
    BoolTensor, FloatTensor, IndexingUpdateOp, IntTensor, QuantizedTensor,
};
pub(super) use burn_backend::{
    Backend, BoolDType, Distribution, ExecutionError, FloatDType, IntDType, Scalar, Shape, Slice,
    TensorData, TensorMetadata,
};

pub(super) use super::call::{
    self, DeformGradients, Maybe, Outcome, Pair, PoolGradient, Pooled, Taken,
};
#[cfg(any(test, feature = "testkit"))]
pub(super) use super::{
    domain,
    law::{Row, Takes},
    stage::{Recorded, Sampled, Stage, Stand, updates},
};
pub(super) use crate::backend::kind::{Bools, Floats, Ints};
pub(super) use crate::backend::{
    Mpc, MpcTensor, create, indexing, kind, layers, lift, random, read, refuse, shadow,
};
pub(super) use crate::ops::{self, movement};
pub(super) use crate::ring::Ring;
#[cfg(any(test, feature = "testkit"))]
pub(super) use crate::ring::Z64;
pub(super) use crate::session::MpcDevice;
pub(super) use crate::tensor::Kind;
#[cfg(any(test, feature = "testkit"))]
pub(super) use burn::backend::Flex;
