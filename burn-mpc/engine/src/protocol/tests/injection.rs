//! Products of shared bits and shared values, and ReLUs of replicated values.

use super::LENGTHS;
use super::signs::samples;
use crate::protocol::testing::{Setup, SplitMix, join, join_bits, mine, run, seed, three};
use crate::protocol::{Patches, RoundsGated, Window, inject, relu_replicated};
use crate::ring::{Ring, Z4, Z32, Z64};
use crate::share::Rss;

/// Patches of several sizes, one of them empty, between elements that pass.
pub(super) fn patchwork(rng: &mut SplitMix, elements: usize, patches: usize) -> Patches {
    let pass = Patches::PASS;
    let map: Vec<u32> = (0..elements)
        .map(|_| match rng.below(patches + 1) {
            0 => pass,
            // Small numbers are more frequent.
            at => u32::try_from(rng.below(at)).unwrap(),
        })
        .collect();
    Patches::new(&map, patches + 1).unwrap()
}

fn every_patchwork(rng: &mut SplitMix) -> Vec<Patches> {
    let mut all: Vec<Patches> = LENGTHS.map(Patches::single).into();
    all.extend([
        patchwork(rng, 700, 9),
        patchwork(rng, 333, 100),
        patchwork(rng, 65, 1),
        Patches::new(&[Patches::PASS; 9], 0).unwrap(),
        Patches::new(&[0, 0, 1], 3).unwrap(),
        Patches::new(&[Patches::PASS, Patches::PASS], 2).unwrap(),
    ]);
    all
}

fn injection_laws<R: Ring>() {
    let mut rng = SplitMix(seed(1901));
    for patches in every_patchwork(&mut rng) {
        let x = samples::<R>(&mut rng, patches.elements());
        let bits: Vec<bool> = (0..patches.len()).map(|_| rng.next() & 1 == 1).collect();
        let (shares, chosen) = (rng.deal(&x), rng.deal_bits(&bits));
        // Three calls, so that every party plays every role.
        let got = three(rng.next(), |ctx| {
            (0..3)
                .map(|_| inject(ctx, mine(ctx, &chosen), mine(ctx, &shares), &patches))
                .collect::<Result<Vec<Rss<R>>, _>>()
        });
        for call in 0..3 {
            let y = join(&[0, 1, 2].map(|i| got[i][call].clone()));
            for ((&patch, x), y) in patches.patch_of().iter().zip(&x).zip(y) {
                let keeps = patch == Patches::PASS || bits[patch as usize];
                assert_eq!(y, if keeps { *x } else { R::ZERO });
            }
        }
    }
}

#[test]
fn an_injected_bit_keeps_or_clears_the_values_of_its_patch() {
    injection_laws::<Z64>();
    injection_laws::<Z32>();
    injection_laws::<Z4>();
}

fn relu_laws<R: Ring>() {
    let mut rng = SplitMix(seed(1902));
    for patches in every_patchwork(&mut rng) {
        let mut x = samples::<R>(&mut rng, patches.elements());
        if !patches.is_single() {
            // Ten bits for the sums.
            x.iter_mut().for_each(|x| *x = x.sar(10));
        }
        for high in [R::BITS, 26] {
            let window = Window { low: 0, high };
            // The lowest number is its own negative there.
            let lowest = R::from_i64(-1).shl(high - 1);
            let within = |x: &R| match x.sar(R::BITS - high) {
                x if x == lowest => R::ONE,
                x => x,
            };
            let x: Vec<R> = x.iter().map(within).collect();
            let shares = rng.deal(&x);
            let got = three(rng.next(), |ctx| {
                let RoundsGated { values, signs } =
                    relu_replicated(ctx, mine(ctx, &shares), &patches, window)?;
                Ok((values, signs))
            });
            let values = join(&[0, 1, 2].map(|i| got[i].0.clone()));
            let signs = join_bits(&[0, 1, 2].map(|i| got[i].1.clone()));
            for (sign, sum) in signs.iter().zip(patches.sums(&x)) {
                assert_eq!(*sign, sum.to_i64() > 0, "{sum:?} below {high}");
            }
            for ((&patch, x), y) in patches.patch_of().iter().zip(&x).zip(values) {
                let keeps = patch == Patches::PASS || signs[patch as usize];
                assert_eq!(y, if keeps { *x } else { R::ZERO });
            }
        }
    }
}

#[test]
fn a_relu_of_a_replicated_value_is_exact() {
    relu_laws::<Z64>();
    relu_laws::<Z32>();
}

/// Trees of every shape: with nodes left over on some levels, and of a single group.
#[test]
fn dealt_signs_of_every_width_are_exact() {
    fn check<R: Ring>() {
        let mut rng = SplitMix(seed(1905));
        for high in 2..=R::BITS {
            let lowest = R::from_i64(-1).shl(high - 1);
            let narrow = |x: R| x.sar(R::BITS - high);
            let x: Vec<R> = samples::<R>(&mut rng, 130)
                .into_iter()
                .map(narrow)
                .collect();
            let x: Vec<R> = x.into_iter().filter(|x| *x != lowest).collect();
            let shares = rng.deal(&x);
            let got = three(rng.next(), |ctx| {
                let (single, window) = (Patches::single(x.len()), Window { low: 0, high });
                Ok(relu_replicated(ctx, mine(ctx, &shares), &single, window)?.signs)
            });
            for (x, sign) in x.iter().zip(join_bits(&got)) {
                assert_eq!(sign, x.to_i64() > 0, "{x:?} below {high}");
            }
        }
    }
    check::<Z64>();
    check::<Z32>();
}

/// `docs/spec/conversion.md`, "Injection": `k` bits per patch and `3k` per element in it, in 2 rounds.
#[test]
fn an_injection_costs_what_the_specification_says() {
    fn check<R: Ring>() {
        let (k, n) = (u64::from(R::BITS), 1024);
        let mut rng = SplitMix(seed(1903));
        let x = rng.signed::<R>(20, n);
        let shares = rng.deal(&x);
        let map: Vec<u32> = (0..1024)
            .map(|i| if i < 24 { Patches::PASS } else { (i - 24) / 20 })
            .collect();
        for (patches, price) in [
            (Patches::single(n), 4 * k * 1024),
            (Patches::new(&map, 50).unwrap(), k * 50 + 3 * k * 1000),
        ] {
            let bits = rng.deal_bits(&vec![true; patches.len()]);
            let run = run(Setup::of(3), |ctx| {
                inject(ctx, mine(ctx, &bits), mine(ctx, &shares), &patches)
            });
            assert_eq!((run.payload_bits, run.rounds), (price, 2));
        }
    }
    check::<Z64>();
    check::<Z32>();
}

/// `docs/spec/gate.md`, "Masked": a ReLU of replicated values takes the sign and `4k` bits.
#[test]
fn a_relu_of_replicated_values_costs_what_the_specification_says() {
    fn check<R: Ring>(sign: u64, rounds: u32, bytes: u64) {
        let mut rng = SplitMix(seed(1904));
        let x = rng.signed::<R>(20, 1024);
        let shares = rng.deal(&x);
        let run = run(Setup::of(4), |ctx| {
            let (single, window) = (Patches::single(1024), Window::full::<R>());
            relu_replicated(ctx, mine(ctx, &shares), &single, window)
        });
        assert_eq!(run.payload_bits, 1024 * (sign + 4 * u64::from(R::BITS)));
        assert!(run.payload_bits <= 1024 * 8 * bytes, "the goal");
        assert_eq!(run.rounds, rounds);
    }
    check::<Z64>(285, 8, 68);
    check::<Z32>(136, 7, 33);
}
