//! What the tests of the knapsack share: random numbers, instances, and brute force.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "each test uses a part; a test stops at the first surprise"
)]

pub mod resnet50;

use burn_blockrelu::knapsack::Problem;

/// Deterministic random numbers (`SplitMix64`).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// In `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Mean 0, deviation 1, nearly normal.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// The least value within the budget and the least cost at it, by trying all choices.
///
/// Values closer than a few roundings of their magnitude count as equal.
pub fn brute_force(problem: &Problem) -> (f64, u64) {
    let mut best: Option<(f64, u64)> = None;
    let mut choice = vec![0; problem.groups()];
    loop {
        let cost: u64 = (0..).zip(&choice).map(|(j, &i)| problem.costs(j)[i]).sum();
        if cost <= problem.budget() {
            let values = (0..).zip(&choice).map(|(j, &i)| problem.values(j)[i]);
            let value: f64 = values.clone().sum();
            let margin = 2e-15 * values.map(f64::abs).sum::<f64>();
            let better = best.is_none_or(|(least, cheapest)| {
                value < least - margin || (value <= least + margin && cost < cheapest)
            });
            if better {
                best = Some((value, cost));
            }
        }
        let Some(group) =
            (0..choice.len()).find(|&group| choice[group] + 1 < problem.costs(group).len())
        else {
            return best.expect("a problem has a choice within its budget");
        };
        choice[..group].fill(0);
        choice[group] += 1;
    }
}
