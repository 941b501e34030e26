//! Replicated shares of bits, packed into 64-bit words, one or more planes.

use core::fmt;
use std::sync::Arc;

use crate::share::words::Words;

/// Replicated share of `len` bits (xor): `P_i` holds `(b_i, b_{i+1})`, packed little-endian into
/// words; unused bits of the last word are zero.
#[derive(Clone)]
#[must_use]
pub struct BitShare {
    len: usize,
    first: Words<u64>,
    second: Words<u64>,
}

impl BitShare {
    /// From the packed components of this party; clears unused tail bits.
    ///
    /// # Panics
    /// If a component has not exactly `len.div_ceil(64)` words, an error of the calling protocol.
    pub fn new(len: usize, mut first: Vec<u64>, mut second: Vec<u64>) -> Self {
        let words = len.div_ceil(64);
        assert!(
            first.len() == words && second.len() == words,
            "wrong word count of a bit share"
        );
        clear_tail(len, &mut first);
        clear_tail(len, &mut second);
        Self {
            len,
            first: Words::new(first),
            second: Words::new(second),
        }
    }

    /// All components zero: the public bits 0.
    pub fn zeros(len: usize) -> Self {
        Self::new(len, vec![0; len_words(len)], vec![0; len_words(len)])
    }

    /// A share without content that knows only its number of bits, for protocols that only declare their cost. Neither
    /// it nor what is computed from it takes memory.
    pub fn counted(len: usize) -> Self {
        Self {
            len,
            first: Words::counted(len_words(len)),
            second: Words::counted(len_words(len)),
        }
    }

    /// Whether this share has a length and no content.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.first.is_counted()
    }

    /// Number of bits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no bit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Packed component `b_i`.
    #[must_use]
    pub fn first(&self) -> &[u64] {
        self.first.as_slice()
    }

    /// Packed component `b_{i+1}`.
    #[must_use]
    pub fn second(&self) -> &[u64] {
        self.second.as_slice()
    }

    /// Exclusive or of two shares: local.
    pub fn xor(&self, other: &Self) -> Self {
        debug_assert_eq!(self.len, other.len);
        if self.is_counted() || other.is_counted() {
            return Self::counted(self.len);
        }
        let zip = |a: &[u64], b: &[u64]| a.iter().zip(b).map(|(x, y)| x ^ y).collect();
        Self::new(
            self.len,
            zip(self.first(), other.first()),
            zip(self.second(), other.second()),
        )
    }

    /// Exclusive or with public bits, on component 0 only; `index` is this party's index.
    pub fn xor_public(&self, bits: &[u64], index: usize) -> Self {
        if self.is_counted() {
            return Self::counted(self.len);
        }
        let flip = |component: &[u64], own: bool| {
            component
                .iter()
                .zip(bits)
                .map(|(x, y)| if own { x ^ y } else { *x })
                .collect()
        };
        Self::new(
            self.len,
            flip(self.first(), index == 0),
            flip(self.second(), index == 2),
        )
    }

    /// Negation of every bit: local.
    pub fn not(&self, index: usize) -> Self {
        if self.is_counted() {
            return Self::counted(self.len);
        }
        self.xor_public(&vec![u64::MAX; self.first.len()], index)
    }

    /// The bits at the public positions `source`, in that order.
    pub fn pick(&self, source: &[usize]) -> Self {
        if self.is_counted() {
            return Self::counted(source.len());
        }
        let pick = |component: &[u64]| {
            let mut out = vec![0_u64; source.len().div_ceil(64)];
            for (position, &from) in source.iter().enumerate() {
                out[position / 64] |= (component[from / 64] >> (from % 64) & 1) << (position % 64);
            }
            out
        };
        Self::new(source.len(), pick(self.first()), pick(self.second()))
    }

    /// The bits of a range.
    pub fn range(&self, range: core::ops::Range<usize>) -> Self {
        if self.is_counted() {
            return Self::counted(range.len());
        }
        self.pick(&range.collect::<Vec<_>>())
    }

    /// Concatenation.
    pub fn concat(parts: &[Self]) -> Self {
        let len = parts.iter().map(|part| part.len).sum();
        if parts.iter().any(Self::is_counted) {
            return Self::counted(len);
        }
        let (mut first, mut second) = (vec![0; len_words(len)], vec![0; len_words(len)]);
        let mut at = 0;
        for part in parts {
            append_bits(&mut first, at, part.first(), part.len);
            append_bits(&mut second, at, part.second(), part.len);
            at += part.len;
        }
        Self::new(len, first, second)
    }
}

