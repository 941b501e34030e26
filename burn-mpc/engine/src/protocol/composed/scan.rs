//! Running maxima and products, by a parallel prefix.

use crate::protocol::basic::product::multiply;
use crate::protocol::basic::reshare::reshare;
use crate::protocol::composed::arithmetic::product;
use crate::protocol::context::Context;
use crate::protocol::error::ProtocolError;
use crate::protocol::gate::masked::relu_replicated;
use crate::protocol::gate::patches::Patches;
use crate::protocol::window::Window;
use crate::ring::{self, Ring};
use crate::share::Rss;

/// A level of a prefix over `planes` planes: every plane of the second half of each block of `2 width` planes meets the
/// last plane of the first half. These are half of all planes at most.
#[derive(Clone, Copy)]
struct Level {
    planes: usize,
    rows: usize,
    width: usize,
}

impl Level {
    /// The planes that change.
    fn changed(self) -> impl Iterator<Item = usize> {
        (0..self.planes).filter(move |plane| plane / self.width % 2 == 1)
    }

    fn elements(self) -> usize {
        let blocks = self.planes / (2 * self.width);
        let rest = self.planes % (2 * self.width);
        (blocks * self.width + rest.saturating_sub(self.width)) * self.rows
    }

    /// The planes that change, and for each the one that it meets.
    fn sides<R: Ring>(self, x: &Rss<R>) -> [Rss<R>; 2] {
        let met = move |plane: usize| plane / self.width * self.width - 1;
        let own = x.map_to(self.elements(), |x| self.take(x, |plane| plane));
        [own, x.map_to(self.elements(), |x| self.take(x, met))]
    }

    fn take<R: Ring>(self, x: &[R], from: impl Fn(usize) -> usize) -> Vec<R> {
        let planes = self.changed().map(from);
        let rows = planes.flat_map(|plane| &x[plane * self.rows..(plane + 1) * self.rows]);
        rows.copied().collect()
    }

    /// `x` with the planes that change replaced.
    fn put<R: Ring>(self, x: &Rss<R>, new: &Rss<R>) -> Rss<R> {
        x.zip_each(new, |x, new| {
            let mut out = x.to_vec();
            for (at, plane) in self.changed().enumerate() {
                let new = &new[at * self.rows..(at + 1) * self.rows];
                out[plane * self.rows..(plane + 1) * self.rows].copy_from_slice(new);
            }
            out
        })
    }
}

/// Calls `meet` with the elements that change and those that they meet, level by level.
fn scan<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    mut x: Rss<R>,
    meet: impl Fn(&mut Context, &Rss<R>, &Rss<R>) -> Result<Rss<R>, ProtocolError>,
) -> Result<Rss<R>, ProtocolError> {
    let rows = x.len() / planes.max(1);
    let widths = core::iter::successors(Some(1_usize), |width| width.checked_mul(2));
    for width in widths.take_while(|&width| width < planes) {
        let level = Level {
            planes,
            rows,
            width,
        };
        let [own, met] = level.sides(&x);
        let new = meet(ctx, &own, &met)?;
        x = level.put(&x, &new);
    }
    Ok(x)
}

/// The maximum of every plane and all planes before it, for each position.
///
/// - **Holds**: before and after `Rss`, plane after plane.
/// - **Sends**: per level, one [`relu_replicated`](crate::protocol::relu_replicated()) of at most half of all elements:
///   `ceil(log2 planes)` levels.
/// - **Randomness**: that of the calls.
/// - **Correctness**: after level `i` a plane has the maximum of all planes of its block of `2^i` up to itself;
///   `max(a, b) = a + max(b - a, 0)`. The window must hold the differences.
/// - **Leaks**: nothing.
///
/// Specification: `docs/spec/maximum.md`, "Running maxima and products". Source of the prefix: Sklansky (1960).
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn scan_maximum<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    x: Rss<R>,
    window: Window,
) -> Result<Rss<R>, ProtocolError> {
    scan(ctx, planes, x, |ctx, own, met| {
        let more = met.zip_each(own, ring::sub);
        let single = Patches::single(more.len());
        let gain = relu_replicated(ctx, &more, &single, window)?.values;
        Ok(own.zip_each(&gain, ring::add))
    })
}

/// The product of every plane and all planes before it, for each position, at the scale of the factors: their
/// fractional bits are `shift`.
///
/// - **Holds**: before and after `Rss`, plane after plane.
/// - **Sends**: per level, one truncation of at most half of all elements, or, if there is nothing to truncate, one
///   reshare: `ceil(log2 planes)` levels.
/// - **Randomness**: that of the calls.
/// - **Correctness**: after level `i` a plane has the product of the planes of its block of `2^i` up to itself. Each
///   product is rounded once. Every product of neighbours within such a block must stay below `2^(k-2-2 shift)`.
///   Without a truncation products are right modulo `2^k`.
/// - **Leaks**: nothing.
///
/// Specification: `docs/spec/maximum.md`, "Running maxima and products".
///
/// # Errors
/// Failure of a link or of the randomness discipline.
pub fn scan_product<R: Ring>(
    ctx: &mut Context,
    planes: usize,
    x: Rss<R>,
    shift: u32,
) -> Result<Rss<R>, ProtocolError> {
    scan(ctx, planes, x, |ctx, own, met| {
        if shift == 0 {
            reshare(ctx, &multiply(own, met))
        } else {
            product(ctx, own, met, shift)
        }
    })
}
