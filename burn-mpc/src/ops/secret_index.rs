//! Parts of tensors by secret indices: products with rows of which one element is 1. Their cost is linear in the size of the
//! axis.

use crate::fixed::{Fixed, Form};
use crate::ops::base::call::{Call, misfit, unary_key};
use crate::ops::base::force;
use crate::ops::base::operand::secret;
use crate::ops::{arith, convert, linear, movement, reduce};
use crate::protocol;
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::share::Rss;
use crate::tensor::{Bound, Kind, Operand, SecretTensor, elements};

/// 1 where coordinates are the place on axes of these `sizes`, row-major, else 0: `[sizes.len(), ..]` becomes
/// `[places, ..]`. A coordinate outside of its own axis sets a flag.
fn one_hot<R: Ring>(coordinates: &SecretTensor<R>, sizes: &[usize]) -> SecretTensor<R> {
    let (depth, rest) = (sizes.len(), &coordinates.shape()[1..]);
    let len = elements(rest);
    let shape = [&[elements(sizes)], rest].concat();
    let device = coordinates.device();
    let facts: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
    let call = Call {
        op: "one_hot",
        device,
        shape: shape.clone(),
        kind: Kind::Float,
        key: unary_key("one_hot", &facts, coordinates),
        bound: Bound::NONE,
    };
    call.run(|session| {
        session.note("axes", sizes);
        let all = force::replicated_at(session, coordinates, 0)?;
        let on = |axis: usize| all.map_to(len, |x| x[axis * len..][..len].to_vec());
        let axes: Vec<Rss<R>> = (0..depth).map(on).collect();
        let rows = session.run(|ctx| {
            let places = protocol::one_hot(ctx, &axes, sizes)?;
            protocol::b2a::<R>(ctx, &places)
        })?;
        let numbers = Fixed::new(Form::Rss(rows), 0);
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            Kind::Float,
            numbers,
        ))
    })
}

/// [`one_hot`] of indices along one axis.
pub(super) fn one_hot_along<R: Ring>(indices: &SecretTensor<R>, size: usize) -> SecretTensor<R> {
    let shape = [&[1], indices.shape()].concat();
    one_hot(&movement::reshape(indices.clone(), shape), &[size])
}

/// [`one_hot`] of the `n` tuples of coordinates `[.., sizes.len()]`: `[places, n]`.
pub(super) fn rows<R: Ring>(coordinates: &SecretTensor<R>, sizes: &[usize]) -> SecretTensor<R> {
    let lead = &coordinates.shape()[..coordinates.shape().len() - 1];
    let tuples = vec![elements(lead), sizes.len()];
    let tuples = movement::reshape(coordinates.clone(), tuples);
    one_hot(&movement::transpose(tuples), sizes)
}

/// The axes of `shape` that the coordinates of tuples of dimensions `tuples` name, and the others. `None` if there are more
/// coordinates than axes.
pub(super) fn named<'a>(
    shape: &'a [usize],
    tuples: &[usize],
) -> Option<(&'a [usize], &'a [usize])> {
    let depth = tuples.last().copied().unwrap_or(0);
    shape.split_at_checked(depth)
}

/// Axes with `dim` first, and how they come back.
fn first(rank: usize, dim: usize) -> [Vec<usize>; 2] {
    let there: Vec<usize> = core::iter::once(dim)
        .chain((0..rank).filter(|&axis| axis != dim))
        .collect();
    let mut back = vec![0; rank];
    for (to, &from) in there.iter().enumerate() {
        back[from] = to;
    }
    [there, back]
}

/// `tensor` as a matrix of which `dim` is the first axis, the lengths of the other axes, and how they come back.
fn matrix<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
) -> (SecretTensor<R>, Vec<usize>, Vec<usize>) {
    let [there, back] = first(tensor.shape().len(), dim);
    let turned = movement::permute(tensor, &there);
    let rest = turned.shape()[1..].to_vec();
    let rows = turned.shape()[0];
    (
        movement::reshape(turned, vec![rows, elements(&rest)]),
        rest,
        back,
    )
}

/// A tensor as numbers that can be multiplied.
fn numbers<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    match tensor.kind() {
        Kind::Bool => convert::bool_into_float(tensor),
        Kind::Int => convert::int_into_float(tensor),
        Kind::Float => tensor,
    }
}

/// A product with 0s and 1s by `multiply`, whose results are sums of which at most `most` terms are not zero: so the limits
/// of the factor are theirs.
fn limited<R: Ring>(
    factor: SecretTensor<R>,
    most: usize,
    multiply: impl FnOnce(Operand<R>) -> SecretTensor<R>,
) -> SecretTensor<R> {
    let times = |limit: f64| limit * most as f64;
    let (bound, reach) = (factor.bound().map(times), factor.reach().map(times));
    let result = multiply(factor.with_bound(Bound::NONE).into());
    result.with_bound(bound).with_reach(reach)
}

/// The matrix product of rows of 0s and 1s and `planes`, of which a row takes `most`.
pub(super) fn taken<R: Ring>(
    rows: SecretTensor<R>,
    planes: SecretTensor<R>,
    most: usize,
) -> SecretTensor<R> {
    limited(planes, most, |planes| linear::matmul(rows.into(), planes))
}

