//! Running products and extrema along a dimension.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::arith;
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::planes::Planes;
use crate::ops::base::{bounds, force, max_pool};
use crate::protocol::{self, Window};
use crate::ring::Ring;
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{Bound, SecretTensor};

/// Runs `scan` on the planes along `dim`.
fn along<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    dim: usize,
    bound: Bound,
    scan: impl FnOnce(&Session, Planes) -> Result<Fixed<Rss<R>>, MpcError>,
) -> SecretTensor<R> {
    #[expect(clippy::cast_precision_loss, reason = "a dimension number")]
    let facts = [dim as f64];
    let call = Call {
        op,
        device: tensor.device(),
        shape: tensor.shape().to_vec(),
        kind: tensor.kind(),
        key: unary_key(op, &facts, tensor),
        bound,
    };
    call.run(|session| {
        session.note("along", &[dim]);
        let planes = Planes::of(tensor.shape(), dim);
        let Fixed { share, frac } = scan(session, planes)?;
        let numbers = Fixed::new(Form::Rss(planes.joined(planes.size, &share)), frac);
        let (device, shape) = (tensor.device(), tensor.shape().to_vec());
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            tensor.kind(),
            numbers,
        ))
    })
}

/// The maximum of every element and those before it along `dim`.
pub fn cummax<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let maxima = along("cummax", &tensor, dim, tensor.bound(), |session, planes| {
        // As in a pool: of a product fewer bits are compared once it is truncated.
        let (found, cut) = force::replicated_without_excess(session, &tensor)?;
        let window = Window {
            low: 0,
            high: max_pool::high::<R>(cut),
        };
        let split = planes.split(&found.share);
        let maxima = session.run(|ctx| protocol::scan_maximum(ctx, planes.size, split, window))?;
        Ok(Fixed::new(maxima, found.frac))
    });
    maxima.with_reach(tensor.reach())
}

/// The minimum of every element and those before it along `dim`: `-cummax(-x)`.
pub fn cummin<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    arith::neg(cummax(arith::neg(tensor), dim))
}

/// The product of every element and those before it along `dim`. Products of floats are truncated at every level.
pub fn cumprod<R: Ring>(tensor: SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let count = i32::try_from(tensor.shape()[dim]).unwrap_or(i32::MAX);
    let largest = |limit: f64| limit.max(limit.powi(count));
    let (bound, reach) = (tensor.bound().map(largest), tensor.reach().map(largest));
    let products = along("cumprod", &tensor, dim, bound, |session, planes| {
        let scale = session.scales().value;
        let found = force::replicated_at_most(session, &tensor, scale)?;
        if planes.size > 1 {
            bounds::check(session, "cumprod", bound, 2 * found.frac)?;
        }
        let split = planes.split(&found.share);
        let products =
            session.run(|ctx| protocol::scan_product(ctx, planes.size, split, found.frac))?;
        Ok(Fixed::new(products, found.frac))
    });
    products.with_reach(reach)
}
