//! How truncations round: by what a party knows, or by the value alone.

use super::LENGTHS;
use crate::protocol::testing::{Setup, SplitMix, attempt, join, mine, run, seed, three};
use crate::protocol::{
    Context, Patches, ProtocolError, Truncation, Window, exact, gate, gate_rounds, gather,
    keep_own_low, kept_own_low, star, truncate, truncate_halves,
};
use crate::ring::{Ring, Z4, Z32, Z64};
use crate::share::Additive;

/// Values of every kind for which a truncation by `shift` promises its result.
fn samples<R: Ring>(rng: &mut SplitMix, shift: u32, count: usize) -> Vec<R> {
    let k = R::BITS;
    let (least, end) = (-(1_i64 << (k - 2)), (1_i64 << (k - 2)) - (1 << (shift - 1)));
    let half = 1_i64 << (shift - 1);
    let mut z: Vec<i64> = vec![0, 1, -1, half, half - 1, -half, -half - 1, least, end - 1];
    let random = rng.signed::<R>(k - 2, count);
    z.extend(random.into_iter().map(R::to_i64));
    let near = rng.signed::<R>(shift, count);
    z.extend(near.into_iter().map(R::to_i64));
    z.retain(|&z| z >= least && z < end);
    z.into_iter().map(R::from_i64).collect()
}

/// `floor((z + 2^(f-1)) / 2^f)` of the number, not of the word.
fn nearest<R: Ring>(z: R, shift: u32) -> R {
    let z = i128::from(z.to_i64()) + (1 << (shift - 1));
    R::from_i64(i64::try_from(z >> shift).unwrap())
}

fn exact_of<R: Ring>(rng: &mut SplitMix, z: &[R], shift: u32) -> Vec<R> {
    let parts = rng.deal_additive(z);
    join(&three(rng.next(), |ctx| {
        exact(ctx, mine(ctx, &parts), shift)
    }))
}

fn exact_laws<R: Ring>() {
    let mut rng = SplitMix(seed(1501));
    let k = R::BITS;
    for shift in [1, 2, 3, 10, 13, 20, k / 2, k - 3, k - 2] {
        if shift > k - 2 {
            continue;
        }
        let z = samples::<R>(&mut rng, shift, 700);
        let expected: Vec<R> = z.iter().map(|&z| nearest(z, shift)).collect();
        // The result is the same for other shares and masks, in every rotation.
        for _ in 0..3 {
            assert_eq!(exact_of(&mut rng, &z, shift), expected, "shift {shift}");
        }
    }
}

#[test]
fn exact_truncation_gives_the_nearest_whatever_the_shares() {
    exact_laws::<Z64>();
    exact_laws::<Z32>();
}

/// All values of the small ring in the claimed range, under every pair of masks many times.
#[test]
fn exact_truncation_holds_for_every_value_and_mask_of_the_small_ring() {
    let mut rng = SplitMix(seed(1502));
    for shift in [1, 2] {
        let end = 4 - (1 << (shift - 1));
        let z: Vec<Z4> = (-4..end).flat_map(|z| [Z4::from_i64(z); 800]).collect();
        let expected: Vec<Z4> = z.iter().map(|&z| nearest(z, shift)).collect();
        for _ in 0..3 {
            assert_eq!(exact_of(&mut rng, &z, shift), expected, "shift {shift}");
        }
    }
}

fn exact_costs<R: Ring>(shift: u32, bits: u64, rounds: u32, faithful: u64) {
    let mut rng = SplitMix(seed(1503));
    for len in LENGTHS {
        let z = rng.signed::<R>(R::BITS - 3, len);
        let parts = rng.deal_additive(&z);
        let setup = Setup {
            truncation: Truncation::Exact,
            ..Setup::of(rng.next())
        };
        // `run` checks that the measured cost is the declared one.
        let run = run(setup, |ctx| truncate(ctx, mine(ctx, &parts), shift));
        join(&run.parties);
        assert_eq!(run.rounds, rounds);
        if len == 64 {
            assert_eq!(run.payload_bits, 64 * bits);
            assert!(bits < 2 * faithful, "twice the bits of the faithful one");
        }
    }
}

#[test]
fn exact_truncation_costs_what_it_declares_and_less_than_twice_the_faithful_one() {
    exact_costs::<Z64>(20, 384, 8, 3 * 64 + 20 + 2);
    exact_costs::<Z32>(10, 193, 7, 3 * 32 + 10 + 2);
}

