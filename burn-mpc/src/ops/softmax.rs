//! Softmax, its logarithm, and softmin.

use crate::fixed::{Fixed, Form};
use crate::ops::arith;
use crate::ops::base::call::{Call, shape_error, unary_key};
use crate::ops::base::source::around;
use crate::ops::base::{bounds, force};
use crate::protocol::{self, Context, ProtocolError};
use crate::ring::Ring;
use crate::share::Rss;
use crate::tensor::{Bound, Kind, SecretTensor};

/// A function of planes: their number, the elements plane after plane, fractional bits, and bits of the ring.
type OfPlanes<R> = fn(&mut Context, usize, &Rss<R>, u32, u32) -> Result<Rss<R>, ProtocolError>;

fn along<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    dim: usize,
    bound: Bound,
    function: OfPlanes<R>,
) -> SecretTensor<R> {
    let shape = tensor.shape().to_vec();
    let (outer, size, inner) = around(&shape, dim);
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: Kind::Float,
        key: unary_key(op, &[dim as f64], tensor),
        bound,
    };
    call.run(|session| {
        session.note("along", &[dim]);
        let scales = session.scales();
        let bits = scales.headroom_bits;
        let most = protocol::softmax_most_planes(bits);
        if size > most {
            let reason =
                format!("a row of {size} elements; at most {most} fit the ring of {bits} bits");
            return Err(shape_error(session, op, &[&shape], reason));
        }
        let frac = scales.value.min(protocol::softmax_most_frac(bits));
        bounds::check(session, op, tensor.bound(), frac)?;
        let x = force::replicated_beside(session, tensor, frac)?;
        let result = if x.is_empty() {
            x
        } else {
            // Planes first: [size, outer, inner].
            let to_planes = |x: &[R]| -> Vec<R> {
                let place = |s: usize, o: usize| (o * size + s) * inner;
                let rows = (0..size).flat_map(|s| (0..outer).map(move |o| place(s, o)));
                rows.flat_map(|first| &x[first..first + inner])
                    .copied()
                    .collect()
            };
            let from_planes = |x: &[R]| -> Vec<R> {
                let place = |o: usize, s: usize| (s * outer + o) * inner;
                let rows = (0..outer).flat_map(|o| (0..size).map(move |s| place(o, s)));
                rows.flat_map(|first| &x[first..first + inner])
                    .copied()
                    .collect()
            };
            let planes = x.map_each(to_planes);
            let found = session.run(|ctx| function(ctx, size, &planes, frac, bits))?;
            found.map_each(from_planes)
        };
        let numbers = Fixed::new(Form::Rss(result), frac);
        let device = tensor.device();
        Ok(SecretTensor::of_numbers(
            device,
            shape.clone(),
            Kind::Float,
            numbers,
        ))
    })
}

/// `e^x_i / sum_j e^x_j` along `dim`: one maximum and one reciprocal for each row, one exponential for each element.
pub fn softmax<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let bound = tensor.bound().map(|_| 1.0);
    along("softmax", &tensor, dim, bound, protocol::softmax)
}

/// `x_i - ln(sum_j e^x_j)` along `dim`.
pub fn log_softmax<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let rows = tensor.shape().get(dim).copied().unwrap_or(1);
    let more = (rows.max(1) as f64).ln() + 1.0;
    let larger = |limit: f64| 2.0 * limit + more;
    let (bound, reach) = (tensor.bound().map(larger), tensor.reach().map(larger));
    along("log_softmax", &tensor, dim, bound, protocol::log_softmax).with_reach(reach)
}

/// `softmax(-x)` along `dim`.
pub fn softmin<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    softmax(arith::neg(tensor), dim)
}
