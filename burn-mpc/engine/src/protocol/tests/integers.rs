//! Bit operations, shifts and divisions of shared integers, against the same on machine words.

use crate::protocol::testing::{Setup, SplitMix, attempt, join, join_additive, mine, run, seed};
use crate::protocol::{
    Audience, ProtocolError, Truncation, bitwise_and, bitwise_and_public, divide, floor_quotient,
    most_divisor, remainder, reveal, round_half_even, shift_left, shift_right, whole_quotient,
};
use crate::ring::{Ring, Z4, Z6, Z32, Z64};

/// Words at the ends of the ring and around zero, powers of two and their neighbours, and random ones of all sizes.
fn samples<R: Ring>(rng: &mut SplitMix, count: usize) -> Vec<R> {
    let mut words: Vec<R> = (-9..=9).map(R::from_i64).collect();
    let least = R::ONE.shl(R::BITS - 1);
    words.extend([
        least,
        least + R::ONE,
        least - R::ONE,
        least - R::ONE - R::ONE,
    ]);
    for bit in 0..R::BITS {
        let power = R::ONE.shl(bit);
        words.extend([power, power - R::ONE, -power, -power - R::ONE]);
    }
    while words.len() < count {
        let shift = rng.below(R::BITS as usize) as u32;
        words.push(R::from_u64(rng.next()).sar(shift));
    }
    words
}

fn every<R: Ring>() -> Vec<R> {
    (0..1 << R::BITS).map(R::from_u64).collect()
}

fn setup(rng: &mut SplitMix) -> Setup {
    Setup::of(rng.next())
}

fn conjunctions<R: Ring>(x: &[R], y: &[R]) {
    let mut rng = SplitMix(seed(3101));
    let shares = [rng.deal(x), rng.deal(y)];
    let ran = run(setup(&mut rng), |ctx| {
        bitwise_and(ctx, mine(ctx, &shares[0]), mine(ctx, &shares[1]))
    });
    let want: Vec<R> = x.iter().zip(y).map(|(&x, &y)| x & y).collect();
    assert_eq!(join(&ran.parties), want);
    for masks in [y, &vec![R::from_u64(12); x.len()], &vec![-R::ONE; x.len()]] {
        let ran = run(setup(&mut rng), |ctx| {
            bitwise_and_public(ctx, mine(ctx, &shares[0]), masks)
        });
        let want: Vec<R> = x.iter().zip(masks).map(|(&x, &y)| x & y).collect();
        assert_eq!(join(&ran.parties), want);
    }
}

#[test]
fn conjunctions_are_those_of_the_words() {
    let mut rng = SplitMix(seed(3102));
    let all: Vec<Z4> = every();
    let pairs = |f: fn(usize) -> usize| -> Vec<Z4> { (0..256).map(|i| all[f(i)]).collect() };
    conjunctions::<Z4>(&pairs(|i| i / 16), &pairs(|i| i % 16));
    let (x, y) = (samples::<Z64>(&mut rng, 400), samples(&mut rng, 400));
    let y: Vec<Z64> = y.into_iter().rev().collect();
    conjunctions(&x, &y);
    let (x, y) = (samples::<Z32>(&mut rng, 301), samples(&mut rng, 301));
    let y: Vec<Z32> = y.into_iter().rev().collect();
    conjunctions(&x, &y);
    conjunctions::<Z64>(&[], &[]);
}

/// By how many bits an amount shifts.
fn amount<R: Ring>(s: R) -> u32 {
    (s.to_u64() & 63) as u32
}

