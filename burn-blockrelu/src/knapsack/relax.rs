//! The linear relaxation: lower convex hulls, and greedy steps along them by slope.

use std::cmp::Ordering;

use super::integer::{Instance, Multiplier, Point};

/// A step from one vertex of a group's hull to the next heavier one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Loss saved per weight, rounded.
    slope: f64,
    pub(super) group: u32,
    from: u32,
    pub(super) to: u32,
}

/// The relaxed optimum.
pub(super) struct Relaxation {
    /// All steps, steepest first.
    pub(super) steps: Vec<Step>,
    /// The number of steps that fit before the first that does not.
    pub(super) fitting: usize,
    /// The slope of the step that does not fit.
    pub(super) multiplier: Multiplier,
}

impl Step {
    /// Weight added and loss saved.
    fn delta(self, instance: &Instance) -> Point {
        let points = instance.group(self.group as usize);
        let (from, to) = (points[self.from as usize], points[self.to as usize]);
        Point {
            weight: to.weight - from.weight,
            loss: from.loss - to.loss,
        }
    }
}

/// Solves the relaxation; `None` if the capacity does not bind, so that the last point of every group is
/// best.
pub(super) fn relax(instance: &Instance) -> Option<Relaxation> {
    let mut steps = steps(instance);
    steps.sort_unstable_by(|a, b| steeper_first(instance, a, b));
    let mut room = instance.capacity;
    for (fitting, step) in steps.iter().enumerate() {
        let delta = step.delta(instance);
        if delta.weight > room {
            let divisor = gcd(delta.weight, delta.loss);
            let multiplier = Multiplier {
                weight: delta.loss / divisor,
                loss: delta.weight / divisor,
            };
            return Some(Relaxation {
                steps,
                fitting,
                multiplier,
            });
        }
        room -= delta.weight;
    }
    None
}

/// The steps along the lower convex hull of each group.
fn steps(instance: &Instance) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut hull: Vec<u32> = Vec::new();
    for group in 0..instance.groups() {
        let points = instance.group(group);
        hull.clear();
        for next in 0..points.len() as u32 {
            while let [.., before, last] = hull[..] {
                if bends_up(points, before, last, next) {
                    break;
                }
                hull.pop();
            }
            hull.push(next);
        }
        for pair in hull.windows(2) {
            let mut step = Step {
                slope: 0.0,
                group: group as u32,
                from: pair[0],
                to: pair[1],
            };
            let delta = step.delta(instance);
            step.slope = delta.loss as f64 / delta.weight as f64;
            steps.push(step);
        }
    }
    steps
}

/// Whether the slope from `a` to `b` is strictly steeper than the one from `b` to `c`.
fn bends_up(points: &[Point], a: u32, b: u32, c: u32) -> bool {
    let [a, b, c] = [a, b, c].map(|index| points[index as usize]);
    (a.loss - b.loss) * (c.weight - b.weight) > (b.loss - c.loss) * (b.weight - a.weight)
}

/// Exact order by slope, descending; then by group and along the hull.
fn steeper_first(instance: &Instance, a: &Step, b: &Step) -> Ordering {
    // Each slope has two roundings: if slopes differ by more than this, their rounded order is the exact one.
    let slopes = if (a.slope - b.slope).abs() > 1e-14 * a.slope.max(b.slope) {
        b.slope.total_cmp(&a.slope)
    } else {
        let (x, y) = (a.delta(instance), b.delta(instance));
        (y.loss * x.weight).cmp(&(x.loss * y.weight))
    };
    slopes.then((a.group, a.from).cmp(&(b.group, b.from)))
}

/// Greatest common divisor of two numbers that are not negative.
pub(super) const fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
