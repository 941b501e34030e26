//! Gates by masked shares: signs of truncated sums, exact values under them, and the declared bits and rounds.

use super::injection::patchwork;
use crate::protocol::testing::{Run, Setup, SplitMix, attempt, join, join_bits, mine, run, seed};
use crate::protocol::{
    Patches, ProtocolError, Truncation, Window, agree, gate, gate_masked, reshare_halves,
};
use crate::ring::{Ring, Z32, Z64};
use crate::share::{Additive, BitShare, Rss};

type Outcome<R> = (Vec<R>, Vec<bool>, Run<(Rss<R>, BitShare)>);

fn gated<R: Ring>(
    setup: Setup,
    parts: &[Additive<R>; 3],
    patches: &Patches,
    shift: u32,
    window: Window,
) -> Outcome<R> {
    let run = run(setup, |ctx| {
        let gated = gate_masked(ctx, mine(ctx, parts), patches, shift, window)?;
        Ok((gated.values, gated.signs))
    });
    let values = join(&[0, 1, 2].map(|i| run.parties[i].0.clone()));
    let signs = join_bits(&[0, 1, 2].map(|i| run.parties[i].1.clone()));
    (values, signs, run)
}

/// Values below `2^bits` in magnitude, the extreme ones first.
fn edges<R: Ring>(rng: &mut SplitMix, bits: u32, shift: u32, len: usize) -> Vec<R> {
    let (most, unit) = ((1_i64 << bits) - 1, 1_i64 << shift);
    let edges = [0, 1, unit - 1, unit, unit + 1, unit / 2, most, most - unit];
    let edges = edges.map(|value: i64| value.clamp(-most, most));
    let edges: Vec<i64> = edges.into_iter().flat_map(|x| [x, -x]).collect();
    let other = |rng: &mut SplitMix| {
        let below = R::BITS - bits + rng.below(bits as usize) as u32;
        R::from_u64(rng.next()).sar(below)
    };
    (0..len)
        .map(|i| edges.get(i).map_or_else(|| other(rng), |&v| R::from_i64(v)))
        .collect()
}

fn laws<R: Ring>(setup: Setup, patches: &Patches, bits: u32, shift: u32, window: Window) {
    let mut rng = SplitMix(setup.seed + 1);
    let z = edges::<R>(&mut rng, bits, shift, patches.elements());
    let parts = rng.deal_additive(&z);
    let note = format!("{shift} {window:?} {bits} bits; MPC_SEED={}", setup.seed);
    // The same first call with the same draws, hence the same roundings.
    let all_pass = Patches::new(&vec![Patches::PASS; z.len()], 0).unwrap();
    let (truncated, ..) = gated(setup, &parts, &all_pass, shift, window);
    let ulp = 1_i128 << shift;
    for (y, z) in truncated.iter().zip(&z) {
        let error = i128::from(y.to_i64()) * ulp - i128::from(z.to_i64());
        assert!(error.abs() < ulp, "{y:?} of {z:?}; {note}");
    }
    let (values, signs, _) = gated(setup, &parts, patches, shift, window);
    let ignored = 1_i64 << window.low.saturating_sub(shift);
    for (sign, sum) in signs.iter().zip(patches.sums(&truncated)) {
        let sum = sum.to_i64();
        // The sign of `-sum` is exact, but for sums of up to this in magnitude.
        if ignored == 1 || sum > 0 || sum <= -ignored {
            assert_eq!(*sign, sum > 0, "sign of {sum}; {note}");
        }
    }
    for ((&patch, value), y) in patches.patch_of().iter().zip(values).zip(truncated) {
        let keeps = patch == Patches::PASS || signs[patch as usize];
        assert_eq!(value, if keeps { y } else { R::ZERO }, "{note}");
    }
}

fn all_laws<R: Ring>(shifts: &[u32], mode: Truncation) {
    let mut rng = SplitMix(seed(1911));
    let k = R::BITS;
    let shapes = [
        Patches::single(1),
        Patches::single(77),
        Patches::single(1000),
        patchwork(&mut rng, 700, 9),
        patchwork(&mut rng, 333, 100),
        Patches::new(&[Patches::PASS; 9], 0).unwrap(),
        Patches::new(&[0, 0, 1], 3).unwrap(),
    ];
    for patches in shapes {
        for &shift in shifts {
            let setup = Setup {
                truncation: mode,
                ..Setup::of(rng.next())
            };
            let single = patches.is_single();
            // Ten bits for the sums. A probabilistic truncation of large values would destroy some.
            let bits = match mode {
                Truncation::Probabilistic => 8,
                _ if single => k - 2,
                _ => k - 12,
            };
            // As many units as a sum may err by, and `S` fits.
            if single || shift + 12 <= k {
                laws::<R>(setup, &patches, bits, shift, Window::full::<R>());
            }
            let (high, spare) = (26, if single { 1 } else { 10 });
            for low in [0, 3, shift + 2] {
                if shift + spare + 3 < high && low + 3 < high {
                    let bits = bits.min(high - 1 - spare);
                    laws::<R>(setup, &patches, bits, shift, Window { low, high });
                }
            }
        }
    }
}

