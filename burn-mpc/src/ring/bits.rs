//! Bits of words: packed bit planes and packed low bits.

use super::Ring;
pub use super::packing::{low_bits_bytes, pack_low_bits, unpack_low_bits};
use super::simd::{Isa, Vectorised};

/// Bit planes of `len` elements: bit `i % 64` of word `i / 64` of plane `p` is bit `p` of
/// element `i`. Plane after plane; the unused bits at the end of a plane are zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BitPlanes {
    planes: usize,
    len: usize,
    words: Vec<u64>,
}

impl BitPlanes {
    /// All zero.
    #[must_use]
    pub fn zeros(planes: usize, len: usize) -> Self {
        Self {
            planes,
            len,
            words: vec![0; planes * plane_words(len)],
        }
    }

    /// Takes `words`, plane after plane, and clears the unused bits.
    ///
    /// # Panics
    ///
    /// If there are not `planes * plane_words(len)` words.
    #[must_use]
    pub fn from_words(planes: usize, len: usize, mut words: Vec<u64>) -> Self {
        assert_eq!(
            words.len(),
            planes * plane_words(len),
            "words of {planes} planes"
        );
        clear_tails(&mut words, len);
        Self { planes, len, words }
    }

    /// Planes.
    #[must_use]
    pub fn planes(&self) -> usize {
        self.planes
    }

    /// Elements, the bits of a plane.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "elements, not planes")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// All words, plane after plane.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// All words, plane after plane, without the planes' description.
    #[must_use]
    pub fn into_words(self) -> Vec<u64> {
        self.words
    }

    /// The words of plane `index`.
    ///
    /// # Panics
    ///
    /// If there is no such plane.
    #[must_use]
    pub fn plane(&self, index: usize) -> &[u64] {
        assert!(index < self.planes, "plane {index} of {}", self.planes);
        let words = plane_words(self.len);
        &self.words[index * words..][..words]
    }

    /// The words of plane `index`; the unused bits have to stay zero.
    ///
    /// # Panics
    ///
    /// If there is no such plane.
    pub fn plane_mut(&mut self, index: usize) -> &mut [u64] {
        assert!(index < self.planes, "plane {index} of {}", self.planes);
        let words = plane_words(self.len);
        &mut self.words[index * words..][..words]
    }
}

/// Words of a plane of `len` bits.
#[must_use]
pub const fn plane_words(len: usize) -> usize {
    len.div_ceil(64)
}

/// Bytes of a plane of `len` bits on the wire.
#[must_use]
pub const fn plane_bytes(len: usize) -> usize {
    len.div_ceil(8)
}

/// The bits of a plane's last word that are in use.
#[must_use]
pub const fn tail_mask(len: usize) -> u64 {
    match len % 64 {
        0 => u64::MAX,
        used => (1 << used) - 1,
    }
}

fn clear_tails(words: &mut [u64], len: usize) {
    if !len.is_multiple_of(64) {
        for plane in words.chunks_exact_mut(plane_words(len)) {
            if let Some(last) = plane.last_mut() {
                *last &= tail_mask(len);
            }
        }
    }
}

/// Transposes a 64 by 64 bit matrix: bit `j` of word `i` becomes bit `i` of word `j`.
pub fn transpose64(block: &mut [u64; 64]) {
    *block = transpose_reordered(&core::array::from_fn(|i| block[reorder(i)]));
}

/// Exchanges the upper and the lower three bits of a row's number.
const fn reorder(row: usize) -> usize {
    row % 8 * 8 + row / 8
}

/// Transposes a matrix whose row `i` is at `reorder(i)`. The rows that a step pairs are then
/// at least eight places apart, which makes every step a few operations of whole vectors.
#[inline(always)]
fn transpose_reordered(rows: &[u64; 64]) -> [u64; 64] {
    let mut rows = *rows;
    exchange::<32, 4>(&mut rows, 0x0f0f_0f0f_0f0f_0f0f);
    exchange::<16, 2>(&mut rows, 0x3333_3333_3333_3333);
    exchange::<8, 1>(&mut rows, 0x5555_5555_5555_5555);
    let mut reordered = [0; 64];
    for i in 0..64 {
        reordered[i] = rows[reorder(i)];
    }
    let mut rows = reordered;
    exchange::<32, 32>(&mut rows, 0x0000_0000_ffff_ffff);
    exchange::<16, 16>(&mut rows, 0x0000_ffff_0000_ffff);
    exchange::<8, 8>(&mut rows, 0x00ff_00ff_00ff_00ff);
    rows
}

/// A step: for rows `APART` apart, exchanges the bits `BITS` above `mask` of the first with those
/// under `mask` of the second.
#[inline(always)]
fn exchange<const APART: usize, const BITS: u32>(rows: &mut [u64; 64], mask: u64) {
    for pair in rows.chunks_exact_mut(2 * APART) {
        let (upper, lower) = pair.split_at_mut(APART);
        for (upper, lower) in upper.iter_mut().zip(lower) {
            let swapped = ((*upper >> BITS) ^ *lower) & mask;
            *lower ^= swapped;
            *upper ^= swapped << BITS;
        }
    }
}