/// Element-wise products with 0s and 1s.
pub(super) fn masked<R: Ring>(mask: SecretTensor<R>, values: SecretTensor<R>) -> SecretTensor<R> {
    limited(values, 1, |values| arith::mul(mask.into(), values))
}

/// Hyperplanes along `dim` by secret indices.
pub fn select<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    indices: &SecretTensor<R>,
) -> SecretTensor<R> {
    let kind = tensor.kind();
    let count = indices.len();
    let indices = movement::reshape(indices.clone(), vec![count]);
    let rows = one_hot_along(&indices, tensor.shape()[dim]);
    let (planes, rest, back) = matrix(numbers(tensor), dim);
    let chosen = taken(movement::transpose(rows), planes, 1);
    let shape = [&[count], &rest[..]].concat();
    movement::permute(movement::reshape(chosen, shape), &back).with_kind(kind)
}

/// Adds hyperplanes along `dim` at secret indices.
pub fn select_add<R: Ring>(
    tensor: Operand<R>,
    dim: usize,
    indices: &SecretTensor<R>,
    value: SecretTensor<R>,
) -> SecretTensor<R> {
    let (kind, size) = (value.kind(), tensor.shape()[dim]);
    let indices = movement::reshape(indices.clone(), vec![indices.len()]);
    let rows = one_hot_along(&indices, size);
    let (planes, rest, back) = matrix(numbers(value), dim);
    let spread = taken(rows, planes, indices.len());
    let shape = [&[size], &rest[..]].concat();
    let spread = movement::permute(movement::reshape(spread, shape), &back);
    arith::add(tensor, spread.into()).with_kind(kind)
}

/// Why coordinates do not fit.
pub(super) const COORDINATES: &str = "a place has more coordinates than the tensor has axes";

/// Whole sub-tensors by secret coordinates, which name the first axes: hyperplanes along all of these as one.
pub fn gather_nd<R: Ring>(
    tensor: SecretTensor<R>,
    coordinates: &SecretTensor<R>,
) -> SecretTensor<R> {
    let (kind, shape) = (tensor.kind(), tensor.shape().to_vec());
    let tuples = coordinates.shape();
    if coordinates.is_empty() {
        // No coordinate is a secret.
        return movement::gather_nd(tensor, &[], tuples);
    }
    let Some((sizes, rest)) = named(&shape, tuples) else {
        return misfit(&tensor, "gather_nd", COORDINATES);
    };
    let planes = vec![elements(sizes), elements(rest)];
    let planes = movement::reshape(numbers(tensor), planes);
    let rows = movement::transpose(rows(coordinates, sizes));
    let chosen = taken(rows, planes, 1);
    let out = [&tuples[..tuples.len() - 1], rest].concat();
    movement::reshape(chosen, out).with_kind(kind)
}

/// Why indices along an axis do not fit.
const AXES: &str = "secret indices must have the lengths of the tensor along all other axes";

fn fits(tensor: &[usize], indices: &[usize], dim: usize) -> bool {
    let pairs = tensor.iter().zip(indices).enumerate();
    tensor.len() == indices.len()
        && pairs
            .into_iter()
            .all(|(axis, (a, b))| axis == dim || a == b)
}

/// Elements along `dim` by secret indices.
pub fn gather<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    indices: &SecretTensor<R>,
) -> SecretTensor<R> {
    let (kind, shape) = (tensor.kind(), tensor.shape().to_vec());
    if !fits(&shape, indices.shape(), dim) {
        return misfit(&tensor, "gather", AXES);
    }
    let rows = one_hot_along(indices, shape[dim]);
    let [there, _] = first(shape.len(), dim);
    let turned = movement::permute(numbers(tensor), &there);
    let mut candidates = shape.clone();
    candidates[dim] = 1;
    candidates.insert(0, shape[dim]);
    let candidates = movement::reshape(turned, candidates);
    let sums = |candidates| reduce::sum_dim(arith::mul(rows.into(), candidates), 0);
    let sum = limited(candidates, 1, sums);
    movement::reshape(sum, indices.shape().to_vec()).with_kind(kind)
}

/// Adds elements along `dim` at secret indices.
pub fn scatter_add<R: Ring>(
    tensor: Operand<R>,
    dim: usize,
    indices: &SecretTensor<R>,
    value: SecretTensor<R>,
    device: &MpcDevice,
) -> SecretTensor<R> {
    let (kind, shape) = (value.kind(), tensor.shape().to_vec());
    if !fits(&shape, indices.shape(), dim) || value.shape() != indices.shape() {
        return misfit(&secret(tensor, kind, device), "scatter_add", AXES);
    }
    let rows = one_hot_along(indices, shape[dim]);
    let given = [&[1], value.shape()].concat();
    let products = masked(rows, movement::reshape(numbers(value), given));
    let sums = reduce::sum_dim(products, dim + 1);
    // The place is the first axis: it goes where `dim` was, which has length 1.
    let sums = movement::swap_dims(sums, 0, dim + 1);
    let sums = movement::reshape(sums, shape);
    arith::add(tensor, sums.into()).with_kind(kind)
}
