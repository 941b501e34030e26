//! Carries the plaintext twins of secrets through ops, in a run in which one process may see all values.
//!
//! An op on secrets is played by the plaintext backend, too, at the one party that keeps the twins, and the result goes
//! beside the secret. In any other session there is no step, and nothing is paid.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, DType, Slice, TensorData, TensorMetadata, try_read_sync};

use super::MpcTensor;
use super::kind::{Floats, Plain};
use crate::Party;
use crate::ring::Ring;
use crate::session::{MpcDevice, Shadow, Shadows, Twin, layer_of};
use crate::tensor::{Kind, SecretTensor};

/// A twin of a kind.
struct Plaintext<K: Plain>(K::Tensor);

impl<K: Plain> Twin for Plaintext<K> {
    fn values(&self) -> Option<Vec<f64>> {
        values::<K>(self.0.clone())
    }
}

fn values<K: Plain>(tensor: K::Tensor) -> Option<Vec<f64>> {
    let data = try_read_sync(K::read(tensor))?.ok()?;
    Some(data.iter::<f64>().collect())
}

/// The largest magnitude of a tensor, at which infinity counts.
pub(super) fn largest<P: Backend>(tensor: FloatTensor<P>) -> Option<f64> {
    let values = values::<Floats<P>>(tensor)?;
    Some(values.iter().fold(0.0, |most, x| x.abs().max(most)))
}

/// The first `k` places along `dim`.
pub(super) fn first(dim: usize, k: usize) -> Vec<Slice> {
    let mut slices = vec![Slice::full(); dim];
    slices.push(Slice::from(0..k));
    slices
}

/// The twin of a tensor; a public tensor is its own.
pub(super) fn twin<K: Plain, R: Ring>(tensor: &MpcTensor<K::Tensor, R>) -> Option<K::Tensor> {
    match tensor {
        MpcTensor::Public(tensor, ..) => Some(K::as_twin(tensor.clone())),
        MpcTensor::Secret(secret) => {
            let twin = secret.shadow()?.twin::<Plaintext<K>>()?;
            Some(twin.0.clone())
        }
    }
}

/// A step, and the twins of its results at the party that keeps them.
pub type Traced<T> = (Step, Option<T>);

/// One op of a run that carries twins along.
pub struct Step {
    device: MpcDevice,
    op: &'static str,
    layer: Arc<str>,
    /// The steps that made the operands; none if an operand has no twin.
    inputs: Option<Vec<u64>>,
    /// How large the result is where nothing wraps.
    reach: Option<f64>,
}

impl Step {
    /// The step of an op on these secrets. None in an ordinary session, without a secret, and for work that is skipped.
    pub(super) fn of<R: Ring>(
        op: &'static str,
        operands: &[Option<&SecretTensor<R>>],
    ) -> Option<Self> {
        let secrets = || operands.iter().copied().flatten();
        let device =
            secrets().find_map(|secret| secret.device().session().map(|_| secret.device()))?;
        let session = device.session()?;
        let shadows = session.shadows()?;
        let constant = secrets().all(|secret| secret.key().is_some());
        if session.failure().is_some() || !session.execution(constant).computes() {
            return None;
        }
        let layer = |secret: &SecretTensor<R>| Some(Arc::clone(secret.shadow()?.layer()));
        let parameters = secrets().filter(|secret| secret.key().is_some());
        let latest = secrets().max_by_key(|secret| secret.shadow().map(|shadow| shadow.step()));
        let layer = parameters
            .filter_map(layer)
            .next_back()
            .or_else(|| session.current_scope())
            .or_else(|| latest.and_then(layer))
            .unwrap_or_else(|| Arc::from(op));
        let inputs = secrets().map(|secret| secret.shadow().map(|shadow| shadow.step()));
        let inputs = inputs.collect::<Option<Vec<u64>>>();
        if inputs.is_none() {
            shadows.lose(&layer, op);
        }
        Some(Self {
            device: device.clone(),
            op,
            layer,
            inputs,
            reach: None,
        })
    }

    /// The step of a value that is not the result of an op on secrets.
    fn source(device: &MpcDevice, op: &'static str, layer: &str, constant: bool) -> Option<Self> {
        let session = device.session()?;
        session.shadows()?;
        session.execution(constant).computes().then(|| Self {
            device: device.clone(),
            op,
            layer: Arc::from(layer),
            inputs: Some(Vec::new()),
            reach: None,
        })
    }

    fn shadows(&self) -> Option<&Shadows> {
        self.device.session()?.shadows()
    }

