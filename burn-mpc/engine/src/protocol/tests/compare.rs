//! The two-round comparison, and the protocols that use its split bits.

use core::ops::Range;

use super::LENGTHS;
use super::signs::{covered, price, samples, windows};
use crate::protocol::testing::{Run, Setup, SplitMix, join, join_bits, mine, run, seed, three};
use crate::protocol::{SplitBits, lift_split, msb_split, open_split, random_bits, share_split};
use crate::ring::bits::unpack_bools;
use crate::ring::{Ring, Z4, Z32, Z64};

/// The bits of three parts; B and C must hold the same.
fn join_split(parts: &[SplitBits; 3]) -> Vec<bool> {
    let roles = parts[0].rotation().roles();
    let [beta, gamma, copy] = roles.map(|party| parts[party.index()].part());
    assert_eq!(gamma, copy, "B and C agree");
    let bits: Vec<u64> = beta.iter().zip(gamma).map(|(x, y)| x ^ y).collect();
    unpack_bools(&bits, parts[0].len())
}

fn signs_of<R: Ring>(rng: &mut SplitMix, x: &[R], window: Range<u32>) -> Vec<bool> {
    let shares = rng.deal(x);
    // `three` checks that the measured cost is the declared one.
    join_split(&three(rng.next(), |ctx| {
        msb_split(ctx, mine(ctx, &shares), window.clone())
    }))
}

fn negative<R: Ring>(x: &[R]) -> Vec<bool> {
    x.iter().map(|x| x.to_i64() < 0).collect()
}

fn two_round_laws<R: Ring>(windows: &[Range<u32>]) {
    let mut rng = SplitMix(seed(1101));
    for len in LENGTHS.into_iter().chain([9, 4096]) {
        let x = samples::<R>(&mut rng, len);
        assert_eq!(signs_of(&mut rng, &x, 0..R::BITS), negative(&x));
    }
    for window in windows {
        let x = covered::<R>(&mut rng, window, 1500);
        let got = signs_of(&mut rng, &x, window.clone());
        assert_eq!(got, negative(&x), "window {window:?}");
    }
}

#[test]
fn the_two_round_sign_is_exact() {
    two_round_laws::<Z64>(&windows::<Z64>());
    two_round_laws::<Z32>(&windows::<Z32>());
    two_round_laws::<Z4>(&[0..3, 1..4, 0..2]);
}

/// Every pair of addends, so that every threshold meets every value under both directions.
#[test]
fn the_two_round_sign_is_exact_for_every_pair_of_addends_of_the_small_ring() {
    let mut rng = SplitMix(seed(1102));
    let x: Vec<Z4> = (0..16 * 1000).map(|i| Z4::from_i64(i % 16)).collect();
    assert_eq!(signs_of(&mut rng, &x, 0..4), negative(&x));
}

/// `u` and `v` themselves at their limits: thresholds 0 and `2^(w-1) - 1`, equal operands.
#[test]
fn the_two_round_sign_is_exact_at_the_limits_of_both_addends() {
    fn check<R: Ring>() {
        let mut rng = SplitMix(seed(1103));
        let max = i64::MAX >> (64 - R::BITS);
        let edges = [0, 1, -1, max, -max - 1, max - 1, 1 - max, 2, -2].map(R::from_i64);
        let pairs: Vec<(R, R)> = edges
            .iter()
            .flat_map(|&u| edges.iter().map(move |&v| (u, v)))
            .collect();
        // Each pair under many directions and slot rotations, and under every rotation of roles.
        let pairs = [pairs.as_slice(); 20].concat();
        for rotation in 0..3 {
            // Role B is party `rotation + 1`: `v` is its second component.
            let mut components = [0, 1, 2].map(|_| rng.words::<R>(pairs.len()));
            for (i, &(u, v)) in pairs.iter().enumerate() {
                let [a, b, c] = [0, 1, 2].map(|role| (rotation + role) % 3);
                components[c][i] = v;
                let first = components[a][i];
                components[b][i] = u - first;
            }
            let shares = [0, 1, 2].map(|i| {
                crate::share::Rss::new(components[i].clone(), components[(i + 1) % 3].clone())
            });
            let got = three(rng.next(), |ctx| {
                // The first call has rotation 1.
                for _ in 0..(rotation + 2) % 3 {
                    ctx.begin("skip", &[]);
                }
                msb_split(ctx, mine(ctx, &shares), 0..R::BITS)
            });
            assert_eq!(got[0].rotation().number(), rotation);
            let sums: Vec<R> = pairs.iter().map(|&(u, v)| u + v).collect();
            assert_eq!(join_split(&got), negative(&sums));
        }
    }
    check::<Z64>();
    check::<Z32>();
    check::<Z4>();
}

