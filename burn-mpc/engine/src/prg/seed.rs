//! Seeds: secret bytes that erase themselves.
//!
//! Moving a value leaves its bytes behind in the old place. So secrets lie on the heap, where only their address moves,
//! and the stack on which they were derived is overwritten.

use std::fmt;
use std::hint::black_box;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Secret bytes in their own heap block, which is erased before it is freed.
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

/// More stack than a key derivation uses.
const STACK_BYTES: usize = 32 << 10;

/// Overwrites the stack below its caller, where functions that have returned worked on secrets.
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

    /// A key for the purpose `info`, for use outside of this folder.
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

#[cfg(test)]
mod tests {
    use hkdf::Hkdf;

    use super::{Seed, expand};

    fn bytes(hex: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    /// RFC 5869, test cases 1 to 3. The information is cut in two, as callers give it in parts.
    #[test]
    fn key_derivation_matches_rfc_5869() {
        let run = |range: std::ops::RangeInclusive<u8>| range.collect::<Vec<u8>>();
        let cases = [
            (
                vec![0x0b; 22],
                run(0..=0x0c),
                run(0xf0..=0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                run(0..=0x4f),
                run(0x60..=0xaf),
                run(0xb0..=0xff),
                concat!(
                    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
                    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71",
                    "cc30c58179ec3e87c14c01d5c1f3434f1d87"
                ),
            ),
            (
                vec![0x0b; 22],
                vec![],
                vec![],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ];
        for (material, salt, info, expected) in cases {
            let mut output = vec![0; expected.len() / 2];
            let (front, back) = info.split_at(info.len() / 3);
            expand(
                &Hkdf::new(Some(&salt), &material),
                &[front, back],
                &mut output,
            );
            assert_eq!(output, bytes(expected));
        }
    }

    /// The third case has no salt and no information: it is a seed of this material.
    #[test]
    fn a_seed_without_a_purpose_matches_rfc_5869() {
        let seed = Seed::derive(&[0x0b; 22], &[]);
        let expected = bytes("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
        assert_eq!(seed.0.bytes().as_slice(), expected);
        let stream_key = seed.stream_key();
        let purpose = seed.purpose_key(&[b"burn-mpc/v1/stream/aes-128-ctr"]);
        assert_eq!(stream_key.bytes().as_slice(), &purpose[..16]);
    }
}