#[test]
fn halves_are_truncated_exactly_where_the_session_says_so() {
    let mut rng = SplitMix(seed(1504));
    let z = samples::<Z64>(&mut rng, 20, 500);
    let parts = rng.deal_additive(&z);
    let setup = Setup {
        truncation: Truncation::Exact,
        ..Setup::of(rng.next())
    };
    let run = run(setup, |ctx| {
        let (_, halves) = gather(ctx, mine(ctx, &parts))?;
        truncate_halves(ctx, &halves, 20)
    });
    let expected: Vec<Z64> = z.iter().map(|&z| nearest(z, 20)).collect();
    assert_eq!(join(&run.parties), expected);
}

type Gate = fn(&mut Context, &Additive<Z64>, &Patches, Window) -> Result<(), ProtocolError>;

/// Gates return an error rather than round in a way that parties know.
#[test]
fn gates_refuse_to_truncate_where_exact_is_asked_for() {
    let mut rng = SplitMix(seed(1505));
    let parts = rng.deal_additive(&[Z64::ONE; 3]);
    let setup = Setup {
        truncation: Truncation::Exact,
        ..Setup::of(rng.next())
    };
    let patches = Patches::single(3);
    let window = Window::full::<Z64>();
    let gates: [Gate; 2] = [
        |ctx, z, patches, window| gate(ctx, z, patches, 20, window).map(|_| ()),
        |ctx, z, patches, window| {
            let how = crate::protocol::Comparison::Split;
            gate_rounds(ctx, z, patches, 20, window, how).map(|_| ())
        },
    ];
    for gate in gates {
        let got = attempt(setup, &|ctx| gate(ctx, mine(ctx, &parts), &patches, window));
        for (result, facts) in got {
            assert!(matches!(result, Err(ProtocolError::Unmerged { .. })));
            assert_eq!(facts.counters.frames_sent, 0);
        }
    }
}

/// `y - floor(z / 2^f)` for every value, with `u mod 2^f` that A knew.
fn roundings<R: Ring>(mode: Truncation, shift: u32) -> Vec<(u64, u64, u64)> {
    let mut rng = SplitMix(seed(1506));
    // Values that the probabilistic truncation does not destroy.
    let z = match R::BITS {
        4 => (0..4).flat_map(|z| [R::from_i64(z); 600]).collect(),
        _ => rng.signed::<R>(R::BITS - 26, 2000),
    };
    let parts = rng.deal_additive(&z);
    let setup = Setup {
        truncation: mode,
        ..Setup::of(rng.next())
    };
    let run = run(setup, |ctx| {
        keep_own_low();
        let z = mine(ctx, &parts);
        if mode == Truncation::Star {
            return Ok((star(ctx, z, shift)?, kept_own_low()));
        }
        let (op, halves) = gather(ctx, z)?;
        let u = (op.role() == 0).then(|| halves.part().iter().map(|u| u.to_u64()));
        let mask = (1 << shift) - 1;
        let known = u.map(|u| u.map(|u| u & mask).collect());
        let y = truncate_halves(ctx, &halves, shift)?;
        let kept = kept_own_low();
        // The test hook keeps what A really has.
        if mode == Truncation::Faithful {
            assert_eq!(kept, Vec::from_iter(known.clone()));
        }
        Ok((y, Vec::from_iter(known)))
    });
    let [first, second, third] = run.parties;
    let known: Vec<u64> = [first.1, second.1, third.1].concat().concat();
    let y = join(&[first.0, second.0, third.0]);
    let laws = z.iter().zip(y).zip(known).map(|((&z, y), u)| {
        let up = (y - z.sar(shift)).to_u64();
        (up, u, z.to_u64() & ((1 << shift) - 1))
    });
    laws.collect()
}

/// The reason for the leak: all truncations but the exact one round up iff what A knows is below the low bits of the
/// value.
#[test]
fn whoever_plays_a_knows_the_threshold_of_every_rounding_but_the_exact_one() {
    for mode in [
        Truncation::Faithful,
        Truncation::Star,
        Truncation::Probabilistic,
    ] {
        for (up, u, low) in roundings::<Z64>(mode, 20)
            .into_iter()
            .chain(roundings::<Z32>(mode, 5))
        {
            assert_eq!(up, u64::from(u < low), "{mode:?}");
        }
        if mode == Truncation::Probabilistic {
            continue;
        }
        for (up, u, low) in roundings::<Z4>(mode, 2) {
            assert_eq!(up, u64::from(u < low), "{mode:?}, small ring");
        }
    }
    for (up, _, low) in roundings::<Z64>(Truncation::Exact, 20) {
        assert_eq!(up, u64::from(low >= 1 << 19), "exact: of the value alone");
    }
}
