//! Rounds and bytes: declared, measured, predicted.
//!
//! A protocol declares a [`Cost`](burn_mpc_engine::protocol::Cost): every message of a call, round by round. The
//! [`Ledger`](burn_mpc_engine::protocol::Ledger) plays the declarations of a session through three logical clocks. The
//! transport keeps [the same clocks](burn_mpc_engine::net::Counters) for real messages. Tests check that both are
//! equal, for every protocol and for whole networks.
//!
//! *Bytes* are those a party sends, frame headers included; a report names one party's and, as declared,
//! each party's. *Rounds* are the links of the longest chain of messages that wait for each other: with
//! latency `t` one way, an inference takes at least rounds times `t`. *Offline* bytes depend on no share of any value, so
//! that they could be sent before there is an input; the other ones are *online*. Both are sent during an inference.
//!
//! ```
//! use burn_mpc::Party;
//! use burn_mpc_engine::protocol::{b2a_cost, msb_cost, reshare_cost};
//! use burn_mpc::{Z32, Z64};
//!
//! // Resharing sends one word per party and element.
//! let reshare = reshare_cost::<Z64>(1000);
//! assert_eq!((reshare.rounds(), reshare.payload_bytes()), (1, 3 * 8 * 1000));
//! // The number of rounds does not grow with the number of elements, and half the ring is half the bytes.
//! let sign = |len| msb_cost::<Z64>(len, Party::ALL);
//! assert_eq!(sign(1).rounds(), sign(100_000).rounds());
//! assert_eq!(
//!     b2a_cost::<Z64>(1000, Party::ALL).payload_bytes(),
//!     2 * b2a_cost::<Z32>(1000, Party::ALL).payload_bytes()
//! );
//! ```
//!
//! # Where to read them
//!
//! - [`Session::report`](crate::session::Session::report): what a span cost, per layer, with seconds and the labels of
//!   reveals. A layer is named by the path of its weight.
//! - [`MpcDevice::scope`](crate::MpcDevice::scope): gives a part of the model, such as an activation, its own
//!   line in the report.
//! - [`CostModel`](crate::CostModel): what a Block-ReLU layer of given size will cost, for planners.
//! - [`MpcDevice::estimate`](crate::MpcDevice::estimate): a device without peers, on which a program only
//!   adds up declared costs.
//! - `docs/OPS.md`: what each method of Burn's traits costs.
//!
//! # What makes a program cheap
//!
//! Comparisons cost most; linear ops on secrets cost nothing until their result is needed, and public tensors never do.
//! Pool before comparing. Call [`prepare`](crate::prepare) once, so that the first inference does not pay for what
//! depends on parameters only. Use the 32-bit ring where calibration allows it:
//! [`ScaleSearch::choose_ring`](crate::session::ScaleSearch::choose_ring) decides that on sample data.
