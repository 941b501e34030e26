//! What only tests may ask of a session.

use crate::backend::MpcTensor;
use crate::error::MpcError;
use crate::ops;
use crate::protocol::Context;
use crate::ring::Ring;
use crate::session::{MpcDevice, Session};
use crate::tensor::{SecretTensor, State};

/// Runs a protocol of the engine in a session.
///
/// # Errors
/// The protocol's error, or that of a session that failed before.
pub fn run<T, E: Into<MpcError>>(
    session: &Session,
    protocol: impl FnOnce(&mut Context) -> Result<T, E>,
) -> Result<T, MpcError> {
    session.run(protocol)
}

/// Number of the device's session in this process.
#[must_use]
pub fn session_id(device: &MpcDevice) -> u16 {
    device.id()
}

/// `len` public random numbers in [0, 1), the same at all parties; none offline.
#[must_use]
pub fn shared_random(device: &MpcDevice, len: usize) -> Option<Vec<f64>> {
    device.shared_random(len)
}

/// How often ops of a session have read cells so far: each read is noted in the transcript.
#[must_use]
pub fn reads(session: &Session) -> u64 {
    session.reads()
}

/// Notes `count` reads of a cell, one by one, as ops do.
pub fn note_reads(session: &Session, count: u64) {
    session.note_reads(count);
}

/// What the cell of a tensor holds.
#[must_use]
pub fn state<R: Ring>(tensor: &SecretTensor<R>) -> State<R> {
    tensor.state()
}

/// The secret tensor of a primitive, if it is secret.
pub fn secret<T, R: Ring>(primitive: &MpcTensor<T, R>) -> Option<&SecretTensor<R>> {
    primitive.secret()
}

/// Computes what is deferred; a parameter that its owner holds in the clear is shared. All parties must call it.
pub fn settle<R: Ring>(tensor: &SecretTensor<R>) {
    ops::settle(tensor);
}

/// The plaintext twin of a tensor, at the party that keeps it in a run that carries twins along.
#[must_use]
pub fn twin<R: Ring>(tensor: &SecretTensor<R>) -> Option<Vec<f64>> {
    tensor.shadow()?.values()
}
