//! Words of `Z_2^k`: 64 and 32 bits for use, 2, 3, 4 and 6 bits for tests.

use core::fmt::Debug;
use core::ops::{Add, AddAssign, BitAnd, BitXor, Mul, Neg, Sub, SubAssign};

use bytemuck::Pod;

#[cfg(not(target_endian = "little"))]
compile_error!("ring words travel as little-endian memory; port `ring::word` before building here");

/// An element of `Z_2^k`. All arithmetic wraps modulo `2^k`.
///
/// Values are kept canonical: bits at and above `k` are zero.
pub trait Ring:
    Pod
    + Debug
    + Default
    + Eq
    + Send
    + Sync
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + SubAssign
    + Mul<Output = Self>
    + Neg<Output = Self>
    + BitAnd<Output = Self>
    + BitXor<Output = Self>
{
    /// `k`, the number of bits of a word.
    const BITS: u32;
    /// Bytes of a word in memory and on the wire.
    const BYTES: usize = size_of::<Self>();
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// `value mod 2^k`.
    fn from_u64(value: u64) -> Self;
    /// The representative in `[0, 2^k)`.
    fn to_u64(self) -> u64;
    /// `value mod 2^k` of a signed value.
    #[inline(always)]
    fn from_i64(value: i64) -> Self {
        #[expect(clippy::cast_sign_loss, reason = "two's complement is the encoding")]
        Self::from_u64(value as u64)
    }
    /// The representative in `[-2^(k-1), 2^(k-1))`.
    #[inline(always)]
    fn to_i64(self) -> i64 {
        let unused = 64 - Self::BITS;
        #[expect(
            clippy::cast_possible_wrap,
            reason = "two's complement is the encoding"
        )]
        let shifted = (self.to_u64() << unused) as i64;
        shifted >> unused
    }
    /// Left shift; zero for `count >= k`.
    fn shl(self, count: u32) -> Self;
    /// Logical right shift; zero for `count >= k`.
    fn shr(self, count: u32) -> Self;
    /// Arithmetic right shift of the signed representative, `count < k`.
    #[inline(always)]
    fn sar(self, count: u32) -> Self {
        Self::from_i64(self.to_i64() >> count)
    }
    /// The most significant bit, 0 or 1.
    #[inline(always)]
    fn msb(self) -> Self {
        self.shr(Self::BITS - 1)
    }
    /// Clears unused bits of a word that was filled with arbitrary bytes.
    fn canonical(self) -> Self;
}

macro_rules! ring_word {
    ($(#[$doc:meta])* $name:ident, $word:ty, $bits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
        #[repr(transparent)]
        pub struct $name($word);

        impl $name {
            const MASK: $word = <$word>::MAX >> (<$word>::BITS - $bits);
        }
        #[allow(clippy::suspicious_arithmetic_impl, reason = "the mask reduces modulo `2^k`")]
        impl Add for $name {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self { Self(self.0.wrapping_add(other.0) & Self::MASK) }
        }
        impl AddAssign for $name {
            #[inline(always)]
            fn add_assign(&mut self, other: Self) { *self = *self + other; }
        }
        #[allow(clippy::suspicious_arithmetic_impl, reason = "the mask reduces modulo `2^k`")]
        impl Sub for $name {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self { Self(self.0.wrapping_sub(other.0) & Self::MASK) }
        }
        impl SubAssign for $name {
            #[inline(always)]
            fn sub_assign(&mut self, other: Self) { *self = *self - other; }
        }
        #[allow(clippy::suspicious_arithmetic_impl, reason = "the mask reduces modulo `2^k`")]
        impl Mul for $name {
            type Output = Self;
            #[inline(always)]
            fn mul(self, other: Self) -> Self { Self(self.0.wrapping_mul(other.0) & Self::MASK) }
        }
        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self { Self(self.0.wrapping_neg() & Self::MASK) }
        }
        impl BitAnd for $name {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self { Self(self.0 & other.0) }
        }
        impl BitXor for $name {
            type Output = Self;
            #[inline(always)]
            fn bitxor(self, other: Self) -> Self { Self(self.0 ^ other.0) }
        }
        impl Ring for $name {
            const BITS: u32 = $bits;
            const ZERO: Self = Self(0);
            const ONE: Self = Self(1);
            #[inline(always)]
            #[allow(clippy::cast_possible_truncation, reason = "reduction modulo 2^k is the purpose")]
            fn from_u64(value: u64) -> Self { Self(value as $word & Self::MASK) }
            #[inline(always)]
            #[allow(clippy::cast_lossless, reason = "one macro for all widths")]
            fn to_u64(self) -> u64 { self.0 as u64 }
            #[inline(always)]
            fn shl(self, count: u32) -> Self {
                Self(self.0.checked_shl(count).unwrap_or(0) & Self::MASK)
            }
            #[inline(always)]
            fn shr(self, count: u32) -> Self { Self(self.0.checked_shr(count).unwrap_or(0)) }
            #[inline(always)]
            fn canonical(self) -> Self { Self(self.0 & Self::MASK) }
        }
    };
}

ring_word!(
    /// A word of `Z_2^64`: exact mode.
    Z64,
    u64,
    64
);
ring_word!(
    /// A word of `Z_2^32`: half the bytes, less headroom.
    Z32,
    u32,
    32
);
#[cfg(any(test, feature = "testkit"))]
ring_word!(
    /// A word of `Z_2^4`, for statistical leak tests only: small enough to count every view.
    Z4,
    u8,
    4
);
#[cfg(test)]
ring_word!(
    /// A word of `Z_2^2`, for tests only: the smallest that has signs.
    Z2,
    u8,
    2
);
#[cfg(test)]
ring_word!(
    /// A word of `Z_2^3`, for tests only: the smallest on which values can be truncated.
    Z3,
    u8,
    3
);
#[cfg(test)]
ring_word!(
    /// A word of `Z_2^6`, for tests only: the smallest on which signs have a carry tree.
    Z6,
    u8,
    6
);

#[cfg(test)]
mod tests {
    use super::{Ring, Z2, Z3, Z4, Z6, Z32, Z64};

    fn shifts_agree_with_division<R: Ring>() {
        let half = 1_i64 << (R::BITS - 2).min(61);
        let values = [-half, -half + 1, -3, -1, 0, 1, 2, half - 1];
        for value in values
            .into_iter()
            .filter(|value| (-2 * half..2 * half).contains(value))
        {
            assert_eq!(R::from_i64(value).to_i64(), value);
            for count in 0..R::BITS - 1 {
                assert_eq!(R::from_i64(value).sar(count).to_i64(), value >> count);
            }
            assert_eq!(R::from_i64(value).msb() == R::ONE, value < 0);
            assert_eq!((R::from_i64(value) + -R::from_i64(value)), R::ZERO);
        }
        assert_eq!(R::ONE.shl(R::BITS), R::ZERO);
        assert_eq!(R::ONE.shr(R::BITS), R::ZERO);
    }

    #[test]
    fn signed_shift_floors_on_every_ring() {
        shifts_agree_with_division::<Z64>();
        shifts_agree_with_division::<Z32>();
        shifts_agree_with_division::<Z6>();
        shifts_agree_with_division::<Z4>();
        shifts_agree_with_division::<Z3>();
        shifts_agree_with_division::<Z2>();
    }
}