/// Words of a plane handled together: a cache line, since planes often lie a power of two apart
/// and their lines then displace each other.
const LINE: usize = 8;

struct ToPlanes<'a, R> {
    values: &'a [R],
    lo: u32,
    width: usize,
    words: &'a mut [u64],
}
impl<R: Ring> Vectorised for ToPlanes<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self {
            values,
            lo,
            width,
            words,
        } = self;
        let stride = plane_words(values.len());
        if width <= 2 {
            for plane in 0..width {
                let at = lo + u32::from(plane == 1);
                let words = &mut words[plane * stride..][..stride];
                for (word, values) in words.iter_mut().zip(values.chunks(64)) {
                    for (i, value) in values.iter().enumerate() {
                        *word |= ((value.to_u64() >> at) & 1) << i;
                    }
                }
            }
            return;
        }
        let mut lines = [[0; LINE]; 64];
        for (line, values) in values.chunks(64 * LINE).enumerate() {
            let mut count = 0;
            for (index, values) in values.chunks(64).enumerate() {
                let mut rows = [0; 64];
                for (i, value) in values.iter().enumerate() {
                    rows[reorder(i)] = value.to_u64() >> lo;
                }
                let columns = transpose_reordered(&rows);
                for (line, word) in lines.iter_mut().zip(columns) {
                    line[index] = word;
                }
                count = index + 1;
            }
            for (plane, source) in lines[..width].iter().enumerate() {
                let target = &mut words[plane * stride + line * LINE..][..count];
                target.copy_from_slice(&source[..count]);
            }
        }
    }
}

struct FromPlanes<'a, R> {
    planes: &'a BitPlanes,
    values: &'a mut [R],
}
impl<R: Ring> Vectorised for FromPlanes<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { planes, values } = self;
        let stride = plane_words(planes.len);
        let mut lines = [[0; LINE]; 64];
        for (line, values) in values.chunks_mut(64 * LINE).enumerate() {
            let count = values.len().div_ceil(64);
            for (plane, target) in lines[..planes.planes].iter_mut().enumerate() {
                let source = &planes.words[plane * stride + line * LINE..][..count];
                target[..count].copy_from_slice(source);
            }
            for (index, values) in values.chunks_mut(64).enumerate() {
                let mut rows = [0; 64];
                for (plane, line) in lines.iter().enumerate() {
                    rows[reorder(plane)] = line[index];
                }
                let columns = transpose_reordered(&rows);
                for (value, &row) in values.iter_mut().zip(&columns) {
                    *value = R::from_u64(row);
                }
            }
        }
    }
}

/// Planes of `values`: plane `p < width` is bit `lo + p` of each value.
///
/// # Panics
///
/// If `lo + width` exceeds `k`.
#[must_use]
pub fn to_planes<R: Ring>(values: &[R], lo: u32, width: u32) -> BitPlanes {
    assert!(
        lo + width <= R::BITS,
        "bits {lo}..{} of a {}-bit word",
        lo + width,
        R::BITS
    );
    let mut planes = BitPlanes::zeros(width as usize, values.len());
    if width > 0 {
        let words = &mut planes.words;
        Isa::detect().run(ToPlanes {
            values,
            lo,
            width: width as usize,
            words,
        });
    }
    planes
}

/// Words whose bit `p` is plane `p`; the inverse of [`to_planes`] with `lo = 0`.
///
/// # Panics
///
/// If there are more than `k` planes.
#[must_use]
pub fn from_planes<R: Ring>(planes: &BitPlanes) -> Vec<R> {
    assert!(
        planes.planes <= R::BITS as usize,
        "{} planes of a word",
        planes.planes
    );
    let mut values = vec![R::ZERO; planes.len];
    Isa::detect().run(FromPlanes {
        planes,
        values: &mut values,
    });
    values
}

/// Wire form of planes of `len` bits: [`plane_bytes`] bytes of each plane, plane after plane, the
/// first bit lowest.
///
/// # Panics
///
/// If there are not `planes * plane_words(len)` words.
#[must_use]
pub fn planes_to_bytes(words: &[u64], planes: usize, len: usize) -> Vec<u8> {
    assert_eq!(
        words.len(),
        planes * plane_words(len),
        "words of {planes} planes"
    );
    let mut bytes = Vec::with_capacity(planes * plane_bytes(len));
    if len > 0 {
        for plane in words.chunks_exact(plane_words(len)) {
            bytes.extend_from_slice(&bytemuck::cast_slice(plane)[..plane_bytes(len)]);
        }
    }
    bytes
}

