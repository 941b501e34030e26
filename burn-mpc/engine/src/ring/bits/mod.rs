//! Bits of words: packed bit planes and packed low bits.

mod packing;
mod tables;
mod transpose;

use super::Ring;
use super::simd::Isa;
pub use packing::{low_bits_bytes, pack_low_bits, unpack_low_bits};
pub use tables::{GroupTable, MAX_GROUP, xor_look_up, xor_one_hot};
#[cfg(test)]
pub use transpose::transpose64;
use transpose::{FromPlanes, ToPlanes};

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
#[cfg(test)]
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
mod tests;
