//! Tiles for NEON.

pub(super) mod word64 {
    use core::arch::aarch64::{
        uint32x2_t, uint64x2_t, vadd_u32, vaddq_u64, vdup_n_u32, vdupq_n_u64, vld1q_u64, vmla_u32,
        vmlal_u32, vmovl_u32, vmovn_u64, vshlq_n_u64, vshrn_n_u64, vst1q_u64,
    };

    type Word = u64;
    const LANES: usize = 2;

    /// There is no 64-bit product: sums of the products of low halves, and of the cross products
    /// modulo `2^32`.
    #[derive(Clone, Copy)]
    struct Sums {
        low: uint64x2_t,
        cross: [uint32x2_t; 2],
    }

    /// The halves of words.
    #[derive(Clone, Copy)]
    struct Halves {
        low: uint32x2_t,
        high: uint32x2_t,
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn zero() -> Sums {
        Sums {
            low: vdupq_n_u64(0),
            cross: [vdup_n_u32(0); 2],
        }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn splat(word: u64) -> Halves {
        Halves {
            low: vdup_n_u32((word & u64::from(u32::MAX)) as u32),
            high: vdup_n_u32((word >> 32) as u32),
        }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn load(words: &[u64; LANES]) -> Halves {
        // SAFETY: reads the 16 bytes of `words`.
        let words = unsafe { vld1q_u64(words.as_ptr()) };
        Halves {
            low: vmovn_u64(words),
            high: vshrn_n_u64::<32>(words),
        }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn accumulate(sums: Sums, left: Halves, right: Halves) -> Sums {
        Sums {
            low: vmlal_u32(sums.low, left.low, right.low),
            cross: [
                vmla_u32(sums.cross[0], left.low, right.high),
                vmla_u32(sums.cross[1], left.high, right.low),
            ],
        }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn store(sums: Sums, words: &mut [u64; LANES]) {
        let cross = vmovl_u32(vadd_u32(sums.cross[0], sums.cross[1]));
        let sum = vaddq_u64(sums.low, vshlq_n_u64::<32>(cross));
        // SAFETY: writes the 16 bytes of `words`.
        unsafe { vst1q_u64(words.as_mut_ptr(), sum) }
    }

    super::super::tile::tile_kernels!("neon", [1]);
}

pub(super) mod word32 {
    use core::arch::aarch64::{uint32x4_t, vdupq_n_u32, vld1q_u32, vmlaq_u32, vst1q_u32};

    type Word = u32;
    const LANES: usize = 4;

    #[inline]
    #[target_feature(enable = "neon")]
    fn zero() -> uint32x4_t {
        vdupq_n_u32(0)
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn splat(word: u32) -> uint32x4_t {
        vdupq_n_u32(word)
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn load(words: &[u32; LANES]) -> uint32x4_t {
        // SAFETY: reads the 16 bytes of `words`.
        unsafe { vld1q_u32(words.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn accumulate(sum: uint32x4_t, left: uint32x4_t, right: uint32x4_t) -> uint32x4_t {
        vmlaq_u32(sum, left, right)
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn store(sum: uint32x4_t, words: &mut [u32; LANES]) {
        // SAFETY: writes the 16 bytes of `words`.
        unsafe { vst1q_u32(words.as_mut_ptr(), sum) }
    }

    super::super::tile::tile_kernels!("neon", [1, 2, 3, 4]);
}