/// Planes of `len` bits from their wire form, with the unused bits cleared.
///
/// # Panics
///
/// If there are not `planes * plane_bytes(len)` bytes.
#[must_use]
pub fn planes_from_bytes(bytes: &[u8], planes: usize, len: usize) -> Vec<u64> {
    assert_eq!(
        bytes.len(),
        planes * plane_bytes(len),
        "bytes of {planes} planes"
    );
    let mut words = vec![0; planes * plane_words(len)];
    if len > 0 {
        let targets = words.chunks_exact_mut(plane_words(len));
        for (target, source) in targets.zip(bytes.chunks_exact(plane_bytes(len))) {
            bytemuck::cast_slice_mut(target)[..source.len()].copy_from_slice(source);
        }
    }
    clear_tails(&mut words, len);
    words
}

/// Packs truth values into words, the first one lowest.
#[must_use]
pub fn pack_bools(values: &[bool]) -> Vec<u64> {
    let pack = |bits: &[bool]| {
        bits.iter()
            .enumerate()
            .fold(0, |word, (i, &bit)| word | (u64::from(bit) << i))
    };
    values.chunks(64).map(pack).collect()
}

/// The first `len` bits of `words`.
///
/// # Panics
///
/// If there are fewer bits.
#[must_use]
pub fn unpack_bools(words: &[u64], len: usize) -> Vec<bool> {
    assert!(
        len <= words.len() * 64,
        "{len} bits of {} words",
        words.len()
    );
    (0..len)
        .map(|i| (words[i / 64] >> (i % 64)) & 1 == 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ForEachRing, SplitMix, on_every_ring};
    use super::{
        BitPlanes, FromPlanes, Isa, Ring, ToPlanes, from_planes, pack_bools, plane_bytes,
        plane_words, planes_from_bytes, planes_to_bytes, to_planes, transpose64, unpack_bools,
    };

    struct PlanesAreBits;
    impl ForEachRing for PlanesAreBits {
        fn check<R: Ring>(&self) {
            let mut random = SplitMix(3);
            for len in [0, 1, 63, 64, 65, 200, 512, 1100] {
                let values = random.words::<R>(len);
                for (lo, width) in [
                    (0, R::BITS),
                    (R::BITS - 1, 1),
                    (1, 2),
                    (1, 3),
                    (0, 0),
                    (R::BITS, 0),
                ] {
                    for isa in Isa::all() {
                        let mut planes = BitPlanes::zeros(width as usize, len);
                        if width > 0 {
                            let words = &mut planes.words;
                            isa.run(ToPlanes {
                                values: &values,
                                lo,
                                width: width as usize,
                                words,
                            });
                        }
                        assert_eq!(planes, to_planes(&values, lo, width), "{isa:?}");
                        for p in 0..width {
                            let bits = unpack_bools(planes.plane(p as usize), len);
                            for (value, bit) in values.iter().zip(bits) {
                                assert_eq!((value.to_u64() >> (lo + p)) & 1 == 1, bit);
                            }
                        }
                        let mut back = vec![R::ONE; len];
                        isa.run(FromPlanes {
                            planes: &planes,
                            values: &mut back,
                        });
                        assert_eq!(back, from_planes::<R>(&planes));
                        let mask = u64::MAX.checked_shr(64 - width).unwrap_or(0);
                        let cut: Vec<R> = values
                            .iter()
                            .map(|v| R::from_u64(v.to_u64().checked_shr(lo).unwrap_or(0) & mask))
                            .collect();
                        assert_eq!(back, cut);
                    }
                }
            }
        }
    }

    #[test]
    fn planes_hold_the_bits() {
        on_every_ring(&PlanesAreBits);
    }

    #[test]
    fn transposes() {
        let mut random = SplitMix(1);
        let original: [u64; 64] = core::array::from_fn(|_| random.next());
        let mut block = original;
        transpose64(&mut block);
        for (i, row) in block.iter().enumerate() {
            for (j, column) in original.iter().enumerate() {
                assert_eq!((row >> j) & 1, (column >> i) & 1);
            }
        }
    }

    #[test]
    fn wire_form_is_inverted_and_clears_tails() {
        let mut random = SplitMix(2);
        for len in [0, 1, 8, 9, 64, 71, 129] {
            let words = (0..3 * plane_words(len)).map(|_| random.next()).collect();
            let planes = BitPlanes::from_words(3, len, words);
            let mut bytes = planes_to_bytes(planes.words(), 3, len);
            assert_eq!(bytes.len(), 3 * plane_bytes(len));
            assert_eq!(planes_from_bytes(&bytes, 3, len), planes.words());
            if !len.is_multiple_of(8) {
                for plane in bytes.chunks_exact_mut(plane_bytes(len)) {
                    *plane.last_mut().unwrap() |= 0xff << (len % 8);
                }
                assert_eq!(planes_from_bytes(&bytes, 3, len), planes.words());
            }
        }
    }

    #[test]
    fn bools_round_trip() {
        let mut random = SplitMix(4);
        for len in [0, 1, 64, 65, 300] {
            let bools: Vec<bool> = (0..len).map(|_| random.next() & 1 == 1).collect();
            let words = pack_bools(&bools);
            assert_eq!(words.len(), plane_words(len));
            assert_eq!(unpack_bools(&words, len), bools);
        }
    }
}
