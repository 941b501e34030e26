//! Elementwise operations on slices of equal length.

use super::Ring;
use super::simd::{Isa, Vectorised};

struct Map<'a, R, F>(&'a [R], F);
impl<R: Ring, F: Fn(R) -> R> Vectorised for Map<'_, R, F> {
    type Output = Vec<R>;
    #[inline(always)]
    fn run(self) -> Vec<R> {
        let Self(a, f) = self;
        a.iter().map(|&a| f(a)).collect()
    }
}

struct MapAssign<'a, R, F>(&'a mut [R], F);
impl<R: Ring, F: Fn(R) -> R> Vectorised for MapAssign<'_, R, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self(a, f) = self;
        for a in a {
            *a = f(*a);
        }
    }
}

struct Zip<'a, R, F>(&'a [R], &'a [R], F);
impl<R: Ring, F: Fn(R, R) -> R> Vectorised for Zip<'_, R, F> {
    type Output = Vec<R>;
    #[inline(always)]
    fn run(self) -> Vec<R> {
        let Self(a, b, f) = self;
        assert_eq!(a.len(), b.len(), "operands of one length");
        a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
    }
}

struct ZipAssign<'a, A, B, F>(&'a mut [A], &'a [B], F);
impl<A: Copy, B: Copy, F: Fn(A, B) -> A> Vectorised for ZipAssign<'_, A, B, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self(a, b, f) = self;
        assert_eq!(a.len(), b.len(), "operands of one length");
        for (a, &b) in a.iter_mut().zip(b) {
            *a = f(*a, b);
        }
    }
}

struct ZipMany<'a, R, F, const N: usize>(&'a mut [R], [&'a [R]; N], F);
impl<R: Ring, F: Fn(R, [R; N]) -> R, const N: usize> Vectorised for ZipMany<'_, R, F, N> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self(a, others, f) = self;
        let len = a.len();
        let others = others.map(|other| &other[..len]);
        for (i, a) in a.iter_mut().enumerate() {
            *a = f(*a, others.map(|other| other[i]));
        }
    }
}

struct ZipBits<'a, R, F, const N: usize>(&'a mut [R], &'a [R], [&'a [u64]; N], F);
impl<R: Ring, F: Fn(R, R, [R; N]) -> R, const N: usize> Vectorised for ZipBits<'_, R, F, N> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self(a, b, planes, f) = self;
        assert_eq!(a.len(), b.len(), "operands of one length");
        for plane in planes {
            assert_eq!(plane.len(), a.len().div_ceil(64), "a bit for each word");
        }
        let pairs = a.chunks_mut(64).zip(b.chunks(64));
        for (index, (a, b)) in pairs.enumerate() {
            let bits = planes.map(|plane| plane[index]);
            for (i, (a, &b)) in a.iter_mut().zip(b).enumerate() {
                *a = f(*a, b, bits.map(|bits| R::from_u64(bits >> i & 1)));
            }
        }
    }
}

struct MapBits<'a, R, F, const N: usize>(&'a mut [R], [&'a [u64]; N], F);
impl<R: Ring, F: Fn(R, [R; N]) -> R, const N: usize> Vectorised for MapBits<'_, R, F, N> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self(a, planes, f) = self;
        for plane in planes {
            assert_eq!(plane.len(), a.len().div_ceil(64), "a bit for each word");
        }
        for (index, a) in a.chunks_mut(64).enumerate() {
            let bits = planes.map(|plane| plane[index]);
            for (i, a) in a.iter_mut().enumerate() {
                *a = f(*a, bits.map(|bits| R::from_u64(bits >> i & 1)));
            }
        }
    }
}

struct MulRss<'a, R>([&'a [R]; 4]);
impl<R: Ring> Vectorised for MulRss<'_, R> {
    type Output = Vec<R>;
    #[inline(always)]
    fn run(self) -> Vec<R> {
        let [x0, x1, y0, y1] = self.0;
        let len = x0.len();
        assert!(
            x1.len() == len && y0.len() == len && y1.len() == len,
            "operands of one length"
        );
        let x = x0.iter().zip(x1);
        let y = y0.iter().zip(y1);
        x.zip(y)
            .map(|((&x0, &x1), (&y0, &y1))| x0 * (y0 + y1) + x1 * y0)
            .collect()
    }
}

struct MulRssRows<'a, R> {
    z: &'a mut [R],
    x: [&'a [R]; 2],
    y: [&'a [R]; 2],
    inner: usize,
}
impl<R: Ring> Vectorised for MulRssRows<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { z, x, y, inner } = self;
        let [y0, y1] = y;
        let rows = x[0].chunks(inner).zip(x[1].chunks(inner));
        for ((z, (x0, x1)), (&y0, &y1)) in z.chunks_mut(inner).zip(rows).zip(y0.iter().zip(y1)) {
            let both = y0 + y1;
            for ((z, &x0), &x1) in z.iter_mut().zip(x0).zip(x1) {
                *z = x0 * both + x1 * y0;
            }
        }
    }
}