#[test]
fn a_call_of_several_chunks_gives_the_same_signs() {
    let mut rng = SplitMix(seed(1104));
    let x = samples::<Z32>(&mut rng, 2 * 65536 + 77);
    assert_eq!(signs_of(&mut rng, &x, 0..32), negative(&x));
}

#[test]
fn split_bits_are_shared_lifted_and_opened() {
    let mut rng = SplitMix(seed(1105));
    for len in LENGTHS {
        let x = samples::<Z32>(&mut rng, len);
        let shares = rng.deal(&x);
        for skip in 0..3 {
            let got = three(rng.next(), |ctx| {
                for _ in 0..skip {
                    ctx.begin("skip", &[]);
                }
                let (rho, _) = random_bits::<Z32>(ctx, len)?;
                let split = msb_split(ctx, mine(ctx, &shares), 0..32)?;
                let lifted = lift_split::<Z32>(ctx, &split)?;
                Ok((
                    share_split(ctx, &split)?,
                    lifted,
                    rho.clone(),
                    open_split(ctx, &split, &rho)?,
                ))
            });
            let expected = negative(&x);
            assert_eq!(join_bits(&[0, 1, 2].map(|i| got[i].0.clone())), expected);
            let lifted = join(&[0, 1, 2].map(|i| got[i].1.clone()));
            let rho = join_bits(&[0, 1, 2].map(|i| got[i].2.clone()));
            for party in &got {
                let opened = unpack_bools(&party.3, len);
                for i in 0..len {
                    assert_eq!(lifted[i], Z32::from_u64(u64::from(expected[i])));
                    assert_eq!(opened[i], expected[i] ^ rho[i]);
                }
            }
        }
    }
}

#[test]
fn two_round_signs_cost_what_they_declare() {
    let mut rng = SplitMix(seed(1106));
    let wide = rng.deal(&samples::<Z64>(&mut SplitMix(1), 64));
    let narrow = rng.deal(&samples::<Z32>(&mut SplitMix(1), 64));
    let setup = Setup::of(rng.next());
    let split = |window: Range<u32>| -> Run<SplitBits> {
        run(setup, |ctx| {
            msb_split(ctx, mine(ctx, &wide), window.clone())
        })
    };
    assert_eq!(price(&split(0..64)), (835, 2));
    assert_eq!(price(&split(7..27)), (200, 2));
    let on_32 = run(setup, |ctx| msb_split(ctx, mine(ctx, &narrow), 0..32));
    assert_eq!(price(&on_32), (372, 2));
    let shared = run(setup, |ctx| {
        let bits = msb_split(ctx, mine(ctx, &narrow), 0..32)?;
        share_split(ctx, &bits)
    });
    assert_eq!(price(&shared), (373, 3));
    let lifted = run(setup, |ctx| {
        let split = msb_split(ctx, mine(ctx, &narrow), 0..32)?;
        lift_split::<Z32>(ctx, &split)
    });
    assert_eq!(price(&lifted), (372 + 96, 4));
    let opened = run(setup, |ctx| {
        let split = msb_split(ctx, mine(ctx, &narrow), 0..32)?;
        open_split(ctx, &split, &crate::share::BitShare::zeros(64))
    });
    assert_eq!(price(&opened), (375, 3));
}
