//! Random bits, signs that are left unshared, and their opening under a mask.

use super::LENGTHS;
use super::signs::{covered, price, samples, windows};
use crate::protocol::testing::{Setup, SplitMix, join, join_bits, mine, run, seed, three};
use crate::protocol::{msb_parts, open_masked, random_bits};
use crate::ring::bits::unpack_bools;
use crate::ring::{Ring, Z4, Z32, Z64};
use crate::share::{BitShare, XorBits};

fn random_bit_laws<R: Ring>() {
    let mut rng = SplitMix(seed(1201));
    for len in LENGTHS {
        let got = three(rng.next(), |ctx| random_bits::<R>(ctx, len));
        let bits = join_bits(&[0, 1, 2].map(|i| got[i].0.clone()));
        let lifted = join(&[0, 1, 2].map(|i| got[i].1.clone()));
        for (bit, lifted) in bits.iter().zip(lifted) {
            assert_eq!(lifted, R::from_u64(u64::from(*bit)));
        }
        let ones = bits.iter().filter(|&&bit| bit).count() as f64;
        let half = len as f64 / 2.0;
        assert!(
            (ones - half).abs() <= 5.0 * (half / 2.0).sqrt() + 1.0,
            "{ones} of {len}"
        );
    }
}

#[test]
fn random_bits_are_the_same_in_both_forms() {
    random_bit_laws::<Z64>();
    random_bit_laws::<Z32>();
    random_bit_laws::<Z4>();
}

fn join_parts(parts: &[XorBits; 3]) -> Vec<bool> {
    let sum: Vec<u64> = (0..parts[0].part().len())
        .map(|i| parts.iter().fold(0, |sum, part| sum ^ part.part()[i]))
        .collect();
    unpack_bools(&sum, parts[0].len())
}

fn parts_laws<R: Ring>() {
    let mut rng = SplitMix(seed(1202));
    let whole = core::iter::once(0..R::BITS);
    for window in whole.chain(windows::<R>().into_iter().filter(|w| w.end <= R::BITS)) {
        for len in LENGTHS {
            let x = if window.start == 0 && window.end == R::BITS {
                samples::<R>(&mut rng, len)
            } else {
                covered::<R>(&mut rng, &window, len)
            };
            let shares = rng.deal(&x);
            let got = three(rng.next(), |ctx| {
                let parts = msb_parts(ctx, mine(ctx, &shares), window.clone())?;
                let (rho, _) = random_bits::<R>(ctx, len)?;
                Ok((parts.clone(), rho.clone(), open_masked(ctx, &parts, &rho)?))
            });
            let bits = join_parts(&[0, 1, 2].map(|i| got[i].0.clone()));
            let rho = join_bits(&[0, 1, 2].map(|i| got[i].1.clone()));
            for party in &got {
                let opened = unpack_bools(&party.2, len);
                for i in 0..len {
                    assert_eq!(
                        bits[i],
                        x[i].to_i64() < 0,
                        "sign of {:?} in {window:?}",
                        x[i]
                    );
                    assert_eq!(opened[i], bits[i] ^ rho[i]);
                }
            }
        }
    }
}

#[test]
fn unshared_signs_are_exact_and_open_to_the_sign_under_the_mask() {
    parts_laws::<Z64>();
    parts_laws::<Z32>();
}

#[test]
fn unshared_signs_are_exact_on_the_small_ring() {
    let mut rng = SplitMix(seed(1203));
    let x = samples::<Z4>(&mut rng, 4096);
    let shares = rng.deal(&x);
    let got = three(rng.next(), |ctx| msb_parts(ctx, mine(ctx, &shares), 0..4));
    let expected: Vec<bool> = x.iter().map(|x| x.to_i64() < 0).collect();
    assert_eq!(join_parts(&got), expected);
}

#[test]
fn masked_openings_and_random_bits_cost_what_they_declare() {
    let mut rng = SplitMix(seed(1204));
    let wide = rng.deal(&samples::<Z64>(&mut SplitMix(1), 64));
    let setup = Setup::of(rng.next());
    let parts = run(setup, |ctx| msb_parts(ctx, mine(ctx, &wide), 0..64));
    assert_eq!(price(&parts), (285 - 3, 6));
    let opened = run(setup, |ctx| {
        let parts = msb_parts(ctx, mine(ctx, &wide), 0..64)?;
        open_masked(ctx, &parts, &BitShare::zeros(64))
    });
    assert_eq!(price(&opened), (285 - 3 + 6, 7));
    let bits = run(setup, |ctx| random_bits::<Z64>(ctx, 64));
    assert_eq!(price(&bits), (192, 2));
}