fn shifts<R: Ring>(x: &[R], s: &[R]) {
    let mut rng = SplitMix(seed(3103));
    let shares = [rng.deal(x), rng.deal(s)];
    let right = run(setup(&mut rng), |ctx| {
        shift_right(ctx, mine(ctx, &shares[0]), mine(ctx, &shares[1]))
    });
    let want: Vec<R> = x
        .iter()
        .zip(s)
        .map(|(&x, &s)| x.sar(amount(s).min(R::BITS - 1)))
        .collect();
    assert_eq!(join(&right.parties), want);
    let left = run(setup(&mut rng), |ctx| {
        shift_left(ctx, mine(ctx, &shares[0]), mine(ctx, &shares[1]))
    });
    let want: Vec<R> = x.iter().zip(s).map(|(&x, &s)| x.shl(amount(s))).collect();
    assert_eq!(join_additive(&left.parties), want);
}

#[test]
fn shifts_by_shared_amounts_are_those_of_the_words() {
    let mut rng = SplitMix(seed(3104));
    for round in 0..3 {
        let x = samples::<Z64>(&mut rng, 320);
        let s: Vec<Z64> = (0..x.len() as u64)
            .map(|i| Z64::from_u64(i * 7 + round))
            .collect();
        shifts(&x, &s);
        let x = samples::<Z32>(&mut rng, 200);
        let s: Vec<Z32> = (0..x.len() as u64)
            .map(|i| Z32::from_u64(i * 7 + round))
            .collect();
        shifts(&x, &s);
    }
    shifts::<Z32>(&[], &[]);
}

fn public_divisors<R: Ring>(x: &[R], divisors: &[u64]) {
    let mut rng = SplitMix(seed(3105));
    let shares = rng.deal(x);
    let ran = run(setup(&mut rng), |ctx| {
        divide(ctx, mine(ctx, &shares), divisors)
    });
    let got = join_additive(&ran.parties);
    for (i, (&x, got)) in x.iter().zip(got).enumerate() {
        let d = divisors[i % divisors.len()];
        let want = i128::from(x.to_i64()).div_euclid(i128::from(d));
        assert_eq!(i128::from(got.to_i64()), want, "{} / {d}", x.to_i64());
    }
}

#[test]
fn public_divisors_divide_every_element_of_small_rings() {
    for d in (1..=4).chain([8]) {
        public_divisors::<Z4>(&every(), &[d]);
    }
    for d in (1..=16).chain([32]) {
        public_divisors::<Z6>(&every(), &[d]);
    }
}

fn divisors_of<R: Ring>(rng: &mut SplitMix, count: usize) -> Vec<u64> {
    let most = most_divisor::<R>();
    let mut divisors = vec![1, 2, 3, 5, 7, 10, 641, most, most - 1, most / 2 + 1];
    while divisors.len() < count {
        divisors.push(1 + ((rng.next() % most) >> rng.below(R::BITS as usize - 2)));
    }
    divisors
}

fn wide_public_divisors<R: Ring>() {
    let mut rng = SplitMix(seed(3106));
    let x = samples::<R>(&mut rng, 700);
    for &d in &divisors_of::<R>(&mut rng, 14) {
        public_divisors(&x, &[d]);
    }
    for shift in [0, 1, 5, R::BITS - 2, R::BITS - 1] {
        public_divisors(&x, &[1 << shift]);
    }
    let many = divisors_of::<R>(&mut rng, x.len());
    public_divisors(&x, &many);
    public_divisors::<R>(&[], &[3]);
}

#[test]
fn public_divisors_divide_wide_words() {
    wide_public_divisors::<Z64>();
    wide_public_divisors::<Z32>();
}

#[test]
fn a_divisor_that_does_not_fit_is_an_error() {
    for divisor in [0, (1 << 30) + 1, 1 << 32] {
        let mut ctx = crate::protocol::Context::estimating(Truncation::Faithful);
        let x = crate::share::Rss::<Z32>::counted(3);
        let refused = divide(&mut ctx, &x, &[divisor]);
        assert!(
            matches!(refused, Err(ProtocolError::Divisor { .. })),
            "{divisor}"
        );
    }
}

