//! What a profile was computed from.

/// What a profile was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Fingerprint of the model, see [`ReluPlan::fingerprint`](burn_blockrelu_core::ReluPlan::fingerprint).
    pub model: String,
    /// Digest of its weights, see [`weights_digest`](crate::digest::weights_digest).
    pub weights: String,
    /// Digest of the samples, see [`Samples::digest`](crate::distortion::Samples::digest).
    pub samples: String,
}
