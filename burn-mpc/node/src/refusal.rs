//! Why a connection was not taken for a peer's, and how often that happened.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;

use burn_mpc_engine::Party;
use burn_mpc_engine::net::shown;
use burn_mpc_engine::sync::lock;
use rustls::{CertificateError, Error, PeerIncompatible};
use thiserror::Error;

/// A certificate below the authority that is not the one of a party that may be at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum WrongKey {
    #[error("the certificate is the one of {0}")]
    AnotherParty(Party),
    #[error("the certificate's key is no party's")]
    Unknown,
}

/// Why a connection is not a peer's. It ends that connection and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not TLS at all: plaintext, another protocol, junk.
    #[error("what came is not TLS; is another program at the other end?")]
    NotTls,
    /// No TLS 1.3.
    #[error("the other end does not speak TLS 1.3, which is the only version here")]
    TlsVersion,
    /// The other end showed no certificate.
    #[error("the other end showed no certificate; every party needs one")]
    NoCertificate,
    /// A certificate is past its last day.
    #[error(
        "the other end's certificate, or its authority's, has expired; renew it, or set the clock right"
    )]
    Expired,
    /// A certificate is before its first day.
    #[error("the other end's certificate is not valid yet; are both clocks right?")]
    NotYetValid,
    /// The chain does not lead to the private authority.
    #[error("the other end's certificate is not of this deployment's authority")]
    UnknownAuthority,
    /// A party's certificate, but not of one that may be at the other end.
    #[error(
        "the other end is {found} by its certificate, which does not belong there; check the addresses"
    )]
    AnotherParty {
        /// Whose certificate it is.
        found: Party,
    },
    /// Of the authority, but no party's.
    #[error(
        "the other end's certificate is of this authority, but its key is no party's; compare the pins"
    )]
    UnknownKey,
    /// Another fault of the certificate.
    #[error("the other end's certificate cannot be used: {detail}")]
    BadCertificate {
        /// What the TLS library says.
        detail: String,
    },
    /// The other end speaks TLS, but not for this protocol.
    #[error("the other end speaks TLS, but does not name this protocol")]
    AnotherProtocol,
    /// The other end refused this party.
    #[error("the other end refused this party's certificate or hello ({alert}); its log says why")]
    RefusedByPeer {
        /// Its TLS alert.
        alert: String,
    },
    /// The handshake or the hello took too long.
    #[error("the other end said too little in time")]
    TooSlow,
    /// Gave its place to newer connections, as there were too many.
    #[error("too many connections at a time")]
    Crowded,
    /// The connection was closed.
    #[error("the other end hung up: {detail}")]
    HungUp {
        /// What the operating system said.
        detail: String,
    },
    /// There was no connection.
    #[error("no connection: {detail}; is it running, and is the address right?")]
    NoConnection {
        /// What the operating system said.
        detail: String,
    },
    /// The operating system gave no connection, as when there are too many open files.
    #[error("cannot accept: {detail}")]
    CannotAccept {
        /// What the operating system said.
        detail: String,
    },
    /// Another failure of TLS.
    #[error("TLS: {detail}")]
    Tls {
        /// What the TLS library says.
        detail: String,
    },
}

