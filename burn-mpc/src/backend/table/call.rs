//! What rows take and give, in Burn's types and in ours.

use std::marker::PhantomData;

use burn_backend::ops::{DeformConv2dBackward, MaxPool2dBackward, MaxPool2dWithIndices};
use burn_backend::{Backend, TensorMetadata};

use crate::backend::kind::{Bools, Floats, Ints, Plain};
use crate::backend::shadow::{Step, Traced, attach, twin};
use crate::backend::{Mpc, MpcTensor, lift};
use crate::ops;
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Operand, SecretTensor};

/// The plaintext tensor and its device, or the operand as given if it is secret.
pub type Split<K, R> = Result<(<K as Taken<R>>::Plain, Option<MpcDevice>), <K as Taken<R>>::Given>;

/// An operand of a row.
pub trait Taken<R: Ring>: Sized {
    /// The plaintext backend's.
    type Plain;
    /// This backend's.
    type Given;
    /// What an op on secrets takes.
    type Operand;

    fn split(given: Self::Given) -> Split<Self, R>;
    fn operand(split: Split<Self, R>) -> Self::Operand;
    /// The shape; that of a missing operand has no axis.
    fn shape(given: &Self::Given) -> Vec<usize>;
    fn device(given: &Self::Given) -> Option<MpcDevice>;
    /// The secret, if it is one.
    fn secret(given: &Self::Given) -> Option<&SecretTensor<R>>;
    /// The plaintext twin; a public tensor is its own.
    fn twin(given: &Self::Given) -> Option<Self::Plain>;

    fn device_of(split: &Split<Self, R>) -> Option<MpcDevice> {
        match split {
            Ok((_, device)) => device.clone(),
            Err(given) => Self::device(given),
        }
    }
}

/// A result of a row.
pub trait Outcome<R: Ring>: Sized {
    /// The plaintext backend's.
    type Plain;
    /// This backend's.
    type Given;
    /// What the function of the row returns.
    type Secret;

    fn wrap(plain: Self::Plain, device: &MpcDevice) -> Self::Given;
    fn secret(secret: Self::Secret) -> Self::Given;
    /// The result with its plaintext twin.
    fn beside(given: Self::Given, step: &Step, twin: Option<Self::Plain>) -> Self::Given;
}

/// A result with its plaintext twin, in a run that carries twins along.
pub fn beside<O: Outcome<R>, R: Ring>(
    given: O::Given,
    traced: Option<Traced<O::Plain>>,
) -> O::Given {
    match traced {
        Some((step, twin)) => O::beside(given, &step, twin),
        None => given,
    }
}

/// The common device of operands; operands of two sessions end both.
pub fn meeting(devices: &[Option<MpcDevice>]) -> MpcDevice {
    ops::meeting(devices.iter().flatten())
}

/// An operand that may be missing.
pub struct Maybe<K>(PhantomData<K>);

/// Two results.
pub struct Pair<A, B>(PhantomData<(A, B)>);

/// Maxima and their indices.
pub struct Pooled<P>(PhantomData<P>);

/// The gradient of a maximum.
pub struct PoolGradient<P>(PhantomData<P>);

/// The gradients of a deformable convolution.
pub struct DeformGradients<P>(PhantomData<P>);

macro_rules! kinds {
    ($($kind:ident)+) => {$(
        impl<P: Backend, R: Ring> Taken<R> for $kind<P> {
            type Plain = <Self as Plain>::Tensor;
            type Given = MpcTensor<<Self as Plain>::Tensor, R>;
            type Operand = Operand<R>;

            fn split(given: Self::Given) -> Split<Self, R> {
                match given {
                    MpcTensor::Public(tensor, device, _) => Ok((tensor, Some(device))),
                    secret @ MpcTensor::Secret(_) => Err(secret),
                }
            }

            fn operand(split: Split<Self, R>) -> Operand<R> {
                lift::operand::<Self, R>(match split {
                    Ok((tensor, device)) => MpcTensor::public(tensor, device.unwrap_or_default()),
                    Err(secret) => secret,
                })
            }

            fn shape(given: &Self::Given) -> Vec<usize> {
                given.shape().to_vec()
            }

            fn device(given: &Self::Given) -> Option<MpcDevice> {
                Some(MpcTensor::device(given).clone())
            }

            fn secret(given: &Self::Given) -> Option<&SecretTensor<R>> {
                given.secret()
            }

            fn twin(given: &Self::Given) -> Option<<Self as Plain>::Tensor> {
                twin::<Self, R>(given)
            }
        }

        impl<P: Backend, R: Ring> Outcome<R> for $kind<P> {
            type Plain = <Self as Plain>::Tensor;
            type Given = MpcTensor<<Self as Plain>::Tensor, R>;
            type Secret = SecretTensor<R>;

            fn wrap(plain: Self::Plain, device: &MpcDevice) -> Self::Given {
                MpcTensor::public(plain, device.clone())
            }

            fn secret(secret: SecretTensor<R>) -> Self::Given {
                MpcTensor::Secret(secret)
            }

            fn beside(
                given: Self::Given,
                step: &Step,
                twin: Option<<Self as Plain>::Tensor>,
            ) -> Self::Given {
                attach::<Self, R>(given, step, twin)
            }
        }
    )+};
}

kinds!(Floats Ints Bools);

impl<K: Taken<R>, R: Ring> Taken<R> for Maybe<K> {
    type Plain = Option<K::Plain>;
    type Given = Option<K::Given>;
    type Operand = Option<K::Operand>;

