//! Checks a peer's certificate, at either side: the chain to the private authority, and the pin.

use std::sync::Arc;

use burn_mpc_engine::Party;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError,
    PeerIncompatible, SignatureScheme,
};

use crate::refusal::WrongKey;
use crate::{IdentityError, Trust};

/// Chain and pin. A party's number comes from the pin alone; names in certificates are not looked at.
#[derive(Debug)]
pub(crate) struct Verifier {
    trust: Trust,
    /// Parties that may be at the other end.
    expected: Vec<Party>,
    /// Checks chains of clients.
    clients: Arc<dyn ClientCertVerifier>,
}

impl Verifier {
    pub(crate) fn new(
        party: Party,
        trust: &Trust,
        expected: &[Party],
    ) -> Result<Self, IdentityError> {
        let roots = Arc::clone(trust.roots());
        let provider = Arc::new(ring::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| IdentityError::Library {
                detail: format!("{party}: {error}"),
            })?;
        Ok(Self {
            trust: trust.clone(),
            expected: expected.to_vec(),
            clients,
        })
    }

    /// Checks a party's own certificate for both of its uses, as its peers will.
    pub(crate) fn check_own(
        &self,
        own: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
    ) -> Result<(), IdentityError> {
        let now = UnixTime::now();
        self.check_server_chain(own, chain, now)
            .and_then(|()| {
                let checked = self.clients.verify_client_cert(own, chain, now);
                checked.map(|_| ())
            })
            .map_err(|error| IdentityError::OwnCertificate {
                detail: error.to_string(),
            })
    }

    fn check_server_chain(
        &self,
        end: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end)?,
            self.trust.roots(),
            chain,
            now,
            ring::default_provider()
                .signature_verification_algorithms
                .all,
        )
    }

    fn check_pin(&self, end: &CertificateDer<'_>) -> Result<(), Error> {
        let shown = self.trust.party_of(end);
        let wrong = match shown.map_err(|_| CertificateError::BadEncoding)? {
            Some(party) if self.expected.contains(&party) => return Ok(()),
            Some(party) => WrongKey::AnotherParty(party),
            None => WrongKey::Unknown,
        };
        Err(CertificateError::Other(OtherError(Arc::new(wrong))).into())
    }
}

/// Nothing of TLS 1.2 is accepted, whatever features of the library other crates turn on.
fn no_tls12() -> Result<HandshakeSignatureValid, Error> {
    Err(PeerIncompatible::ServerDoesNotSupportTls12Or13.into())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check_server_chain(end, chain, now)?;
        self.check_pin(end)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.clients
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.clients.supported_verify_schemes()
    }
}

impl ClientCertVerifier for Verifier {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.clients.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.clients.verify_client_cert(end, chain, now)?;
        self.check_pin(end)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.clients
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.clients.supported_verify_schemes()
    }
}
