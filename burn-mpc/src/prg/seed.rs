//! Seeds: 32 secret bytes that erase themselves.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A pair key. It cannot be copied, compared, printed or read outside of this folder.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed derived from secret `material` for the purpose `info`.
    pub(super) fn derive(material: &[u8], info: &[&[u8]]) -> Self {
        let mut seed = Self([0; 32]);
        expand(&Hkdf::new(None, material), info, &mut seed.0);
        seed
    }

    /// The AES-128 key of this seed's streams.
    pub(super) fn stream_key(&self) -> StreamKey {
        let mut key = StreamKey([0; 16]);
        let info: [&[u8]; 1] = [b"burn-mpc/v1/stream/aes-128-ctr"];
        expand(&Hkdf::new(None, &self.0), &info, &mut key.0);
        key
    }

    #[cfg(test)]
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        *blake3::hash(&self.0).as_bytes()
    }
}

fn expand(hkdf: &Hkdf<Sha256>, info: &[&[u8]], output: &mut [u8]) {
    // Cannot fail: HKDF-SHA256 gives up to 255 * 32 bytes, callers ask for at most 32.
    #[allow(clippy::expect_used)]
    hkdf.expand_multi_info(info, output)
        .expect("at most 32 bytes");
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seed").field(&"redacted").finish()
    }
}

/// A key derived from a [`Seed`].
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct StreamKey(pub(super) [u8; 16]);

/// The two keys of party `i`.
#[derive(Debug, Zeroize, ZeroizeOnDrop)]
pub struct PairKeys {
    /// `K_i`, shared with `P_{i-1}`.
    pub own: Seed,
    /// `K_{i+1}`, shared with `P_{i+1}`.
    pub next: Seed,
}
