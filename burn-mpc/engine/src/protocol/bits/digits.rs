//! The local work of the two-round comparison: digits, their one-hot codes, masked differences.

use crate::protocol::bits::field::{bits, fold, prime_above};

/// Elements that are computed together, one byte each.
const LANES: usize = 256;
type Lanes = [u8; LANES];

/// The digits of the operands, lowest first, of 1 to 3 bits each; a guard digit follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digits {
    pub(crate) sizes: Vec<u32>,
    /// The smallest prime above the number of digits, guard included.
    pub(crate) p: u8,
}

impl Digits {
    /// The cheapest digits for operands of `low` bits, `1 <= low <= 63`.
    pub(crate) fn of(low: u32) -> Self {
        let even = |count: u32| {
            let size = |digit| low / count + u32::from(digit < low % count);
            Self {
                sizes: (0..count).map(size).collect(),
                p: prime_above(count as u8 + 1),
            }
        };
        let mut best = even(low);
        for count in (low.div_ceil(3)..low).rev() {
            let candidate = even(count);
            if candidate.bits() < best.bits() {
                best = candidate;
            }
        }
        best
    }

    /// Field elements that A sends: codes without index 0.
    pub(crate) fn hot(&self) -> usize {
        self.sizes.iter().map(|&m| (1 << m) - 1).sum()
    }

    /// Field elements that B and C each send: digits and guard.
    pub(crate) fn slots(&self) -> usize {
        self.sizes.len() + 1
    }

    /// Bits of one comparison.
    fn bits(&self) -> usize {
        (self.hot() + 2 * self.slots()) * bits(self.p) as usize
    }

    /// Bits of the operands.
    fn low(&self) -> u32 {
        self.sizes.iter().sum()
    }
}

/// A's message from its masks `q`, in place: `e - q` modulo `p`, plane after plane.
pub(crate) fn hot_digits(digits: &Digits, u: &[u64], q: &mut [u8]) {
    let mut planes = q.chunks_exact_mut(u.len());
    let (mut offset, p) = (0, digits.p);
    for &m in &digits.sizes {
        let mask = (1_u64 << m) - 1;
        let digit: Vec<u8> = u.iter().map(|u| ((u >> offset) & mask) as u8).collect();
        for (j, plane) in (1..1_u8 << m).zip(&mut planes) {
            for (q, &digit) in plane.iter_mut().zip(&digit) {
                *q = fold(u8::from(digit == j) + p - *q, p);
            }
        }
        offset += m;
    }
}

/// One bit per element: whether the two messages agree in some slot.
pub(crate) fn found(halves: &[Vec<u8>; 2], len: usize) -> Vec<u64> {
    let mut any = vec![0_u8; len];
    let planes = halves[0].chunks_exact(len).zip(halves[1].chunks_exact(len));
    for (x, y) in planes {
        for (any, (x, y)) in any.iter_mut().zip(x.iter().zip(y)) {
            *any |= u8::from(x == y);
        }
    }
    let word = |bits: &[u8]| {
        let bit = |(i, &bit): (usize, &u8)| u64::from(bit) << i;
        bits.iter().enumerate().map(bit).sum()
    };
    any.chunks(64).map(word).collect()
}

/// What B or C brings to the comparison of one chunk of elements.
pub(crate) struct Compared<'a> {
    /// Whether this party adds the constants.
    pub(crate) constants: bool,
    pub(crate) v: &'a [u64],
    /// Packed bits.
    pub(crate) eta: &'a [u64],
    /// This party's shares of the codes, plane after plane.
    pub(crate) shares: &'a [u8],
    /// `s_g - 1`, slot after slot.
    pub(crate) factors: &'a [u8],
    /// `z_g`.
    pub(crate) pads: &'a [u8],
    /// Places by which the slots of each element are rotated.
    pub(crate) turns: &'a [u8],
}

/// The message of B or C: `s c + z` or `z - s c` modulo `p` for every slot, rotated.
pub(crate) fn differences(digits: &Digits, input: &Compared<'_>) -> Vec<u8> {
    let (len, slots) = (input.v.len(), digits.slots());
    let mut out = vec![0; slots * len];
    let mut rows = vec![[0_u8; LANES]; slots];
    let mut turned = vec![[0_u8; LANES]; slots];
    for from in (0..len).step_by(LANES) {
        let count = LANES.min(len - from);
        slot_values(digits, input, from, &mut rows);
        blind(digits.p, input, from, &mut rows);
        for lane in 0..count {
            let mut slot = usize::from(input.turns[from + lane]);
            for row in &rows {
                turned[slot][lane] = row[lane];
                slot += 1;
                if slot == slots {
                    slot = 0;
                }
            }
        }
        for (plane, row) in out.chunks_exact_mut(len).zip(&turned) {
            plane[from..from + count].copy_from_slice(&row[..count]);
        }
    }
    out
}

