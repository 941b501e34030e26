//! Which Chebyshev polynomials are computed, and how a series is written with them. All of it is public.

/// Degrees of polynomials. A series is written with them and with products of two of them; the polynomials themselves,
/// too, with those before them. More polynomials, or more batches in which they are computed, reach higher degrees.
const SETS: [&[usize]; 15] = [
    &[1],
    &[1, 2],
    &[1, 2, 3],
    &[1, 2, 3, 4],
    &[1, 2, 3, 6],
    &[1, 2, 4, 5],
    &[1, 2, 3, 4, 5],
    &[1, 2, 3, 5, 6],
    &[1, 2, 3, 4, 7],
    &[1, 2, 4, 6, 7],
    &[1, 2, 3, 4, 5, 10],
    &[1, 2, 3, 5, 7, 8],
    &[1, 2, 4, 6, 8, 9],
    &[1, 2, 3, 4, 8, 9, 11],
    &[1, 2, 3, 6, 9, 10, 11],
];

/// `constant + sum_i linear_i T_i + sum_(i <= j) a_ij T_i T_j` over the polynomials of a set, by their places in it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::protocol::composed) struct Form {
    pub(in crate::protocol::composed) constant: f64,
    pub(in crate::protocol::composed) linear: Vec<f64>,
    /// `(i, j, a_ij)`, by ascending `j`.
    pub(in crate::protocol::composed) products: Vec<(usize, usize, f64)>,
}

impl Form {
    /// The series with these coefficients, lowest degree first, or nothing if the set does not reach its degree.
    ///
    /// `2 T_i T_j = T_(i+j) + T_(j-i)`: from the highest degree on, a product takes the place of each polynomial that is
    /// not in the set, and what it has too much of is taken off a lower one. With `factors` there are as few second
    /// factors as can be. `rounded` is what the coefficient of a product becomes on the ring; what that misses is made up
    /// for in the lower one.
    pub(in crate::protocol::composed) fn of(
        coefficients: &[f64],
        set: &[usize],
        factors: bool,
        rounded: impl Fn([usize; 2], f64) -> f64,
    ) -> Option<Self> {
        let mut rest = coefficients.to_vec();
        let mut linear = vec![0.0; set.len()];
        let mut products = Vec::new();
        for degree in (1..rest.len()).rev() {
            let c = rest[degree];
            if let Some(place) = set.iter().position(|&known| known == degree) {
                linear[place] = c;
            } else if c != 0.0 {
                let pairs = (0..set.len()).flat_map(|j| (0..=j).map(move |i| (i, j)));
                let mut pairs = pairs.filter(|&(i, j)| set[i] + set[j] == degree);
                // Ascending: the last has the highest second factor, which serves most; the first has factors that are
                // near to each other, hence seldom the first polynomial, which has bits of its own.
                let (i, j) = if factors {
                    pairs.next_back()
                } else {
                    pairs.next()
                }?;
                let a = rounded([i, j], 2.0 * c);
                rest[set[j] - set[i]] -= a / 2.0;
                products.push((i, j, a));
            }
        }
        products.sort_by_key(|&(i, j, _)| (j, i));
        Some(Self {
            constant: rest.first().copied().unwrap_or(0.0),
            linear,
            products,
        })
    }

    /// The places `j` of the products, each once.
    pub(in crate::protocol::composed) fn second_factors(&self) -> Vec<usize> {
        let mut places: Vec<usize> = self.products.iter().map(|&(_, j, _)| j).collect();
        places.dedup();
        places
    }

    /// Whether the polynomial at a place occurs.
    fn uses(&self, place: usize) -> bool {
        let product = |&(i, j, _): &(usize, usize, f64)| i == place || j == place;
        self.linear.get(place).is_some_and(|&c| c != 0.0) || self.products.iter().any(product)
    }
}

/// A set, and the polynomials of it that are computed together.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::protocol::composed) struct Basis {
    pub(in crate::protocol::composed) set: &'static [usize],
    /// For each batch, the forms of the polynomials that it adds, in the order of the set.
    pub(in crate::protocol::composed) batches: Vec<Vec<Form>>,
}

impl Basis {
    fn of(set: &'static [usize]) -> Option<Self> {
        let mut depths = vec![0];
        let mut batches: Vec<Vec<Form>> = Vec::new();
        for place in 1..set.len() {
            let mut unit = vec![0.0; set[place] + 1];
            unit[set[place]] = 1.0;
            let form = Form::of(&unit, &set[..place], false, |_, a| a)?;
            let used = (0..place).filter(|&other| form.uses(other));
            let depth = used.map(|other| depths[other]).max().unwrap_or(0);
            // A polynomial joins a batch if those before it in the set are all there.
            let depth = depth.max(batches.len().saturating_sub(1));
            if depth == batches.len() {
                batches.push(Vec::new());
            }
            batches[depth].push(form);
            depths.push(depth + 1);
        }
        Some(Self { set, batches })
    }

