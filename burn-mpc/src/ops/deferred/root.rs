//! A square root, not yet computed: a reciprocal that follows is cheaper without it.

use std::sync::Arc;

use crate::error::MpcError;
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::roots;
use crate::ring::Ring;
use crate::session::{Execution, Key, Session};
use crate::tensor::{Deferred, Forced, Kind, Need, SecretTensor};

/// `sqrt(input)`.
#[derive(Clone, Debug)]
pub struct Root<R: Ring> {
    /// What the root is taken of.
    pub input: SecretTensor<R>,
    /// Names the result, if it is the same in every inference.
    key: Option<Key>,
}

/// A tensor that waits for the root of `input`.
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
        bound: input.bound().map(f64::sqrt),
    };
    let root = call.run(|_| {
        let root = Root {
            input: input.clone(),
            key,
        };
        Ok(SecretTensor::deferred(
            input.device(),
            shape,
            Kind::Float,
            root,
        ))
    });
    root.with_key(key)
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
        let work = || {
            session.layer("sqrt", None, execution, || {
                roots::sqrt(session, &self.input)
            })
        };
        let root = match self.key {
            Some(key) => {
                session.note_bytes("constant", key.bytes());
                session.remember(key, work)?
            }
            None => work()?,
        };
        Ok(Forced::Numbers(root))
    }
}