/// Dividends and divisors of all sizes below `2^range`, divisors of either sign.
fn operands<R: Ring>(rng: &mut SplitMix, range: u32, count: usize) -> [Vec<R>; 2] {
    let most = (1_i64 << range) - 1;
    let edge = [0, 1, 2, 3, most, most - 1, most / 2, most / 2 + 1, most / 3];
    let (mut x, mut d) = (vec![], vec![]);
    for &a in &edge {
        for &b in &edge[1..] {
            for (a, b) in [(a, b), (-a, b), (a, -b), (-a, -b)] {
                x.push(a);
                d.push(b);
            }
        }
    }
    for shift in 0..range {
        // Around multiples of a divisor, and a divisor near a power of two.
        let b = (1 << shift) + (rng.next() & 1).cast_signed();
        let times = (rng.next().cast_signed() & most) / b;
        for a in [times * b, times * b - 1, times * b + 1] {
            x.extend([a.min(most), -a.min(most)]);
            d.extend([b.min(most), b.min(most)]);
        }
    }
    while x.len() < count {
        let of = |rng: &mut SplitMix| {
            let word = (rng.next().cast_signed() & most) >> rng.below(range as usize);
            if rng.next() & 1 == 0 { word } else { -word }
        };
        let (a, b) = (of(rng), of(rng));
        x.push(a);
        d.push(if b == 0 { 1 } else { b });
    }
    [x, d].map(|words| words.into_iter().map(R::from_i64).collect())
}

fn shared_divisors<R: Ring>(bits: u32, truncation: Truncation, count: usize) {
    let mut rng = SplitMix(seed(3107));
    let [x, d] = operands::<R>(&mut rng, bits - 3, count);
    let shares = [rng.deal(&x), rng.deal(&d)];
    let ran = run(
        Setup {
            truncation,
            ..setup(&mut rng)
        },
        |ctx| {
            let (x, d) = (mine(ctx, &shares[0]), mine(ctx, &shares[1]));
            let floor = floor_quotient(ctx, x, d, bits)?.to_additive();
            Ok([
                whole_quotient(ctx, x, d, bits)?,
                floor,
                remainder(ctx, x, d, bits)?,
            ])
        },
    );
    let of = |i: usize| join_additive(&ran.parties.each_ref().map(|parts| parts[i].clone()));
    let [quotients, floors, remainders] = [0, 1, 2].map(of);
    for (i, (x, d)) in x.iter().zip(&d).enumerate() {
        let (x, d) = (x.to_i64(), d.to_i64());
        assert_eq!(quotients[i].to_i64(), x / d, "{x} / {d}");
        let floor = x / d - i64::from(x % d != 0 && (x < 0) != (d < 0));
        assert_eq!(floors[i].to_i64(), floor, "floor of {x} / {d}");
        assert_eq!(remainders[i].to_i64(), ((x % d) + d) % d, "{x} mod {d}");
    }
}

#[test]
fn shared_divisors_divide_exactly() {
    shared_divisors::<Z64>(64, Truncation::Faithful, 4000);
    shared_divisors::<Z32>(32, Truncation::Faithful, 4000);
    shared_divisors::<Z64>(64, Truncation::Exact, 700);
    shared_divisors::<Z32>(32, Truncation::Star, 700);
}

#[test]
fn a_division_on_a_narrow_ring_is_played_on_the_wide_one() {
    shared_divisors::<Z64>(32, Truncation::Faithful, 900);
}

fn rounded<R: Ring>(frac: u32) {
    let mut rng = SplitMix(seed(3108));
    let x: Vec<R> = samples::<R>(&mut rng, 900)
        .into_iter()
        .map(|x| x.sar(3))
        .chain((-64..=64).map(|i| R::from_i64(i << (frac - 1))))
        .collect();
    let shares = rng.deal(&x);
    let ran = run(setup(&mut rng), |ctx| {
        round_half_even(ctx, mine(ctx, &shares), frac)
    });
    for (x, got) in x.iter().zip(join(&ran.parties)) {
        let (x, unit) = (i128::from(x.to_i64()), 1_i128 << frac);
        let floor = x.div_euclid(unit);
        let twice = 2 * x.rem_euclid(unit);
        let up = twice > unit || (twice == unit && floor & 1 == 1);
        assert_eq!(
            i128::from(got.to_i64()),
            floor + i128::from(up),
            "{x} / 2^{frac}"
        );
    }
}

