//! Checks signs and truncations on `Z_2^6`, modelled on plain integers from the formulas of `docs/spec` alone, for
//! every secret and every way to share it. Masks cancel: they are enumerated for full signs, look-ups and ANDs, and
//! sampled elsewhere. Then checks the engine, on the same ring, against the same formulas.
//!
//! Views are enumerated for B of a faithful truncation, A of the star, and A of the two-round comparison: over all
//! draws from the key that the party lacks, for some choices of the other draws, every tuple of messages occurs equally
//! often.

use crate::protocol::testing::{SplitMix, join, join_bits, mine, seed, three};
use crate::protocol::{
    Context, ProtocolError, exact, faithful, keep_own_low, kept_own_low, msb, msb_in, msb_split,
    share_split, star,
};
use crate::ring::{Ring, Z6};
use crate::share::{Additive, Rss};

pub(super) const K: u32 = 6;
pub(super) const SIZE: i64 = 1 << K;

/// `value mod 2^bits`.
pub(super) fn low(value: i64, bits: u32) -> i64 {
    value & ((1 << bits) - 1)
}

/// A bit of a value.
pub(super) fn bit(value: i64, at: u32) -> i64 {
    value >> at & 1
}

/// `1 - 2 bit`.
pub(super) fn sign(bit: i64) -> i64 {
    1 - 2 * bit
}

/// The signed representative of a ring element.
fn signed(value: i64) -> i64 {
    low(value + SIZE / 2, K) - SIZE / 2
}

/// `floor(z / 2^f) + [u' < z']`.
pub(super) fn rounded(z: i64, u: i64, f: u32) -> i64 {
    (z >> f) + i64::from(low(u, f) < low(z, f))
}

/// Asserts that `message` takes each of `count` values once.
pub(super) fn assert_bijection(count: usize, messages: impl Iterator<Item = usize>, what: &str) {
    let mut seen = vec![false; count];
    let mut found = 0;
    for message in messages {
        assert!(!seen[message], "{what}: a message occurs twice");
        seen[message] = true;
        found += 1;
    }
    assert_eq!(found, count, "{what}: as many messages as draws");
}

/// All `z` that a truncation takes.
pub(super) fn values() -> std::ops::Range<i64> {
    -SIZE / 4..SIZE / 4
}

/// What a faithful truncation computes and sends, from its parts `u` and `w` and the draws of the masked product.
struct Faithful {
    a_bar: i64,
    c1: i64,
    half_a: i64,
    half_b: i64,
}

fn faithful_model(u: i64, w: i64, f: u32, [alpha, beta, c0]: [i64; 3]) -> Faithful {
    let (a, b) = (1 - bit(u, K - 1), bit(w, K - 1));
    let (a_bar, b_bar) = (a ^ alpha, b ^ beta);
    let c1 = low(alpha * beta - c0, f);
    let (sa, sb) = (sign(a_bar), sign(b_bar));
    let product_a = a_bar * b_bar + b_bar * sa * alpha + sa * sb * c0;
    let product_b = a_bar * sb * beta + sa * sb * c1;
    Faithful {
        a_bar,
        c1,
        half_a: low((u >> f) - (1 << (K - 2 - f)) + (product_a << (K - f)), K),
        half_b: low((product_b << (K - f)) - (w >> f), K),
    }
}

#[test]
fn a_faithful_truncation_of_six_bits_is_right_for_all_randomness() {
    for f in 1..=K - 2 {
        for (z, u) in values().flat_map(|z| (0..SIZE).map(move |u| (z, u))) {
            let w = low(u - z - SIZE / 4, K);
            for draws in 0..4 << f {
                let draws = [draws & 1, draws >> 1 & 1, draws >> 2];
                let model = faithful_model(u, w, f, draws);
                let y = signed(model.half_a + model.half_b);
                assert_eq!(y, rounded(z, u, f), "z = {z}, u = {u}, f = {f}, {draws:?}");
            }
        }
    }
}

