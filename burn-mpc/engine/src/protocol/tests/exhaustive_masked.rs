//! Checks injection, dealt products of bits and masked gates on `Z_2^6`, modelled on plain integers as in `exhaustive`,
//! and the engine against the same formulas.

use super::exhaustive::{K, SIZE, all_values, assert_bijection, bit, low, rounded, sign, values};
use crate::protocol::testing::{SplitMix, join, join_bits, mine, seed, three};
use crate::protocol::{
    Patches, Window, gate_masked, inject, keep_own_low, kept_own_low, relu_replicated,
};
use crate::ring::{Ring, Z6};

/// The messages of an injection: `p` and `q` to B, C's part to B, B's part to C.
struct Injection {
    p: i64,
    q: i64,
    to_b: i64,
    to_c: i64,
}

/// `x` are the components A, B, C of the value, `b` those of the bit, `drawn` the pads `r`, `r'` and the components A
/// and B of the result.
fn injection(x: [i64; 3], b: [i64; 3], drawn: [i64; 4]) -> Injection {
    let ([x_a, x_b, m], [r, r2, y_a, y_b]) = (x, drawn);
    let (beta, gamma) = (b[0] ^ b[1], b[2]);
    let (p, q) = (beta - r, beta * (x_a + x_b) - r2);
    let part_b = gamma * (m + x_b) + sign(gamma) * (m * p + q);
    let part_c = gamma * x_a + sign(gamma) * (m * r + r2);
    Injection {
        p: low(p, K),
        q: low(q, K),
        to_b: low(part_c - y_a, K),
        to_c: low(part_b - y_b, K),
    }
}

#[test]
fn an_injection_of_six_bits_is_right_for_all_shares() {
    let mut rng = SplitMix(seed(1921));
    for all in 0..SIZE << (2 * K) {
        let x = [0, K, 2 * K].map(|at| low(all >> at, K));
        // Masks of the bit and of the messages cancel; they are sampled.
        for bits in 0..8 {
            let b = [0, 1, 2].map(|at| bit(bits, at));
            let drawn = rng.next() as i64;
            let drawn = [0, K, 2 * K, 3 * K].map(|at| low(drawn >> at, K));
            let messages = injection(x, b, drawn);
            let y = drawn[2] + drawn[3] + messages.to_b + messages.to_c;
            let chosen = b[0] ^ b[1] ^ b[2];
            assert_eq!(low(y - chosen * x.iter().sum::<i64>(), K), 0, "{x:?} {b:?}");
        }
    }
}

/// B lacks `K_A`: `r`, `r'` and the component A of the result. C lacks `K_B`: the component B of the result.
#[test]
fn what_b_and_c_see_of_an_injection_of_six_bits_is_uniform() {
    for (x_a, bits) in (0..SIZE).flat_map(|x_a| (0..8).map(move |bits| (x_a, bits))) {
        let (x, b) = ([x_a, 11, 50], [0, 1, 2].map(|at| bit(bits, at)));
        let draws = 0..SIZE << (2 * K);
        let messages = draws.map(|drawn| {
            let [r, r2, y_a] = [0, K, 2 * K].map(|at| low(drawn >> at, K));
            let Injection { p, q, to_b, .. } = injection(x, b, [r, r2, y_a, 9]);
            ((p << K | q) << K | to_b) as usize
        });
        let what = format!("x = {x:?}, b = {b:?}");
        assert_bijection(1 << (3 * K), messages, &what);
        let to_c = (0..SIZE).map(|y_b| injection(x, b, [5, 60, 33, y_b]).to_c as usize);
        assert_bijection(1 << K, to_c, &what);
    }
}

