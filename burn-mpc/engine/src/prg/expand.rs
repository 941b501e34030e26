//! Expansion of seeds that travel in a message.

use aes::{Aes128Enc, Block};
use cipher::{BlockCipherEncrypt, KeyInit};

use crate::Ring;

/// Bytes of a block.
const BLOCK: usize = 16;

/// Expands seeds with one public permutation, which serves all seeds of a session.
///
/// Block `i` of seed `s` is `p(s + i) + s + i`, where `p` is AES-128 under a public key and `+` is xor. If `p` is a
/// random permutation, the blocks of independent uniform seeds cannot be told from uniform ones without the seeds: with
/// `m` blocks and `q` calls of `p` or its inverse the advantage is at most about `m (m + q) / 2^128`.
///
/// A seed serves one expansion. Expanding it for a second message would use the same pad twice.
pub struct Expander {
    cipher: Aes128Enc,
    inputs: Vec<[u64; 2]>,
    outputs: Vec<[u64; 2]>,
}

impl Expander {
    /// An expander of the permutation that a public key names.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self {
            cipher: Aes128Enc::new((&key).into()),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Words that one seed gives at least when `words` are needed: whole blocks.
    #[must_use]
    pub fn stride<R: Ring>(words: usize) -> usize {
        (words * R::BYTES).div_ceil(BLOCK) * BLOCK / R::BYTES
    }

    /// [`Self::stride`] words for each seed, one seed after the other, of which `words` are needed.
    ///
    /// Words of a ring that does not fill its bytes are not canonical.
    #[must_use]
    pub fn expand<R: Ring>(&mut self, seeds: &[u64], words: usize) -> &[R] {
        let blocks = (words * R::BYTES).div_ceil(BLOCK) as u64;
        let (seeds, _) = seeds.as_chunks::<2>();
        self.inputs.clear();
        for &[low, high] in seeds {
            self.inputs.extend((0..blocks).map(|i| [low ^ i, high]));
        }
        self.outputs.clone_from(&self.inputs);
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.outputs);
        let (whole, _) = Block::slice_as_chunks_mut(bytes);
        self.cipher.encrypt_blocks(whole);
        for (out, input) in self.outputs.iter_mut().zip(&self.inputs) {
            out[0] ^= input[0];
            out[1] ^= input[1];
        }
        bytemuck::cast_slice(&self.outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::Expander;
    use crate::ring::{Ring, Z32, Z64};

    #[test]
    fn expansion_is_a_prefix_of_longer_expansions_and_differs_by_seed_and_key() {
        let mut expander = Expander::new([7; 16]);
        let long = expander.expand::<Z64>(&[1, 2], 1000).to_vec();
        for len in [0, 1, 2, 3, 31, 32, 33, 999] {
            let stride = Expander::stride::<Z64>(len);
            assert_eq!(stride, len.next_multiple_of(2));
            let both = expander.expand::<Z64>(&[1, 2, 2, 1], len).to_vec();
            assert_eq!(both.len(), 2 * stride);
            assert_eq!(both[..stride], long[..stride]);
            assert!(both[stride..].iter().zip(&long).all(|(x, y)| x != y));
        }
        let other = Expander::new([8; 16]).expand::<Z64>(&[1, 2], 1000).to_vec();
        assert!(other.iter().zip(&long).all(|(x, y)| x != y));
        let narrow = expander.expand::<Z32>(&[1, 2], 7);
        assert_eq!(narrow.len(), 8);
        assert_eq!(narrow[0].to_u64(), long[0].to_u64() & 0xffff_ffff);
    }

    /// AES of the zero block under the zero key is in the AES known answer tests.
    #[test]
    fn the_first_block_of_zero_is_aes_of_zero() {
        let mut expander = Expander::new([0; 16]);
        let out = expander.expand::<Z64>(&[0, 0], 4);
        let bytes: Vec<u8> = out[..2]
            .iter()
            .flat_map(|x| x.to_u64().to_le_bytes())
            .collect();
        let expected = 0x66e9_4bd4_ef8a_2c3b_884c_fa59_ca34_2b2e_u128;
        assert_eq!(bytes, expected.to_be_bytes());
    }

    #[test]
    fn a_block_is_a_function_of_the_seed_xor_its_number() {
        let mut expander = Expander::new([3; 16]);
        let second = expander.expand::<Z64>(&[5, 9], 4)[2..].to_vec();
        let first = expander.expand::<Z64>(&[5 ^ 1, 9], 2).to_vec();
        assert_eq!(second, first);
    }
}
