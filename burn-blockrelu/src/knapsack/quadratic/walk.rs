//! The descent: a choice, the sum of its sketches, and changes to it.

use super::sketches::{Sketches, add, dot, product, square};
use crate::knapsack::problem::Problem;
use crate::knapsack::sum::sum;

/// A change of one group's option.
#[derive(Clone, Copy, Debug)]
struct Change {
    group: usize,
    to: usize,
    /// Cost added.
    cost: i128,
    /// Value added.
    value: f64,
}

/// A choice during the descent.
pub(super) struct Walk<'a, S> {
    problem: &'a Problem,
    sketches: &'a S,
    pub(super) choice: Vec<usize>,
    pub(super) cost: u64,
    /// The sum of the sketches of the choice.
    total: Vec<f64>,
    /// `cross / K`.
    rate: f64,
    /// Gains below this count as rounding.
    least_gain: f64,
}

impl<'a, S: Sketches> Walk<'a, S> {
    pub(super) fn new(
        problem: &'a Problem,
        sketches: &'a S,
        choice: Vec<usize>,
        cross: f64,
    ) -> Self {
        let mut walk = Self {
            problem,
            sketches,
            choice,
            cost: 0,
            total: vec![0.0; sketches.length()],
            rate: cross / sketches.length() as f64,
            least_gain: 0.0,
        };
        walk.refresh();
        walk
    }

    /// Recomputes the sums.
    pub(super) fn refresh(&mut self) {
        self.total.fill(0.0);
        self.cost = 0;
        for (group, &option) in self.choice.iter().enumerate() {
            self.cost += self.problem.costs(group)[option];
            add(&mut self.total, self.sketches.row(group, option), 1.0);
        }
        let values = (0..).zip(&self.choice);
        let magnitude: f64 = values.map(|(j, &i)| self.problem.values(j)[i].abs()).sum();
        let squares: f64 = self.total.iter().map(|x| x * x).sum();
        self.least_gain = 1e-12 * (magnitude + (self.rate * squares).abs());
    }

    pub(super) fn value(&self) -> f64 {
        let chosen = || (0..).zip(&self.choice);
        let additive = sum(chosen().map(|(j, &i)| self.problem.values(j)[i]));
        let joint = sum(self.total.iter().map(|x| x * x));
        let apart = sum(chosen().map(|(j, &i)| square(self.sketches.row(j, i))));
        additive + self.rate * (joint - apart)
    }

    /// The change of `group` to the option `to`. `against` is the product of `total` with the group's present row, less
    /// the square of that row.
    fn change(&self, group: usize, to: usize, against: f64) -> Change {
        let now = self.choice[group];
        let (costs, values) = (self.problem.costs(group), self.problem.values(group));
        let (row, other) = (self.sketches.row(group, now), self.sketches.row(group, to));
        let cross = product(&self.total, other) - dot(row, other) - against;
        Change {
            group,
            to,
            cost: i128::from(costs[to]) - i128::from(costs[now]),
            value: values[to] - values[now] + 2.0 * self.rate * cross,
        }
    }

    /// All changes of a group.
    fn changes(&self, group: usize) -> impl Iterator<Item = Change> {
        let now = self.choice[group];
        let row = self.sketches.row(group, now);
        let against = product(&self.total, row) - square(row);
        let others = (0..self.problem.costs(group).len()).filter(move |&to| to != now);
        others.map(move |to| self.change(group, to, against))
    }

    fn room(&self) -> i128 {
        i128::from(self.problem.budget()) - i128::from(self.cost)
    }

    fn apply(&mut self, change: Change) {
        let Change { group, to, .. } = change;
        let now = std::mem::replace(&mut self.choice[group], to);
        self.cost = self.cost - self.problem.costs(group)[now] + self.problem.costs(group)[to];
        add(&mut self.total, self.sketches.row(group, now), -1.0);
        add(&mut self.total, self.sketches.row(group, to), 1.0);
    }

    /// Gives each group in turn its best option that fits, and returns the number of changes.
    pub(super) fn change_groups(&mut self) -> usize {
        let mut made = 0;
        for group in 0..self.choice.len() {
            let room = self.room();
            let fitting = self.changes(group).filter(|change| change.cost <= room);
            let best = fitting.min_by(|a, b| a.value.total_cmp(&b.value).then(a.cost.cmp(&b.cost)));
            if let Some(best) = best.filter(|best| best.value < -self.least_gain) {
                self.apply(best);
                made += 1;
            }
        }
        made
    }

    /// Makes improving exchanges, the best first and each group once, and returns their number.
    pub(super) fn exchange(&mut self, most: usize, price: f64) -> usize {
        let (mut cheaper, mut dearer) = (Vec::new(), Vec::new());
        for group in 0..self.choice.len() {
            for change in self.changes(group) {
                match change.cost {
                    ..0 => cheaper.push(change),
                    _ => dearer.push(change),
                }
            }
        }
        for changes in [&mut cheaper, &mut dearer] {
            let priced = |change: &Change| change.value + price * change.cost as f64;
            changes.sort_by(|a, b| priced(a).total_cmp(&priced(b)));
            changes.truncate(most);
        }
        let room = self.room();
        let mut pairs = Vec::new();
        for &down in &cheaper {
            for &up in &dearer {
                if down.group != up.group && down.cost + up.cost <= room {
                    let value = down.value + up.value + self.interaction(down, up);
                    if value < -self.least_gain {
                        pairs.push((value, down, up));
                    }
                }
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut touched = vec![false; self.choice.len()];
        let mut made = 0;
        for (_, down, up) in pairs {
            if touched[down.group] || touched[up.group] || down.cost + up.cost > self.room() {
                continue;
            }
            // Earlier exchanges have changed the sum, so compute the values again.
            let [now_down, now_up] = [down, up].map(|change| {
                let row = self.sketches.row(change.group, self.choice[change.group]);
                let against = product(&self.total, row) - square(row);
                self.change(change.group, change.to, against).value
            });
            if now_down + now_up + self.interaction(down, up) < -self.least_gain {
                self.apply(down);
                self.apply(up);
                touched[down.group] = true;
                touched[up.group] = true;
                made += 1;
            }
        }
        made
    }

    /// The value that two changes add together beyond the sum of what each adds alone.
    fn interaction(&self, one: Change, two: Change) -> f64 {
        let rows = |change: Change| {
            let now = self.sketches.row(change.group, self.choice[change.group]);
            (now, self.sketches.row(change.group, change.to))
        };
        let ((a, b), (c, d)) = (rows(one), rows(two));
        let differences = a.iter().zip(b).zip(c.iter().zip(d));
        let products = differences.map(|((&a, &b), (&c, &d))| {
            (f64::from(b) - f64::from(a)) * (f64::from(d) - f64::from(c))
        });
        2.0 * self.rate * products.sum::<f64>()
    }
}
