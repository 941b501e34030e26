//! What a user of this backend asks a tensor itself.

use burn::tensor::{Bool, Float, Int, Tensor, TensorData};
use burn_backend::Backend;

use super::Mpc;
use super::doors::{reveal, reveal_to, share, share_int};
use super::kind::MpcKind;
use crate::Party;
use crate::error::MpcError;
use crate::ring::Ring;
use crate::session::MpcDevice;

/// Methods of Burn's tensors on the backend [`Mpc`]: sharing, revealing, and what is public of a secret.
///
/// They are the crate's functions, written as methods: [`share_from`](Self::share_from) is [`share`](crate::share()) or
/// [`share_int`](crate::share_int), and [`reveal`](Self::reveal) and [`reveal_to`](Self::reveal_to) are
/// [`reveal`](crate::reveal()) and [`reveal_to`](crate::reveal_to), counted and listed like them.
///
/// ```
/// use burn::backend::Flex;
/// use burn::tensor::{Int, Tensor};
/// use burn_mpc::session::local::three_parties;
/// use burn_mpc::{Mpc, MpcError, MpcTensorExt, Party, SessionConfig};
///
/// let sums = three_parties(&SessionConfig::z64(), |device| {
///     let held = (device.party() == Some(Party::P1))
///         .then(|| Tensor::<Flex, 1, Int>::from_data([3, 1, 4], &Default::default()));
///     let x = Tensor::<Mpc, 1, Int>::share_from(&device, Party::P1, "x", [3], held)?;
///     assert!(x.is_secret());
///     Ok::<_, MpcError>(x.sum().reveal_to(Party::P2, "sum")?.map(|sum| sum.into_scalar()))
/// })?;
/// assert_eq!(sums.map(Result::unwrap), [None, None, Some(8)]);
/// # Ok::<(), MpcError>(())
/// ```
///
/// # Printing
///
/// `{:?}` of a secret shows shape, kind and scale, and no element. It asks nothing of the peers, so one party alone may
/// print. `{}` is Burn's: it takes a tensor apart into its elements by slices, reads each, and prints
/// `<Tensor data not available>` for each that is secret, then shape, device and type. Nothing is opened. But a slice is
/// an op, and that of a value that waits is where it is computed: all three parties must print with `{}` at the same
/// place, or none. The parties notice it if one does alone, and the session ends with an error.
pub trait MpcTensorExt<const D: usize>: Sized {
    /// The same tensor on the plaintext backend.
    type Plain;

    /// Makes a secret of a tensor that `owner` holds; the others give `None`. All parties call it with the same owner,
    /// name and shape. Truth values are shared as integers and compared with zero, which costs as much as
    /// `not_equal_elem`.
    ///
    /// # Errors
    /// Those of [`share`](crate::share()), for integers those of [`share_int`](crate::share_int).
    fn share_from(
        device: &MpcDevice,
        owner: Party,
        name: &str,
        shape: [usize; D],
        held: Option<Self::Plain>,
    ) -> Result<Self, MpcError>;

    /// Opens the tensor to all three parties.
    ///
    /// # Errors
    /// Those of [`reveal`](crate::reveal()).
    fn reveal(self, label: &str) -> Result<Self::Plain, MpcError>;

    /// Opens the tensor to one party: `Some` there, `None` at the others.
    ///
    /// # Errors
    /// Those of [`reveal_to`](crate::reveal_to).
    fn reveal_to(self, reader: Party, label: &str) -> Result<Option<Self::Plain>, MpcError>;

    /// Whether the tensor is secret. That is public, and the same at all parties.
    fn is_secret(&self) -> bool;

    /// The fractional bits of a secret: [fixed-point numbers](crate::manual::fixed_point). Integers and truth values have
    /// 0. `None` for a public tensor, and for a value that is not computed yet: its scale depends on what it is needed
    /// for. Nothing is computed, and the answer is the same at all parties.
    fn scale(&self) -> Option<u32>;
}

impl<P: Backend, R: Ring, const D: usize, K: Shared<P, R>> MpcTensorExt<D>
    for Tensor<Mpc<P, R>, D, K>
{
    type Plain = Tensor<P, D, K>;

    fn share_from(
        device: &MpcDevice,
        owner: Party,
        name: &str,
        shape: [usize; D],
        held: Option<Self::Plain>,
    ) -> Result<Self, MpcError> {
        let data = held.map(Tensor::try_into_data).transpose();
        // Says nothing of the cause, which the plaintext backend words.
        let data = data.map_err(|_| {
            let error = MpcError::Unsupported {
                party: device.party().unwrap_or(owner),
                op: "share",
                shapes: format!("{shape:?}"),
                hint: "the plaintext backend could not read one of its own tensors",
            };
            device.fail(&error);
            error
        })?;
        K::share(device, owner, name, shape, data)
    }

    fn reveal(self, label: &str) -> Result<Self::Plain, MpcError> {
        reveal(self, label)
    }

    fn reveal_to(self, reader: Party, label: &str) -> Result<Option<Self::Plain>, MpcError> {
        reveal_to(self, reader, label)
    }

    fn is_secret(&self) -> bool {
        K::secret(self.clone().into_primitive()).is_some()
    }

    fn scale(&self) -> Option<u32> {
        K::secret(self.clone().into_primitive())?.scale()
    }
}

/// A kind whose tensors can be shared.
pub trait Shared<P: Backend, R: Ring>: MpcKind<P, R> {
    /// Shares data of `owner`.
    ///
    /// # Errors
    /// Those of the kind's door.
    fn share<const D: usize>(
        device: &MpcDevice,
        owner: Party,
        name: &str,
        shape: [usize; D],
        data: Option<TensorData>,
    ) -> Result<Tensor<Mpc<P, R>, D, Self>, MpcError>;
}

impl<P: Backend, R: Ring> Shared<P, R> for Float {
    fn share<const D: usize>(
        device: &MpcDevice,
        owner: Party,
        name: &str,
        shape: [usize; D],
        data: Option<TensorData>,
    ) -> Result<Tensor<Mpc<P, R>, D>, MpcError> {
        share(device, owner, name, shape, data)
    }
}

impl<P: Backend, R: Ring> Shared<P, R> for Int {
    fn share<const D: usize>(
        device: &MpcDevice,
        owner: Party,
        name: &str,
        shape: [usize; D],
        data: Option<TensorData>,
    ) -> Result<Tensor<Mpc<P, R>, D, Int>, MpcError> {
        share_int(device, owner, name, shape, data)
    }
}

impl<P: Backend, R: Ring> Shared<P, R> for Bool {
    fn share<const D: usize>(
        device: &MpcDevice,
        owner: Party,
        name: &str,
        shape: [usize; D],
        data: Option<TensorData>,
    ) -> Result<Tensor<Mpc<P, R>, D, Bool>, MpcError> {
        Ok(share_int(device, owner, name, shape, data)?.bool())
    }
}
