//! `burn-mpc`: a Burn backend whose tensors are replicated secret shares among three parties.

// Output belongs to the caller.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod backend;
pub mod costs;
pub mod error;
pub mod manual;
pub mod ops;
pub mod report;
pub mod session;
pub mod tensor;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;

use burn_mpc_engine::sync;
pub use burn_mpc_engine::{net, party, prg, protocol, ring, share};

pub use backend::{
    Mpc, ShareOptions, forget_model, prepare, prepare_only, reveal, reveal_argmax_to, reveal_to,
    reveal_with, share, share_model, share_within,
};
pub use burn_mpc_engine::{Audience, Party, Ring, Z32, Z64};
pub use costs::{BlockReluSize, CostModel};
pub use error::MpcError;
pub use ops::Precision;
pub use session::{MpcDevice, SessionConfig};