/// B lacks `K_A`: the pad of the gather, `alpha`, `c0` and `y_A`.
#[test]
fn what_b_sees_of_a_faithful_truncation_of_six_bits_is_uniform() {
    let f = 3;
    let [key_b, key_c, z_b] = [11, 50, 7];
    for (z, z_a, beta) in values().flat_map(|z| {
        [0, 5, 33]
            .into_iter()
            .flat_map(move |a| [(z, a, 0), (z, a, 1)])
    }) {
        let draws = (0..SIZE).flat_map(|pad| (0..2 << f).map(move |dealt| (pad, dealt)));
        let messages = draws.flat_map(|(pad, dealt)| {
            let z_c = z - z_a - z_b;
            let gathered = low(z_c + key_c - pad, K);
            let u = low(z_a + pad - key_b + SIZE / 4, K);
            let w = low(-(z_b + key_b - key_c + gathered), K);
            let model = faithful_model(u, w, f, [dealt & 1, beta, dealt >> 1]);
            (0..SIZE).map(move |y_a| {
                let spread = low(model.half_a - y_a, K);
                let dealt = model.a_bar << f | model.c1;
                ((gathered << (f + 1) | dealt) << K | spread) as usize
            })
        });
        assert_bijection(1 << (2 * K + f + 1), messages, &format!("z = {z}"));
    }
}

/// The two parts of the result of a star truncation.
struct Star {
    to_a: [i64; 2],
    half_a: i64,
    half_c: i64,
}

fn star_model(u: i64, w: i64, f: u32, [rho_b, rho_c, s, nu]: [i64; 4]) -> Star {
    let (a, b, rho) = (1 - bit(u, K - 1), bit(w, K - 1), rho_b ^ rho_c);
    let d = s ^ low(s + b, f);
    let to_a = [s ^ nu ^ (rho_b * d), nu ^ (rho_c * d)];
    let (m, a_bar) = (to_a[0] ^ to_a[1], a ^ rho);
    Star {
        to_a,
        half_a: (u >> f) - (1 << (K - 2 - f)) + ((sign(a_bar) * m) << (K - f)),
        half_c: ((a_bar * b - sign(a_bar) * s) << (K - f)) - (w >> f),
    }
}

#[test]
fn a_star_truncation_of_six_bits_is_right_for_all_randomness() {
    for f in 1..=K - 2 {
        for (z, w) in values().flat_map(|z| (0..SIZE).map(move |w| (z, w))) {
            let u = low(z + SIZE / 4 + w, K);
            for (rho, s) in (0..4).flat_map(|rho| (0..1 << f).map(move |s| (rho, s))) {
                for nu in 0..1 << f {
                    let model = star_model(u, w, f, [rho & 1, rho >> 1, s, nu]);
                    let y = signed(model.half_a + model.half_c);
                    assert_eq!(y, rounded(z, u, f), "z = {z}, w = {w}, f = {f}");
                }
            }
        }
    }
}

/// A lacks `K_C`: the mask `w`, the pad of C's part, `s` and `nu`.
#[test]
fn what_a_sees_of_a_star_truncation_of_six_bits_is_uniform() {
    let f = 2;
    let [key_a, key_b, z_a, z_b] = [19, 44, 21, 7];
    for (z, rho) in values().flat_map(|z| (0..4).map(move |rho| (z, rho))) {
        let draws = (0..SIZE).flat_map(|w| (0..SIZE).map(move |key_c| (w, key_c)));
        let messages = draws.flat_map(|(w, key_c)| {
            let z_c = z - z_a - z_b;
            let from_b = low(z_b + key_b - key_c + w, K);
            let from_c = low(z_c + key_c - key_a, K);
            let u = low(z + SIZE / 4 + w, K);
            (0..1 << (2 * f)).map(move |dealt| {
                let draws = [rho & 1, rho >> 1, low(dealt, f), dealt >> f];
                let [b, c] = star_model(u, w, f, draws).to_a;
                (((from_b << K | from_c) << f | b) << f | c) as usize
            })
        });
        assert_bijection(1 << (2 * K + 2 * f), messages, &format!("z = {z}"));
    }
}

#[test]
fn a_probabilistic_truncation_of_six_bits_fails_as_often_as_stated() {
    for f in 1..=K - 2 {
        for z in 1 - SIZE / 2..SIZE / 2 {
            let wrong = (0..SIZE).filter(|&u| {
                // The lowest word is its own negative.
                let negated = signed(u - z);
                let y = signed((signed(u) >> f) - (negated >> f));
                let error = low(y - rounded(z, u, f), K);
                assert!(error == 0 || low(error, K - f) == 0, "off by one wrap");
                error != 0
            });
            assert_eq!(wrong.count() as i64, z.abs(), "z = {z}, f = {f}");
        }
    }
}

