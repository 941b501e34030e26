//! Expansion of a seed that travels in a message.

use aes::{Aes128Enc, Block};
use cipher::{BlockCipherEncrypt, KeyInit};
use zeroize::Zeroizing;

use crate::Ring;

/// Blocks that are encrypted at once.
const BATCH: usize = 16;

/// Fills `out` with the AES-128-CTR keystream under `seed` from counter 0 on.
///
/// A seed serves one expansion. Expanding it for a second message would use the same pad twice.
pub fn expand<R: Ring>(seed: [u64; 2], out: &mut [R]) {
    let mut key = Zeroizing::new([0; 16]);
    key[..8].copy_from_slice(&seed[0].to_le_bytes());
    key[8..].copy_from_slice(&seed[1].to_le_bytes());
    let cipher = Aes128Enc::new((&*key).into());
    let per_batch = BATCH * 16 / R::BYTES;
    let mut counter = 0_u128;
    for words in out.chunks_mut(per_batch) {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(words);
        let mut blocks = [Block::default(); BATCH];
        let used = bytes.len().div_ceil(16);
        for block in &mut blocks[..used] {
            *block = counter.to_le_bytes().into();
            counter += 1;
        }
        cipher.encrypt_blocks(&mut blocks[..used]);
        for (bytes, block) in bytes.chunks_mut(16).zip(&blocks) {
            bytes.copy_from_slice(&block[..bytes.len()]);
        }
    }
    if R::BITS as usize != 8 * R::BYTES {
        for word in out {
            *word = word.canonical();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::ring::{Ring, Z32, Z64};

    #[test]
    fn expansion_is_a_prefix_of_longer_expansions_and_differs_by_seed() {
        let of = |seed, len| {
            let mut out = vec![Z64::ZERO; len];
            expand(seed, &mut out);
            out
        };
        let long = of([1, 2], 1000);
        for len in [0, 1, 2, 3, 31, 32, 33, 999] {
            assert_eq!(of([1, 2], len), long[..len]);
        }
        assert!(long.iter().zip(of([2, 1], 1000)).all(|(&x, y)| x != y));
        let mut narrow = vec![Z32::ZERO; 7];
        expand([1, 2], &mut narrow);
        assert_eq!(narrow[0].to_u64(), long[0].to_u64() & 0xffff_ffff);
    }

    /// FIPS 197, appendix C.1, has no counter mode; the zero key and block are in the AES known answer tests.
    #[test]
    fn the_first_block_is_aes_of_zero() {
        let mut out = [Z64::ZERO; 2];
        expand([0, 0], &mut out);
        let bytes: Vec<u8> = out.iter().flat_map(|x| x.to_u64().to_le_bytes()).collect();
        let expected = 0x66e9_4bd4_ef8a_2c3b_884c_fa59_ca34_2b2e_u128;
        assert_eq!(bytes, expected.to_be_bytes());
    }
}
