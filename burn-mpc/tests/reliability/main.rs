//! Laws of sessions as a whole: what they cost, what they hide, and how they fail.
//!
//! Requirement numbers (R5, R9, ...) are those of `docs/requirements.md`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and some parties sleep on purpose"
)]

mod batch_norm;
mod canary;
mod checked;
mod common;
mod determinism;
mod domains;
mod errors;
mod extension;
mod links;
mod peer_loss;
mod policy;
mod prepared;
mod printing;
mod programs;
mod ranges;
mod redaction;
mod secrecy;
mod sessions;
mod silent;
mod simulator;
mod threads;
mod types;
mod wiring;
