//! Runs an op: remembers constants, charges a layer, and turns errors into poisoned tensors.

use crate::Party;
use crate::error::MpcError;
use crate::ops::base::bounds;
use crate::protocol::ProtocolError;
use crate::ring::Ring;
use crate::session::{Execution, Key, MpcDevice, Session};
use crate::tensor::{Bound, Kind, Operand, SecretTensor, elements};

/// The facts of one op call.
pub struct Call<'a> {
    /// Burn's name of the op.
    pub op: &'static str,
    pub device: &'a MpcDevice,
    /// Dimensions of the result.
    pub shape: Vec<usize>,
    /// Kind of the result.
    pub kind: Kind,
    /// Key of the result, if it is the same in every inference.
    pub key: Option<Key>,
    /// Declared limit of the result.
    pub bound: Bound,
}

/// The key of `op(operands)` if all operands are constants; `facts` are the op's own parameters.
pub fn constant_key<R: Ring>(op: &str, facts: &[f64], operands: &[&Operand<R>]) -> Option<Key> {
    let keys: Option<Vec<Key>> = operands.iter().map(|operand| operand.key()).collect();
    Some(Key::all(
        &[op.as_bytes(), bytemuck::cast_slice(facts)],
        &keys?,
    ))
}

/// The key of a constant that is computed from one tensor; see [`constant_key`].
pub fn unary_key<R: Ring>(op: &str, facts: &[f64], tensor: &SecretTensor<R>) -> Option<Key> {
    tensor
        .key()
        .map(|key| key.derive(&[op.as_bytes(), bytemuck::cast_slice(facts)]))
}

impl Call<'_> {
    /// Runs the op. Constants are computed once per session; while preparing, all else is skipped.
    pub fn run<R: Ring>(
        self,
        compute: impl FnOnce(&Session) -> Result<SecretTensor<R>, MpcError>,
    ) -> SecretTensor<R> {
        match self.attempt(compute) {
            Ok(tensor) => tensor.with_bound(self.bound),
            Err(error) => {
                self.device.fail(&error);
                SecretTensor::poisoned(self.device, self.shape, self.kind)
            }
        }
    }

    fn attempt<R: Ring>(
        &self,
        compute: impl FnOnce(&Session) -> Result<SecretTensor<R>, MpcError>,
    ) -> Result<SecretTensor<R>, MpcError> {
        let session = self.device.online(self.op)?;
        if let Some(failure) = session.failure() {
            return Err(failure);
        }
        session.claim(self.op)?;
        if session.scales().ring_bits != R::BITS {
            return Err(MpcError::Ring {
                session: session.scales().ring_bits,
                backend: R::BITS,
            });
        }
        self.device.checked_elements(self.op, &self.shape)?;
        if session.execution(self.key.is_some()).computes() {
            room::<R>(session.party(), &self.shape)?;
        }
        session.note(self.op, &self.shape);
        let result = self.result(session, compute)?;
        // A deferred result counts as being as fine as a sum or product can be.
        let frac = match self.kind {
            Kind::Bool => return Ok(result),
            Kind::Int => result.frac().unwrap_or(0),
            Kind::Float => result.frac().unwrap_or(session.scales().sum()),
        };
        bounds::check(session, self.op, self.bound, frac)?;
        Ok(result)
    }

    fn result<R: Ring>(
        &self,
        session: &Session,
        compute: impl FnOnce(&Session) -> Result<SecretTensor<R>, MpcError>,
    ) -> Result<SecretTensor<R>, MpcError> {
        match self.key {
            Some(key) => {
                // Public operands must agree even if the result is remembered.
                session.note_bytes("constant", key.bytes());
                // Kept without its device: the session must not keep itself alive.
                let tensor = session.remember(key, || {
                    let tensor = session
                        .layer(self.op, None, session.execution(true), || compute(session))?;
                    Ok(tensor.on(&MpcDevice::offline()))
                })?;
                Ok(tensor.on(self.device).with_key(Some(key)))
            }
            None => {
                let execution = session.execution(false);
                let result = session.layer(self.op, None, execution, || compute(session))?;
                mark_if_skipped(session, &result);
                Ok(result)
            }
        }
    }
}

/// Marks a result that depends on data, if its work is skipped: a run must not read it.
pub fn mark_if_skipped<R: Ring>(session: &Session, result: &SecretTensor<R>) {
    if session.execution(false) == Execution::Skip {
        result.mark_hollow();
    }
}

