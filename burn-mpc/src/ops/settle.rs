//! Computing what is deferred, for measurements.

use crate::error::MpcError;
use crate::ops::base::force::{bits, numbers, replicated_at_most};
use crate::ring::Ring;
use crate::session::Session;
use crate::tensor::{Kind, SecretTensor};

/// Computes a deferred tensor in whatever form, truth values as bits. An error fails the session.
pub fn settle<R: Ring>(tensor: &SecretTensor<R>) {
    force(tensor, |session| match tensor.kind() {
        Kind::Bool => bits(session, tensor).map(|_| ()),
        _ => numbers(session, tensor).map(|_| ()),
    });
}

/// Brings a tensor into the form that most consumers need: bits, or a replicated share at the scale of the session. An
/// error fails the session.
pub fn replicate<R: Ring>(tensor: &SecretTensor<R>) {
    force(tensor, |session| match tensor.kind() {
        Kind::Bool => bits(session, tensor).map(|_| ()),
        _ => replicated_at_most(session, tensor, session.scales().value).map(|_| ()),
    });
}

fn force<R: Ring>(tensor: &SecretTensor<R>, work: impl FnOnce(&Session) -> Result<(), MpcError>) {
    if let Some(session) = tensor.device().session()
        && let Err(error) = work(session)
    {
        session.fail(&error);
    }
}