/// The look-up of `table` at `u` by B, who has a code under `pads`, and by C, who has the pads.
fn look_up(u: i64, groups: u32, pads: i64, table: impl Fn(i64) -> bool) -> [bool; 2] {
    let (mut b, mut c) = (table(0), false);
    for j in 1..1 << groups {
        let pad = pads >> (j - 1) & 1 == 1;
        let coefficient = table(j) ^ table(0);
        b ^= coefficient && ((u == j) ^ pad);
        c ^= coefficient && pad;
    }
    [b, c]
}

/// Whether a group of `m` bits generates a carry, and whether it propagates one.
fn carries(u: i64, v: i64, m: u32, pads: i64) -> [bool; 2] {
    let generates = look_up(u, m, pads, |j| j + v >= 1 << m);
    let propagates = look_up(u, m, pads, |j| j + v == (1 << m) - 1);
    [generates, propagates].map(|[b, c]| b ^ c)
}

#[test]
fn look_ups_by_a_one_hot_code_are_right_for_all_pads() {
    for m in 1..=4 {
        for pads in 0..1 << ((1 << m) - 1) {
            for (u, v) in (0..1 << m).flat_map(|u| (0..1 << m).map(move |v| (u, v))) {
                let sum = u + v;
                let expected = [sum >= 1 << m, sum == (1 << m) - 1];
                assert_eq!(carries(u, v, m, pads), expected, "{u} + {v}, pads {pads:b}");
            }
        }
    }
}

#[test]
fn products_of_shared_bits_are_right_for_all_shares_and_masks() {
    for all in 0..1_i64 << 9 {
        let [x, y, r] = [0, 3, 6].map(|at| [0, 1, 2].map(|i| bit(all, at + i)));
        let sum = |bits: [i64; 3]| bits[0] ^ bits[1] ^ bits[2];
        let z = [0, 1, 2].map(|i| {
            let next = (i + 1) % 3;
            x[i] & y[i] ^ x[i] & y[next] ^ x[next] & y[i] ^ r[i] ^ r[next]
        });
        assert_eq!(sum(z), sum(x) & sum(y));
    }
}

/// The sign of `u + v` of `w` bits by groups of at most three bits below the top one; `pads` are those of all codes.
fn sign_by_tree(u: i64, v: i64, w: u32, mut pads: i64) -> i64 {
    let (mut at, mut carry) = (0, false);
    // As in the engine, only the lowest group may have other than three bits.
    let mut left = w - 1;
    while left > 0 {
        let m = if left.is_multiple_of(3) { 3 } else { left % 3 };
        let codes = (1 << m) - 1;
        let [generates, propagates] =
            carries(low(u >> at, m), low(v >> at, m), m, low(pads, codes));
        carry = generates ^ (propagates && carry);
        pads >>= codes;
        at += m;
        left -= m;
    }
    bit(u, w - 1) ^ bit(v, w - 1) ^ i64::from(carry)
}

/// The sign of a window, as the ideal functionality gives it.
fn expected_sign(u: i64, v: i64, lo: u32, hi: u32) -> i64 {
    let lost = i64::from(low(u, lo) + low(v, lo) >= 1 << lo);
    bit((low(u + v, K) >> lo) - lost, hi - lo - 1)
}

#[test]
fn signs_of_six_bits_are_right_for_every_sharing_and_window() {
    for (x, u) in (0..SIZE).flat_map(|x| (0..SIZE).map(move |u| (x, u))) {
        let v = low(x - u, K);
        for pads in 0..1 << 10 {
            assert_eq!(sign_by_tree(u, v, K, pads), bit(x, K - 1), "{u} + {v}");
        }
        for (lo, hi) in (0..K).flat_map(|lo| (lo + 2..=K).map(move |hi| (lo, hi))) {
            let w = hi - lo;
            let pads = (37 * u + 101 * v) & 1023;
            let found = sign_by_tree(low(u >> lo, w), low(v >> lo, w), w, pads);
            assert_eq!(
                found,
                expected_sign(u, v, lo, hi),
                "{u} + {v} in {lo}..{hi}"
            );
        }
    }
}