#[test]
fn a_masked_gate_keeps_truncated_values_where_their_sum_is_positive() {
    all_laws::<Z64>(&[0, 1, 10, 12, 20, 24, 40, 62], Truncation::Faithful);
    all_laws::<Z32>(&[0, 1, 9, 10, 12, 20, 30], Truncation::Faithful);
}

#[test]
fn a_masked_gate_truncates_in_the_mode_of_the_session() {
    for mode in [Truncation::Probabilistic, Truncation::Star] {
        all_laws::<Z64>(&[0, 20], mode);
        all_laws::<Z32>(&[0, 10], mode);
    }
    let exact = Setup {
        truncation: Truncation::Exact,
        ..Setup::of(1)
    };
    let parts = SplitMix(1).deal_additive(&[Z64::ONE; 5]);
    let outcomes = attempt(exact, &|ctx| {
        let (single, window) = (Patches::single(5), Window::full::<Z64>());
        gate_masked(ctx, mine(ctx, &parts), &single, 20, window).map(drop)
    });
    for (result, _) in outcomes {
        assert!(matches!(result, Err(ProtocolError::Unmerged { .. })));
    }
}

/// The largest sums, on the largest patches that a shift allows: `docs/spec/gate.md`, "Masked".
#[test]
fn sums_at_the_bound_have_the_right_sign() {
    fn check<R: Ring>() {
        let mut rng = SplitMix(seed(1912));
        let k = R::BITS;
        for area in [1_usize, 2, 4, 8] {
            // `n = 2^(k-2-shift)`.
            let shift = k - 2 - area.ilog2();
            let most = (1_i64 << (k - 2)) - 1;
            let share = most / area as i64;
            let n = 256;
            let map: Vec<u32> = (0..n * area).map(|i| (i / area) as u32).collect();
            let patches = Patches::new(&map, n).unwrap();
            for sum in [most, -most] {
                let z: Vec<R> = (0..n * area)
                    .map(|_| R::from_i64(sum.signum() * share))
                    .collect();
                let parts = rng.deal_additive(&z);
                let all_pass = Patches::new(&vec![Patches::PASS; z.len()], 0).unwrap();
                let (setup, window) = (Setup::of(rng.next()), Window::full::<R>());
                let (y, ..) = gated(setup, &parts, &all_pass, shift, window);
                let (_, signs, _) = gated(setup, &parts, &patches, shift, window);
                for (sign, sum) in signs.iter().zip(patches.sums(&y)) {
                    assert_eq!(*sign, sum.to_i64() > 0, "{sum:?}, {area} by {shift}");
                }
            }
        }
    }
    check::<Z64>();
    check::<Z32>();
}

#[test]
fn a_masked_gate_of_single_elements_gives_the_values_of_the_other_gates() {
    let mut rng = SplitMix(seed(1913));
    let z = edges::<Z64>(&mut rng, 62, 0, 500);
    let parts = rng.deal_additive(&z);
    let (single, window) = (Patches::single(500), Window::full::<Z64>());
    let got = run(Setup::of(rng.next()), |ctx| {
        let mut values = Vec::new();
        // Every rotation.
        for _ in 0..3 {
            values.push(gate_masked(ctx, mine(ctx, &parts), &single, 0, window)?.values);
            agree(ctx)?;
        }
        let halves = gate(ctx, mine(ctx, &parts), &single, 0, window)?.values;
        values.push(reshare_halves(ctx, &halves)?);
        Ok(values)
    });
    let all: Vec<Vec<Z64>> = (0..4)
        .map(|call| join(&[0, 1, 2].map(|i| got.parties[i][call].clone())))
        .collect();
    assert!(all.iter().all(|values| *values == all[3]));
}

/// `docs/spec/gate.md`, "Masked": `6k + f + 2` bits per element; per patch `k` bits and the sign of `k - f` bits.
#[test]
fn a_masked_gate_costs_what_the_specification_says() {
    fn check<R: Ring>(frac: u32, sign: u64, rounds: u32, bytes: u64) {
        let (k, n) = (u64::from(R::BITS), 1024);
        let mut rng = SplitMix(seed(1914));
        let z = rng.signed::<R>(20, 1024);
        let parts = rng.deal_additive(&z);
        let window = Window::full::<R>();
        let element = 6 * k + u64::from(frac) + 2;
        let cost = |patches: &Patches| {
            let (.., run) = gated(Setup::of(1), &parts, patches, frac, window);
            (run.payload_bits, run.rounds)
        };
        let (bits, _) = cost(&Patches::single(1024));
        assert!(bits <= n * 8 * bytes && rounds <= 12, "the goals");
        let price = n * (element + k + sign);
        assert_eq!(cost(&Patches::single(1024)), (price, rounds), "1 x 1");
        let map: Vec<u32> = (0..1024).map(|i| i / 16).collect();
        let price = n * element + 64 * (k + sign);
        let blocks = Patches::new(&map, 64).unwrap();
        assert_eq!(cost(&blocks), (price, rounds), "blocks of 16");
        let all_pass = Patches::new(&[Patches::PASS; 1024], 0).unwrap();
        let price = n * (element - 3 * k);
        assert_eq!(cost(&all_pass), (price, 3), "nothing but a truncation");
    }
    check::<Z64>(20, 194, 9, 83);
    check::<Z32>(10, 88, 8, 41);
}
