//! What is left to decide once reduced costs have been compared with the incumbent.

use super::integer::{Instance, Multiplier};

/// A change of one group from its relaxed point to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) group: u32,
    /// Index within the group of the point chosen instead.
    pub(super) to: u32,
    /// Weight added.
    pub(super) weight: i128,
    /// Reduced cost: what the choice loses against the Lagrangian bound. Not negative.
    pub(super) reduced: i128,
}

/// The relaxed choice, its bound, and the changes not excluded by reduced costs.
pub(super) struct Core {
    /// The point of least combined measure of each group; of equal ones the incumbent's, else the lightest.
    pub(super) relaxed: Vec<u32>,
    /// Weight of the relaxed choice, less the capacity.
    pub(super) excess: i128,
    /// The Lagrangian bound: no feasible choice has `multiplier.loss` times its loss below it.
    pub(super) bound: i128,
    /// Changes, grouped; groups of least reduced cost first.
    pub(super) changes: Vec<Change>,
    /// First change of each group of the core, and the number of changes.
    pub(super) starts: Vec<usize>,
}

impl Core {
    /// The core of an instance under a multiplier: the changes that a choice of scaled loss at most `limit`
    /// may contain.
    ///
    /// Among points that tie it prefers the incumbent's, because the search is fastest if it starts near the capacity.
    pub(super) fn new(
        instance: &Instance,
        multiplier: Multiplier,
        incumbent: &[u32],
        limit: i128,
    ) -> Self {
        let mut core = Self {
            relaxed: Vec::with_capacity(instance.groups()),
            excess: -instance.capacity,
            bound: -multiplier.weight * instance.capacity,
            changes: Vec::new(),
            starts: vec![0],
        };
        for group in 0..instance.groups() {
            let points = instance.group(group);
            let mut relaxed = incumbent[group] as usize;
            let mut least = multiplier.combined(points[relaxed]);
            for (index, &point) in points.iter().enumerate() {
                let combined = multiplier.combined(point);
                if combined < least {
                    (relaxed, least) = (index, combined);
                }
            }
            core.relaxed.push(relaxed as u32);
            core.excess += points[relaxed].weight;
            core.bound += least;
        }
        core.collect(instance, multiplier, limit - core.bound);
        core
    }

    fn collect(&mut self, instance: &Instance, multiplier: Multiplier, gap: i128) {
        let mut groups: Vec<(i128, u32, usize, usize)> = Vec::new();
        let mut changes = Vec::new();
        for group in 0..instance.groups() {
            let base = instance.chosen(group, &self.relaxed);
            let begin = changes.len();
            let mut least = i128::MAX;
            for (to, &point) in instance.group(group).iter().enumerate() {
                let reduced = multiplier.combined(point) - multiplier.combined(base);
                if reduced <= gap && to as u32 != self.relaxed[group] {
                    least = least.min(reduced);
                    changes.push(Change {
                        group: group as u32,
                        to: to as u32,
                        weight: point.weight - base.weight,
                        reduced,
                    });
                }
            }
            if changes.len() > begin {
                groups.push((least, scatter(group as u32), begin, changes.len()));
            }
        }
        groups.sort_unstable();
        for (_, _, begin, end) in groups {
            self.changes.extend_from_slice(&changes[begin..end]);
            self.starts.push(self.changes.len());
        }
    }

    /// The number of groups of the core.
    pub(super) const fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// The changes of a group of the core.
    pub(super) fn group(&self, rank: usize) -> &[Change] {
        &self.changes[self.starts[rank]..self.starts[rank + 1]]
    }

    /// For each number of decided groups, bounds on the changes of the others.
    pub(super) fn prospects(&self) -> Vec<Prospect> {
        let mut prospects = vec![Prospect::NONE; self.groups() + 1];
        for rank in (0..self.groups()).rev() {
            let mut prospect = prospects[rank + 1];
            let mut lightest = 0;
            prospect.least = i128::MAX;
            for change in self.group(rank) {
                prospect.least = prospect.least.min(change.reduced);
                lightest = lightest.min(change.weight);
                // Rounded down: a bound that is too low only prunes less.
                let rate = change.reduced as f64 / change.weight.abs() as f64 * (1.0 - 1e-12);
                if change.weight > 0 {
                    prospect.up = prospect.up.min(rate);
                } else {
                    prospect.down = prospect.down.min(rate);
                }
            }
            prospect.relief -= lightest;
            prospects[rank] = prospect;
        }
        prospects
    }
}

/// A fixed pseudo-random order of groups that tie. In input order the relaxation would have taken the heaviest points
/// of all groups up to one, and the search would go far from the capacity before it could come back.
const fn scatter(group: u32) -> u32 {
    // An odd factor makes this a permutation.
    group.wrapping_mul(0x9e37_79b1)
}

/// Bounds on the changes of the groups not yet decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prospect {
    /// The least reduced cost of a change.
    pub(super) least: i128,
    /// The least reduced cost per weight added.
    pub(super) up: f64,
    /// The least reduced cost per weight taken away.
    pub(super) down: f64,
    /// The most weight that can be taken away.
    pub(super) relief: i128,
}

impl Prospect {
    const NONE: Self = Self {
        least: i128::MAX,
        up: f64::INFINITY,
        down: f64::INFINITY,
        relief: 0,
    };
}
