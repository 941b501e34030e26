//! Tiles for AVX-512.

pub(super) mod word64 {
    use core::arch::x86_64::{
        __m512i, _mm512_add_epi64, _mm512_loadu_si512, _mm512_mullo_epi64, _mm512_set1_epi64,
        _mm512_setzero_si512, _mm512_storeu_si512,
    };

    type Word = u64;
    const LANES: usize = 8;

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn zero() -> __m512i {
        _mm512_setzero_si512()
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn splat(word: u64) -> __m512i {
        _mm512_set1_epi64(word.cast_signed())
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn load(words: &[u64; LANES]) -> __m512i {
        // SAFETY: reads the 64 bytes of `words`; the load needs no alignment.
        unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn accumulate(sum: __m512i, left: __m512i, right: __m512i) -> __m512i {
        _mm512_add_epi64(sum, _mm512_mullo_epi64(left, right))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn store(sum: __m512i, words: &mut [u64; LANES]) {
        // SAFETY: writes the 64 bytes of `words`; the store needs no alignment.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), sum) }
    }

    super::super::tile::tile_kernels!("avx512f,avx512dq", [1, 2, 3, 4]);
}

pub(super) mod word32 {
    use core::arch::x86_64::{
        __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_mullo_epi32, _mm512_set1_epi32,
        _mm512_setzero_si512, _mm512_storeu_si512,
    };

    type Word = u32;
    const LANES: usize = 16;

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn zero() -> __m512i {
        _mm512_setzero_si512()
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn splat(word: u32) -> __m512i {
        _mm512_set1_epi32(word.cast_signed())
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn load(words: &[u32; LANES]) -> __m512i {
        // SAFETY: reads the 64 bytes of `words`; the load needs no alignment.
        unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn accumulate(sum: __m512i, left: __m512i, right: __m512i) -> __m512i {
        _mm512_add_epi32(sum, _mm512_mullo_epi32(left, right))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn store(sum: __m512i, words: &mut [u32; LANES]) {
        // SAFETY: writes the 64 bytes of `words`; the store needs no alignment.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), sum) }
    }

    super::super::tile::tile_kernels!("avx512f,avx512dq", [1, 2, 3, 4]);
}
