//! Values into and out of a session, in Burn's types: [`share`] and [`share_int`] in; [`reveal`], [`reveal_to`] and
//! [`reveal_with`] out.

use burn::tensor::{Int, Tensor, TensorData, TensorPrimitive};
use burn_backend::Backend;

use super::kind::{Floats, Ints, MpcKind, Plain};
use super::read::opened;
use super::shadow::Input;
use super::values::with_values;
use super::{Mpc, MpcTensor};
use crate::Party;
use crate::error::MpcError;
use crate::ops::{self, Precision};
use crate::protocol::{self, Audience};
use crate::ring::Ring;
use crate::session::{MpcDevice, Preparing, Session, shown};
use crate::tensor::{Bound, SecretTensor};

/// Shares a tensor of one inference: `owner` gives the data, the others `None`.
///
/// All parties call it with the same owner, name and shape. Data may have any type: integers are shared exactly, other
/// numbers are rounded to the session's unit, and values that do not fit are refused.
///
/// # Shapes
/// `data`, where given, has `shape`.
///
/// # Errors
/// [`MpcError::Range`] at the owner if a value is too large to be multiplied once (2048 and more by default on
/// `Z_2^64`, 32 on `Z_2^32`: [`Scales::once`](crate::session::Scales::once)); missing data at the owner; failure of the
/// session.
pub fn share<P: Backend, R: Ring, const D: usize>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: [usize; D],
    data: Option<TensorData>,
) -> Result<Tensor<Mpc<P, R>, D>, MpcError> {
    share_bounded(device, owner, name, shape, Bound::NONE, data)
}

/// Shares large values of `owner`. `limit` is public and equal at all parties, and no value may exceed it in magnitude.
/// Ops carry the limit along: an op whose result could leave the ring fails with [`MpcError::Overflow`] at all parties
/// instead of wrapping. An operand without a declared limit counts as being as large as its sharing accepts: data as
/// [`share`] does, parameters as `share_model` does. Keep results computed from such operands within that. [`share`]
/// needs no limit and takes values that can be multiplied once.
///
/// # Shapes
/// `data`, where given, has `shape`.
///
/// # Errors
/// [`MpcError::Range`] at the owner if a value exceeds `limit`; [`MpcError::Overflow`] at all parties if `limit` does
/// not fit the ring; missing data at the owner; failure of the session.
pub fn share_within<P: Backend, R: Ring, const D: usize>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: [usize; D],
    limit: f64,
    data: Option<TensorData>,
) -> Result<Tensor<Mpc<P, R>, D>, MpcError> {
    share_bounded(device, owner, name, shape, Bound::declared(limit), data)
}

fn share_bounded<P: Backend, R: Ring, const D: usize>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: [usize; D],
    bound: Bound,
    data: Option<TensorData>,
) -> Result<Tensor<Mpc<P, R>, D>, MpcError> {
    let input = Input::of(device, owner, data.as_ref());
    check_shape(device, owner, name, &shape, data.as_ref())?;
    let tensor = with_values(data.as_ref(), |values| {
        ops::share_values::<R>(device, owner, name, shape.to_vec(), values, bound)
    })?;
    Ok(wrap(input.beside::<Floats<P>, R>(tensor, name)))
}

/// Fails the session if data have another shape than declared.
fn check_shape(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: &[usize],
    data: Option<&TensorData>,
) -> Result<(), MpcError> {
    let Some(data) = data.filter(|data| data.shape[..] != *shape) else {
        return Ok(());
    };
    let error = MpcError::Shape {
        party: owner,
        op: "share",
        shapes: format!("{:?} and {shape:?}", &data.shape[..]),
        reason: format!(
            "the data of '{}' have another shape than declared",
            shown(name)
        ),
    };
    device.fail(&error);
    Err(error)
}

