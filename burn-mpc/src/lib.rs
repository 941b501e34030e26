//! `burn-mpc`: a Burn backend whose tensors are replicated secret shares among three parties.

// Output belongs to the caller.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod costs;
mod error;
pub mod manual;
pub mod net;
pub mod report;
pub mod session;

// What ops are made of. Reachable from outside for the tests of this repository alone.
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
    Mpc, ShareOptions, forget_model, prepare, prepare_only, reveal, reveal_argmax_to, reveal_to,
    reveal_with, share, share_model, share_within,
};
pub use burn_mpc_engine::protocol::{Cost, Truncation};
pub use burn_mpc_engine::{Audience, Party, Ring, Z32, Z64};
pub use costs::{BlockReluSize, CostModel};
pub use error::MpcError;
pub use ops::Precision;
pub use session::{MpcDevice, SessionConfig};