/// Three-out-of-three xor share of `len` bits: `P_i` holds `b_i` alone, packed as in [`BitShare`]. The
/// result of a local AND; a part must be masked before it is sent.
#[derive(Clone)]
#[must_use]
pub struct XorBits {
    len: usize,
    part: Arc<Vec<u64>>,
}

impl XorBits {
    /// From this party's packed part; clears unused tail bits.
    ///
    /// # Panics
    /// If the part has not exactly `len.div_ceil(64)` words, an error of the calling protocol.
    pub fn new(len: usize, mut part: Vec<u64>) -> Self {
        assert_eq!(part.len(), len_words(len), "wrong word count of a part");
        clear_tail(len, &mut part);
        Self {
            len,
            part: Arc::new(part),
        }
    }

    /// All parts zero: the bits 0.
    pub fn zeros(len: usize) -> Self {
        Self::new(len, vec![0; len_words(len)])
    }

    /// Number of bits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no bit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// This party's packed part `b_i`.
    #[must_use]
    pub fn part(&self) -> &[u64] {
        &self.part
    }
}

impl fmt::Debug for XorBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XorBits").finish_non_exhaustive()
    }
}

fn len_words(len: usize) -> usize {
    len.div_ceil(64)
}

/// Writes `len` bits of `source` into `target` from bit `at` on, where `target` is zero.
fn append_bits(target: &mut [u64], at: usize, source: &[u64], len: usize) {
    let (word, shift) = (at / 64, at % 64);
    for (index, &bits) in source.iter().enumerate().take(len.div_ceil(64)) {
        target[word + index] |= bits << shift;
        if shift != 0 && word + index + 1 < target.len() {
            target[word + index + 1] |= bits >> (64 - shift);
        }
    }
}

fn clear_tail(len: usize, words: &mut [u64]) {
    if !len.is_multiple_of(64)
        && let Some(last) = words.last_mut()
    {
        *last &= (1_u64 << (len % 64)) - 1;
    }
}

impl fmt::Debug for BitShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BitShare").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::BitShare;

    #[test]
    fn concat_and_pick_agree_with_bit_lists() {
        let bits = |seed: u64, len: usize| -> Vec<u64> {
            (0..len.div_ceil(64))
                .map(|i| (seed + i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
                .collect()
        };
        let read = |words: &[u64], i: usize| words[i / 64] >> (i % 64) & 1;
        let (a, b) = (
            BitShare::new(70, bits(1, 70), bits(2, 70)),
            BitShare::new(13, bits(3, 13), bits(4, 13)),
        );
        let joined = BitShare::concat(&[a.clone(), b.clone()]);
        assert_eq!(joined.len(), 83);
        for i in 0..83 {
            let want = if i < 70 {
                read(a.first(), i)
            } else {
                read(b.first(), i - 70)
            };
            assert_eq!(read(joined.first(), i), want, "bit {i}");
        }
        let source = [82, 0, 69, 70, 3];
        let picked = joined.pick(&source);
        for (i, &from) in source.iter().enumerate() {
            assert_eq!(read(picked.second(), i), read(joined.second(), from));
        }
        assert_eq!(format!("{joined:?}"), "BitShare { .. }");
        let many = BitShare::counted(1 << 60);
        for counted in [
            many.clone(),
            many.not(0),
            many.xor(&many),
            BitShare::concat(&[many.clone(), a]),
        ] {
            assert!(counted.is_counted());
        }
        assert_eq!(many.pick(&source).len(), 5);
        let parts = super::XorBits::new(70, bits(4, 70));
        assert_eq!(read(parts.part(), 69), read(&bits(4, 70), 69));
        assert_eq!(parts.part()[1] >> 6, 0, "the tail is cleared");
        assert_eq!(format!("{parts:?}"), "XorBits { .. }");
    }
}