fn load(plane: &[u8], from: usize) -> Lanes {
    let mut lanes = [0; LANES];
    let count = LANES.min(plane.len() - from);
    lanes[..count].copy_from_slice(&plane[from..from + count]);
    lanes
}

/// `c_g` of the elements from `from` on, modulo `p`, slot after slot, the guard last.
fn slot_values(digits: &Digits, input: &Compared<'_>, from: usize, rows: &mut [Lanes]) {
    let (p, len, low) = (digits.p, input.v.len(), digits.low());
    let one = u8::from(input.constants);
    let (mut r, mut eta) = ([0_u64; LANES], [0_u8; LANES]);
    let lanes = r.iter_mut().zip(&mut eta).zip(&input.v[from..]);
    for (lane, ((r, eta), v)) in lanes.enumerate() {
        let at = from + lane;
        let flip = input.eta[at / 64] >> (at % 64) & 1;
        *r = (!v & ((1 << low) - 1)) + flip;
        *eta = flip as u8;
    }
    // The guard digit of u is 0, so it is equal to that of r or below it.
    let mut above = r.map(|r| (r >> low) as u8 & one);
    rows[digits.sizes.len()] = above.map(|differs| one - differs);
    let mut offset = low;
    let mut plane = digits.hot();
    for (digit, &m) in digits.sizes.iter().enumerate().rev() {
        offset -= m;
        let top = (1_u8 << m) - 1;
        plane -= usize::from(top);
        let digit_of_r = r.map(|r| (r >> offset) as u8 & top);
        let (mut greater, mut equal) = ([0_u8; LANES], [0_u8; LANES]);
        for j in 1..=top {
            let start = (plane + usize::from(j) - 1) * len;
            let q = load(&input.shares[start..start + len], from);
            for lane in 0..LANES {
                let (q, r) = (q[lane], digit_of_r[lane]);
                greater[lane] = greater[lane].wrapping_add(if r < j { q } else { 0 });
                equal[lane] |= if r == j { q } else { 0 };
            }
        }
        let row = &mut rows[digit];
        for lane in 0..LANES {
            let mut greater = greater[lane];
            for step in [4, 2, 1] {
                if step <= top {
                    greater = fold(greater, step * p);
                }
            }
            // [u_g = 0] is 1 minus all other codes. If the digit of r is 0, `greater` is the sum of these.
            let none = fold(one + p - greater, p);
            let equal = if digit_of_r[lane] == 0 {
                none
            } else {
                equal[lane]
            };
            // 1 - D: not greater, or not less.
            let relation = if eta[lane] == 0 {
                one + p - greater
            } else {
                equal + greater
            };
            row[lane] = fold(fold(relation + above[lane], 2 * p), p);
            above[lane] = fold(fold(above[lane] + one + p - equal, 2 * p), p);
        }
    }
}

/// Replaces `c` by `s c + z` at the party with the constants, by `z - s c` at the other.
fn blind(p: u8, input: &Compared<'_>, from: usize, rows: &mut [Lanes]) {
    let len = input.v.len();
    let reciprocal = 65536 / u32::from(p);
    for (slot, row) in rows.iter_mut().enumerate() {
        let plane = slot * len..(slot + 1) * len;
        let s = load(&input.factors[plane.clone()], from);
        let z = load(&input.pads[plane], from);
        for lane in 0..LANES {
            let x = u16::from(row[lane]) * (u16::from(s[lane]) + 1);
            // Too small by at most 1, since x < p^2 < 2^16.
            let quotient = ((u32::from(x) * reciprocal) >> 16) as u16;
            let product = fold((x - quotient * u16::from(p)) as u8, p);
            row[lane] = if input.constants {
                fold(z[lane] + product, p)
            } else {
                fold(z[lane] + p - product, p)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Digits;

    #[test]
    fn digits_cover_the_operands_in_the_fewest_bits() {
        let price = |width: u32| Digits::of(width - 1).bits();
        assert_eq!([64, 32, 31, 20, 4].map(price), [835, 372, 356, 200, 22]);
        for low in 1..=63 {
            let digits = Digits::of(low);
            assert_eq!(digits.low(), low);
            assert!(digits.slots() < usize::from(digits.p));
            // Sums of codes and of three field elements fit in a byte.
            let codes = (1 << digits.sizes[0]) - 1;
            assert!(codes * (usize::from(digits.p) - 1) < 256);
            assert!(3 * usize::from(digits.p) < 256);
        }
    }
}
