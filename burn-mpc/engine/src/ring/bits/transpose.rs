//! Transposition between words and bit planes.

use super::super::Ring;
use super::super::simd::Vectorised;
use super::planes::{BitPlanes, plane_words};

/// Transposes a 64 by 64 bit matrix: bit `j` of word `i` becomes bit `i` of word `j`.
#[cfg(test)]
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

/// See [`to_planes`](super::to_planes); `words` are zero.
pub(super) struct ToPlanes<'a, R> {
    pub(super) values: &'a [R],
    pub(super) lo: u32,
    pub(super) width: usize,
    pub(super) words: &'a mut [u64],
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

/// See [`from_planes`](super::from_planes).
pub(super) struct FromPlanes<'a, R> {
    pub(super) planes: &'a BitPlanes,
    pub(super) values: &'a mut [R],
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
