//! Relations over GF(2) among any number of bits of a view, and whether they tell two secrets apart.
//!
//! A message that lacks its pad shows in a parity of bits: xored with what else the party holds and receives, it makes
//! a constant. Such a parity may have any number of bits, while statistics see singles and pairs only. Parities are
//! linear in xor-shared bits and in the lowest bits of ring elements. Products of two bits count as further bits if
//! there are not too many of them, since a local product is quadratic in what is held.
//!
//! A correct protocol has relations too: what is sent is computed, and an output that is opened follows from the rest.
//! These are the same for both secrets. So relations are found on some instances of one secret, and counted on others
//! of both. Where they do not hold equally often, the view depends on the secret. The instances for counting are not
//! those for finding. So the counts of a protocol without a leak have equal distributions, however the relations were
//! found.

use std::collections::HashSet;

use crate::protocol::testing::SplitMix;
use crate::protocol::tests::statistics::{Sight, two_samples};
use crate::protocol::tests::view::{Stage, View};

/// Instances beyond the number of bits: a relation that does not exist is found with probability `2^-64`.
const BEYOND: usize = 64;
/// Instances of each secret on which relations are counted.
const COUNTED: usize = 448;
/// Products are used if there are at most this many.
const PRODUCTS: usize = 4000;

/// A bit in all instances of both secrets.
type Column = [Vec<u64>; 2];

fn ones(instances: usize) -> Vec<u64> {
    vec![u64::MAX; instances / 64]
}

/// Bits that vary or differ between the secrets, each once.
struct Columns {
    columns: Vec<Column>,
    seen: HashSet<Column>,
}

impl Columns {
    fn new(instances: usize) -> Self {
        let seen = [vec![0; instances / 64], ones(instances)].map(|same| [same.clone(), same]);
        Self {
            columns: Vec::new(),
            seen: HashSet::from(seen),
        }
    }

    fn push(&mut self, column: Column) -> bool {
        let complement = column
            .clone()
            .map(|of| of.iter().map(|word| !word).collect());
        let fresh = !self.seen.contains(&complement) && self.seen.insert(column.clone());
        if fresh {
            self.columns.push(column);
        }
        fresh
    }

    fn push_products(&mut self, of: &[Column]) {
        let and = |x: &[u64], y: &[u64]| x.iter().zip(y).map(|(x, y)| x & y).collect();
        for (i, x) in of.iter().enumerate() {
            for y in &of[..i] {
                self.push([0, 1].map(|secret| and(&x[secret], &y[secret])));
            }
        }
    }
}

/// The bits of two views of one program, and their products: of all bits if there are not too many, else of the lowest
/// bits of the items if there are not too many, else none.
fn columns(a: &View, b: &View) -> Vec<Column> {
    assert_eq!(a.columns.len(), b.columns.len());
    assert!(a.instances.is_multiple_of(64), "whole words");
    let mut all = Columns::new(a.instances);
    let mut lowest = Vec::new();
    for ((is_lowest, a), (_, b)) in a.columns.iter().zip(&b.columns) {
        let column = [a.clone(), b.clone()];
        if all.push(column.clone()) && *is_lowest {
            lowest.push(column);
        }
    }
    let fits = |columns: &[Column]| columns.len() * columns.len().saturating_sub(1) / 2 <= PRODUCTS;
    if fits(&all.columns) {
        let factors = all.columns.clone();
        all.push_products(&factors);
        return all.columns;
    }
    let lowest = independent(lowest);
    if fits(&lowest) {
        all.push_products(&lowest);
    }
    all.columns
}

/// Reduces a column by a basis. If the rest is not zero in the first `words` words, adds it to the basis with its
/// pivot; otherwise returns the rest.
fn reduce(
    basis: &mut Vec<(usize, Vec<u64>)>,
    mut column: Vec<u64>,
    words: usize,
) -> Option<Vec<u64>> {
    for (pivot, other) in basis.iter() {
        if column[pivot / 64] >> (pivot % 64) & 1 == 1 {
            column.iter_mut().zip(other).for_each(|(x, y)| *x ^= y);
        }
    }
    let Some(word) = column[..words].iter().position(|&word| word != 0) else {
        return Some(column);
    };
    let pivot = 64 * word + column[word].trailing_zeros() as usize;
    basis.push((pivot, column));
    None
}

/// Leaves out columns that are sums of others, or complements of such sums: products of a sum are sums of products.
fn independent(columns: Vec<Column>) -> Vec<Column> {
    let mut basis: Vec<(usize, Vec<u64>)> = Vec::new();
    if let Some(column) = columns.first() {
        let constant = vec![u64::MAX; column.concat().len()];
        reduce(&mut basis, constant, 1);
    }
    let is_new = |column: &Column| {
        let column = column.concat();
        let words = column.len();
        reduce(&mut basis, column, words).is_none()
    };
    columns.into_iter().filter(is_new).collect()
}

/// The result of a search for relations.
pub(super) struct Found {
    /// How unequally often the worst relation holds.
    pub(super) sight: Sight,
    /// Independent bits.
    pub(super) rank: usize,
}

