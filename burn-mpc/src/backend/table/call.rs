//! What rows take and give, in Burn's types and in ours.

use std::marker::PhantomData;

use burn_backend::ops::{DeformConv2dBackward, MaxPool2dBackward, MaxPool2dWithIndices};
use burn_backend::{Backend, TensorMetadata};

use crate::backend::kind::{Bools, Floats, Ints, Plain};
use crate::backend::{Mpc, MpcTensor, lift};
use crate::ops;
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, SecretTensor};

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
    /// Ends the session; `shape` is that of the result, or of each of two.
    fn refused(refusal: &Refusal<'_>, shape: Vec<usize>) -> Self::Given;
}

/// The op that a row refuses, its operands, and why.
pub struct Refusal<'a> {
    pub op: &'static str,
    pub device: MpcDevice,
    pub shapes: &'a [&'a [usize]],
    pub hint: &'static str,
}

impl Refusal<'_> {
    fn result<T, R: Ring>(&self, shape: Vec<usize>, kind: Kind) -> MpcTensor<T, R> {
        let shapes: Vec<&[usize]> = self
            .shapes
            .iter()
            .copied()
            .filter(|s| !s.is_empty())
            .collect();
        let refused = ops::unsupported(&self.device, self.op, &shapes, self.hint, shape, kind);
        MpcTensor::Secret(refused)
    }
}

/// The common device of operands; operands of two sessions end both.
pub fn meeting(devices: &[Option<MpcDevice>]) -> MpcDevice {
    ops::meeting(devices.iter().flatten())
}

/// The shape of tensors broadcast against each other.
pub fn joined(shapes: &[&[usize]]) -> Vec<usize> {
    let none: Vec<usize> = vec![];
    shapes
        .iter()
        .fold(none, |all, shape| lift::broadcast(&all, shape))
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

            fn refused(refusal: &Refusal<'_>, shape: Vec<usize>) -> Self::Given {
                refusal.result(shape, Self::KIND)
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

    fn refused(refusal: &Refusal<'_>, shape: Vec<usize>) -> Self::Given {
        (
            A::refused(refusal, shape.clone()),
            B::refused(refusal, shape),
        )
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

    fn refused(refusal: &Refusal<'_>, shape: Vec<usize>) -> Self::Given {
        let (output, indices) = Both::<P>::refused(refusal, shape);
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

    fn refused(refusal: &Refusal<'_>, shape: Vec<usize>) -> Self::Given {
        MaxPool2dBackward::new(Floats::<P>::refused(refusal, shape))
    }
}

impl<P: Backend, R: Ring> Outcome<R> for DeformGradients<P> {
    type Plain = DeformConv2dBackward<P>;
    type Given = DeformConv2dBackward<Mpc<P, R>>;
    /// Gradients by the input, the offset and the weight.
    type Secret = [SecretTensor<R>; 3];

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
        let [x, offset, weight] = secret.map(MpcTensor::Secret);
        DeformConv2dBackward::new(x, offset, weight, None, None)
    }

    /// Each gradient has the shape of its operand, in the order of the row's operands.
    fn refused(refusal: &Refusal<'_>, _: Vec<usize>) -> Self::Given {
        let by = |i: usize| {
            let shape = refusal.shapes.get(i).copied().unwrap_or_default();
            Floats::<P>::refused(refusal, shape.to_vec())
        };
        let given = |i: usize| {
            !refusal
                .shapes
                .get(i)
                .copied()
                .unwrap_or_default()
                .is_empty()
        };
        let maybe = |i: usize| given(i).then(|| by(i));
        DeformConv2dBackward::new(by(0), by(1), by(2), maybe(3), maybe(4))
    }
}