    fn split(given: Self::Given) -> Split<Self, R> {
        match given.map(K::split) {
            None => Ok((None, None)),
            Some(Ok((plain, device))) => Ok((Some(plain), device)),
            Some(Err(given)) => Err(Some(given)),
        }
    }

    fn operand(split: Split<Self, R>) -> Self::Operand {
        match split {
            Ok((plain, device)) => plain.map(|plain| K::operand(Ok((plain, device)))),
            Err(given) => given.map(|given| K::operand(Err(given))),
        }
    }

    fn shape(given: &Self::Given) -> Vec<usize> {
        given.as_ref().map(K::shape).unwrap_or_default()
    }

    fn device(given: &Self::Given) -> Option<MpcDevice> {
        given.as_ref().and_then(K::device)
    }

    fn secret(given: &Self::Given) -> Option<&SecretTensor<R>> {
        given.as_ref().and_then(K::secret)
    }

    fn twin(given: &Self::Given) -> Option<Self::Plain> {
        match given {
            None => Some(None),
            Some(given) => K::twin(given).map(Some),
        }
    }
}

impl<A: Outcome<R>, B: Outcome<R>, R: Ring> Outcome<R> for Pair<A, B> {
    type Plain = (A::Plain, B::Plain);
    type Given = (A::Given, B::Given);
    type Secret = (A::Secret, B::Secret);

    fn wrap((a, b): Self::Plain, device: &MpcDevice) -> Self::Given {
        (A::wrap(a, device), B::wrap(b, device))
    }

    fn secret((a, b): Self::Secret) -> Self::Given {
        (A::secret(a), B::secret(b))
    }

    fn beside((a, b): Self::Given, step: &Step, twin: Option<Self::Plain>) -> Self::Given {
        let (first, second) = twin.unzip();
        (A::beside(a, step, first), B::beside(b, step, second))
    }
}

type Both<P> = Pair<Floats<P>, Ints<P>>;

impl<P: Backend, R: Ring> Outcome<R> for Pooled<P> {
    type Plain = MaxPool2dWithIndices<P>;
    type Given = MaxPool2dWithIndices<Mpc<P, R>>;
    type Secret = (SecretTensor<R>, SecretTensor<R>);

    fn wrap(plain: Self::Plain, device: &MpcDevice) -> Self::Given {
        let (output, indices) = Both::<P>::wrap((plain.output, plain.indices), device);
        MaxPool2dWithIndices::new(output, indices)
    }

    fn secret(secret: Self::Secret) -> Self::Given {
        let (output, indices) = Both::<P>::secret(secret);
        MaxPool2dWithIndices::new(output, indices)
    }

    fn beside(given: Self::Given, step: &Step, twin: Option<Self::Plain>) -> Self::Given {
        let twin = twin.map(|twin| (twin.output, twin.indices));
        let (output, indices) = Both::<P>::beside((given.output, given.indices), step, twin);
        MaxPool2dWithIndices::new(output, indices)
    }
}

impl<P: Backend, R: Ring> Outcome<R> for PoolGradient<P> {
    type Plain = MaxPool2dBackward<P>;
    type Given = MaxPool2dBackward<Mpc<P, R>>;
    type Secret = SecretTensor<R>;

    fn wrap(plain: Self::Plain, device: &MpcDevice) -> Self::Given {
        MaxPool2dBackward::new(Floats::<P>::wrap(plain.x_grad, device))
    }

    fn secret(secret: SecretTensor<R>) -> Self::Given {
        MaxPool2dBackward::new(MpcTensor::Secret(secret))
    }

    fn beside(given: Self::Given, step: &Step, twin: Option<Self::Plain>) -> Self::Given {
        let twin = twin.map(|twin| twin.x_grad);
        MaxPool2dBackward::new(Floats::<P>::beside(given.x_grad, step, twin))
    }
}

impl<P: Backend, R: Ring> Outcome<R> for DeformGradients<P> {
    type Plain = DeformConv2dBackward<P>;
    type Given = DeformConv2dBackward<Mpc<P, R>>;
    type Secret = ops::DeformGradients<R>;

    fn wrap(plain: Self::Plain, device: &MpcDevice) -> Self::Given {
        let wrap = |tensor| MpcTensor::public(tensor, device.clone());
        DeformConv2dBackward::new(
            wrap(plain.x_grad),
            wrap(plain.offset_grad),
            wrap(plain.weight_grad),
            plain.mask_grad.map(wrap),
            plain.bias_grad.map(wrap),
        )
    }

    fn secret(secret: Self::Secret) -> Self::Given {
        let [x, offset, weight] = [secret.x, secret.offset, secret.weight].map(MpcTensor::Secret);
        let [mask, bias] = [secret.mask, secret.bias].map(|grad| grad.map(MpcTensor::Secret));
        DeformConv2dBackward::new(x, offset, weight, mask, bias)
    }

    fn beside(given: Self::Given, step: &Step, twin: Option<Self::Plain>) -> Self::Given {
        let beside = |given, twin| Floats::<P>::beside(given, step, twin);
        let maybe = |given: Option<_>, twin: Option<Option<_>>| {
            given.map(|given| beside(given, twin.flatten()))
        };
        let (x, offset, weight, mask, bias) = match twin {
            Some(twin) => (
                Some(twin.x_grad),
                Some(twin.offset_grad),
                Some(twin.weight_grad),
                Some(twin.mask_grad),
                Some(twin.bias_grad),
            ),
            None => (None, None, None, None, None),
        };
        DeformConv2dBackward::new(
            beside(given.x_grad, x),
            beside(given.offset_grad, offset),
            beside(given.weight_grad, weight),
            maybe(given.mask_grad, mask),
            maybe(given.bias_grad, bias),
        )
    }
}
