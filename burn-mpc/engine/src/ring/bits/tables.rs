//! Functions of groups of bits, formed by a few neighbouring planes: one-hot codes, and inner products of a one-hot
//! code with a table.

use super::super::simd::{Isa, Vectorised};

/// Words of a plane taken together: a cache line.
const LINE: usize = 8;
type Line = [u64; LINE];

/// Largest group of bits.
pub const MAX_GROUP: u32 = 4;

/// A table, given by the bits of `v`, that [`xor_look_up`] multiplies with a one-hot code of `u`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupTable {
    /// `[u + v >= 2^m]`, and `[u + v = 2^m - 1]` where a second plane is asked for.
    Carry,
    /// `[u = v]`.
    Equal,
}

#[inline(always)]
fn zip(a: Line, b: Line, f: impl Fn(u64, u64) -> u64) -> Line {
    core::array::from_fn(|i| f(a[i], b[i]))
}

#[inline(always)]
fn xor(a: Line, b: Line) -> Line {
    zip(a, b, |a, b| a ^ b)
}

#[inline(always)]
fn and(a: Line, b: Line) -> Line {
    zip(a, b, |a, b| a & b)
}

/// The words from `at` on, zeros beyond the end.
#[inline(always)]
fn load(plane: &[u64], at: usize) -> Line {
    if let Some(line) = plane[at..].first_chunk() {
        return *line;
    }
    let mut line = [0; LINE];
    line[..plane.len() - at].copy_from_slice(&plane[at..]);
    line
}

#[inline(always)]
fn xor_into(plane: &mut [u64], at: usize, line: Line) {
    if let Some(target) = plane[at..].first_chunk_mut::<LINE>() {
        *target = xor(*target, line);
        return;
    }
    for (target, word) in plane[at..].iter_mut().zip(line) {
        *target ^= word;
    }
}

/// `[value of the group = j]` for `j < 2^M`, in the first places.
#[inline(always)]
fn equalities<const M: usize>(bits: &[u64], words: usize, at: usize) -> [Line; 16] {
    let mut eq = [[0; LINE]; 16];
    eq[0] = [u64::MAX; LINE];
    for i in 0..M {
        let plane = load(&bits[i * words..(i + 1) * words], at);
        for j in 0..1 << i {
            eq[j | 1 << i] = and(eq[j], plane);
            eq[j] = zip(eq[j], plane, |eq, bit| eq & !bit);
        }
    }
    eq
}

struct OneHot<'a, const M: usize> {
    words: usize,
    bits: &'a [u64],
    code: &'a mut [u64],
}
impl<const M: usize> Vectorised for OneHot<'_, M> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { words, bits, code } = self;
        for at in (0..words).step_by(LINE) {
            let eq = equalities::<M>(bits, words, at);
            for j in 1..1 << M {
                xor_into(&mut code[(j - 1) * words..j * words], at, eq[j]);
            }
        }
    }
}

struct LookUp<'a, const M: usize, const CARRY: bool> {
    words: usize,
    bits: &'a [u64],
    code: &'a [u64],
    constant: bool,
    out: &'a mut [u64],
}
impl<const M: usize, const CARRY: bool> Vectorised for LookUp<'_, M, CARRY> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self {
            words,
            bits,
            code,
            constant,
            out,
        } = self;
        let top = (1 << M) - 1;
        let (first, second) = out.split_at_mut(words);
        for at in (0..words).step_by(LINE) {
            let eq = equalities::<M>(bits, words, at);
            let q = |j: usize| load(&code[(j - 1) * words..j * words], at);
            if CARRY {
                let mut generate = [0; LINE];
                let mut propagate = if constant { eq[top] } else { [0; LINE] };
                // [v + j > top] = [v >= top + 1 - j], built up as j grows
                let mut at_least = [0; LINE];
                for j in 1..=top {
                    at_least = zip(at_least, eq[top + 1 - j], |a, b| a | b);
                    let q = q(j);
                    generate = xor(generate, and(q, at_least));
                    propagate = xor(propagate, and(q, xor(eq[top - j], eq[top])));
                }
                xor_into(first, at, generate);
                if !second.is_empty() {
                    xor_into(second, at, propagate);
                }
            } else {
                let mut equal = if constant { eq[0] } else { [0; LINE] };
                for j in 1..=top {
                    equal = xor(equal, and(q(j), xor(eq[j], eq[0])));
                }
                xor_into(first, at, equal);
            }
        }
    }
}

