//! Certificates and keys, from PEM and from files.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::{Zeroize, Zeroizing};

use crate::IdentityError;

/// Longest file that is read.
const MAX_FILE_BYTES: u64 = 1 << 20;

pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| IdentityError::BadPem)
}

pub(crate) fn signing_key(pem: &[u8]) -> Result<Arc<dyn rustls::sign::SigningKey>, IdentityError> {
    let mut key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| IdentityError::NoKey)?;
    // The library's own copy lives as long as the identity.
    let signing = ring::sign::any_supported_type(&key);
    key.zeroize();
    signing.map_err(|_| IdentityError::NoKey)
}

pub(crate) fn open(path: &Path) -> Result<File, IdentityError> {
    File::open(path).map_err(|error| unreadable(path, &error.to_string()))
}

fn unreadable(path: &Path, detail: &str) -> IdentityError {
    IdentityError::Read {
        path: path.display().to_string(),
        detail: detail.to_owned(),
    }
}

/// Reads a whole file into memory that is erased afterwards.
pub(crate) fn read(path: &Path, file: File) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    let described = file.metadata();
    let described = described.map_err(|error| unreadable(path, &error.to_string()))?;
    if !described.is_file() || described.len() > MAX_FILE_BYTES {
        return Err(unreadable(path, "not a file of at most 1 MiB"));
    }
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(described.len() as usize + 1));
    file.take(described.len())
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error.to_string()))?;
    Ok(bytes)
}

/// Refuses a key's file that others than its owner may use.
#[cfg(unix)]
pub(crate) fn check_mode(path: &Path, file: &File) -> Result<(), IdentityError> {
    use std::os::unix::fs::MetadataExt;
    let described = file
        .metadata()
        .map_err(|error| unreadable(path, &error.to_string()))?;
    let mode = described.mode() & 0o777;
    if mode == 0o600 {
        return Ok(());
    }
    Err(IdentityError::KeyMode {
        path: path.display().to_string(),
        mode,
    })
}

#[cfg(not(unix))]
pub(crate) fn check_mode(_: &Path, _: &File) -> Result<(), IdentityError> {
    Ok(())
}
