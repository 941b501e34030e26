//! What can go wrong before there are links. No error carries a secret.

use std::time::Duration;

use burn_mpc_engine::Party;
use burn_mpc_engine::net::NetError;
use thiserror::Error;

use crate::hello::Mismatch;
use crate::{Pin, Refusal};

/// A party's certificate, key or trust cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A file cannot be read.
    #[error("cannot read {path}: {detail}")]
    Read {
        /// The file.
        path: String,
        /// What the operating system said.
        detail: String,
    },
    /// Others than the owner may use the key, or the owner may execute it.
    #[error("{path} has mode {mode:03o}; a private key must have mode 600: chmod 600 {path}")]
    KeyMode {
        /// The key's file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The text is not PEM.
    #[error("the certificates are not in PEM form")]
    BadPem,
    /// A certificate cannot be understood.
    #[error("not a certificate that can be used: {detail}")]
    BadCertificate {
        /// What is wrong with it.
        detail: String,
    },
    /// The chain is empty.
    #[error("no certificate of this party was given")]
    NoCertificate,
    /// There is no key, or one of a kind that is not supported.
    #[error(
        "no private key was given that can be used; use ECDSA P-256, Ed25519 or RSA in PEM form"
    )]
    NoKey,
    /// There is no authority.
    #[error("no certificate of the private authority was given")]
    NoAuthority,
    /// The key belongs to another certificate.
    #[error("{party}: the private key is not the one of the certificate")]
    KeyMismatch {
        /// Whose identity this was to be.
        party: Party,
    },
    /// The certificate is not the one that the peers will expect of this party.
    #[error(
        "{party}: the certificate has pin {found}, but {party} is pinned as {expected}; check the party's number"
    )]
    OwnPin {
        /// Whose identity this was to be.
        party: Party,
        /// The certificate's pin.
        found: Pin,
        /// The party's pin.
        expected: Pin,
    },
    /// Two parties cannot be told apart.
    #[error("{party} and {other} have the same pin; each party needs a key of its own")]
    SharedPin {
        /// One party.
        party: Party,
        /// The other.
        other: Party,
    },
    /// The peers will refuse the party's own certificate.
    #[error("this party's own certificate is not valid, so its peers will refuse it: {detail}")]
    OwnCertificate {
        /// What is wrong with it.
        detail: String,
    },
    /// The TLS library refused its configuration.
    #[error("TLS: {detail}")]
    Library {
        /// What it said.
        detail: String,
    },
}

/// The links to the peers were not made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// This party cannot listen.
    #[error("{party}: cannot listen on {address}: {detail}")]
    Listen {
        /// This party.
        party: Party,
        /// Where it was to listen.
        address: String,
        /// What the operating system said, and what it means.
        detail: String,
    },
    /// A peer that this party connects to did not become a link in time.
    #[error("{party}: no link to {peer} at {address} within {} ms: {refusal}", waited.as_millis())]
    NotReached {
        /// This party.
        party: Party,
        /// The peer.
        peer: Party,
        /// Where it should listen.
        address: String,
        /// How long this party tried.
        waited: Duration,
        /// Why attempts ended: the last reason of those that say most.
        refusal: Refusal,
    },
    /// A peer that connects to this party did not do so in time.
    #[error(
        "{party}: {peer} never connected within {} ms; {}", waited.as_millis(),
        last_of(refusal.as_ref())
    )]
    NeverCame {
        /// This party.
        party: Party,
        /// The peer.
        peer: Party,
        /// How long this party listened.
        waited: Duration,
        /// Why connections were refused, likewise; none if there was no connection.
        refusal: Option<Refusal>,
    },
    /// An authenticated peer is here for something else.
    #[error("{party}: {peer} is authenticated, but {mismatch}")]
    Hello {
        /// This party.
        party: Party,
        /// The peer, by its certificate.
        peer: Party,
        /// What differs.
        mismatch: Mismatch,
    },
    /// A peer gave up, or was lost, while links were being made.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A local operation failed.
    #[error("{party}: {detail}")]
    Local {
        /// This party.
        party: Party,
        /// What the operating system said.
        detail: String,
    },
}

fn last_of(refusal: Option<&Refusal>) -> String {
    match refusal {
        None => "nobody else connected either: check that it runs and has this party's address"
            .to_owned(),
        Some(refusal) => format!("of connections that were refused here: {refusal}"),
    }
}
