//! A [Burn](https://burn.dev) backend whose tensors are replicated secret shares among three parties.
//!
//! A service holds a private neural network, and a user holds a private image. Three servers compute the network on
//! shares: no server sees weights or image, and the result is revealed only to the party it is meant for.
//!
//! # Example
//!
//! Party 0 owns a layer, party 1 an input; party 1 alone learns the result. Each closure is one party's program. Here
//! the three run as threads of one process; over [TCP](net::tcp) they are three processes.
//!
//! ```
//! use burn::backend::Flex;
//! use burn::nn::LinearConfig;
//! use burn::tensor::{TensorData, activation::relu};
//! use burn_mpc::session::local::three_parties;
//! use burn_mpc::{Mpc, Party, SessionConfig, ShareOptions, Z64, reveal_to, share, share_model};
//!
//! type Private = Mpc<Flex, Z64>;
//!
//! let results = three_parties(&SessionConfig::z64(), |device| {
//!     let layer = LinearConfig::new(4, 2).init::<Private>(&device);
//!     let layer = share_model(layer, &device, Party::P0, ShareOptions::default())?;
//!     let data = TensorData::from([[0.1_f32, -0.2, 0.3, 0.4]]);
//!     let data = (device.party() == Some(Party::P1)).then_some(data);
//!     let x = share::<Flex, Z64, 2>(&device, Party::P1, "x", [1, 4], data)?;
//!     reveal_to(relu(layer.forward(x)), Party::P1, "y")
//! })?;
//! let opened: Vec<bool> = results.into_iter().map(|y| y.map(|y| y.is_some())).collect::<Result<_, _>>()?;
//! assert_eq!(opened, [false, true, false]);
//! # Ok::<(), burn_mpc::MpcError>(())
//! ```
//!
//! # What it guarantees
//!
//! - No single server learns anything about weights or inputs, as long as all three follow the protocol (semi-honest,
//!   honest majority). What a party receives has the same distribution for every secret.
//! - A tensor is opened by [`reveal`], [`reveal_to`], [`reveal_with`] and [`reveal_argmax_to`] alone. Each opening is
//!   counted and named in the [report](report::Report).
//! - Inputs beyond the range, parties whose programs or operands differ, and mangled messages end the session with an
//!   [`MpcError`] instead of giving a wrong number. An intermediate value that outgrows the ring goes unnoticed unless
//!   its limit is [declared](share_within): [calibrate](session::calibrate()) a model first.
//! - Protocols declare their rounds and bytes; tests check that declared equals measured.
//!
//! # What it does not
//!
//! Two servers that collude learn everything. A server that deviates from the protocol is outside the model. Shapes,
//! scales and timing are public. TCP is plain for now. The result itself reveals something to its reader:
//! [`manual::threat_model`] says what.
//!
//! # Features
//!
//! - `testkit`: lets tests look inside. It opens ways around the guarantees above, so no program for private data
//!   should enable it.
//!
//! # Where things are
//!
//! - This page: the backend [`Mpc`], sharing ([`share`](share()), [`share_int`], [`share_within`], [`share_model`]),
//!   revealing, both as methods of tensors ([`MpcTensorExt`]), [`prepare`], costs of Block-ReLU layers ([`CostModel`]).
//! - [`session`]: configuration, parties in one process, calibration of ranges and scales, errors explained layer by
//!   layer, cancelling.
//! - [`net`]: links between parties.
//! - [`report`]: rounds, bytes and seconds of a span, by layer.
//! - [`manual`]: [threat model](manual::threat_model), [protocols](manual::protocols),
//!   [fixed-point numbers](manual::fixed_point), [functions and their bounds](manual::functions),
//!   [porting a model](manual::porting), [embeddings](manual::embeddings), [network](manual::network),
//!   [costs](manual::costs).
//! - The crate `burn-mpc-engine`: rings, shares, randomness and protocols, without Burn.

// Output belongs to the caller.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod costs;
mod error;
#[cfg(not(any(test, feature = "testkit")))]
mod fixed;
#[cfg(any(test, feature = "testkit"))]
pub mod fixed;
pub mod manual;
pub mod net;
pub mod report;
pub mod session;

// The parts of ops, public only for the tests of this repository.
#[cfg(not(any(test, feature = "testkit")))]
mod backend;
#[cfg(any(test, feature = "testkit"))]
pub mod backend;
#[cfg(not(any(test, feature = "testkit")))]
mod ops;
#[cfg(any(test, feature = "testkit"))]
pub mod ops;
#[cfg(not(any(test, feature = "testkit")))]
mod tensor;
#[cfg(any(test, feature = "testkit"))]
pub mod tensor;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;

// Modules of the engine, under the paths of this crate.
use burn_mpc_engine::{prg, protocol, ring, share, sync};

pub use backend::{
    Mpc, MpcTensorExt, ShareOptions, forget_model, prepare, prepare_only, reveal, reveal_argmax_to,
    reveal_to, reveal_with, share, share_int, share_model, share_within,
};
pub use burn_mpc_engine::protocol::{Cost, Truncation};
pub use burn_mpc_engine::{Audience, Party, Ring, Z32, Z64};
pub use costs::{BlockReluSize, CostModel};
pub use error::MpcError;
pub use ops::Precision;
pub use session::{MpcDevice, SessionConfig};