struct XorAndRss<'a>(&'a mut [u64], [&'a [u64]; 4]);
impl Vectorised for XorAndRss<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self(z, [x0, x1, y0, y1]) = self;
        let len = z.len();
        let (x0, x1, y0, y1) = (&x0[..len], &x1[..len], &y0[..len], &y1[..len]);
        for i in 0..len {
            z[i] ^= (x0[i] & (y0[i] ^ y1[i])) ^ (x1[i] & y0[i]);
        }
    }
}

/// `a + b`.
///
/// # Panics
///
/// If the lengths differ, as in every function of two slices here.
#[must_use]
pub fn add<R: Ring>(a: &[R], b: &[R]) -> Vec<R> {
    Isa::detect().run(Zip(a, b, |a, b| a + b))
}

/// `a += b`.
pub fn add_assign<R: Ring>(a: &mut [R], b: &[R]) {
    Isa::detect().run(ZipAssign(a, b, |a, b| a + b));
}

/// `a - b`.
#[must_use]
pub fn sub<R: Ring>(a: &[R], b: &[R]) -> Vec<R> {
    Isa::detect().run(Zip(a, b, |a, b| a - b))
}

/// `a -= b`.
pub fn sub_assign<R: Ring>(a: &mut [R], b: &[R]) {
    Isa::detect().run(ZipAssign(a, b, |a, b| a - b));
}

/// `a ^= b`, bit by bit.
pub fn xor_assign(a: &mut [u64], b: &[u64]) {
    Isa::detect().run(ZipAssign(a, b, |a: u64, b| a ^ b));
}

/// Adds a party's local share of an AND, bit by bit: `z ^= x0 & y0 ^ x0 & y1 ^ x1 & y0`, [`mul_rss`] over GF(2).
///
/// # Panics
///
/// If an operand is shorter than `z`.
pub fn xor_and_rss(z: &mut [u64], x: [&[u64]; 2], y: [&[u64]; 2]) {
    Isa::detect().run(XorAndRss(z, [x[0], x[1], y[0], y[1]]));
}

/// `a = f(a)`, element by element.
pub fn map_assign<R: Ring>(a: &mut [R], f: impl Fn(R) -> R) {
    Isa::detect().run(MapAssign(a, f));
}

/// `a = f(a, b)`, element by element.
pub fn update<A: Copy, B: Copy>(a: &mut [A], b: &[B], f: impl Fn(A, B) -> A) {
    Isa::detect().run(ZipAssign(a, b, f));
}

/// `a = f(a, others)`, element by element.
///
/// # Panics
///
/// If one of the others is shorter than `a`.
pub fn update_with<R: Ring, const N: usize>(
    a: &mut [R],
    others: [&[R]; N],
    f: impl Fn(R, [R; N]) -> R,
) {
    Isa::detect().run(ZipMany(a, others, f));
}

/// `a = f(a, b, bits)`, element by element, where `bits` are 0 or 1, element `i`'s bit `i % 64` of word
/// `i / 64` of each plane.
pub fn update_with_bits<R: Ring, const N: usize>(
    a: &mut [R],
    b: &[R],
    planes: [&[u64]; N],
    f: impl Fn(R, R, [R; N]) -> R,
) {
    Isa::detect().run(ZipBits(a, b, planes, f));
}

/// `a = f(a, bits)`, element by element: [`update_with_bits`] without a second operand.
pub fn map_with_bits<R: Ring, const N: usize>(
    a: &mut [R],
    planes: [&[u64]; N],
    f: impl Fn(R, [R; N]) -> R,
) {
    Isa::detect().run(MapBits(a, planes, f));
}

/// `-a`.
#[must_use]
pub fn neg<R: Ring>(a: &[R]) -> Vec<R> {
    Isa::detect().run(Map(a, |a: R| -a))
}

/// `a = -a`.
pub fn neg_assign<R: Ring>(a: &mut [R]) {
    Isa::detect().run(MapAssign(a, |a: R| -a));
}

/// `a * b`, element by element.
#[must_use]
pub fn mul<R: Ring>(a: &[R], b: &[R]) -> Vec<R> {
    Isa::detect().run(Zip(a, b, |a, b| a * b))
}

/// `a * factor`.
#[must_use]
pub fn scale<R: Ring>(a: &[R], factor: R) -> Vec<R> {
    Isa::detect().run(Map(a, |a: R| a * factor))
}

/// `a + term`.
#[must_use]
pub fn add_scalar<R: Ring>(a: &[R], term: R) -> Vec<R> {
    Isa::detect().run(Map(a, |a: R| a + term))
}