/// Shares integers of one inference, exactly, as a secret integer tensor: token ids, indices, counts. `owner` gives the
/// data, the others `None`. Data of another type are rounded to whole numbers.
///
/// Values are limited as those of [`share`] are, at no fractional bits: a product of two fits the ring. Arithmetic on
/// secret integers wraps like that of the ring. Where an integer meets a number with a declared limit, it counts as
/// data of [`share`]: keep it as small as those there.
///
/// # Shapes
/// `data`, where given, has `shape`.
///
/// # Errors
/// [`MpcError::Range`] at the owner if a magnitude is `2^31` or more on `Z_2^64`, `2^15` or more on `Z_2^32`; missing
/// data at the owner; failure of the session.
pub fn share_int<P: Backend, R: Ring, const D: usize>(
    device: &MpcDevice,
    owner: Party,
    name: &str,
    shape: [usize; D],
    data: Option<TensorData>,
) -> Result<Tensor<Mpc<P, R>, D, Int>, MpcError> {
    let input = Input::of(device, owner, data.as_ref());
    check_shape(device, owner, name, &shape, data.as_ref())?;
    let tensor = with_values(data.as_ref(), |values| {
        ops::share_integers::<R>(device, owner, name, shape.to_vec(), values)
    })?;
    let tensor = input.beside::<Ints<P>, R>(tensor, name);
    Ok(Tensor::from_primitive(MpcTensor::Secret(tensor)))
}

/// Wraps a secret as a Burn tensor.
pub(super) fn wrap<P: Backend, R: Ring, const D: usize>(
    tensor: SecretTensor<R>,
) -> Tensor<Mpc<P, R>, D> {
    Tensor::from_primitive(TensorPrimitive::Float(MpcTensor::Secret(tensor)))
}

fn float_of<P: Backend, R: Ring, const D: usize>(
    tensor: Tensor<Mpc<P, R>, D>,
) -> MpcTensor<P::FloatTensorPrimitive, R> {
    tensor.into_primitive().tensor()
}

/// Opens a tensor to one party: `Some` there, `None` at the others. Counted and listed under `label`. A public tensor
/// is returned to all.
///
/// Floats are rounded to 10 fractional bits before anything is opened ([`Precision`] says why), integers and truth
/// values are not. Use [`reveal_with`] for other precisions. Where only a class is needed, [`reveal_argmax_to`] reveals
/// least.
///
/// # Errors
/// The failure of the session; diverging programs are noticed before anything is opened. [`MpcError::Range`] at the
/// reader if an integer does not fit the integers of `P`.
pub fn reveal_to<P: Backend, R: Ring, const D: usize, K: MpcKind<P, R>>(
    tensor: Tensor<Mpc<P, R>, D, K>,
    reader: Party,
    label: &str,
) -> Result<Option<Tensor<P, D, K>>, MpcError> {
    reveal_with(tensor, Audience::One(reader), label, Precision::default())
}

/// Opens a tensor to all three parties, floats rounded to 10 fractional bits. Counted and listed under `label`.
///
/// # Errors
/// Those of [`reveal_to`].
pub fn reveal<P: Backend, R: Ring, const D: usize, K: MpcKind<P, R>>(
    tensor: Tensor<Mpc<P, R>, D, K>,
    label: &str,
) -> Result<Tensor<P, D, K>, MpcError> {
    reveal_with(tensor, Audience::All, label, Precision::default())?.ok_or(MpcError::NotRevealed)
}

/// Opens a tensor to one party or to all, at a precision that must be the same at all parties: `Some` at readers,
/// `None` at the others. Counted and listed under `label`. More bits than the 10 of [`reveal_to`] reveal more about the
/// weights to a reader: see [`Precision`].
///
/// # Errors
/// Those of [`reveal_to`]; also parties that give different precisions.
pub fn reveal_with<P: Backend, R: Ring, const D: usize, K: MpcKind<P, R>>(
    tensor: Tensor<Mpc<P, R>, D, K>,
    audience: Audience,
    label: &str,
    precision: Precision,
) -> Result<Option<Tensor<P, D, K>>, MpcError> {
    match K::tensor(tensor.into_primitive()) {
        MpcTensor::Public(public, _, _) => Ok(Some(Tensor::from_primitive(K::plain(public)))),
        MpcTensor::Secret(secret) => {
            let Some(values) = ops::reveal_as(&secret, audience, label, precision)? else {
                return Ok(None);
            };
            let data = opened::<K::Plain, R>(&secret, values)?;
            Ok(Some(Tensor::from_primitive(K::plain(K::Plain::make(data)))))
        }
    }
}

