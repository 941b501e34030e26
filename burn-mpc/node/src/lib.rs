//! Mutually authenticated TLS 1.3 links between the three parties of `burn-mpc`.
//!
//! Three operators each hold a certificate of one private authority, and the hash of everybody's public key. From these
//! an [`Identity`] is made. [`TlsTransport::connect`] makes a party's two links; the engine's
//! [`Mesh`](burn_mpc_engine::net::Mesh) runs on it as on any transport.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use burn_mpc_engine::Party;
//! use burn_mpc_engine::net::Mesh;
//! use burn_mpc_node::{Identity, LinkConfig, Pin, TlsTransport, Trust};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let pins: [Pin; 3] = [Pin::from_bytes([0; 32]); 3];
//! let trust = Trust::from_file(Path::new("authority.pem"), pins)?;
//! let identity = Identity::from_files(Party::P1, Path::new("p1.pem"), Path::new("p1.key"), &trust)?;
//! let addresses = ["a.example:9300", "b.example:9300", "c.example:9300"].map(str::to_owned);
//! let config = LinkConfig::new(addresses, [7; 16], [9; 32]);
//! let links = TlsTransport::connect(&identity, &config)?;
//! let mesh = Mesh::new(Box::new(links), config.deadline);
//! # let _ = mesh;
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - A link's other end is the party that it stands for: it has proven, in this TLS 1.3 handshake, possession of the key
//!   that is pinned for that party, with a certificate below the private authority that is valid today. This holds in
//!   both directions, there is no way to turn it off, and a party's number never comes from what it claims.
//! - Before that proof nothing is read but the handshake: only an [`AuthenticatedPeer`] gives a hello, and only the
//!   handshake makes one. The hello names version, sender, receiver, session and program; what differs is a typed error
//!   at both ends.
//! - Who reads, changes, drops, repeats, reorders or cuts off bytes on the way learns their number and time, and causes
//!   an error, never another value.
//! - Strangers do not end the making of links. Junk, plaintext, TLS 1.2, a missing, expired or foreign certificate, and
//!   any number of silent connections are refused, counted, and logged once of each kind ([`Refusal`]).
//! - When a party gives up before there are links, it tells the peers that it reaches why.
//! - Waiting has limits: a silent peer is a timeout, a closed connection a lost peer, and a slow reader makes its senders
//!   wait, with bounded queues.
//!
//! # What it does not
//!
//! - It hides neither how much is sent nor when, nor that the parties talk.
//! - Whoever steals a party's key is that party until the other operators change its pin. There are no revocation lists:
//!   the three pins are the list.
//! - Somebody who can open connections by the thousand each second, and keeps them in the handshake, can delay the making
//!   of links. It does not touch links that exist.
//! - The key is erased from the buffers of this crate. The TLS library keeps its own copy for as long as the identity
//!   lives.
//! - A link that breaks is not made again: the session ends. There is no service here that stays up; this crate makes the
//!   links of one session.

// Output belongs to the caller.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod accept;
mod config;
mod dial;
mod error;
mod handshake;
mod hello;
mod identity;
mod pem;
mod pin;
mod place;
mod pump;
mod refusal;
mod setup;
mod shared;
mod transport;
mod trust;
mod verify;

pub use config::{Limits, LinkConfig};
pub use error::{IdentityError, LinkError};
pub use handshake::AuthenticatedPeer;
pub use hello::{Mismatch, SessionName, VERSION};
pub use identity::Identity;
pub use pin::{NotAPin, Pin};
pub use refusal::Refusal;
pub use transport::TlsTransport;
pub use trust::Trust;
