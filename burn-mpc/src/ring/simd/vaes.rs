//! AES-128 in counter mode, four blocks to a vector, for the keystreams of `prg`.
//!
//! The crate `aes` has the same instructions but loads and stores its blocks through calls; this kernel keeps
//! counters and blocks in registers. It leaves what is no whole batch to that crate.

use core::arch::x86_64::{
    __m128i, __m512i, _mm_aeskeygenassist_si128, _mm_loadu_si128, _mm_shuffle_epi32,
    _mm_slli_si128, _mm_storeu_si128, _mm_xor_si128, _mm512_add_epi64, _mm512_aesenc_epi128,
    _mm512_aesenclast_epi128, _mm512_broadcast_i32x4, _mm512_set_epi64, _mm512_storeu_si512,
    _mm512_xor_si512,
};

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Isa;

const ROUND_KEYS: usize = 11;
/// Vectors in flight: enough to hide the latency of a round.
const VECTORS: usize = 8;
const VECTOR_BYTES: usize = 64;

/// Bytes of a batch.
const BATCH: usize = VECTORS * VECTOR_BYTES;

/// An expanded key. It erases itself.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct WideAes {
    keys: [[u8; 16]; ROUND_KEYS],
}

impl WideAes {
    /// Expands a key; `None` where the processor lacks the instructions or is not to use them.
    pub(crate) fn new(key: &[u8; 16]) -> Option<Self> {
        let present = is_x86_feature_detected!("aes")
            && is_x86_feature_detected!("vaes")
            && is_x86_feature_detected!("avx512f");
        if !present || Isa::detect().name() != "avx512" {
            return None;
        }
        let mut wide = Self {
            keys: [[0; 16]; ROUND_KEYS],
        };
        // SAFETY: `aes` is present.
        unsafe { expand(key, &mut wide.keys) }
        Some(wide)
    }

    /// Fills whole batches at the beginning of `buffer` with the encryption of the blocks `(low, high)`,
    /// `(low + 1, high)` and so on, both halves little-endian; returns the number of bytes filled.
    pub(crate) fn fill(&self, low: u64, high: u64, buffer: &mut [u8]) -> usize {
        let (batches, _) = buffer.as_chunks_mut::<BATCH>();
        // SAFETY: a value exists only where `vaes` and `avx512f` are present.
        unsafe { fill(&self.keys, low, high, batches) }
        batches.len() * BATCH
    }
}

/// The key schedule of FIPS 197.
#[target_feature(enable = "aes,sse2")]
fn expand(key: &[u8; 16], keys: &mut [[u8; 16]; ROUND_KEYS]) {
    let mut words = load(key);
    store(words, &mut keys[0]);
    macro_rules! round {
        ($($index:literal: $constant:literal),+) => {
            $(
                let assist = _mm_shuffle_epi32::<0xff>(_mm_aeskeygenassist_si128::<$constant>(words));
                words = _mm_xor_si128(words, _mm_slli_si128::<4>(words));
                words = _mm_xor_si128(words, _mm_slli_si128::<8>(words));
                words = _mm_xor_si128(words, assist);
                store(words, &mut keys[$index]);
            )+
        };
    }
    round!(
        1: 0x01, 2: 0x02, 3: 0x04, 4: 0x08, 5: 0x10, 6: 0x20, 7: 0x40, 8: 0x80, 9: 0x1b, 10: 0x36
    );
}

#[inline]
#[target_feature(enable = "sse2")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: reads the 16 bytes of `bytes`; the load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn store(words: __m128i, bytes: &mut [u8; 16]) {
    // SAFETY: writes the 16 bytes of `bytes`; the store needs no alignment.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), words) }
}

#[target_feature(enable = "avx512f,vaes")]
fn fill(keys: &[[u8; 16]; ROUND_KEYS], low: u64, high: u64, batches: &mut [[u8; BATCH]]) {
    let mut wide = [_mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, 0); ROUND_KEYS];
    for (wide, key) in wide.iter_mut().zip(keys) {
        *wide = _mm512_broadcast_i32x4(load(key));
    }
    let (at, high) = (low.cast_signed(), high.cast_signed());
    let mut counters: __m512i = _mm512_set_epi64(
        high,
        at.wrapping_add(3),
        high,
        at.wrapping_add(2),
        high,
        at.wrapping_add(1),
        high,
        at,
    );
    let step = _mm512_set_epi64(0, 4, 0, 4, 0, 4, 0, 4);
    for batch in batches {
        let mut blocks = [counters; VECTORS];
        for block in &mut blocks {
            *block = _mm512_xor_si512(counters, wide[0]);
            counters = _mm512_add_epi64(counters, step);
        }
        for key in &wide[1..ROUND_KEYS - 1] {
            for block in &mut blocks {
                *block = _mm512_aesenc_epi128(*block, *key);
            }
        }
        let (targets, _) = batch.as_chunks_mut::<VECTOR_BYTES>();
        for (block, target) in blocks.into_iter().zip(targets) {
            let block = _mm512_aesenclast_epi128(block, wide[ROUND_KEYS - 1]);
            // SAFETY: writes the 64 bytes of `target`; the store needs no alignment.
            unsafe { _mm512_storeu_si512(target.as_mut_ptr().cast(), block) }
        }
    }
}
