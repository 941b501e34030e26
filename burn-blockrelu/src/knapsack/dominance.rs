//! Integer dominance: drops options that are no better than another of their group.

use super::problem::Problem;

/// The undominated options of each group, cost ascending and value strictly descending.
pub(super) struct Frontier {
    /// First entry of each group, and the number of entries.
    pub(super) starts: Vec<u32>,
    /// Indices of options within their groups.
    pub(super) options: Vec<u32>,
}

impl Frontier {
    /// Drops each option whose cost and value are both no lower than another's in its group; of
    /// equal options the first stays.
    pub(super) fn of(problem: &Problem) -> Self {
        let mut frontier = Self {
            starts: vec![0],
            options: Vec::with_capacity(problem.options()),
        };
        let mut order = Vec::new();
        for group in 0..problem.groups() {
            let (costs, values) = (problem.costs(group), problem.values(group));
            order.clear();
            order.extend(0..costs.len() as u32);
            order.sort_unstable_by(|&a, &b| {
                let (i, j) = (a as usize, b as usize);
                // `+ 0.0` makes -0.0 and 0.0 equal.
                (costs[i].cmp(&costs[j]))
                    .then((values[i] + 0.0).total_cmp(&(values[j] + 0.0)))
                    .then(a.cmp(&b))
            });
            let mut best = f64::INFINITY;
            for &option in &order {
                if values[option as usize] < best {
                    best = values[option as usize];
                    frontier.options.push(option);
                }
            }
            frontier.close();
        }
        frontier
    }

    /// Drops what comes before the option `first(group)` in each group.
    pub(super) fn from(&self, first: impl Fn(usize) -> u32) -> Self {
        let mut kept = Self {
            starts: vec![0],
            options: Vec::new(),
        };
        for group in 0..self.starts.len() - 1 {
            let first = first(group);
            let options = self.group(group).iter().copied();
            kept.options
                .extend(options.skip_while(|&option| option != first));
            kept.close();
        }
        kept
    }

    /// The undominated options of a group.
    pub(super) fn group(&self, group: usize) -> &[u32] {
        &self.options[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    fn close(&mut self) {
        self.starts.push(self.options.len() as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::{Frontier, Problem};

    #[test]
    fn only_undominated_options_stay_and_ties_go_to_the_first() {
        let groups = [
            vec![(3, 1.0), (2, 2.0), (2, 2.0), (4, 1.0), (1, 5.0), (2, 3.0)],
            vec![(1, 0.0), (1, -0.0), (0, 0.0)],
            vec![(7, -1.0), (7, -1.0)],
        ];
        let frontier = Frontier::of(&Problem::new(groups, 100).unwrap());
        assert_eq!(frontier.group(0), [4, 1, 0]);
        assert_eq!(frontier.group(1), [2]);
        assert_eq!(frontier.group(2), [0]);
    }
}
