//! A deferred function of single elements: what follows may be cheaper without it.

use std::sync::Arc;

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, reshare};
use crate::ops::base::call::{Call, mark_if_skipped, unary_key};
use crate::ops::base::{elementary, force};
use crate::ring::Ring;
use crate::session::{Execution, Key, Session};
use crate::tensor::{Bound, Deferred, Forced, Kind, Need, SecretTensor};

/// Which function waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `sqrt(x)`.
    Sqrt,
    /// `e^x`.
    Exp,
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Self::Sqrt => "sqrt",
            Self::Exp => "exp",
        }
    }

    /// The limit of the result, if it has one.
    fn bound(self, of: Bound) -> Bound {
        match self {
            Self::Sqrt => of.map(f64::sqrt),
            Self::Exp => Bound::NONE,
        }
    }

    /// Brings `input` to the scale at which the function is evaluated, which it returns.
    fn prepare<R: Ring>(self, session: &Session, input: &SecretTensor<R>) -> Result<u32, MpcError> {
        match self {
            Self::Sqrt => elementary::of_root(session, input),
            Self::Exp => elementary::of_exp(session, input),
        }
    }

    fn evaluate<R: Ring>(
        self,
        session: &Session,
        input: &SecretTensor<R>,
    ) -> Result<Fixed<Form<R>>, MpcError> {
        match self {
            Self::Sqrt => elementary::sqrt(session, input),
            Self::Exp => elementary::exp(session, input),
        }
    }
}

/// `function(input)`.
#[derive(Clone, Debug)]
pub struct Waiting<R: Ring> {
    /// The function.
    pub function: Function,
    /// What it is taken of.
    pub input: SecretTensor<R>,
    /// Names the result, if it is the same in every inference.
    key: Option<Key>,
    /// Path of the function, for the report.
    path: Option<Arc<str>>,
}

/// What `tensor` waits for `function` of, under the dimensions of `tensor`.
pub fn input_of<R: Ring>(tensor: &SecretTensor<R>, function: Function) -> Option<SecretTensor<R>> {
    let waiting = tensor.waits_as::<Waiting<R>>()?;
    (waiting.function == function).then(|| waiting.input.clone().reshape(tensor.shape().to_vec()))
}

/// Defers `function` of `input`. Brings `input` to the scale that the function needs now, and keeps that, so that no op
/// in between leaves it coarser.
pub fn defer<R: Ring>(function: Function, input: &SecretTensor<R>) -> SecretTensor<R> {
    let shape = input.shape().to_vec();
    let key = unary_key(function.name(), &[], input);
    let call = Call {
        op: function.name(),
        device: input.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        // The node remembers what it computes.
        key: None,
        // The limit of the input is checked; a root's is smaller.
        bound: Bound::NONE,
    };
    let waiting = call.run(|session| {
        let frac = function.prepare(session, input)?;
        let waiting = Waiting {
            function,
            input: kept(session, input, frac)?,
            key,
            path: session.current_scope(),
        };
        let (device, kind) = (input.device(), Kind::Float);
        Ok(SecretTensor::deferred(device, shape, kind, waiting))
    });
    let bound = function.bound(input.bound());
    waiting.with_key(key).with_bound(bound)
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

impl<R: Ring> Deferred<R> for Waiting<R> {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        vec![self.input.clone()]
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Arc::into_inner(self).map_or_else(Vec::new, |waiting| vec![waiting.input])
    }

    fn force(
        &self,
        session: &Session,
        execution: Execution,
        _: Need,
    ) -> Result<Forced<R>, MpcError> {
        let (op, path) = (self.function.name(), self.path.as_deref());
        let Some(key) = self.key else {
            let work = || self.function.evaluate(session, &self.input);
            return session
                .layer(op, path, execution, work)
                .map(Forced::Numbers);
        };
        session.note_bytes("constant", key.bytes());
        // A constant is never skipped. It is replicated within its layer, since otherwise every inference would reshare
        // it.
        let result = session.remember(key, || {
            session.layer(op, path, session.execution(true), || {
                let result = self.function.evaluate(session, &self.input)?;
                let share = reshare::replicated(session, &result.share)?;
                Ok(Fixed::new(share, result.frac))
            })
        })?;
        Ok(Forced::Numbers(result.into()))
    }
}