#[test]
fn dealt_products_of_bits_are_right_and_their_messages_uniform() {
    for all in 0..1_i64 << 6 {
        let [x, y] = [0, 3].map(|at| [0, 1, 2].map(|i| bit(all, at + i)));
        let sum = |bits: [i64; 3]| bits[0] ^ bits[1] ^ bits[2];
        let z = [0, 1, 2].map(|i| {
            let next = (i + 1) % 3;
            x[i] & y[i] ^ x[i] & y[next] ^ x[next] & y[i]
        });
        let message = |drawn: i64| {
            let [pad, y_a, y_b] = [0, 1, 2].map(|at| bit(drawn, at));
            let dealt = z[0] ^ pad;
            let (to_c, to_b) = (z[1] ^ dealt ^ y_b, z[2] ^ pad ^ y_a);
            assert_eq!(y_a ^ y_b ^ to_b ^ to_c, sum(x) & sum(y), "{x:?} {y:?}");
            (dealt, to_b, to_c)
        };
        let at_b = (0..4).map(|drawn| {
            let (dealt, to_b, _) = message(drawn);
            (2 * dealt + to_b) as usize
        });
        assert_bijection(4, at_b, "B");
        let at_c = (0..2).map(|y_b| message(3 | y_b << 2).2 as usize);
        assert_bijection(2, at_c, "C");
    }
}

/// Sums of truncated values fit into the bits that are left, on patches of up to `2^(k-2-f)` elements.
#[test]
fn the_sign_of_a_truncated_sum_of_six_bits_is_in_the_bits_that_are_left() {
    for f in 1..=K - 2 {
        let width = K - f;
        for area in 1..=1_i64 << (K - 2 - f) {
            for (s, error) in values().flat_map(|s| (1 - area..=area).map(move |e| (s, e))) {
                // The sum of the quotients is off by less than `area` units.
                let truncated = (s >> f) + error;
                if ((truncated << f) - s).abs() < area << f {
                    let sign = bit(low(-truncated, width), width - 1);
                    assert_eq!(sign, i64::from(truncated > 0), "{s} {error} by {f}");
                }
            }
        }
    }
}

#[test]
fn the_engine_injects_bits_into_six_bits() {
    let mut rng = SplitMix(seed(1922));
    let x = all_values(-SIZE / 2..SIZE / 2);
    let single = Patches::single(x.len());
    let bits: Vec<bool> = (0..x.len()).map(|_| rng.next() & 1 == 1).collect();
    let (shares, chosen) = (rng.deal(&x), rng.deal_bits(&bits));
    let y = join(&three(rng.next(), |ctx| {
        inject(ctx, mine(ctx, &chosen), mine(ctx, &shares), &single)
    }));
    for ((x, bit), y) in x.iter().zip(bits).zip(y) {
        assert_eq!(y, if bit { *x } else { Z6::ZERO });
    }
}

#[test]
fn the_engine_gates_six_bits_as_the_model_does() {
    let seed = seed(1923);
    let mut rng = SplitMix(seed);
    let window = Window::full::<Z6>();
    let x = all_values(1 - SIZE / 2..SIZE / 2);
    let shares = rng.deal(&x);
    let y = join(&three(rng.next(), |ctx| {
        let single = Patches::single(x.len());
        Ok(relu_replicated(ctx, mine(ctx, &shares), &single, window)?.values)
    }));
    for (x, y) in x.iter().zip(y) {
        assert_eq!(y.to_i64(), x.to_i64().max(0), "{x:?}, MPC_SEED={seed}");
    }
    let z = all_values(values());
    let parts = rng.deal_additive(&z);
    for f in 1..=K - 2 {
        let runs = three(rng.next(), |ctx| {
            keep_own_low();
            let single = Patches::single(z.len());
            let gated = gate_masked(ctx, mine(ctx, &parts), &single, f, window)?;
            Ok((gated.values, gated.signs, kept_own_low()))
        });
        let kept: Vec<u64> = runs.iter().flat_map(|run| run.2.concat()).collect();
        assert_eq!(kept.len(), z.len(), "of one party");
        let signs = join_bits(&[0, 1, 2].map(|i| runs[i].1.clone()));
        let y = join(&runs.map(|run| run.0));
        for (((z, y), u), sign) in z.iter().zip(y).zip(kept).zip(signs) {
            let expected = rounded(z.to_i64(), u as i64, f).max(0);
            assert_eq!(y.to_i64(), expected, "{z:?} by {f}, MPC_SEED={seed}");
            assert_eq!(sign, expected > 0, "{z:?} by {f}, MPC_SEED={seed}");
        }
    }
}
