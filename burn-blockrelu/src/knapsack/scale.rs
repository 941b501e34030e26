//! Values as exact integers.

use super::dominance::Frontier;
use super::integer::{Instance, Point};
use super::problem::Problem;
use super::relax::gcd;
use super::sum::two_sum;

/// Products of summed losses and summed weights stay below two to this power.
const PRODUCT_BITS: u32 = 124;
/// Bits of the summed losses on a binary scale, if the costs leave room for them.
const LOSS_BITS: u32 = 80;
/// Values with more decimal digits than this do not count as decimals.
const MOST_DIGITS: i32 = 12;

/// What one unit of loss is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    /// `count / 10^digits`: all values are decimals, and losses are exact.
    Decimal {
        /// Decimal digits after the point.
        digits: i32,
        /// The greatest common divisor of all losses.
        count: i128,
    },
    /// `2^exponent`: each loss is rounded to it.
    Binary {
        /// Exponent of two.
        exponent: i32,
    },
}

/// A problem in integers.
pub(super) struct Scaled {
    pub(super) instance: Instance,
    /// For each point, its option's index within its group of the problem.
    pub(super) options: Vec<u32>,
    pub(super) unit: Unit,
    /// The cost of one unit of weight.
    pub(super) cost_unit: u64,
}

impl Unit {
    /// `units` of loss as a value.
    pub(super) fn value(self, units: f64) -> f64 {
        match self {
            Self::Decimal { digits, count } => units * count as f64 / 10_f64.powi(digits),
            Self::Binary { exponent } => {
                // Two factors: 2^exponent alone may be subnormal.
                let half = exponent / 2;
                units * 2_f64.powi(half) * 2_f64.powi(exponent - half)
            }
        }
    }
}

/// The fewest decimal digits with which every value of the problem is the nearest `f64` to its decimal; `None` if no
/// number of digits will do.
pub(super) fn decimal_digits(problem: &Problem) -> Option<i32> {
    let mut digits = 0;
    for group in 0..problem.groups() {
        for &value in problem.values(group) {
            while decimal(value, digits).is_none() {
                digits += 1;
                if digits > MOST_DIGITS {
                    return None;
                }
            }
        }
    }
    // A large value that passed with few digits may fail with more.
    let all = (0..problem.groups())
        .flat_map(|group| problem.values(group))
        .all(|&value| decimal(value, digits).is_some());
    all.then_some(digits)
}

/// `value * 10^digits`, if that is an integer to the nearest `f64`.
fn decimal(value: f64, digits: i32) -> Option<i64> {
    let power = 10_f64.powi(digits);
    let scaled = (value * power).round();
    (scaled.abs() < 2_f64.powi(53) && scaled / power == value).then_some(scaled as i64)
}

impl Scaled {
    /// Puts the frontier's options on a decimal scale of `digits`, if given and if it has room, else on a binary one.
    pub(super) fn new(problem: &Problem, frontier: &Frontier, digits: Option<i32>) -> Self {
        let (cost_unit, heaviest) = weigh(problem, frontier);
        let groups = frontier.starts.len() - 1;
        let loss_bits = (PRODUCT_BITS - bits(heaviest)).min(LOSS_BITS);
        if let Some(digits) = digits {
            let losses = |value: f64, least: f64| {
                let units = |value| i128::from(decimal(value, digits).unwrap_or(0));
                units(value) - units(least)
            };
            let mut scaled = Self::build(problem, frontier, cost_unit, losses);
            let largest: i128 = (0..groups)
                .map(|group| scaled.instance.group(group)[0].loss)
                .sum();
            if bits(largest) <= loss_bits {
                let count = scaled.divide_losses();
                scaled.unit = Unit::Decimal { digits, count };
                return scaled;
            }
        }
        let largest: f64 = (0..groups)
            .map(|group| {
                let values = problem.values(group);
                let options = frontier.group(group);
                let value = |option: Option<&u32>| option.map_or(0.0, |&i| values[i as usize]);
                value(options.first()) - value(options.last())
            })
            .sum();
        // All `f64` are multiples of 2^-1074.
        let exponent = (exponent(largest) + 2 - loss_bits as i32).max(-1074);
        let mut scaled = Self::build(problem, frontier, cost_unit, |value, least| {
            let (high, low) = two_sum(value, -least);
            fixed(high, exponent) + fixed(low, exponent)
        });
        scaled.unit = Unit::Binary { exponent };
        scaled
    }

    fn build(
        problem: &Problem,
        frontier: &Frontier,
        cost_unit: u64,
        losses: impl Fn(f64, f64) -> i128,
    ) -> Self {
        let mut points: Vec<Point> = Vec::with_capacity(frontier.options.len());
        let mut options = Vec::with_capacity(frontier.options.len());
        let mut starts = vec![0];
        let mut least_cost = 0;
        for group in 0..frontier.starts.len() - 1 {
            let (costs, values) = (problem.costs(group), problem.values(group));
            let entries = frontier.group(group);
            let (first, last) = (entries[0], entries[entries.len() - 1]);
            let (lightest, least) = (costs[first as usize], values[last as usize]);
            let begin = points.len();
            for &option in entries {
                let point = Point {
                    weight: i128::from((costs[option as usize] - lightest) / cost_unit),
                    loss: losses(values[option as usize], least),
                };
                // After rounding, a more expensive option may be no better.
                if points.len() == begin || point.loss < points[points.len() - 1].loss {
                    points.push(point);
                    options.push(option);
                }
            }
            least_cost += lightest;
            starts.push(points.len() as u32);
        }
        Self {
            instance: Instance {
                starts,
                points,
                capacity: i128::from((problem.budget() - least_cost) / cost_unit),
            },
            options,
            unit: Unit::Binary { exponent: 0 },
            cost_unit,
        }
    }

