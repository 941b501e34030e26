//! Schedule B: signs of patches, truncated values under them, and the declared bits and rounds.

use crate::protocol::testing::{Run, Setup, SplitMix, join, join_bits, mine, run, seed};
use crate::protocol::{
    Comparison, Gated, Patches, Truncation, Window, agree, gate, gate_rounds, reshare_halves,
    truncate_halves,
};
use crate::ring::{Ring, Z32, Z64};
use crate::share::{BitShare, Rss};

/// Random patches of `elements` elements, some of which pass.
fn ragged(rng: &mut SplitMix, elements: usize, patches: usize, pass: bool) -> Patches {
    let choices = patches + usize::from(pass);
    let map: Vec<u32> = (0..elements)
        .map(|_| match rng.below(choices) {
            p if p == patches => Patches::PASS,
            p => u32::try_from(p).unwrap(),
        })
        .collect();
    Patches::new(&map, patches).unwrap()
}

/// Values, signs, and the run they came from.
type Outcome<R> = (Vec<R>, Vec<bool>, Run<(Rss<R>, BitShare)>);

/// The protocol under test.
#[derive(Clone, Copy, Debug)]
enum How {
    Bytes,
    Rounds(Comparison),
}

const ALL: [How; 3] = [
    How::Bytes,
    How::Rounds(Comparison::Tree),
    How::Rounds(Comparison::Split),
];

fn gated<R: Ring>(
    setup: Setup,
    how: How,
    z: &[R],
    patches: &Patches,
    shift: u32,
    window: Window,
) -> Outcome<R> {
    let mut rng = SplitMix(setup.seed);
    let parts = rng.deal_additive(z);
    let run = run(setup, |ctx| {
        let part = mine(ctx, &parts).clone();
        match how {
            How::Bytes => {
                let Gated { values, signs } = gate(ctx, &part, patches, shift, window)?;
                Ok((reshare_halves(ctx, &values)?, signs))
            }
            How::Rounds(comparison) => {
                let gated = gate_rounds(ctx, &part, patches, shift, window, comparison)?;
                Ok((gated.values, gated.signs))
            }
        }
    });
    let values = join(&[0, 1, 2].map(|i| run.parties[i].0.clone()));
    let signs = join_bits(&[0, 1, 2].map(|i| run.parties[i].1.clone()));
    (values, signs, run)
}

/// Values below `2^bits` in magnitude. The first are 0, 1 and -1, so that some patches have sum 0 or 1.
fn sample<R: Ring>(rng: &mut SplitMix, bits: u32, len: usize) -> Vec<R> {
    let mut z = rng.signed::<R>(bits, len);
    if len > 2 {
        z[0] = R::ZERO;
        z[1] = R::ONE;
        z[2] = -R::ONE;
    }
    z
}

fn laws<R: Ring>(setup: Setup, how: How, patches: &Patches, shift: u32, window: Window) {
    let mut rng = SplitMix(setup.seed + 1);
    // Nine bits for the sums; a probabilistic truncation of large values would destroy some.
    let bits = match setup.truncation {
        Truncation::Probabilistic => 8,
        _ => window.high.min(R::BITS) - 10,
    };
    let z = sample::<R>(&mut rng, bits, patches.elements());
    let (values, signs, _) = gated(setup, how, &z, patches, shift, window);
    let sums = patches.sums(&z);
    let ulp = 1_i128 << shift;
    let note = format!(
        "{how:?} {shift} {window:?} of {} patches; MPC_SEED={}",
        patches.len(),
        setup.seed
    );
    for (sign, sum) in signs.iter().zip(&sums) {
        if sum.to_i64().unsigned_abs() >= 1 << window.low {
            assert_eq!(*sign, sum.to_i64() > 0, "sign of {}; {note}", sum.to_i64());
        }
    }
    for ((&patch, &value), &z) in patches.patch_of().iter().zip(&values).zip(&z) {
        if patch == Patches::PASS || signs[patch as usize] {
            let error = i128::from(value.to_i64()) * ulp - i128::from(z.to_i64());
            assert!(
                error.abs() < ulp,
                "{} of {}; {note}",
                value.to_i64(),
                z.to_i64()
            );
            assert!(shift > 0 || value == z, "{note}");
        } else {
            assert_eq!(value, R::ZERO, "{note}");
        }
    }
}

fn all_laws<R: Ring>(frac: u32) {
    let mut rng = SplitMix(seed(701));
    for mode in [
        Truncation::Faithful,
        Truncation::Probabilistic,
        Truncation::Star,
    ] {
        for patches in [
            Patches::single(1),
            Patches::single(77),
            ragged(&mut rng, 700, 9, true),
            ragged(&mut rng, 300, 100, true),
            ragged(&mut rng, 65, 1, false),
            Patches::new(&[Patches::PASS; 9], 0).unwrap(),
            // A patch without elements has sum 0; here there are as many patches as elements in them.
            Patches::new(&[0, 0, 1], 3).unwrap(),
            // Likewise, and an element passes.
            Patches::new(&[1, 1, 3, Patches::PASS], 5).unwrap(),
        ] {
            for shift in [0, 1, frac] {
                let setup = Setup {
                    truncation: mode,
                    ..Setup::of(rng.next())
                };
                for how in ALL {
                    laws::<R>(setup, how, &patches, shift, Window::full::<R>());
                    let window = Window { low: 3, high: 26 };
                    laws::<R>(setup, how, &patches, shift, window);
                }
            }
        }
    }
}

#[test]
fn a_gate_keeps_truncated_values_where_the_sum_of_the_patch_is_positive() {
    all_laws::<Z64>(20);
    all_laws::<Z32>(10);
}

