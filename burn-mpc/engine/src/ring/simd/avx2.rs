//! Tiles for AVX2.

pub(super) mod word64 {
    use core::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_add_epi64, _mm256_loadu_si256, _mm256_mul_epu32,
        _mm256_mullo_epi32, _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_shuffle_epi32,
        _mm256_slli_epi64, _mm256_storeu_si256,
    };

    type Word = u64;
    const LANES: usize = 4;

    /// There is no 64-bit product: sums of the products of low halves, and of the cross products
    /// modulo `2^32`, one in each half.
    #[derive(Clone, Copy)]
    struct Sums {
        low: __m256i,
        cross: __m256i,
    }

    /// A vector and the same with the halves of its words exchanged.
    #[derive(Clone, Copy)]
    struct Right {
        words: __m256i,
        exchanged: __m256i,
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn zero() -> Sums {
        Sums {
            low: _mm256_setzero_si256(),
            cross: _mm256_setzero_si256(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn splat(word: u64) -> __m256i {
        _mm256_set1_epi64x(word.cast_signed())
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(words: &[u64; LANES]) -> Right {
        // SAFETY: reads the 32 bytes of `words`; the load needs no alignment.
        let words = unsafe { _mm256_loadu_si256(words.as_ptr().cast()) };
        Right {
            words,
            exchanged: _mm256_shuffle_epi32::<0b10_11_00_01>(words),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn accumulate(sums: Sums, left: __m256i, right: Right) -> Sums {
        Sums {
            low: _mm256_add_epi64(sums.low, _mm256_mul_epu32(left, right.words)),
            cross: _mm256_add_epi32(sums.cross, _mm256_mullo_epi32(left, right.exchanged)),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store(sums: Sums, words: &mut [u64; LANES]) {
        let exchanged = _mm256_shuffle_epi32::<0b10_11_00_01>(sums.cross);
        let cross = _mm256_slli_epi64::<32>(_mm256_add_epi32(sums.cross, exchanged));
        let sum = _mm256_add_epi64(sums.low, cross);
        // SAFETY: writes the 32 bytes of `words`; the store needs no alignment.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), sum) }
    }

    super::super::tile::tile_kernels!("avx2", [1]);
}

pub(super) mod word32 {
    use core::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_mullo_epi32, _mm256_set1_epi32,
        _mm256_setzero_si256, _mm256_storeu_si256,
    };

    type Word = u32;
    const LANES: usize = 8;

    #[inline]
    #[target_feature(enable = "avx2")]
    fn zero() -> __m256i {
        _mm256_setzero_si256()
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn splat(word: u32) -> __m256i {
        _mm256_set1_epi32(word.cast_signed())
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(words: &[u32; LANES]) -> __m256i {
        // SAFETY: reads the 32 bytes of `words`; the load needs no alignment.
        unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn accumulate(sum: __m256i, left: __m256i, right: __m256i) -> __m256i {
        _mm256_add_epi32(sum, _mm256_mullo_epi32(left, right))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store(sum: __m256i, words: &mut [u32; LANES]) {
        // SAFETY: writes the 32 bytes of `words`; the store needs no alignment.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), sum) }
    }

    super::super::tile::tile_kernels!("avx2", [1, 2]);
}
