//! The knapsack in exact integers, as the search sees it.

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    /// Its use of the capacity, beyond that of the lightest option of its group.
    pub(super) weight: i128,
    /// Its loss, beyond the least loss of its group.
    pub(super) loss: i128,
}

/// Groups of points. A choice takes one point of each group; it minimises the summed loss with the summed weight within
/// the capacity.
///
/// In each group the weights ascend strictly from 0 and the losses descend strictly to 0. Products of a
/// sum of losses and a sum of weights stay below `2^124`.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// First point of each group, and the number of points.
    pub(super) starts: Vec<u32>,
    pub(super) points: Vec<Point>,
    /// Not negative.
    pub(super) capacity: i128,
}

/// A Lagrange multiplier as a ratio: `weight / loss` units of loss per unit of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Multiplier {
    /// Factor of weights, positive.
    pub(super) weight: i128,
    /// Factor of losses, positive.
    pub(super) loss: i128,
}

impl Multiplier {
    /// Loss and weight of a point under one measure.
    pub(super) const fn combined(self, point: Point) -> i128 {
        self.loss * point.loss + self.weight * point.weight
    }
}

impl Instance {
    /// The number of groups.
    pub(super) const fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// The points of a group.
    pub(super) fn group(&self, group: usize) -> &[Point] {
        &self.points[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    /// The point chosen in a group.
    pub(super) fn chosen(&self, group: usize, choice: &[u32]) -> Point {
        self.group(group)[choice[group] as usize]
    }

    /// Summed weight and loss of a choice.
    pub(super) fn total(&self, choice: &[u32]) -> Point {
        let mut total = Point { weight: 0, loss: 0 };
        for group in 0..self.groups() {
            let point = self.chosen(group, choice);
            total.weight += point.weight;
            total.loss += point.loss;
        }
        total
    }

    /// Exchanges loss and weight of the points for which `keep(group, point)` holds. Returns that instance, the index
    /// of each of its points within its group here, and the least total weight of kept points.
    ///
    /// The choices of the result within its capacity are those of the kept points whose summed loss here is at most
    /// `loss`. Their summed "loss" there is their weight here less the returned least weight. `None` if a group keeps
    /// nothing or no such choice exists.
    pub(super) fn exchanged(
        &self,
        loss: i128,
        keep: impl Fn(usize, Point) -> bool,
    ) -> Option<(Self, Vec<u32>, i128)> {
        let mut starts = vec![0];
        let (mut points, mut origins) = (Vec::new(), Vec::new());
        let (mut capacity, mut weight) = (loss, 0);
        for group in 0..self.groups() {
            let first = points.len();
            for (index, &point) in self.group(group).iter().enumerate().rev() {
                if keep(group, point) {
                    points.push(Point {
                        weight: point.loss,
                        loss: point.weight,
                    });
                    origins.push(index as u32);
                }
            }
            let (lightest, least) = (points.get(first)?.weight, points.last()?.loss);
            for point in &mut points[first..] {
                point.weight -= lightest;
                point.loss -= least;
            }
            capacity -= lightest;
            weight += least;
            starts.push(points.len() as u32);
        }
        let instance = Self {
            starts,
            points,
            capacity,
        };
        (capacity >= 0).then_some((instance, origins, weight))
    }
}
