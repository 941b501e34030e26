//! Chi-square statistics as normal scores, and the two-sample comparison of views.

use crate::protocol::testing::SplitMix;
use crate::protocol::tests::view::{Item, View};

/// Wilson and Hilferty: a chi-square value of `freedom` degrees as a standard normal score.
pub(super) fn score(chi: f64, freedom: usize) -> f64 {
    if freedom == 0 {
        return 0.0;
    }
    let d = freedom as f64;
    ((chi / d).cbrt() - (1.0 - 2.0 / (9.0 * d))) / (2.0 / (9.0 * d)).sqrt()
}

/// Score of counts against equal expectation.
pub(super) fn uniform(counts: &[u32]) -> f64 {
    let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
    let chi = counts
        .iter()
        .map(|&n| (f64::from(n) - expected).powi(2) / expected)
        .sum();
    score(chi, counts.len() - 1)
}

/// Score of two samples of equal size, over cells that are not nearly empty.
fn two_samples(a: &[u32], b: &[u32]) -> f64 {
    let cells = a.iter().zip(b).filter(|&(&a, &b)| a + b > 10);
    let (mut chi, mut used) = (0.0, 0_usize);
    for (&a, &b) in cells {
        chi += (f64::from(a) - f64::from(b)).powi(2) / f64::from(a + b);
        used += 1;
    }
    score(chi, used.saturating_sub(1))
}

/// Counts of the joint values of some items.
fn joint(items: &[&Item]) -> Vec<u32> {
    let bits: u32 = items.iter().map(|item| item.bits).sum();
    let mut counts = vec![0_u32; 1 << bits];
    let mut count = |cell: usize| counts[cell] += 1;
    match items {
        [x] => x.values.iter().for_each(|&x| count(x.into())),
        [x, y] => {
            let pairs = x.values.iter().zip(&y.values);
            pairs.for_each(|(&x, &y)| count(usize::from(x) << items[1].bits | usize::from(y)));
        }
        [x, y, z] => {
            let (low, high) = (z.bits, y.bits + z.bits);
            for ((&x, &y), &z) in x.values.iter().zip(&y.values).zip(&z.values) {
                count(usize::from(x) << high | usize::from(y) << low | usize::from(z));
            }
        }
        _ => unreachable!("at most three"),
    }
    counts
}

/// `sum c_i item_i` modulo 16, or the xor of the items with `c_i` odd.
fn combination(view: &View, coefficients: &[(usize, u8)], xor: bool) -> Item {
    let mut values = vec![0_u8; view.instances];
    for &(index, factor) in coefficients {
        for (sum, &value) in values.iter_mut().zip(&view.items[index].values) {
            *sum = if xor {
                *sum ^ value
            } else {
                sum.wrapping_add(factor.wrapping_mul(value))
            };
        }
    }
    values.iter_mut().for_each(|value| *value &= 15);
    Item { bits: 4, values }
}

/// How many pairs, triples and combinations are compared.
const SAMPLES: usize = 400;

fn coefficients(rng: &mut SplitMix, items: usize) -> Vec<(usize, u8)> {
    let count = 2 + rng.below(5);
    (0..count)
        .map(|_| (rng.below(items), [1, 255, 1, 255, 2][rng.below(5)]))
        .collect()
}

/// The worst score over singles, pairs, triples and combinations of two views of one program.
pub(super) fn worst_difference(a: &View, b: &View, rng: &mut SplitMix) -> f64 {
    let m = a.items.len();
    assert!(m == b.items.len() && a.items.iter().zip(&b.items).all(|(a, b)| a.bits == b.bits));
    let mut tuples: Vec<Vec<usize>> = (0..m).map(|i| vec![i]).collect();
    let pairs: Vec<Vec<usize>> = (0..m)
        .flat_map(|i| (0..i).map(move |j| vec![i, j]))
        .collect();
    if pairs.len() <= SAMPLES {
        tuples.extend(pairs);
    } else {
        tuples.extend((0..SAMPLES).map(|_| pairs[rng.below(pairs.len())].clone()));
    }
    tuples.extend((0..SAMPLES).map(|_| (0..3).map(|_| rng.below(m)).collect()));
    let mut worst = f64::MIN;
    for tuple in tuples {
        let pick = |view: &View| joint(&tuple.iter().map(|&i| &view.items[i]).collect::<Vec<_>>());
        worst = worst.max(two_samples(&pick(a), &pick(b)));
    }
    for round in 0..SAMPLES {
        let (factors, with) = (coefficients(rng, m), rng.below(m));
        let pick = |view: &View| {
            let sum = combination(view, &factors, round % 2 == 1);
            joint(&[&sum, &view.items[with]])
        };
        worst = worst.max(two_samples(&pick(a), &pick(b)));
    }
    worst
}

#[test]
fn scores_of_uniform_counts_are_small_and_of_others_large() {
    let mut rng = SplitMix(1);
    let mut counts = [0_u32; 256];
    (0..65536).for_each(|_| counts[rng.below(256)] += 1);
    assert!(uniform(&counts).abs() < 5.0);
    counts[7] += 200;
    assert!(uniform(&counts) > 5.5);
}
