//! Flags: bits that say of a value that a function is not defined there, gathered in one word.
//!
//! The bits of all checks are the coefficients of polynomials over `GF(2^64)`, which are evaluated at a public point of
//! the session. That is linear over `GF(2)`, so each party does it on its shares, without a message. The word is zero if
//! no bit is set. If one is, it is zero with a probability of at most `n / 2^64` for `n` words of bits.

use crate::share::BitShare;

/// `x^64 = x^4 + x^3 + x + 1`.
const REDUCED: u64 = 0b1_1011;

/// Most places that are remembered by name.
const NAMED: usize = 16;

/// Product in `GF(2^64)`; takes the same steps for all operands.
pub(crate) fn product(a: u64, b: u64) -> u64 {
    let (mut multiple, mut sum) = (a, 0);
    for i in 0..u64::BITS {
        sum ^= multiple & (b >> i & 1).wrapping_neg();
        multiple = multiple << 1 ^ REDUCED & (multiple >> 63).wrapping_neg();
    }
    sum
}

/// The gathered flags of one party.
pub(crate) struct Flags {
    /// The public point.
    point: u64,
    /// Components of the word.
    word: [u64; 2],
    /// Where flags may have been set since the word was last opened; empty if nowhere.
    places: Vec<String>,
}

impl Flags {
    /// No flag. The point follows from the public name of the session, which no party chooses alone.
    pub(super) fn new(session: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("burn-mpc/v2/point of flags");
        let hash = hasher.update(session).finalize();
        let bytes = core::array::from_fn(|i| hash.as_bytes()[i]);
        Self {
            point: u64::from_le_bytes(bytes),
            word: [0; 2],
            places: Vec::new(),
        }
    }

    /// Those of a lane: none yet.
    pub(super) fn lane(&self) -> Self {
        Self {
            point: self.point,
            word: [0; 2],
            places: Vec::new(),
        }
    }

    /// Takes over those of a lane that has ended.
    pub(super) fn join(&mut self, lane: Self) {
        for (word, lane) in self.word.iter_mut().zip(lane.word) {
            *word = product(*word, self.point) ^ lane;
        }
        for place in lane.places {
            self.name(place);
        }
    }

    fn name(&mut self, place: String) {
        if self.places.len() < NAMED && !self.places.contains(&place) {
            self.places.push(place);
        }
    }

    /// Gathers bits, if they have content.
    pub(super) fn gather(&mut self, places: impl IntoIterator<Item = String>, bits: &BitShare) {
        places.into_iter().for_each(|place| self.name(place));
        if bits.is_counted() {
            return;
        }
        for (word, component) in self.word.iter_mut().zip([bits.first(), bits.second()]) {
            for &bits in component {
                *word = product(*word, self.point) ^ bits;
            }
        }
    }

    /// Whether there is anything to open.
    pub(crate) fn are_gathered(&self) -> bool {
        !self.places.is_empty()
    }

    /// The components of the word, and the places; begins again without flags.
    pub(crate) fn take(&mut self) -> ([u64; 2], Vec<String>) {
        let word = core::mem::take(&mut self.word);
        (word, core::mem::take(&mut self.places))
    }
}

#[cfg(test)]
mod tests {
    use super::{Flags, product};
    use crate::share::BitShare;

    #[test]
    fn products_form_a_field() {
        let mut x = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(23) ^ 0x94d0_49bb_1331_11eb;
            x
        };
        for _ in 0..100 {
            let (a, b, c) = (next(), next(), next());
            assert_eq!(product(a, 1), a);
            assert_eq!(product(a, b), product(b, a));
            assert_eq!(product(a, product(b, c)), product(product(a, b), c));
            assert_eq!(product(a, b ^ c), product(a, b) ^ product(a, c));
            // a^(2^64 - 2) is the inverse: the modulus is irreducible.
            let (mut power, mut square) = (1, a);
            for _ in 1..64 {
                square = product(square, square);
                power = product(power, square);
            }
            assert_eq!(product(a, power), 1);
        }
        assert_eq!(product(1 << 63, 2), 0b1_1011);
    }

    #[test]
    fn a_word_is_zero_if_no_bit_is_set() {
        let mut flags = Flags::new(b"a session");
        let clear = BitShare::zeros(1000);
        let place = || "a place".to_owned();
        flags.gather([place()], &clear);
        assert!(flags.are_gathered());
        assert_eq!(flags.take(), ([0, 0], vec![place()]));
        assert!(!flags.are_gathered());
        for at in [0, 63, 64, 999] {
            let mut bits = vec![0; 16];
            bits[at / 64] = 1 << (at % 64);
            let set = BitShare::new(1000, bits.clone(), vec![0; 16]);
            flags.gather([place()], &clear);
            let mut lane = flags.lane();
            lane.gather(["a lane".to_owned()], &set);
            flags.join(lane);
            flags.gather([place()], &clear);
            let ([first, second], places) = flags.take();
            assert!(first != 0 && second == 0);
            assert_eq!(places, ["a place", "a lane"]);
        }
    }
}
