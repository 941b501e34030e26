//! A deferred square root: a reciprocal that follows is cheaper without it.

use std::sync::Arc;

use crate::error::MpcError;
use crate::fixed::{Fixed, reshare};
use crate::ops::base::call::{Call, mark_if_skipped, unary_key};
use crate::ops::base::{elementary, force};
use crate::ring::Ring;
use crate::session::{Execution, Key, Session};
use crate::tensor::{Bound, Deferred, Forced, Kind, Need, SecretTensor};

/// `sqrt(input)`.
#[derive(Clone, Debug)]
pub struct Root<R: Ring> {
    /// What the root is taken of.
    pub input: SecretTensor<R>,
    /// Names the result, if it is the same in every inference.
    key: Option<Key>,
    /// Path of the root, for the report.
    path: Option<Arc<str>>,
}

/// Defers the root of `input`. Brings `input` to the scale that the root needs now, and keeps that, so that no op in
/// between leaves it coarser.
pub fn defer<R: Ring>(input: &SecretTensor<R>) -> SecretTensor<R> {
    let shape = input.shape().to_vec();
    let key = unary_key("sqrt", &[], input);
    let call = Call {
        op: "sqrt",
        device: input.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        // The node remembers what it computes.
        key: None,
        // The limit of the input is checked; the root's is smaller.
        bound: Bound::NONE,
    };
    let root = call.run(|session| {
        let frac = elementary::of_root(session, input)?;
        let root = Root {
            input: kept(session, input, frac)?,
            key,
            path: session.current_scope(),
        };
        let (device, kind) = (input.device(), Kind::Float);
        Ok(SecretTensor::deferred(device, shape, kind, root))
    });
    root.with_key(key).with_bound(input.bound().map(f64::sqrt))
}

/// The elements of `input` at `frac` fractional bits at most, in a cell that no other op coarsens. The cell of a constant
/// keeps its precision anyway.
fn kept<R: Ring>(
    session: &Session,
    input: &SecretTensor<R>,
    frac: u32,
) -> Result<SecretTensor<R>, MpcError> {
    if input.key().is_some() {
        return Ok(input.clone());
    }
    let numbers = force::replicated_at_most(session, input, frac)?;
    let (device, shape) = (input.device(), input.shape().to_vec());
    let kept = SecretTensor::of_numbers(device, shape, input.kind(), numbers);
    mark_if_skipped(session, &kept);
    Ok(kept.with_bound(input.bound()))
}

impl<R: Ring> Deferred<R> for Root<R> {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        vec![self.input.clone()]
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |root| vec![root.input])
    }

    fn force(
        &self,
        session: &Session,
        execution: Execution,
        _: Need,
    ) -> Result<Forced<R>, MpcError> {
        let path = self.path.as_deref();
        let Some(key) = self.key else {
            let work = || elementary::sqrt(session, &self.input);
            return session
                .layer("sqrt", path, execution, work)
                .map(Forced::Numbers);
        };
        session.note_bytes("constant", key.bytes());
        // A constant is never skipped. It is replicated within its layer, since otherwise every inference would reshare
        // it.
        let root = session.remember(key, || {
            session.layer("sqrt", path, session.execution(true), || {
                let root = elementary::sqrt(session, &self.input)?;
                let share = reshare::replicated(session, &root.share)?;
                Ok(Fixed::new(share, root.frac))
            })
        })?;
        Ok(Forced::Numbers(root.into()))
    }
}
