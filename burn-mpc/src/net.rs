//! Links between the parties: TCP between machines or processes, memory within one process.
//!
//! [`MpcDevice::open`](crate::MpcDevice::open) takes any [`Transport`].

pub use burn_mpc_engine::net::{NetError, Transport, memory, shaped, shown, shown_within, tcp};