/// `a += term`.
pub fn add_scalar_assign<R: Ring>(a: &mut [R], term: R) {
    Isa::detect().run(MapAssign(a, |a: R| a + term));
}

/// `a << count`; zeros for `count >= k`.
#[must_use]
pub fn shl<R: Ring>(a: &[R], count: u32) -> Vec<R> {
    Isa::detect().run(Map(a, |a: R| a.shl(count)))
}

/// `a >> count`, logical; zeros for `count >= k`.
#[must_use]
pub fn shr<R: Ring>(a: &[R], count: u32) -> Vec<R> {
    Isa::detect().run(Map(a, |a: R| a.shr(count)))
}

/// A party's local share of a product of two replicated sharings, element by element:
/// `x0 * y0 + x0 * y1 + x1 * y0`.
///
/// # Panics
///
/// If the lengths differ.
#[must_use]
pub fn mul_rss<R: Ring>(x0: &[R], x1: &[R], y0: &[R], y1: &[R]) -> Vec<R> {
    Isa::detect().run(MulRss([x0, x1, y0, y1]))
}

/// Multiplies `x`, `[outer, channels, inner]`, by one factor `y` per channel, `[channels]`: a party's local share of
/// the product, as in [`mul_rss`].
///
/// # Panics
///
/// If the lengths do not fit.
#[must_use]
pub fn mul_rss_channels<R: Ring>(x: [&[R]; 2], y: [&[R]; 2], inner: usize) -> Vec<R> {
    let len = x[0].len();
    assert_eq!(x[1].len(), len, "operands of one length");
    assert_eq!(y[0].len(), y[1].len(), "factors of one length");
    if len == 0 {
        return Vec::new();
    }
    let block = y[0].len() * inner;
    assert!(
        block > 0 && len.is_multiple_of(block),
        "channels of {inner}"
    );
    if inner == 1 {
        let rows = x[0].chunks(block).zip(x[1].chunks(block));
        return rows
            .flat_map(|(x0, x1)| mul_rss(x0, x1, y[0], y[1]))
            .collect();
    }
    let mut product = bytemuck::zeroed_vec::<R>(len);
    for (at, z) in product.chunks_mut(block).enumerate() {
        let x = x.map(|x| &x[at * block..][..z.len()]);
        Isa::detect().run(MulRssRows { z, x, y, inner });
    }
    product
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ForEachRing, SplitMix, on_every_ring};
    use super::{Isa, MulRss, Ring, Zip, add, mul, neg, scale, shl, sub};

    struct AgreesWithWords;
    impl ForEachRing for AgreesWithWords {
        fn check<R: Ring>(&self) {
            let mut random = SplitMix(11);
            for len in [0, 1, 7, 64, 131] {
                let [x0, x1, y0, y1] = [0; 4].map(|_| random.words::<R>(len));
                for isa in Isa::all() {
                    let product = isa.run(MulRss([&x0, &x1, &y0, &y1]));
                    let difference = isa.run(Zip(&x0, &y0, |a, b| a - b));
                    for i in 0..len {
                        let expected = x0[i] * y0[i] + x0[i] * y1[i] + x1[i] * y0[i];
                        assert_eq!(product[i], expected, "{isa:?} length {len} index {i}");
                        assert_eq!(difference[i], x0[i] - y0[i]);
                    }
                }
                assert_eq!(sub(&add(&x0, &x1), &x1), x0);
                assert_eq!(add(&neg(&x0), &x0), vec![R::ZERO; len]);
                assert_eq!(mul(&x0, &vec![R::from_u64(4); len]), shl(&x0, 2));
                assert_eq!(scale(&x0, R::from_u64(4)), shl(&x0, 2));
                assert_eq!(shl(&x0, R::BITS), vec![R::ZERO; len]);
            }
        }
    }

    struct ChannelsAgreeWithWords;
    impl ForEachRing for ChannelsAgreeWithWords {
        fn check<R: Ring>(&self) {
            let mut random = SplitMix(12);
            for [outer, channels, inner] in [[1, 3, 9], [2, 5, 1], [3, 1, 70], [1, 1, 1], [0, 2, 2]]
            {
                let [x0, x1] = [0; 2].map(|_| random.words::<R>(outer * channels * inner));
                let [y0, y1] = [0; 2].map(|_| random.words::<R>(channels));
                let found = super::mul_rss_channels([&x0, &x1], [&y0, &y1], inner);
                assert_eq!(found.len(), x0.len());
                for (i, &z) in found.iter().enumerate() {
                    let c = i / inner % channels;
                    assert_eq!(z, x0[i] * (y0[c] + y1[c]) + x1[i] * y0[c]);
                }
            }
        }
    }

    #[test]
    fn products_by_channel_agree_with_words() {
        on_every_ring(&ChannelsAgreeWithWords);
    }

    #[test]
    fn slices_agree_with_words() {
        on_every_ring(&AgreesWithWords);
    }
}
