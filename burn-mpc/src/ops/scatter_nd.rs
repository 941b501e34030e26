//! Updates of whole sub-tensors by public or secret coordinates, which name the first axes.
//!
//! Where several values meet in one place, all are applied in their order, as by Burn's plaintext backend: of several
//! assignments the last one stands, the other updates do not depend on the order.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ops::base::call::misfit;
use crate::ops::base::operand::held;
use crate::ops::base::source::places_of;
use crate::ops::movement::{self, Indices};
use crate::ops::secret_index::{COORDINATES, masked, named, rows, taken};
use crate::ops::{arith, compare, convert, extremum, linear, reduce};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, SecretTensor, elements};

/// How a value changes what it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// It takes its place.
    Assign,
    /// It is added.
    Add,
    /// It is combined with it.
    Fold(Fold),
}

/// What is made of all values that meet in a place, in whatever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Their product.
    Product,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
}

impl Fold {
    /// Of all elements along `dim`, by a tree; `dim` stays with size 1.
    fn along<R: Ring>(self, tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
        match self {
            Self::Product => reduce::prod_dim(tensor, dim),
            Self::Minimum => extremum::min_dim(tensor, dim),
            Self::Maximum => extremum::max_dim(tensor, dim),
        }
    }

    /// Element by element.
    fn of_two<R: Ring>(self, a: SecretTensor<R>, b: SecretTensor<R>) -> SecretTensor<R> {
        let (shape, kind, device) = (a.shape().to_vec(), a.kind(), a.device().clone());
        let one = [&[1], &shape[..]].concat();
        let both = [a, b].map(|part| movement::reshape(part, one.clone()).into());
        let both = movement::cat(both.to_vec(), 0, kind, &device);
        movement::reshape(self.along(both, 0), shape)
    }
}

/// Hyperplanes along the first axis, all of which are there.
fn picked<R: Ring>(planes: &SecretTensor<R>, at: &[usize]) -> SecretTensor<R> {
    let at: Vec<i64> = at.iter().map(|&index| index as i64).collect();
    movement::select(planes.clone(), 0, &Arc::new(Indices::new(&at)))
}

/// Updates `tensor` at public coordinates. Local for assignments and sums. The others take as many levels as a tree over
/// the values that meet in one place, and what the tensor has there: all places at once.
pub fn scatter_nd<R: Ring>(
    tensor: SecretTensor<R>,
    (indices, tuples): (&[i64], &[usize]),
    value: SecretTensor<R>,
    update: Update,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let places = places_of(&shape, indices, tuples);
    let (Update::Fold(fold), Some(places)) = (update, places) else {
        // There a coordinate outside is an error.
        return movement::scatter_nd(tensor, indices, tuples, value, update == Update::Add);
    };
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &place) in places.iter().enumerate() {
        groups.entry(place).or_default().push(row);
    }
    let targets: Vec<usize> = groups.keys().copied().collect();
    let depth = tuples.last().copied().unwrap_or(0);
    let (sizes, rest) = (elements(&shape[..depth]), elements(&shape[depth..]));
    let (kind, device) = (tensor.kind(), tensor.device().clone());
    let onto = movement::reshape(tensor, vec![sizes, rest]);
    let given = movement::reshape(value, vec![places.len(), rest]);
    let join = |parts: [SecretTensor<R>; 2]| {
        movement::cat(parts.map(Operand::from).to_vec(), 0, kind, &device)
    };
    let mut rows = join([picked(&onto, &targets), given]);
    let mut groups: Vec<Vec<usize>> = groups
        .into_values()
        .enumerate()
        .map(|(group, hits)| {
            let values = hits.iter().map(|row| targets.len() + row);
            core::iter::once(group).chain(values).collect()
        })
        .collect();
    while groups.iter().any(|group| group.len() > 1) {
        let pairs = groups.iter().flat_map(|group| group.chunks_exact(2));
        let [left, right] = [0, 1].map(|side| pairs.clone().map(|pair| pair[side]).collect());
        let (left, right): (Vec<usize>, Vec<usize>) = (left, right);
        let single: Vec<usize> = groups
            .iter()
            .flat_map(|group| group.chunks_exact(2).remainder())
            .copied()
            .collect();
        let made = fold.of_two(picked(&rows, &left), picked(&rows, &right));
        rows = join([made, picked(&rows, &single)]);
        // The same groups, of half as many rows.
        let (mut pair, mut rest) = (0.., left.len()..);
        for group in &mut groups {
            let halves = pair.by_ref().take(group.len() / 2);
            let mut next: Vec<usize> = halves.collect();
            next.extend(rest.by_ref().take(group.len() % 2));
            *group = next;
        }
    }
    let order: Vec<usize> = groups.concat();
    let at: Vec<i64> = targets.iter().map(|&target| target as i64).collect();
    let made = picked(&rows, &order);
    let changed = movement::scatter_nd(onto, &at, &[at.len(), 1], made, false);
    movement::reshape(changed, shape)
}

