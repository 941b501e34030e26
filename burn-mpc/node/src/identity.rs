//! Who a party is: its certificate, its key, and how it proves and demands both.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use burn_mpc_engine::Party;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};

use crate::pem::{certificates, check_mode, open, read, signing_key};
use crate::verify::Verifier;
use crate::{IdentityError, Trust};

/// The protocol that both ends must name in their TLS hellos.
pub(crate) const ALPN: &[u8] = b"burn-mpc/1";

/// A party's certificate and key, with whom it trusts. Verification of peers is part of it and cannot be left out.
#[derive(Clone)]
pub struct Identity {
    party: Party,
    trust: Trust,
    accepting: Arc<ServerConfig>,
    /// By the peer that is expected to answer; none for the party itself.
    dialling: [Option<Arc<ClientConfig>>; 3],
}

impl Identity {
    /// Reads the chain of certificates, the party's own first, and the private key from PEM. The caller erases `key`.
    ///
    /// # Errors
    /// [`IdentityError`] if something is missing or cannot be read, if the key is not the certificate's, if the
    /// certificate is not the one that `trust` has for this party, or if it is not valid today.
    pub fn from_pem(
        party: Party,
        chain: &[u8],
        key: &[u8],
        trust: &Trust,
    ) -> Result<Self, IdentityError> {
        let chain = certificates(chain)?;
        let own = chain.first().ok_or(IdentityError::NoCertificate)?;
        let (found, expected) = (Trust::pin_of(own)?, trust.pins()[party.index()]);
        if found != expected {
            return Err(IdentityError::OwnPin {
                party,
                found,
                expected,
            });
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(party, trust, &[])?;
        verifier.check_own(own, &chain[1..])?;

        let certified = CertifiedKey::new(chain, signing_key(key)?);
        certified
            .keys_match()
            .map_err(|_| IdentityError::KeyMismatch { party })?;
        let certified = Arc::new(SingleCertAndKey::from(certified));

        let above: Vec<Party> = Party::ALL.into_iter().filter(|&p| p > party).collect();
        let accepting = accepting(&provider, Verifier::new(party, trust, &above)?, &certified)?;
        let mut dialling = [None, None, None];
        for peer in Party::ALL.into_iter().filter(|&peer| peer != party) {
            let verifier = Verifier::new(party, trust, &[peer])?;
            dialling[peer.index()] = Some(self::dialling(&provider, verifier, &certified)?);
        }
        Ok(Self {
            party,
            trust: trust.clone(),
            accepting,
            dialling,
        })
    }

    /// The same from files. Only the owner may read the key's file.
    ///
    /// # Errors
    /// [`IdentityError::Read`], [`IdentityError::KeyMode`], and those of [`Self::from_pem`].
    pub fn from_files(
        party: Party,
        chain: &Path,
        key: &Path,
        trust: &Trust,
    ) -> Result<Self, IdentityError> {
        let chain = read(chain, open(chain)?)?;
        let file = open(key)?;
        check_mode(key, &file)?;
        let key = read(key, file)?;
        Self::from_pem(party, &chain, &key, trust)
    }

    /// Whose identity this is.
    #[must_use]
    pub const fn party(&self) -> Party {
        self.party
    }

    /// The party that a certificate of a finished handshake stands for.
    pub(crate) fn party_of(&self, certificate: &CertificateDer<'_>) -> Option<Party> {
        self.trust.party_of(certificate).ok()?
    }

    pub(crate) fn accepting(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.accepting)
    }

    pub(crate) fn dialling(&self, peer: Party) -> Option<Arc<ClientConfig>> {
        self.dialling[peer.index()].clone()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("party", &self.party)
            .field("trust", &self.trust)
            .finish_non_exhaustive()
    }
}

/// Every connection shows certificates anew: no tickets, no resumption, no early data.
fn accepting(
    provider: &Arc<CryptoProvider>,
    verifier: Verifier,
    certified: &Arc<SingleCertAndKey>,
) -> Result<Arc<ServerConfig>, IdentityError> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])
        .map_err(library)?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::<SingleCertAndKey>::clone(certified));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

fn dialling(
    provider: &Arc<CryptoProvider>,
    verifier: Verifier,
    certified: &Arc<SingleCertAndKey>,
) -> Result<Arc<ClientConfig>, IdentityError> {
    // `dangerous` is rustls' name for any verifier of one's own. Ours checks the chain, as rustls' does, and the pin
    // instead of the name.
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&TLS13])
        .map_err(library)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::<SingleCertAndKey>::clone(certified));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    config.enable_early_data = false;
    Ok(Arc::new(config))
}

fn library(error: rustls::Error) -> IdentityError {
    IdentityError::Library {
        detail: error.to_string(),
    }
}