/// Finds relations that hold for one secret on some instances, and counts them on the others of both. The error is the
/// number of instances that this takes.
pub(super) fn found(a: &View, b: &View) -> Result<Found, usize> {
    let columns = columns(a, b);
    // The constant counts as a bit.
    let train = (columns.len() + 1 + BEYOND).next_multiple_of(64);
    let instances = a.instances;
    if instances < train + COUNTED {
        return Err((train + COUNTED) * 9 / 8 / 64 * 64 + 64);
    }
    let mut found = Found {
        sight: Sight::NOTHING,
        rank: usize::MAX,
    };
    for first in [0, 1] {
        let rest = (instances - train) / 64;
        // First the instances to find relations on, then the others of both secrets.
        let arranged = |column: &Column| {
            let (train, counted) = column[first].split_at(train / 64);
            [train, counted, &column[1 - first][train.len()..]].concat()
        };
        let constant = [ones(instances), ones(instances)];
        let mut basis: Vec<(usize, Vec<u64>)> = Vec::new();
        for column in core::iter::once(&constant).chain(&columns) {
            let Some(left) = reduce(&mut basis, arranged(column), train / 64) else {
                continue;
            };
            // What is left is 1 where the relation does not hold.
            let count = |words: &[u64]| words.iter().map(|word| word.count_ones()).sum::<u32>();
            let all = 64 * rest as u32;
            let (here, there) = left[train / 64..].split_at(rest);
            let cells = [here, there].map(|words| [count(words), all - count(words)]);
            found.sight.see(two_samples(&cells[0], &cells[1]));
        }
        found.rank = found.rank.min(basis.len());
    }
    Ok(found)
}

fn view_of(columns: Vec<Vec<u64>>) -> View {
    let mut view = View::of(64 * columns[0].len(), Stage::default());
    view.columns = columns.into_iter().map(|words| (true, words)).collect();
    view
}

/// `count` random bits and one more, which makes the parity of all `parity`, or is random if none is given.
fn split(rng: &mut SplitMix, count: usize, parity: Option<u64>) -> View {
    let mut words = |_| (0..64).map(|_| rng.next()).collect::<Vec<u64>>();
    let mut columns: Vec<Vec<u64>> = (0..count).map(&mut words).collect();
    let mut last = words(0);
    if let Some(parity) = parity {
        last = vec![parity.wrapping_neg(); 64];
        for column in &columns {
            last.iter_mut().zip(column).for_each(|(x, y)| *x ^= y);
        }
    }
    columns.push(last);
    view_of(columns)
}

#[test]
fn a_secret_in_the_parity_of_many_bits_is_noticed() {
    let rng = &mut SplitMix(crate::protocol::testing::seed(1003));
    for count in [1, 3, 20, 200, 2000] {
        let mut sight = |parities: [Option<u64>; 2]| {
            let [a, b] = parities.map(|parity| split(rng, count, parity));
            let found = found(&a, &b).unwrap_or_else(|needed| panic!("{needed} instances"));
            (found.sight, found.rank)
        };
        // The rank is higher where products are used.
        let (tight, rank) = sight([None, None]);
        assert!(tight.compared == 0 && rank > count + 1, "{count}: {rank}");
        let (told, lower) = sight([Some(0), Some(1)]);
        assert!(told.is_certain(), "{count}: {}", told.worst);
        assert!(lower < rank, "{count}: a relation takes a bit off");
        assert!(sight([Some(0), None]).0.is_certain(), "{count}");
        let (lawful, _) = sight([Some(1), Some(1)]);
        // If two bits make a constant, one of them is left out.
        assert!(
            (lawful.compared > 0) == (count > 1) && lawful.is_tight(),
            "{count}"
        );
    }
}

#[test]
fn a_secret_in_a_quadratic_form_of_bits_is_noticed() {
    let rng = &mut SplitMix(crate::protocol::testing::seed(1004));
    let mut view = |secret: u64| {
        let mut words = || (0..64).map(|_| rng.next()).collect::<Vec<u64>>();
        let mut columns: Vec<Vec<u64>> = (0..12).map(|_| words()).collect();
        let form = |i: usize| {
            let pairs = columns.chunks(2);
            pairs.fold(secret.wrapping_neg(), |sum, pair| {
                sum ^ pair[0][i] & pair[1][i]
            })
        };
        columns.push((0..64).map(form).collect());
        view_of(columns)
    };
    let [a, b, c] = [0, 1, 0].map(&mut view);
    let sight = |a, b| {
        found(a, b)
            .unwrap_or_else(|needed| panic!("{needed} instances"))
            .sight
    };
    assert!(sight(&a, &b).is_certain());
    assert!(sight(&a, &c).is_tight());
}

#[test]
fn too_few_instances_are_refused_with_how_many_it_takes() {
    let rng = &mut SplitMix(crate::protocol::testing::seed(1005));
    let [a, b] = [0, 1].map(|_| split(rng, 4000, None));
    assert!(found(&a, &b).is_err_and(|needed| needed > 4000 + BEYOND + COUNTED));
}
