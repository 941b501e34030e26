//! Links, frames and failures.
//!
//! A [`Transport`](burn_mpc_engine::net::Transport) is a pair of ordered byte pipes, one to each peer:
//! [`memory`](burn_mpc_engine::net::memory) between threads, [`tcp`](burn_mpc_engine::net::tcp) between processes. TCP
//! is neither encrypted nor authenticated; it must be asked for by name and stays on loopback unless that is lifted by
//! name too. Either can be [shaped](burn_mpc_engine::net::shaped) with latency and bandwidth.
//!
//! A [`Mesh`](burn_mpc_engine::net::Mesh) puts a [header](burn_mpc_engine::net::Header) before every message. The
//! receiver states what it waits for: session, operation, label, sequence number and length. Anything else is a typed
//! [`NetError`](burn_mpc_engine::net::NetError) before a payload byte is used, so a peer can neither choose an
//! allocation nor slip in an old message. Where parts of a call run in lanes, a frame for another lane is kept until
//! that lane asks for it, at most [`MAX_PAYLOAD_BYTES`](burn_mpc_engine::net::MAX_PAYLOAD_BYTES) of it, and its length
//! is checked then.
//!
//! # Waiting
//!
//! Sending queues up to [`QUEUE_CAP_BYTES`](burn_mpc_engine::net::QUEUE_CAP_BYTES) per peer and then waits;
//! [`net`](burn_mpc_engine::net) explains why that cannot deadlock. Every wait ends with progress or with the
//! [deadline](crate::SessionConfig::deadline).
//!
//! # Failing
//!
//! The first error kills the mesh for good and tells both peers, with the party it started at. The session keeps it:
//! [`MpcDevice::failure`](crate::MpcDevice::failure) returns it typed, later ops return poisoned tensors, and Burn's
//! next read or `sync` returns it as text that begins with a stable code ([`MpcError`](crate::MpcError)). A session is
//! never repaired; open a new one, with fresh keys.
//!
//! # Set-up
//!
//! The parties compare a digest of configuration and program, agree on a session id, and exchange fresh
//! randomness in pairs for their keys ([`prg::setup`](burn_mpc_engine::prg::setup)). Secrecy of a key rests on the
//! link of its pair.