/// The rows of `change`, `[n, rest]`, with zeros for those after which another has its place; the place of each is where the
/// column of `rows`, `[places, n]`, is 1.
fn once<R: Ring>(rows: &SecretTensor<R>, change: SecretTensor<R>) -> SecretTensor<R> {
    let count = rows.shape()[1];
    if count == 1 {
        return change;
    }
    // Counts, which are never scaled.
    let rows = rows.clone().with_kind(Kind::Int);
    let total = reduce::sum_dim(rows.clone(), 1);
    let later = arith::sub(total.into(), reduce::cumsum(rows.clone(), 1).into());
    let later = reduce::sum_dim(arith::mul(rows.into(), later.into()), 0);
    let last = compare::equal(later.into(), Operand::scalar(0.0));
    let last = movement::reshape(convert::bool_into_int(last), vec![count, 1]);
    let kind = change.kind();
    masked(last.with_kind(kind), change)
}

/// What row `i` of `start`, `[m, rest]`, and those rows of `value`, `[n, rest]`, make together whose `mask`, `[m, n]`, is 1.
fn combined<R: Ring>(
    fold: Fold,
    mask: SecretTensor<R>,
    start: SecretTensor<R>,
    value: SecretTensor<R>,
) -> SecretTensor<R> {
    let (shape, kind, device) = (start.shape().to_vec(), start.kind(), start.device().clone());
    let (m, rest, n) = (shape[0], shape[1], value.shape()[0]);
    let mask = movement::reshape(mask, vec![m, n, 1]);
    let start = movement::reshape(start, vec![m, 1, rest]);
    let value = movement::reshape(value, vec![1, n, rest]);
    // Where a value is not meant, what changes nothing: 1 of a product, the start of an extremum.
    let candidates = if fold == Fold::Product {
        let one = Operand::scalar(1.0);
        let above = arith::sub(value.into(), one.clone());
        arith::add(masked(mask, above).into(), one)
    } else {
        let starts = movement::expand(start.clone(), &[m, n, rest]);
        let step = arith::sub(value.into(), starts.clone().into());
        arith::add(starts.into(), masked(mask, step).into())
    };
    let all = movement::cat(vec![start.into(), candidates.into()], 1, kind, &device);
    movement::reshape(fold.along(all, 1), shape)
}

/// Updates `tensor` at secret coordinates. Linear in the places that they may name times their number `n`; other updates
/// than sums and assignments have `n` candidates for each value, or for each place if there are fewer of these.
///
/// What the values of one place make together is computed for each of them. Only the last one then changes its place, by
/// a product with the rows, so that what is not meant stays as it is.
pub fn scatter_nd_secretly<R: Ring>(
    tensor: Operand<R>,
    coordinates: &SecretTensor<R>,
    value: SecretTensor<R>,
    update: Update,
    device: &MpcDevice,
) -> SecretTensor<R> {
    let (kind, shape) = (value.kind(), tensor.shape().to_vec());
    if coordinates.is_empty() {
        // No coordinate is a secret.
        let tensor = held(tensor, kind, device);
        return scatter_nd(tensor, (&[], coordinates.shape()), value, update);
    }
    let Some((sizes, rest)) = named(&shape, coordinates.shape()) else {
        return misfit(&held(tensor, kind, device), "scatter_nd", COORDINATES);
    };
    let (places, rest) = (elements(sizes), elements(rest));
    let count = coordinates.len() / sizes.len();
    let onto = held(tensor, kind, device);
    let onto = movement::reshape(onto, vec![places, rest]);
    let given = movement::reshape(value, vec![count, rest]);
    // Integers stay integers, so that nothing is scaled.
    let rows = rows(coordinates, sizes).with_kind(kind);
    let spread = |change: SecretTensor<R>, most: usize| {
        let spread = taken(rows.clone(), change, most);
        arith::add(onto.clone().into(), spread.into())
    };
    let columns = || movement::transpose(rows.clone());
    let old = || taken(columns(), onto.clone(), 1);
    let changed = match update {
        Update::Add => spread(given, count),
        Update::Assign => spread(once(&rows, arith::sub(given.into(), old().into())), 1),
        Update::Fold(fold) if count > 1 && count >= places => combined(fold, rows, onto, given),
        Update::Fold(fold) => {
            let old = old();
            let new = if count == 1 {
                fold.of_two(old.clone(), given)
            } else {
                let alike = linear::matmul(columns().into(), rows.clone().into());
                combined(fold, alike, old.clone(), given)
            };
            spread(once(&rows, arith::sub(new.into(), old.into())), 1)
        }
    };
    movement::reshape(changed, shape)
}