/// Computes the one-hot code, without its place 0, of the group formed by the planes `bits`, and xors it onto the
/// planes `code`. A plane has `words` words.
///
/// # Panics
///
/// Unless there are `m` planes of bits, `m` from 1 to [`MAX_GROUP`], and `2^m - 1` of the code.
pub fn xor_one_hot(m: u32, words: usize, bits: &[u64], code: &mut [u64]) {
    assert_eq!(bits.len(), m as usize * words, "{m} planes of bits");
    assert_eq!(code.len(), ((1 << m) - 1) * words, "a one-hot code");
    let isa = Isa::detect();
    match m {
        1 => isa.run(OneHot::<1> { words, bits, code }),
        2 => isa.run(OneHot::<2> { words, bits, code }),
        3 => isa.run(OneHot::<3> { words, bits, code }),
        4 => isa.run(OneHot::<4> { words, bits, code }),
        _ => panic!("groups of {m} bits"),
    }
}

/// Computes the inner product over GF(2) of `code`, a one-hot code of `u` as in [`xor_one_hot`], with a table of the
/// group `v` formed by `bits`, and xors it onto the planes `out`, one or two. `constant` adds the table entry for the
/// missing place of the code.
///
/// # Panics
///
/// If a slice has not the length that `m` and `words` ask for, as in [`xor_one_hot`], or `out` has neither one plane
/// nor, for the carry, two.
pub fn xor_look_up(
    table: GroupTable,
    m: u32,
    words: usize,
    bits: &[u64],
    code: &[u64],
    constant: bool,
    out: &mut [u64],
) {
    assert_eq!(bits.len(), m as usize * words, "{m} planes of bits");
    assert_eq!(code.len(), ((1 << m) - 1) * words, "a one-hot code");
    assert!(
        out.len() == words || (table == GroupTable::Carry && out.len() == 2 * words),
        "planes of the result"
    );
    let isa = Isa::detect();
    macro_rules! run {
        ($m:literal, $carry:literal) => {
            isa.run(LookUp::<$m, $carry> {
                words,
                bits,
                code,
                constant,
                out,
            })
        };
    }
    match (m, table) {
        (1, GroupTable::Carry) => run!(1, true),
        (2, GroupTable::Carry) => run!(2, true),
        (3, GroupTable::Carry) => run!(3, true),
        (4, GroupTable::Carry) => run!(4, true),
        (1, GroupTable::Equal) => run!(1, false),
        (2, GroupTable::Equal) => run!(2, false),
        (3, GroupTable::Equal) => run!(3, false),
        (4, GroupTable::Equal) => run!(4, false),
        _ => panic!("groups of {m} bits"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::SplitMix;
    use super::{GroupTable, MAX_GROUP, xor_look_up, xor_one_hot};

    fn value(bits: &[u64], m: u32, words: usize, i: usize) -> usize {
        let bit = |p: usize| (bits[p * words + i / 64] >> (i % 64) & 1) as usize;
        (0..m as usize).map(|p| bit(p) << p).sum()
    }

    #[test]
    fn look_ups_of_a_shared_code_add_up_to_the_table() {
        let mut random = SplitMix(3);
        let mut words_of =
            |count: usize| -> Vec<u64> { (0..count).map(|_| random.next()).collect() };
        for m in 1..=MAX_GROUP {
            for words in [0, 1, 3, 8, 9, 21] {
                let (u, v) = (words_of(m as usize * words), words_of(m as usize * words));
                let half = words_of(((1 << m) - 1) * words);
                let mut other = half.clone();
                xor_one_hot(m, words, &u, &mut other);
                for i in 0..64 * words {
                    let at =
                        |code: &[u64], j: usize| code[(j - 1) * words + i / 64] >> (i % 64) & 1;
                    for j in 1..1 << m {
                        let expected = u64::from(value(&u, m, words, i) == j);
                        assert_eq!(at(&half, j) ^ at(&other, j), expected);
                    }
                }
                for (table, planes) in [
                    (GroupTable::Carry, 2),
                    (GroupTable::Carry, 1),
                    (GroupTable::Equal, 1),
                ] {
                    let mut out = vec![0; planes * words];
                    xor_look_up(table, m, words, &v, &half, true, &mut out);
                    xor_look_up(table, m, words, &v, &other, false, &mut out);
                    for i in 0..64 * words {
                        let (u, v) = (value(&u, m, words, i), value(&v, m, words, i));
                        let expected = match table {
                            GroupTable::Carry => [u + v >= 1 << m, u + v == (1 << m) - 1],
                            GroupTable::Equal => [u == v, false],
                        };
                        for plane in 0..planes {
                            let found = out[plane * words + i / 64] >> (i % 64) & 1;
                            assert_eq!(found, u64::from(expected[plane]), "{table:?} of {m} bits");
                        }
                    }
                }
            }
        }
    }
}