/// Notes in the transcript which operands are public, and the dimensions of all. Values of public operands are noted
/// where they are encoded, cells of secret ones where they are read.
pub fn note_operands<R: Ring>(session: &Session, operands: &[&Operand<R>]) {
    for operand in operands {
        let kind = match operand {
            Operand::Public(_) => "a public operand",
            Operand::Secret(_) => "a secret operand",
        };
        session.note(kind, operand.shape());
    }
}

/// Dimensions as text for errors.
pub fn shapes_text(shapes: &[&[usize]]) -> String {
    shapes
        .iter()
        .map(|shape| format!("{shape:?}"))
        .collect::<Vec<_>>()
        .join(" and ")
}

/// Fails the session with the error of an op that secrets do not support, and returns a poisoned tensor of the result's
/// shape.
pub fn unsupported<R: Ring>(
    device: &MpcDevice,
    op: &'static str,
    shapes: &[&[usize]],
    hint: &'static str,
    shape: Vec<usize>,
    kind: Kind,
) -> SecretTensor<R> {
    let party = device.party().unwrap_or(Party::P0);
    device.fail(&MpcError::Unsupported {
        party,
        op,
        shapes: shapes_text(shapes),
        hint,
    });
    SecretTensor::poisoned(device, shape, kind)
}

/// Elements from which there is a look for memory before a result is made.
const LARGE: usize = 1 << 22;

/// Asks for the memory of a large result, and gives it back: a failed allocation inside the op would end the process.
///
/// # Errors
/// [`ProtocolError::Memory`].
fn room<R: Ring>(party: Party, shape: &[usize]) -> Result<(), MpcError> {
    let len = elements(shape);
    let bytes = len.saturating_mul(2 * R::BYTES);
    if len >= LARGE && Vec::<u8>::new().try_reserve_exact(bytes).is_err() {
        return Err(ProtocolError::Memory { party, bytes }.into());
    }
    Ok(())
}

/// Checks an op before it allocates anything as large as its operands or its result. Returns a poisoned tensor if the
/// session has failed, or if one of their shapes is too large or the result finds no memory, which fails the session.
/// The shape of the result comes with its kind.
pub fn refused<R: Ring>(
    device: &MpcDevice,
    op: &'static str,
    operands: &[&[usize]],
    (shape, kind): (&[usize], Kind),
) -> Option<SecretTensor<R>> {
    let shapes = operands.iter().copied().chain([shape]);
    let fits = |shape| device.checked_elements(op, shape).map(|_| ());
    if device.failure().is_none() {
        let too_large = shapes.map(fits).find_map(Result::err);
        let session = device.session();
        let computing = session.filter(|session| session.execution(false).computes());
        let no_room = || room::<R>(computing?.party(), shape).err();
        device.fail(&too_large.or_else(no_room)?);
    }
    Some(SecretTensor::poisoned(device, shape.to_vec(), kind))
}

/// The error of operands that do not fit.
pub fn shape_error(
    session: &Session,
    op: &'static str,
    shapes: &[&[usize]],
    reason: impl Into<String>,
) -> MpcError {
    MpcError::Shape {
        party: session.party(),
        op,
        shapes: shapes_text(shapes),
        reason: reason.into(),
    }
}

/// The device of whichever operand is secret; secrets of two sessions end both.
pub fn device_of<R: Ring>(operands: &[&Operand<R>]) -> MpcDevice {
    meeting(operands.iter().filter_map(|operand| operand.device()))
}

/// The common device of tensors on these devices: that of a session, if there is one. Tensors of two sessions end both,
/// so that nothing computed from them is opened.
pub fn meeting<'a>(devices: impl Iterator<Item = &'a MpcDevice>) -> MpcDevice {
    let mut meeting: Option<&MpcDevice> = None;
    for device in devices {
        match meeting {
            Some(first) if first.session().is_some() => {
                if device.session().is_some() && !device.is_same_session(first) {
                    for device in [first, device] {
                        let party = device.party().unwrap_or(Party::P0);
                        device.fail(&MpcError::Foreign { party });
                    }
                }
            }
            Some(_) if device.session().is_none() => {}
            _ => meeting = Some(device),
        }
    }
    meeting.cloned().unwrap_or_default()
}

/// Fails the session because a tensor does not fit an op; returns a poisoned tensor.
pub fn misfit<R: Ring>(
    tensor: &SecretTensor<R>,
    op: &'static str,
    reason: &'static str,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key: None,
        bound: Bound::NONE,
    };
    call.run(|session| Err(shape_error(session, op, &[&shape], reason)))
}