#[test]
fn every_rotation_gives_the_same_gate_and_parties_agree_on_their_draws() {
    let mut rng = SplitMix(seed(702));
    let patches = ragged(&mut rng, 200, 13, true);
    let z = rng.signed::<Z64>(40, 200);
    let parts = rng.deal_additive(&z);
    let sums = patches.sums(&z);
    let window = Window::full::<Z64>();
    let runs = run(Setup::of(rng.next()), |ctx| {
        let mut results = Vec::new();
        for how in ALL {
            for _ in 0..3 {
                let part = mine(ctx, &parts).clone();
                results.push(match how {
                    How::Bytes => {
                        let gated = gate(ctx, &part, &patches, 0, window)?;
                        reshare_halves(ctx, &gated.values)?
                    }
                    How::Rounds(how) => gate_rounds(ctx, &part, &patches, 0, window, how)?.values,
                });
                agree(ctx)?;
            }
        }
        Ok(results)
    });
    for round in 0..9 {
        let values = join(&[0, 1, 2].map(|i| runs.parties[i][round].clone()));
        for ((patch, value), &z) in patches.patch_of().iter().zip(values).zip(&z) {
            let keeps = *patch == Patches::PASS || sums[*patch as usize].to_i64() > 0;
            assert_eq!(value, if keeps { z } else { Z64::ZERO });
        }
    }
}

/// `docs/spec/gate.md`, "Bytes": `5k + f + 2` bits per pixel; per block the sign, its width and
/// `2 min(128, k area)`; `D + 3` rounds.
#[test]
fn a_gate_costs_what_the_specification_says() {
    fn check<R: Ring>(frac: u32, drelu: usize, rounds: u32) {
        let k = R::BITS as usize;
        let n = 16 * 64;
        let mut rng = SplitMix(seed(703));
        let z = rng.signed::<R>(20, n);
        let (_, _, run) = gated(
            Setup::of(1),
            How::Bytes,
            &z,
            &Patches::single(n),
            frac,
            Window::full::<R>(),
        );
        let pixel = 5 * k + frac as usize + 2;
        assert_eq!(
            run.payload_bits as usize,
            n * (pixel + drelu + k + 2 * k),
            "1x1"
        );
        assert_eq!(run.rounds, rounds);
        let map: Vec<u32> = (0..1024).map(|i| i / 16).collect();
        let blocks = Patches::new(&map, 64).unwrap();
        let (_, _, run) = gated(
            Setup::of(1),
            How::Bytes,
            &z,
            &blocks,
            frac,
            Window::full::<R>(),
        );
        let bits = n * pixel + 64 * (drelu + k + 2 * 128);
        assert_eq!(run.payload_bits as usize, bits, "blocks of 16");
        assert_eq!(run.rounds, rounds);
    }
    check::<Z64>(20, 285, 10);
    check::<Z32>(10, 136, 9);
}

/// `docs/spec/gate.md`, "Rounds": `6k + f + 2` bits per pixel; per block the sign without its last level, its width,
/// `3k` and 6 bits, in `D + 1` rounds; with the two-round comparison its bits, its width, `3k` and 3 bits, in 4 rounds.
#[test]
fn a_gate_of_few_rounds_costs_what_the_specification_says() {
    fn check<R: Ring>(frac: u32, how: Comparison, sign: usize, rounds: u32) {
        let k = R::BITS as usize;
        let n = 16 * 64;
        let z = SplitMix(seed(705)).signed::<R>(20, n);
        let map: Vec<u32> = (0..1024).map(|i| i / 16).collect();
        let blocks = Patches::new(&map, 64).unwrap();
        let (how, window) = (How::Rounds(how), Window::full::<R>());
        let (_, _, run) = gated(Setup::of(1), how, &z, &blocks, frac, window);
        let pixel = 6 * k + frac as usize + 2;
        let bits = n * pixel + 64 * (sign + k + 3 * k);
        assert_eq!(run.payload_bits as usize, bits, "{how:?}");
        assert_eq!(run.rounds, rounds, "{how:?}");
    }
    // Sharing the last bit costs 3 bits, which the opening replaces by 6.
    check::<Z64>(20, Comparison::Tree, 285 - 3 + 6, 8);
    check::<Z32>(10, Comparison::Tree, 136 - 3 + 6, 7);
    check::<Z64>(20, Comparison::Split, 835 + 3, 4);
    check::<Z32>(10, Comparison::Split, 372 + 3, 4);
}

#[test]
fn halves_truncate_like_other_products_for_less() {
    let mut rng = SplitMix(seed(704));
    for (mode, bits, rounds) in [
        (Truncation::Faithful, 2 * 64 + 20 + 2, 2),
        (Truncation::Probabilistic, 2 * 64, 1),
    ] {
        let setup = Setup {
            truncation: mode,
            ..Setup::of(rng.next())
        };
        let z = rng.signed::<Z64>(41, 1024);
        let parts = rng.deal_additive(&z);
        let all_pass = Patches::new(&[Patches::PASS; 1024], 0).unwrap();
        let halves = |ctx: &mut crate::protocol::Context| {
            let part = mine(ctx, &parts).clone();
            Ok(gate(ctx, &part, &all_pass, 0, Window::full::<Z64>())?.values)
        };
        let gather = run(setup, halves);
        let run = run(setup, |ctx| {
            let halves = halves(ctx)?;
            truncate_halves(ctx, &halves, 20)
        });
        for (value, z) in join(&run.parties).into_iter().zip(&z) {
            let error = (i128::from(value.to_i64()) << 20) - i128::from(z.to_i64());
            assert!(error.abs() < 1 << 20, "MPC_SEED={}", setup.seed);
        }
        assert_eq!(run.payload_bits - gather.payload_bits, bits * 1024);
        assert_eq!(run.rounds - gather.rounds, rounds);
    }
}