    /// The set with which a series of a degree takes the fewest truncations, then the fewest batches. With `factors`
    /// also the first factors of products are truncated.
    pub(in crate::protocol::composed) fn reaching(degree: usize, factors: bool) -> Option<Self> {
        // A series of which no coefficient takes away another.
        let series: Vec<f64> = (0..=degree).map(|n| (n as f64 + 2.0).sqrt()).collect();
        let candidates = SETS.iter().filter_map(|set| {
            let form = Form::of(&series, set, factors, |_, a| a)?;
            let basis = Self::of(set)?;
            let truncated = if factors {
                form.second_factors().len()
            } else {
                0
            };
            let batches = basis.batches.len() + usize::from(truncated > 0);
            Some(((set.len() + truncated, batches), basis))
        });
        let best = candidates.min_by_key(|(cost, _)| *cost);
        best.map(|(_, basis)| basis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::testing::{SplitMix, seed};

    fn polynomial(degree: usize, t: f64) -> f64 {
        (degree as f64 * t.acos()).cos()
    }

    fn value(form: &Form, set: &[usize], t: f64) -> f64 {
        let known: Vec<f64> = set.iter().map(|&degree| polynomial(degree, t)).collect();
        let linear: f64 = form.linear.iter().zip(&known).map(|(c, t)| c * t).sum();
        let products = form
            .products
            .iter()
            .map(|&(i, j, a)| a * known[i] * known[j]);
        form.constant + linear + products.sum::<f64>()
    }

    /// Every degree up to 22, with coefficients that are rounded and not: the form is the series.
    #[test]
    fn a_form_is_its_series() {
        let seed = seed(2951);
        let mut rng = SplitMix(seed);
        for degree in 1..=22 {
            let series: Vec<f64> = (0..=degree)
                .map(|_| (rng.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
                .collect();
            for factors in [false, true] {
                let basis = Basis::reaching(degree, factors).expect("degrees up to 22 are reached");
                for unit in [0.0, 1.0 / 1024.0] {
                    let rounded = |_: [usize; 2], a: f64| {
                        if unit > 0.0 {
                            (a / unit).round() * unit
                        } else {
                            a
                        }
                    };
                    let form =
                        Form::of(&series, basis.set, factors, rounded).expect("the set reaches it");
                    let allowed = 1e-12 + unit / 2.0 * form.products.len() as f64;
                    for t in (-50..=50).map(|i| f64::from(i) / 50.0) {
                        let exact: f64 = series
                            .iter()
                            .enumerate()
                            .map(|(i, c)| c * polynomial(i, t))
                            .sum();
                        let got = value(&form, basis.set, t);
                        assert!(
                            (got - exact).abs() <= allowed,
                            "degree {degree} at {t}: {got}, not {exact}; MPC_SEED={seed}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_basis_is_its_polynomials_and_each_batch_needs_only_those_before() {
        for set in SETS {
            let basis = Basis::of(set).expect("every polynomial is a form in those before it");
            let mut place = 1;
            for batch in &basis.batches {
                let known = place;
                for form in batch {
                    assert!((known..set.len()).all(|later| !form.uses(later)), "{set:?}");
                    for t in [-1.0, -0.7, 0.1, 1.0] {
                        let exact = polynomial(set[place], t);
                        assert!((value(form, set, t) - exact).abs() < 1e-12, "{set:?}");
                    }
                    place += 1;
                }
            }
            assert_eq!(place, set.len());
        }
    }

    /// Truncations of a series, and batches.
    #[test]
    fn few_polynomials_reach_high_degrees() {
        let cost = |degree, factors| {
            let basis = Basis::reaching(degree, factors).expect("degrees up to 22 are reached");
            (basis.set.len() - 1, basis.batches.len())
        };
        assert_eq!(cost(6, false), (2, 2));
        assert_eq!(cost(10, false), (3, 3));
        assert_eq!(cost(18, false), (5, 4));
        assert_eq!(cost(22, false), (6, 5));
        assert_eq!(cost(8, true), (3, 2));
        assert_eq!(cost(10, true), (4, 3));
        assert_eq!(Basis::reaching(23, false), None);
    }
}