    /// Divides all losses by their greatest common divisor, and returns it.
    fn divide_losses(&mut self) -> i128 {
        let points = &mut self.instance.points;
        let divisor = points.iter().fold(0, |sofar, point| match sofar {
            1 => 1,
            _ => gcd(point.loss, sofar),
        });
        if divisor > 1 {
            for point in points {
                point.loss /= divisor;
            }
        }
        divisor.max(1)
    }

    /// The options of `frontier` that lose at most `most`; `self` must be made from `frontier`. These are the tails of
    /// the groups, because losses descend to 0 in each group, and options that rounding made equal to a point follow
    /// it.
    pub(super) fn clip(&self, frontier: &Frontier, most: i128) -> Frontier {
        frontier.from(|group| {
            let before = (self.instance.group(group).iter()).take_while(|point| point.loss > most);
            self.options[self.instance.starts[group] as usize + before.count()]
        })
    }

    /// Converts a choice of points to the problem's options, one index per group.
    pub(super) fn options_of(&self, choice: &[u32]) -> Vec<usize> {
        choice
            .iter()
            .zip(&self.instance.starts)
            .map(|(&index, &start)| self.options[(start + index) as usize] as usize)
            .collect()
    }
}

/// The greatest common divisor of all cost differences within groups, and the sum of the groups' spreads in
/// that unit.
fn weigh(problem: &Problem, frontier: &Frontier) -> (u64, i128) {
    let (mut unit, mut spreads) = (0_i128, 0_i128);
    for group in 0..frontier.starts.len() - 1 {
        let costs = problem.costs(group);
        let entries = frontier.group(group);
        let first = costs[entries[0] as usize];
        let mut spread = 0;
        for &option in entries {
            spread = i128::from(costs[option as usize] - first);
            if unit != 1 {
                unit = gcd(spread, unit);
            }
        }
        spreads += spread;
    }
    let unit = unit.max(1);
    (unit as u64, spreads / unit)
}

/// The least `b` with `number < 2^b`, for numbers that are not negative.
const fn bits(number: i128) -> u32 {
    i128::BITS - number.leading_zeros()
}

/// The least `e` with `|x| < 2^e`, for normal numbers.
const fn exponent(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff) as i32 - 1022
}

/// `x / 2^exponent`, rounded to the nearest integer, for results below `2^126`.
fn fixed(x: f64, exponent: i32) -> i128 {
    let biased = ((x.to_bits() >> 52) & 0x7ff) as i32;
    let fraction = i128::from(x.to_bits() & ((1 << 52) - 1));
    let (mantissa, power) = match biased {
        0 => (fraction, -1074),
        _ => (fraction | (1 << 52), biased - 1075),
    };
    let shift = power - exponent;
    let magnitude = match shift {
        0.. => mantissa << shift.min(126),
        -54..0 => ((mantissa >> (-shift - 1)) + 1) >> 1,
        _ => 0,
    };
    if x.is_sign_negative() {
        -magnitude
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::{Frontier, Problem, Scaled, Unit, bits, decimal_digits, exponent, fixed};

    #[test]
    fn fixed_point_is_exact_or_rounds_to_the_nearest() {
        assert_eq!(fixed(1.0, -10), 1024);
        assert_eq!(fixed(-0.75, -2), -3);
        assert_eq!(fixed(0.75, 0), 1);
        assert_eq!(fixed(0.25, 0), 0);
        assert_eq!(fixed(f64::from_bits(3), -1074), 3);
        assert_eq!(fixed(1e300, 1100), 0);
        assert_eq!(fixed(0.0, -300), 0);
        assert_eq!((bits(0), bits(1), bits(8)), (0, 1, 4));
        assert_eq!((exponent(1.0), exponent(0.9), exponent(8.0)), (1, 0, 4));
    }

    #[test]
    fn decimals_are_recognised() {
        let digits = |values: Vec<f64>| {
            let groups = values.into_iter().map(|value| [(0, value)]);
            decimal_digits(&Problem::new(groups, 0).unwrap())
        };
        assert_eq!(digits(vec![1.0, -0.0, 1e6]), Some(0));
        assert_eq!(digits(vec![0.03, 0.07, -0.5]), Some(2));
        assert_eq!(digits(vec![1e-9, 3.0]), Some(9));
        assert_eq!(digits(vec![0.1 + 0.2]), None);
        assert_eq!(digits(vec![1e12, 1e-9]), None);
        assert_eq!(digits(vec![1e300]), None);
    }

    #[test]
    fn common_divisors_leave_costs_and_losses() {
        let groups = [
            vec![(100, 0.00), (36, 0.30)],
            vec![(10, 0.06), (42, 0.00), (10, 0.5)],
        ];
        let problem = Problem::new(groups, 77).unwrap();
        let scaled = Scaled::new(&problem, &Frontier::of(&problem), decimal_digits(&problem));
        assert_eq!(scaled.cost_unit, 32);
        assert_eq!(
            scaled.unit,
            Unit::Decimal {
                digits: 2,
                count: 6
            }
        );
        assert_eq!(scaled.instance.capacity, 0);
        assert_eq!(scaled.options, [1, 0, 0, 1]);
        assert!((scaled.unit.value(5.0) - 0.3).abs() < 1e-16);
    }
}
