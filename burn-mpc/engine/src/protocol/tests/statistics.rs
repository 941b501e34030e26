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

/// Score of two samples of equal size. Cells that are nearly empty count as one.
pub(super) fn two_samples(a: &[u32], b: &[u32]) -> f64 {
    let (mut chi, mut used) = (0.0, 0_usize);
    let mut add = |a: u32, b: u32| {
        if a + b > 10 {
            chi += (f64::from(a) - f64::from(b)).powi(2) / f64::from(a + b);
            used += 1;
        }
    };
    let mut rare = (0, 0);
    for (&a, &b) in a.iter().zip(b) {
        if a + b > 10 {
            add(a, b);
        } else {
            rare = (rare.0 + a, rare.1 + b);
        }
    }
    add(rare.0, rare.1);
    score(chi, used.saturating_sub(1))
}

/// The probability that a case without a leak is called a leak.
const FALSE_ALARM: f64 = 1e-7;

/// The worst of some scores, and their number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub(super) worst: f64,
    pub(super) compared: usize,
}

impl Sight {
    pub(super) const NOTHING: Self = Self {
        worst: f64::MIN,
        compared: 0,
    };

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            worst: self.worst.max(other.worst),
            compared: self.compared + other.compared,
        }
    }

    pub(super) fn see(&mut self, score: f64) {
        *self = self.and(Self {
            worst: score,
            compared: 1,
        });
    }

    /// The limit that the worst of so many scores without a leak exceeds with probability at most [`FALSE_ALARM`].
    ///
    /// Scores are standard normal: conditionally on the sums of cells, counts vary no more than binomial ones, and
    /// Wilson and Hilferty err to the safe side for few degrees of freedom. By the union bound each score may exceed
    /// the limit `t` with probability `FALSE_ALARM / compared`. A normal score does so with probability below
    /// `exp(-t^2 / 2) / (t sqrt(2 pi))`.
    pub(super) fn limit(self) -> f64 {
        let each = FALSE_ALARM / self.compared.max(1) as f64;
        let above = |t: f64| (-t * t / 2.0).exp() / (t * std::f64::consts::TAU.sqrt());
        let (mut low, mut high) = (1.0, 40.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if above(middle) > each {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    pub(super) fn is_tight(self) -> bool {
        self.worst < self.limit()
    }

    /// Whether there is a leak, however much was compared.
    pub(super) fn is_certain(self) -> bool {
        self.worst > 10.0
    }
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
fn combination(view: &[&Item], coefficients: &[(usize, u8)], xor: bool) -> Item {
    let mut values = vec![0_u8; view[0].values.len()];
    for &(index, factor) in coefficients {
        for (sum, &value) in values.iter_mut().zip(&view[index].values) {
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

/// How much of two views is compared, besides single items.
#[derive(Clone, Copy)]
pub(super) struct Depth {
    /// Number of pairs; all pairs if there are no more.
    pub(super) pairs: usize,
    /// Number of triples, and of linear combinations, each joint with one more item.
    pub(super) more: usize,
}

/// If there are at most this many triples, all are compared.
const FEW: usize = 165;

fn coefficients(rng: &mut SplitMix, items: usize) -> Vec<(usize, u8)> {
    let count = 2 + rng.below(5);
    (0..count)
        .map(|_| (rng.below(items), [1, 255, 1, 255, 2][rng.below(5)]))
        .collect()
}

/// Whether an item is the same in all instances of both views.
fn is_constant(a: &Item, b: &Item) -> bool {
    let first = a.values[0];
    a.values.iter().chain(&b.values).all(|&x| x == first)
}

/// The worst score over singles, pairs, triples and combinations of the items of two views of one program. Constant
/// items are left out.
pub(super) fn worst_difference(a: &View, b: &View, depth: Depth, rng: &mut SplitMix) -> Sight {
    let items = a.items.iter().zip(&b.items);
    assert!(a.items.len() == b.items.len() && items.clone().all(|(a, b)| a.bits == b.bits));
    let (a, b): (Vec<&Item>, Vec<&Item>) = items.filter(|(a, b)| !is_constant(a, b)).unzip();
    let m = a.len();
    let mut sight = Sight::NOTHING;
    if m == 0 {
        return sight;
    }
    let mut tuples: Vec<Vec<usize>> = (0..m).map(|i| vec![i]).collect();
    if m * (m - 1) / 2 <= depth.pairs {
        tuples.extend((0..m).flat_map(|i| (0..i).map(move |j| vec![i, j])));
    } else {
        tuples.extend((0..depth.pairs).map(|_| {
            let (i, j) = (rng.below(m), rng.below(m - 1));
            vec![i, (i + 1 + j) % m]
        }));
    }
    if m.saturating_sub(2) * (m - 1) * m / 6 <= FEW {
        let pairs = (0..m).flat_map(|i| (0..i).map(move |j| (i, j)));
        tuples.extend(pairs.flat_map(|(i, j)| (0..j).map(move |k| vec![i, j, k])));
    } else {
        tuples.extend((0..depth.more).map(|_| (0..3).map(|_| rng.below(m)).collect()));
    }
    for tuple in tuples {
        let pick = |view: &[&Item]| joint(&tuple.iter().map(|&i| view[i]).collect::<Vec<_>>());
        sight.see(two_samples(&pick(&a), &pick(&b)));
    }
    for round in 0..depth.more {
        let (factors, with) = (coefficients(rng, m), rng.below(m));
        let pick = |view: &[&Item]| {
            let sum = combination(view, &factors, round % 2 == 1);
            joint(&[&sum, view[with]])
        };
        sight.see(two_samples(&pick(&a), &pick(&b)));
    }
    sight
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

/// The limit grows slowly, and lies where it should for one score: 5.2 standard deviations.
#[test]
fn limits_follow_from_the_number_of_scores() {
    let limit = |compared| {
        Sight {
            worst: 0.0,
            compared,
        }
        .limit()
    };
    assert!((limit(1) - 5.2).abs() < 0.05, "{}", limit(1));
    assert!((limit(100_000) - 7.03).abs() < 0.1, "{}", limit(100_000));
}
