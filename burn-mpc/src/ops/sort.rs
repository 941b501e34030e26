//! Sorting along a dimension, and the greatest elements along it.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::call::{Call, mark_if_skipped, shape_error, unary_key};
use crate::ops::base::force;
use crate::ops::base::planes::Planes;
use crate::protocol::{self, SORT_MOST_PLANES, Sorted, Sorting};
use crate::ring::Ring;
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{Bound, Kind, SecretTensor};

/// One op: which dimension, which order, and how much of it.
#[derive(Clone, Copy)]
struct Order {
    op: &'static str,
    dim: usize,
    descending: bool,
    /// How many elements are kept, from the first on.
    keep: usize,
}

impl Order {
    /// All elements of a dimension.
    fn whole<R: Ring>(
        op: &'static str,
        tensor: &SecretTensor<R>,
        dim: usize,
        descending: bool,
    ) -> Self {
        Self {
            op,
            dim,
            descending,
            keep: tensor.shape()[dim],
        }
    }

    /// The `k` greatest elements, the greatest first.
    fn greatest(op: &'static str, dim: usize, k: usize) -> Self {
        Self {
            op,
            dim,
            descending: true,
            keep: k,
        }
    }

    fn shape<R: Ring>(&self, tensor: &SecretTensor<R>) -> Vec<usize> {
        let mut shape = tensor.shape().to_vec();
        shape[self.dim] = self.keep;
        shape
    }

    /// The facts that a key of the result takes in.
    #[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
    fn facts(&self) -> [f64; 3] {
        let facts = [self.dim, usize::from(self.descending), self.keep];
        facts.map(|fact| fact as f64)
    }

    fn call<'a, R: Ring>(&self, tensor: &'a SecretTensor<R>, kind: Kind) -> Call<'a> {
        Call {
            op: self.op,
            device: tensor.device(),
            shape: self.shape(tensor),
            kind,
            key: unary_key(self.op, &self.facts(), tensor),
            bound: tensor.bound(),
        }
    }

    /// Runs the protocol. Gives the wanted ones of values and indices, and the fractional bits of values.
    fn sorted<R: Ring>(
        &self,
        session: &Session,
        tensor: &SecretTensor<R>,
        [values, numbers]: [bool; 2],
    ) -> Result<(Sorted<R>, u32), MpcError> {
        let Self {
            op,
            dim,
            descending,
            keep,
        } = *self;
        session.note("along", &[dim, usize::from(descending), keep]);
        let planes = Planes::of(tensor.shape(), dim);
        let refuse = |reason| Err(shape_error(session, op, &[tensor.shape()], reason));
        if keep > planes.size {
            return refuse(format!("{keep} of {} elements", planes.size));
        }
        if planes.size > SORT_MOST_PLANES {
            return refuse(format!("rows of at most {SORT_MOST_PLANES} elements"));
        }
        let Fixed { share: x, frac } = force::replicated(session, tensor)?;
        let sorting = Sorting {
            planes: planes.size,
            descending,
            keep,
            values,
            numbers,
        };
        let mut sorted = session.run(|ctx| protocol::sort(ctx, &planes.split(&x), &sorting))?;
        if values {
            sorted.values = planes.joined(keep, &sorted.values);
        }
        if numbers {
            sorted.numbers = planes.joined(keep, &sorted.numbers);
        }
        Ok((sorted, frac))
    }

    fn tensor<R: Ring>(
        &self,
        of: &SecretTensor<R>,
        kind: Kind,
        share: Rss<R>,
        frac: u32,
    ) -> SecretTensor<R> {
        let numbers = Fixed::new(Form::Rss(share), frac);
        SecretTensor::of_numbers(of.device(), self.shape(of), kind, numbers)
    }

    fn values<R: Ring>(&self, tensor: &SecretTensor<R>) -> SecretTensor<R> {
        let call = self.call(tensor, tensor.kind());
        let sorted = call.run(|session| {
            let (sorted, frac) = self.sorted(session, tensor, [true, false])?;
            Ok(self.tensor(tensor, tensor.kind(), sorted.values, frac))
        });
        sorted.with_reach(tensor.reach())
    }

    fn indices<R: Ring>(&self, tensor: &SecretTensor<R>) -> SecretTensor<R> {
        let mut call = self.call(tensor, Kind::Int);
        call.bound = Bound::NONE;
        call.run(|session| {
            let (sorted, _) = self.sorted(session, tensor, [false, true])?;
            Ok(self.tensor(tensor, Kind::Int, sorted.numbers, 0))
        })
    }

    fn both<R: Ring>(&self, tensor: &SecretTensor<R>) -> (SecretTensor<R>, SecretTensor<R>) {
        let mut call = self.call(tensor, tensor.kind());
        // A key has one result.
        call.key = None;
        let mut indices = None;
        let values = call.run(|session| {
            let (sorted, frac) = self.sorted(session, tensor, [true, true])?;
            let numbers = self.tensor(tensor, Kind::Int, sorted.numbers, 0);
            // The call marks its own result alone.
            mark_if_skipped(session, &numbers);
            indices = Some(numbers);
            Ok(self.tensor(tensor, tensor.kind(), sorted.values, frac))
        });
        let poisoned = || SecretTensor::poisoned(tensor.device(), self.shape(tensor), Kind::Int);
        let indices = indices.unwrap_or_else(poisoned);
        (values.with_reach(tensor.reach()), indices)
    }
}

/// The elements of every row along `dim` in order.
pub fn sort<R: Ring>(tensor: SecretTensor<R>, dim: usize, descending: bool) -> SecretTensor<R> {
    Order::whole("sort", &tensor, dim, descending).values(&tensor)
}

/// The indices of the elements of every row along `dim` in order. Equal elements keep theirs, in both directions.
pub fn argsort<R: Ring>(tensor: SecretTensor<R>, dim: usize, descending: bool) -> SecretTensor<R> {
    Order::whole("argsort", &tensor, dim, descending).indices(&tensor)
}

/// [`sort`] and [`argsort`] together.
pub fn sort_with_indices<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    descending: bool,
) -> (SecretTensor<R>, SecretTensor<R>) {
    Order::whole("sort_with_indices", &tensor, dim, descending).both(&tensor)
}

/// The `k` greatest elements of every row along `dim`, the greatest first.
pub fn topk<R: Ring>(tensor: SecretTensor<R>, dim: usize, k: usize) -> SecretTensor<R> {
    Order::greatest("topk", dim, k).values(&tensor)
}

/// The indices of the `k` greatest elements of every row along `dim`; of equal elements the first comes first.
pub fn argtopk<R: Ring>(tensor: SecretTensor<R>, dim: usize, k: usize) -> SecretTensor<R> {
    Order::greatest("argtopk", dim, k).indices(&tensor)
}
