//! Seeds: secret bytes that erase themselves.
//!
//! Moving a value leaves its bytes behind in the old place. So secrets lie on the heap, where only their address moves,
//! and the stack on which they were derived is written over.

use std::fmt;
use std::hint::black_box;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Secret bytes in a block of their own, which is erased before it is freed.
pub(super) struct Erased<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Erased<N> {
    /// Zeros, to be filled in place.
    pub(super) fn zeros() -> Self {
        Self(Box::new([0; N]))
    }

    pub(super) fn bytes(&self) -> &[u8; N] {
        &self.0
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Zeroize for Erased<N> {
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl<const N: usize> Drop for Erased<N> {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for Erased<N> {}

/// More than the frames of a key derivation.
const STACK_BYTES: usize = 32 << 10;

/// Writes over the stack below its caller, where functions that have returned worked on secrets.
#[inline(never)]
pub(super) fn erase_stack() {
    let mut stack = [0_u8; STACK_BYTES];
    black_box(&mut stack).zeroize();
}

/// A pair key. It cannot be copied, compared, printed or read outside of this folder.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Seed(Erased<32>);

impl Seed {
    /// A seed derived from secret `material` for the purpose `info`.
    pub(super) fn derive(material: &[u8], info: &[&[u8]]) -> Self {
        let mut seed = Self(Erased::zeros());
        expand(&Hkdf::new(None, material), info, seed.0.bytes_mut());
        seed
    }

    /// The AES-128 key of this seed's streams.
    pub(super) fn stream_key(&self) -> Erased<16> {
        let mut key = Erased::zeros();
        let info: [&[u8]; 1] = [b"burn-mpc/v1/stream/aes-128-ctr"];
        expand(&Hkdf::new(None, self.0.bytes()), &info, key.bytes_mut());
        key
    }

    /// A key of the purpose `info`, for use outside of this folder.
    pub(super) fn purpose_key(&self, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        expand(&Hkdf::new(None, self.0.bytes()), info, &mut key[..]);
        key
    }

    #[cfg(test)]
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        *blake3::hash(self.0.bytes()).as_bytes()
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

/// The two keys of party `i`.
#[derive(Debug, Zeroize, ZeroizeOnDrop)]
pub struct PairKeys {
    /// `K_i`, shared with `P_{i-1}`.
    pub own: Seed,
    /// `K_{i+1}`, shared with `P_{i+1}`.
    pub next: Seed,
}
