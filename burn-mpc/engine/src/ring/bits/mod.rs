//! Bits of words: packed bit planes and packed low bits.

mod packing;
mod planes;
mod tables;
mod transpose;

use super::Ring;
use super::simd::Isa;
pub use packing::{low_bits_bytes, pack_low_bits, unpack_low_bits};
use planes::clear_tails;
pub use planes::{BitPlanes, plane_bytes, plane_words, tail_mask};
pub use tables::{GroupTable, MAX_GROUP, xor_look_up, xor_one_hot};
#[cfg(test)]
pub use transpose::transpose64;
use transpose::{FromPlanes, ToPlanes};

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
