//! Reading several tensors at once: one after the other, in the order in which every party asks.

use burn_backend::Backend;
use burn_backend::ops::TransactionOps;

use super::Mpc;
use crate::ring::Ring;

impl<P: Backend, R: Ring> TransactionOps<Self> for Mpc<P, R> {}