impl Refusal {
    /// A short name, for counters and logs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotTls => "not TLS",
            Self::TlsVersion => "TLS version",
            Self::NoCertificate => "no certificate",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::UnknownAuthority => "unknown authority",
            Self::AnotherParty { .. } => "another party",
            Self::UnknownKey => "unknown key",
            Self::BadCertificate { .. } => "bad certificate",
            Self::AnotherProtocol => "another protocol",
            Self::RefusedByPeer { .. } => "refused by the peer",
            Self::TooSlow => "too slow",
            Self::Crowded => "crowded",
            Self::HungUp { .. } => "hung up",
            Self::NoConnection { .. } => "no connection",
            Self::CannotAccept { .. } => "cannot accept",
            Self::Tls { .. } => "TLS",
        }
    }

    /// How much it says about what is wrong with a peer. Silence and lost connections say least, and whoever shows a
    /// certificate of the authority is no stranger.
    const fn weight(&self) -> u8 {
        match self {
            Self::HungUp { .. }
            | Self::TooSlow
            | Self::NoConnection { .. }
            | Self::Crowded
            | Self::CannotAccept { .. } => 0,
            Self::Expired
            | Self::NotYetValid
            | Self::AnotherParty { .. }
            | Self::UnknownKey
            | Self::RefusedByPeer { .. } => 2,
            _ => 1,
        }
    }

    /// Keeps the later of two refusals, unless the earlier says more.
    pub(crate) fn keep(self, kept: &mut Option<Self>) {
        if kept
            .as_ref()
            .is_none_or(|kept| kept.weight() <= self.weight())
        {
            *kept = Some(self);
        }
    }

    /// The refusal behind a failed read, write or handshake.
    pub(crate) fn of(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
        match inner {
            Some(error) => Self::of_tls(error),
            None => Self::HungUp {
                detail: error.to_string(),
            },
        }
    }

    fn of_tls(error: &Error) -> Self {
        match error {
            Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => Self::NotTls,
            Error::NoCertificatesPresented => Self::NoCertificate,
            Error::NoApplicationProtocol => Self::AnotherProtocol,
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::PeerIncompatible(
                PeerIncompatible::SupportedVersionsExtensionRequired
                | PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled,
            ) => Self::TlsVersion,
            Error::AlertReceived(alert) => Self::RefusedByPeer {
                alert: format!("{alert:?}"),
            },
            other => Self::Tls {
                detail: shown(&other.to_string()).into_owned(),
            },
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Self::UnknownAuthority
            }
            CertificateError::Other(other) => match other.0.downcast_ref::<WrongKey>() {
                Some(WrongKey::AnotherParty(found)) => Self::AnotherParty { found: *found },
                Some(WrongKey::Unknown) | None => Self::UnknownKey,
            },
            other => Self::BadCertificate {
                detail: shown(&other.to_string()).into_owned(),
            },
        }
    }
}

/// Counts refused connections, and logs the first of each kind.
#[derive(Debug)]
pub(crate) struct Refusals {
    party: Party,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    counts: BTreeMap<&'static str, u64>,
    /// The last of those that say most.
    telling: Option<Refusal>,
}

impl Refusals {
    pub(crate) fn new(party: Party) -> Self {
        Self {
            party,
            seen: Mutex::default(),
        }
    }

    pub(crate) fn note(&self, refusal: Refusal) {
        let mut seen = lock(&self.seen);
        let count = seen.counts.entry(refusal.kind()).or_default();
        *count += 1;
        if *count == 1 {
            tracing::warn!(party = %self.party, kind = refusal.kind(), "refused a connection: {refusal}");
        }
        refusal.keep(&mut seen.telling);
    }

    pub(crate) fn telling(&self) -> Option<Refusal> {
        lock(&self.seen).telling.clone()
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.seen).counts.clone()
    }
}

#[cfg(test)]
mod tests {
    use burn_mpc_engine::Party;

    use super::{Refusal, Refusals};

    #[test]
    fn a_stranger_does_not_hide_what_is_wrong_with_a_peer() {
        let refusals = Refusals::new(Party::P0);
        assert_eq!(refusals.telling(), None);
        let hung_up = || Refusal::HungUp {
            detail: String::new(),
        };
        refusals.note(hung_up());
        refusals.note(Refusal::NotTls);
        refusals.note(hung_up());
        assert_eq!(refusals.telling(), Some(Refusal::NotTls));
        refusals.note(Refusal::Expired);
        refusals.note(Refusal::NotTls);
        assert_eq!(refusals.telling(), Some(Refusal::Expired));
        let counts = refusals.counts();
        assert_eq!((counts["hung up"], counts["not TLS"]), (2, 2));
    }
}