#[test]
fn halves_are_rounded_to_even_numbers() {
    for frac in [1, 2, 20, 40] {
        rounded::<Z64>(frac);
    }
    for frac in [1, 10, 20] {
        rounded::<Z32>(frac);
    }
}

fn flags<R: Ring>() {
    // Both must be below this in magnitude.
    let end = 1_i64 << (R::BITS - 3);
    let cases = [
        (end - 1, 3, true),
        (1 - end, end - 1, true),
        (5, 1 - end, true),
        (end, 3, false),
        (-end, -3, false),
        (3, end, false),
        (3, 1 - 2 * end, false),
        (3, 0, false),
    ];
    for (x, d, is_inside) in cases {
        let mut rng = SplitMix(seed(1406));
        let one = |x: i64| [R::from_i64(5), R::from_i64(x)];
        let shares = [one(x), one(d)].map(|words| rng.deal(&words));
        let outcomes = attempt(Setup::of(rng.next()), &|ctx| {
            let [x, d] = [0, 1].map(|i| mine(ctx, &shares[i]).clone());
            let _ = remainder(ctx, &x, &d, R::BITS)?;
            reveal(ctx, &x, Audience::All)
        });
        for (result, _) in outcomes {
            let is_flagged = matches!(result, Err(ProtocolError::Domain { .. }));
            assert_eq!(is_flagged, !is_inside, "{x} / {d}");
        }
    }
}

#[test]
fn a_division_beyond_its_range_keeps_everything_closed() {
    flags::<Z64>();
    flags::<Z32>();
}

/// Payload bits per element, and rounds.
fn cost_of<R: Ring, T: Send>(
    protocol: impl Fn(&mut crate::protocol::Context, &crate::share::Rss<R>) -> Result<T, ProtocolError>
    + Sync,
) -> (u64, u32) {
    let len = 6400;
    let shares = SplitMix(7).deal(&vec![R::from_u64(5); len]);
    let ran = run(Setup::of(1), |ctx| protocol(ctx, mine(ctx, &shares)));
    (ran.payload_bits / len as u64, ran.rounds)
}

fn costs<R: Ring>() -> [(u64, u32); 9] {
    [
        cost_of::<R, _>(|ctx, x| bitwise_and(ctx, x, x)),
        cost_of::<R, _>(|ctx, x| bitwise_and_public(ctx, x, &vec![R::from_u64(15); x.len()])),
        cost_of::<R, _>(|ctx, x| shift_right(ctx, x, x)),
        cost_of::<R, _>(|ctx, x| shift_left(ctx, x, x)),
        cost_of::<R, _>(|ctx, x| divide(ctx, x, &[16])),
        cost_of::<R, _>(|ctx, x| divide(ctx, x, &[10])),
        cost_of::<R, _>(|ctx, x| whole_quotient(ctx, x, x, R::BITS)),
        cost_of::<R, _>(|ctx, x| remainder(ctx, x, x, R::BITS)),
        cost_of::<R, _>(|ctx, x| round_half_even(ctx, x, R::BITS / 3 - 1)),
    ]
}

#[test]
fn costs_are_those_of_the_specification() {
    let wide = [
        (4640, 10),
        (394, 5),
        (4496, 15),
        (2146, 9),
        (695, 9),
        (926, 11),
        (14_021, 94),
        (13_544, 95),
        (577, 10),
    ];
    assert_eq!(costs::<Z64>(), wide);
    let narrow = [
        (1596, 9),
        (202, 5),
        (1638, 14),
        (1090, 9),
        (349, 8),
        (484, 11),
        (5802, 84),
        (5570, 85),
        (272, 9),
    ];
    assert_eq!(costs::<Z32>(), narrow);
}
