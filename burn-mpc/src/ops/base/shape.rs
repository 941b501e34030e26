//! Shapes of results, and forms repeated to them.

use crate::error::MpcError;
use crate::fixed::Form;
use crate::ops::base::call::shape_error;
use crate::ops::base::source::{self, Source};
use crate::ring::Ring;
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{Kind, Operand, elements};

/// The shape to which two shapes broadcast, aligned at the last dimension.
///
/// # Errors
/// If a dimension differs and neither is 1.
pub fn broadcast_shape(
    session: &Session,
    op: &'static str,
    a: &[usize],
    b: &[usize],
) -> Result<Vec<usize>, MpcError> {
    try_broadcast(a, b).ok_or_else(|| shape_error(session, op, &[a, b], "they do not broadcast"))
}

fn try_broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dimension =
        |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank)
        .map(|i| match (dimension(a, i), dimension(b, i)) {
            (x, y) if x == y => Some(x),
            (1, y) => Some(y),
            (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

/// The shape of the result, or the left one if they do not fit (the op returns the error).
pub fn result_shape(a: &[usize], b: &[usize]) -> Vec<usize> {
    try_broadcast(a, b).unwrap_or_else(|| a.to_vec())
}

/// Repeats a form of shape `from` to shape `to`; local.
pub fn expand_form<R: Ring>(form: &Form<R>, from: &[usize], to: &[usize]) -> Form<R> {
    if from == to || form.len() == elements(to) {
        return form.clone();
    }
    moved(form, source::expand_source(from, to))
}

/// The elements of a form at their sources, none of which may be `ZERO`; local.
pub fn moved<R: Ring>(form: &Form<R>, source: Source) -> Form<R> {
    let len = elements(source.shape());
    let source = source.places();
    form.map_to(len, |x| source.take(x, R::ZERO))
}

/// The kind of a result: a float operand makes it float.
pub fn kind_of<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> Kind {
    let kind = |operand: &Operand<R>| match operand {
        Operand::Secret(tensor) => Some(tensor.kind()),
        Operand::Public(_) => None,
    };
    match (kind(a), kind(b)) {
        (Some(a), Some(b)) if a == b => a,
        (Some(a), None) | (None, Some(a)) => a,
        _ => Kind::Float,
    }
}

/// Repeats a replicated share of shape `from` to shape `to`; local.
pub fn expand_replicated<R: Ring>(share: Rss<R>, from: &[usize], to: &[usize]) -> Rss<R> {
    if from == to || share.len() == elements(to) {
        return share;
    }
    let source = source::expand_source(from, to).places();
    share.map_to(source.count(), |x| source.take(x, R::ZERO))
}

/// Batch and channels, height and width of images `[N, C, H, W]`.
pub fn images(shape: &[usize]) -> Option<([usize; 2], [usize; 2])> {
    match *shape {
        [batch, channels, height, width] => Some(([batch, channels], [height, width])),
        _ => None,
    }
}