/// Opens only the index of the largest value along `dim`, to one party. Logits would reveal more about the weights.
///
/// # Errors
/// Those of [`reveal_to`].
pub fn reveal_argmax_to<P: Backend, R: Ring, const D: usize>(
    tensor: Tensor<Mpc<P, R>, D>,
    dim: usize,
    reader: Party,
    label: &str,
) -> Result<Option<Tensor<P, D, Int>>, MpcError> {
    match float_of::<P, R, D>(tensor) {
        MpcTensor::Public(public, _, _) => {
            let public = Tensor::<P, D>::from_primitive(TensorPrimitive::Float(public));
            Ok(Some(public.argmax(dim)))
        }
        MpcTensor::Secret(secret) if dim >= D => {
            let error = MpcError::Shape {
                party: secret.device().party().unwrap_or(reader),
                op: "reveal_argmax_to",
                shapes: format!("{:?}", secret.shape()),
                reason: format!("there is no dimension {dim}"),
            };
            secret.device().fail(&error);
            Err(error)
        }
        MpcTensor::Secret(secret) => {
            let index = ops::argmax(secret, dim);
            let mut shape = [1; D];
            shape.copy_from_slice(index.shape());
            let values = ops::reveal_as(&index, Audience::One(reader), label, Precision::Exact)?;
            Ok(values.map(|values| {
                Tensor::from_data(
                    TensorData::new(values, shape).convert::<i64>(),
                    &P::Device::default(),
                )
            }))
        }
    }
}

/// Ends preparing when dropped, and fails the session if `forward` panicked, since the session may be incomplete then.
struct WhilePreparing<'a>(&'a Session, Option<Preparing>);

impl Drop for WhilePreparing<'_> {
    fn drop(&mut self) {
        self.0.end_preparing(self.1);
        if std::thread::panicking() {
            self.0.fail(&MpcError::Panicked {
                party: self.0.party(),
                message: "while preparing".into(),
            });
        }
    }
}

/// Computes and remembers all that `forward` derives from parameters only, such as folded weights, so that the first
/// measured inference costs what every later one does. Nothing that depends on data is computed or sent. A network with
/// several outputs is prepared once for each.
///
/// # Errors
/// [`MpcError::Offline`] without a session; the failure of the session.
pub fn prepare<P: Backend, R: Ring, const D: usize>(
    device: &MpcDevice,
    forward: impl FnOnce() -> Tensor<Mpc<P, R>, D>,
) -> Result<(), MpcError> {
    prepare_with(device, false, forward)
}

/// Prepares a session that runs no other network than `forward`. A weight that a scale was folded into is kept in its
/// folded form only, which halves the memory of a network with batch normalisation. Using such a weight in another
/// network or with another scale fails the session.
///
/// # Errors
/// Those of [`prepare`]; later [`MpcError::Forgotten`] for a weight that is used in another way.
pub fn prepare_only<P: Backend, R: Ring, const D: usize>(
    device: &MpcDevice,
    forward: impl FnOnce() -> Tensor<Mpc<P, R>, D>,
) -> Result<(), MpcError> {
    prepare_with(device, true, forward)
}

fn prepare_with<P: Backend, R: Ring, const D: usize>(
    device: &MpcDevice,
    forget: bool,
    forward: impl FnOnce() -> Tensor<Mpc<P, R>, D>,
) -> Result<(), MpcError> {
    let session = device.online("prepare")?;
    session.claim("prepare")?;
    let preparing = WhilePreparing(session, session.begin_preparing(forget));
    // The output may still be deferred, and only computing it folds the last layers.
    if let MpcTensor::Secret(output) = float_of::<P, R, D>(forward()) {
        ops::compute(&output);
    }
    drop(preparing);
    session.failure().map_or(Ok(()), Err)?;
    // A constant outside of a domain is an error now, and no inference pays for the check.
    session.run(|ctx| {
        protocol::check_ranges::<R>(ctx, None)?;
        protocol::check_flags(ctx)
    })
}
