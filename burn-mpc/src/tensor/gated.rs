//! What a Block-ReLU leaves pending, op by op, until it can be computed as a whole.

use std::sync::Arc;

use crate::ring::Ring;
use crate::tensor::SecretTensor;

/// `[sums > 0]`, not yet compared.
#[derive(Clone, Debug)]
pub struct PendingSign<R: Ring> {
    /// Sums that wait themselves, onto nothing, when the sign is put off.
    pub sums: SecretTensor<R>,
    /// Path of the activation, for the report.
    pub path: Option<Arc<str>>,
}

/// Bits of another tensor at public positions, not yet moved.
#[derive(Clone, Debug)]
pub struct PendingSpread<R: Ring> {
    /// The bits; signs that wait, when the spread is put off.
    pub bits: SecretTensor<R>,
    /// Flat index into `bits` for every element.
    pub source: Vec<usize>,
}

/// Elements multiplied by the sign of their patch, not yet computed.
#[derive(Clone, Debug)]
pub struct PendingGate<R: Ring> {
    /// The elements.
    pub value: SecretTensor<R>,
    /// The signs: what [`PendingSign`] made, so that whoever asks for them finds them once the gate is computed.
    pub signs: SecretTensor<R>,
    /// The patch of every element: an index into `signs`, or [`Patches::PASS`](crate::protocol::Patches::PASS).
    pub patch_of: Vec<u32>,
    /// Path of the activation, for the report.
    pub path: Option<Arc<str>>,
}