#[test]
fn an_exact_truncation_of_six_bits_does_not_depend_on_the_sharing() {
    for f in 1..=K - 2 {
        let half = 1 << (f - 1);
        for (z, u) in (-SIZE / 4..SIZE / 4 - half).flat_map(|z| (0..SIZE).map(move |u| (z, u))) {
            let w = low(u - z - half - SIZE / 4, K);
            let faithful = faithful_model(u, w, f, [u & 1, 1, 0]);
            for pads in 0..1 << 10 {
                // The top bits of both addends are 0, so that the sign is the carry.
                let borrow = sign_by_tree((1 << f) - 1 - low(u, f), low(w, f), f + 1, pads);
                let y = signed(faithful.half_a + faithful.half_b - borrow);
                assert_eq!(y, (z + half) >> f, "z = {z}, u = {u}, f = {f}");
            }
        }
    }
}

/// The two-round comparison of `u'` with `t`: digits of `sizes` bits, lowest first, and a guard.
struct Comparison {
    sizes: Vec<u32>,
    p: i64,
}

impl Comparison {
    fn digits(&self, mut value: i64) -> Vec<i64> {
        let mut digits = Vec::new();
        for &size in &self.sizes {
            digits.push(low(value, size));
            value >>= size;
        }
        digits.push(value);
        digits
    }

    /// `c^B` and `c^C` for the code of `u'`, where B knows `q` and C knows `e - q`.
    fn differences(&self, u: i64, t: i64, eta: i64, q: &[i64]) -> [Vec<i64>; 2] {
        let (u, r) = (self.digits(u), self.digits(t + eta));
        let mut at = 0;
        // The shares `q` of each digit's code, from which follow shares of any function of the digit.
        let mut codes = Vec::new();
        for &size in &self.sizes {
            let count = (1 << size) - 1;
            codes.push(q[at..at + count].to_vec());
            at += count;
        }
        codes.push(vec![]);
        let shares = |digit: usize, function: &dyn Fn(i64) -> i64| {
            let (mut b, mut c) = (function(0), 0);
            for (j, q) in (1..).zip(&codes[digit]) {
                let coefficient = function(j) - function(0);
                b += q * coefficient;
                c += (i64::from(u[digit] == j) - q) * coefficient;
            }
            [b, c]
        };
        let mut parts = [Vec::new(), Vec::new()];
        for digit in 0..u.len() {
            let tested = |u: i64| if eta == 0 { u > r[digit] } else { u < r[digit] };
            let mut sum = shares(digit, &|u| 1 - i64::from(tested(u)));
            for above in digit + 1..u.len() {
                let other = shares(above, &|u| i64::from(u != r[above]));
                sum = [0, 1].map(|i| sum[i] + other[i]);
            }
            for (part, sum) in parts.iter_mut().zip(sum) {
                part.push(sum.rem_euclid(self.p));
            }
        }
        parts
    }
}

#[test]
fn two_round_comparisons_of_five_bits_are_right_for_all_factors() {
    let rng = &mut SplitMix(seed(1011));
    for (sizes, p) in [(vec![2, 3], 5), (vec![2, 2, 1], 5), (vec![1; 5], 7)] {
        let slots = sizes.len() + 1;
        let comparison = Comparison { sizes, p };
        let hot: usize = comparison.sizes.iter().map(|&m| (1 << m) - 1).sum();
        for (u, t, eta) in (0..32).flat_map(|u| (-1..32).flat_map(move |t| [(u, t, 0), (u, t, 1)]))
        {
            // The threshold `31 - v'` is not negative.
            if t < 0 {
                continue;
            }
            let q: Vec<i64> = (0..hot).map(|_| rng.below(p as usize) as i64).collect();
            let [b, c] = comparison.differences(u, t, eta, &q);
            let mut factors = vec![1; slots];
            // All factors, counted up like a number with as many digits as there are slots.
            loop {
                let hits = (0..slots).filter(|&g| factors[g] * (b[g] + c[g]) % p == 0);
                let hits = hits.count();
                assert!(hits <= 1, "at most one slot is zero");
                assert_eq!(
                    hits as i64 ^ eta,
                    i64::from(u > t),
                    "{u} > {t}, eta = {eta}"
                );
                let Some(place) = factors.iter().position(|&factor| factor < p - 1) else {
                    break;
                };
                factors[place] += 1;
                factors[..place].fill(1);
            }
        }
    }
}