    /// What the plaintext backend makes of the twins, at the party that keeps them. A backend that panics has no twin.
    pub(super) fn play<T>(&self, call: impl FnOnce() -> Option<T>) -> Option<T> {
        let keeps = self.shadows().is_some_and(Shadows::keeps);
        if !keeps || self.inputs.is_none() {
            return None;
        }
        let (mut call, mut result) = (Some(call), None);
        unless_it_panics(&mut || result = call.take().and_then(|call| call()));
        result
    }

    /// The step whose result is that large where nothing wraps.
    pub(super) fn reaching(mut self, largest: Option<f64>) -> Self {
        self.reach = largest;
        self
    }

    fn shadow<K: Plain>(&self, shape: &[usize], twin: Option<K::Tensor>) -> Option<Shadow> {
        let twin = twin.filter(|twin| *twin.shape() == *shape);
        let twin = twin.map(|twin| Arc::new(Plaintext::<K>(K::as_twin(twin))) as Arc<dyn Twin>);
        let name = (&self.layer, self.op);
        let shadow = self
            .shadows()?
            .shadow(name, self.inputs.as_ref()?, shape, twin);
        Some(shadow)
    }
}

/// Compiled once for all steps.
fn unless_it_panics(call: &mut dyn FnMut()) {
    // What a call leaves that panics is not used.
    let _ = catch_unwind(AssertUnwindSafe(call));
}

/// A result of a step with its twin.
pub(super) fn attach<K: Plain, R: Ring>(
    given: MpcTensor<K::Tensor, R>,
    step: &Step,
    twin: Option<K::Tensor>,
) -> MpcTensor<K::Tensor, R> {
    match given {
        MpcTensor::Secret(secret) => MpcTensor::Secret(beside::<K, R>(secret, step, twin)),
        public @ MpcTensor::Public(..) => public,
    }
}

fn beside<K: Plain, R: Ring>(
    secret: SecretTensor<R>,
    step: &Step,
    twin: Option<K::Tensor>,
) -> SecretTensor<R> {
    let shadow = step.shadow::<K>(secret.shape(), twin);
    if let (Some(shadow), Some(largest), None) = (&shadow, step.reach, secret.key())
        && let Some(shadows) = step.shadows()
    {
        shadows.reaches(shadow, largest);
    }
    secret.with_shadow(shadow)
}

/// A secret made of values that all parties know.
pub(super) fn known<K: Plain, R: Ring>(
    secret: SecretTensor<R>,
    tensor: impl FnOnce() -> K::Tensor,
) -> SecretTensor<R> {
    match Step::source(secret.device(), "share", "public values", false) {
        Some(step) => {
            let twin = step.play(|| Some(tensor()));
            beside::<K, R>(secret, &step, twin)
        }
        None => secret,
    }
}

/// Data that their owner has given to the party that keeps the twins.
pub(super) struct Input(Option<u64>);

impl Input {
    /// Gives the data; all parties call it before they share anything, and only `owner` has `data`.
    pub(super) fn of(device: &MpcDevice, owner: Party, data: Option<&TensorData>) -> Self {
        let shadows = device.session().and_then(|session| session.shadows());
        Self(shadows.map(|shadows| shadows.give(owner, data.cloned())))
    }

    /// The secret that was made of the data, with its twin. `name` is that under which it was shared.
    pub(super) fn beside<K: Plain, R: Ring>(
        self,
        secret: SecretTensor<R>,
        name: &str,
    ) -> SecretTensor<R> {
        let device = secret.device().clone();
        let constant = secret.key().is_some();
        let (op, layer) = if constant {
            ("parameter", layer_of(name))
        } else {
            ("share", name)
        };
        let step = Step::source(&device, op, layer, constant);
        let (Some(session), Some(number)) = (device.session(), self.0) else {
            return secret;
        };
        let Some(step) = step else {
            return secret;
        };
        let twin = step.play(|| {
            let failed = || session.failure().is_some();
            let deadline = session.config().deadline;
            let data = step
                .shadows()?
                .take::<TensorData>(number, deadline, failed)?;
            Some(K::make(as_kind::<K>(data)))
        });
        beside::<K, R>(secret, &step, twin)
    }
}

/// Data in the type of a twin; numbers are rounded to integers as sharing rounds them.
fn as_kind<K: Plain>(data: TensorData) -> TensorData {
    if K::KIND != Kind::Int || !data.dtype.is_float() {
        return data.convert_dtype(match K::KIND {
            Kind::Int => DType::I64,
            _ => K::default_dtype(),
        });
    }
    let rounded: Vec<i64> = data.iter::<f64>().map(|x| x.round() as i64).collect();
    TensorData::new(rounded, data.shape.clone())
}
