//! Packed bit planes: their words, and how many there are.

/// Bit planes of `len` elements: bit `i % 64` of word `i / 64` of plane `p` is bit `p` of
/// element `i`. Plane after plane; the unused bits at the end of a plane are zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BitPlanes {
    pub(super) planes: usize,
    pub(super) len: usize,
    pub(super) words: Vec<u64>,
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

/// Clears the bits at the end of each plane that are not in use.
pub(super) fn clear_tails(words: &mut [u64], len: usize) {
    if !len.is_multiple_of(64) {
        for plane in words.chunks_exact_mut(plane_words(len)) {
            if let Some(last) = plane.last_mut() {
                *last &= tail_mask(len);
            }
        }
    }
}