/// Two digits and a guard modulo 5: whatever is compared, A's six elements have one distribution.
#[test]
fn what_a_sees_of_a_two_round_comparison_of_five_bits_has_one_distribution() {
    let rng = &mut SplitMix(seed(1012));
    let comparison = Comparison {
        sizes: vec![2, 3],
        p: 5,
    };
    let mut expected: Option<Vec<u32>> = None;
    for (u, t) in (0..32).flat_map(|u| (0..32).map(move |t| (u, t))) {
        let q: Vec<i64> = (0..10).map(|_| rng.below(5) as i64).collect();
        let mut counts = vec![0_u32; 5_usize.pow(6)];
        for eta in [0, 1] {
            let [b, c] = comparison.differences(u, t, eta, &q);
            for factors in 0..64 {
                let factor = |g: usize| 1 + (factors >> (2 * g) & 3);
                let parts = [0, 1, 2].map(|g| [factor(g) * b[g], 5 * 4 - factor(g) * c[g]]);
                for pads in 0..125 {
                    let pad = [pads % 5, pads / 5 % 5, pads / 25];
                    let seen = [0, 1, 2].map(|g| {
                        let [b, c] = parts[g].map(|part| (pad[g] + part) % 5);
                        (5 * b + c) as usize
                    });
                    for turn in 0..3 {
                        let [x, y, z] = [0, 1, 2].map(|g| seen[(g + turn) % 3]);
                        counts[(25 * x + y) * 25 + z] += 1;
                    }
                }
            }
        }
        let expected = expected.get_or_insert_with(|| counts.clone());
        assert!(*expected == counts, "u' = {u}, t = {t}");
    }
}

/// How often the engine runs with each value.
const TIMES: i64 = 64;

pub(super) fn all_values(range: std::ops::Range<i64>) -> Vec<Z6> {
    let times = range.flat_map(|value| (0..TIMES).map(move |_| value));
    times.map(Z6::from_i64).collect()
}

#[test]
fn the_engine_takes_signs_of_six_bits_as_the_model_does() {
    let seed = seed(1013);
    let mut rng = SplitMix(seed);
    let x = all_values(-SIZE / 2..SIZE / 2);
    let shares = rng.deal(&x);
    let whole = join_bits(&three(rng.next(), |ctx| msb(ctx, mine(ctx, &shares))));
    for (x, sign) in x.iter().zip(whole) {
        assert_eq!(sign, x.to_i64() < 0, "{x:?}, MPC_SEED={seed}");
    }
    for hi in 2..=K {
        let tree = three(rng.next(), |ctx| msb_in(ctx, mine(ctx, &shares), 0..hi));
        let split = three(rng.next(), |ctx| {
            let split = msb_split(ctx, mine(ctx, &shares), 0..hi)?;
            share_split(ctx, &split)
        });
        for found in [join_bits(&tree), join_bits(&split)] {
            for (x, found) in x.iter().zip(found) {
                let expected = expected_sign(x.to_i64(), 0, 0, hi) == 1;
                assert_eq!(found, expected, "{x:?} below {hi}, MPC_SEED={seed}");
            }
        }
    }
}

type Truncate = fn(&mut Context, &Additive<Z6>, u32) -> Result<Rss<Z6>, ProtocolError>;

/// The engine exposes the low bits of A's part, so that its roundings are known too.
#[test]
fn the_engine_truncates_six_bits_as_the_model_does() {
    let seed = seed(1014);
    let mut rng = SplitMix(seed);
    let z = all_values(values());
    let parts = rng.deal_additive(&z);
    for f in 1..=K - 2 {
        for truncate in [faithful as Truncate, star] {
            let runs = three(rng.next(), |ctx| {
                keep_own_low();
                let y = truncate(ctx, mine(ctx, &parts), f)?;
                Ok((y, kept_own_low()))
            });
            let kept = runs.iter().flat_map(|run| run.1.concat());
            let kept: Vec<u64> = kept.collect();
            assert_eq!(kept.len(), z.len(), "of one party");
            let y = join(&runs.map(|run| run.0));
            for ((z, y), u) in z.iter().zip(y).zip(kept) {
                let expected = rounded(z.to_i64(), u as i64, f);
                assert_eq!(y.to_i64(), expected, "{z:?} by {f}, MPC_SEED={seed}");
            }
        }
        let half = 1 << (f - 1);
        let z = all_values(-SIZE / 4..SIZE / 4 - half);
        let parts = rng.deal_additive(&z);
        let y = join(&three(rng.next(), |ctx| exact(ctx, mine(ctx, &parts), f)));
        for (z, y) in z.iter().zip(y) {
            let expected = (z.to_i64() + half) >> f;
            assert_eq!(y.to_i64(), expected, "{z:?} by {f}, MPC_SEED={seed}");
        }
    }
}
