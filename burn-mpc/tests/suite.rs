//! All tests of the backend that share a process: one binary, so that the protocols are compiled for both rings once.
//!
//! Tests that count memory, change settings of the process or look at its peak are separate binaries.

mod explain;
#[path = "laws_arith/main.rs"]
mod laws_arith;
#[path = "laws_layers/main.rs"]
mod laws_layers;
mod laws_session;
#[path = "limits/main.rs"]
mod limits;
#[path = "reliability/main.rs"]
mod reliability;
mod repeated_input;
mod scales;
mod schedules;
mod transformer;
