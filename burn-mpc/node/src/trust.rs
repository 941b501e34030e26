//! Whom a party accepts as its peers.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use burn_mpc_engine::Party;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::pem::{certificates, open, read};
use crate::{IdentityError, Pin};

/// Which certificates stand for the three parties: those below a private authority whose key has the party's pin. The
/// three operators hold the same one.
#[derive(Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    pins: [Pin; 3],
}

impl Trust {
    /// Reads the authority's certificates from PEM. `pins` are those of the parties, in their order.
    ///
    /// # Errors
    /// [`IdentityError::NoAuthority`], [`IdentityError::BadPem`], [`IdentityError::BadCertificate`];
    /// [`IdentityError::SharedPin`] if two parties have one key.
    pub fn from_pem(authority: &[u8], pins: [Pin; 3]) -> Result<Self, IdentityError> {
        for party in Party::ALL {
            let other = party.next();
            if pins[party.index()] == pins[other.index()] {
                return Err(IdentityError::SharedPin { party, other });
            }
        }
        let mut roots = RootCertStore::empty();
        for certificate in certificates(authority)? {
            roots
                .add(certificate)
                .map_err(|error| IdentityError::BadCertificate {
                    detail: error.to_string(),
                })?;
        }
        if roots.is_empty() {
            return Err(IdentityError::NoAuthority);
        }
        Ok(Self {
            roots: Arc::new(roots),
            pins,
        })
    }

    /// The same from a file.
    ///
    /// # Errors
    /// [`IdentityError::Read`], and those of [`Self::from_pem`].
    pub fn from_file(authority: &Path, pins: [Pin; 3]) -> Result<Self, IdentityError> {
        Self::from_pem(&read(authority, open(authority)?)?, pins)
    }

    pub(crate) fn pin_of(certificate: &CertificateDer<'_>) -> Result<Pin, IdentityError> {
        Pin::of(certificate).ok_or_else(|| IdentityError::BadCertificate {
            detail: "its public key cannot be read".to_owned(),
        })
    }

    /// The party that a certificate's key stands for.
    pub(crate) fn party_of(
        &self,
        certificate: &CertificateDer<'_>,
    ) -> Result<Option<Party>, IdentityError> {
        let pin = Self::pin_of(certificate)?;
        let has = |party: &Party| self.pins[party.index()] == pin;
        Ok(Party::ALL.into_iter().find(has))
    }

    pub(crate) fn pins(&self) -> &[Pin; 3] {
        &self.pins
    }

    pub(crate) fn roots(&self) -> &Arc<RootCertStore> {
        &self.roots
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("pins", &self.pins)
            .finish_non_exhaustive()
    }
}
