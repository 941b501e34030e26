//! Data movement: every element of the result is one element of an operand, or zero.
//!
//! All of it is local and free of messages. Each operation has two parts: a pure function that computes *where* each
//! element comes from (`base/source.rs`, `base/places.rs`), and a short one that moves the tensor's shares.

use std::sync::Arc;

use crate::ops::base::call::{Call, refused, shape_error, unsupported};
use crate::ops::base::concat;
use crate::ops::remap::{scatter_sum, scatter_sum_later};
use crate::ops::rules::{self, Request};
use crate::ring::Ring;
use crate::session::MpcDevice;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor, elements};

pub use crate::ops::base::indices::Indices;
pub use crate::ops::base::operand::held;
pub use crate::ops::base::places::{Places, ZERO};
pub use crate::ops::base::source::{
    Source, Span, expand_source, flip_source, gather_nd_source, gather_source, permute_source,
    repeat_source, select_source, slice_source, spread_source, unfold_source, unfold4d_source,
};
pub use crate::ops::remap::remap;

fn out_of_range<R: Ring>(
    tensor: &SecretTensor<R>,
    op: &'static str,
    out: Vec<usize>,
) -> SecretTensor<R> {
    let hint = "an index lies outside the tensor";
    let shapes = [tensor.shape()];
    unsupported(tensor.device(), op, &shapes, hint, out, tensor.kind())
}

/// The same elements under another shape of as many elements.
pub fn reshape<R: Ring>(tensor: SecretTensor<R>, shape: Vec<usize>) -> SecretTensor<R> {
    let out = (&shape[..], tensor.kind());
    if let Some(refused) = refused(tensor.device(), "reshape", &[tensor.shape()], out) {
        return refused;
    }
    if elements(&shape) == tensor.len() {
        return tensor.reshape(shape);
    }
    let call = Call {
        op: "reshape",
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key: None,
        bound: tensor.bound(),
    };
    let reason = "the numbers of elements differ";
    call.run(|session| {
        Err(shape_error(
            session,
            "reshape",
            &[tensor.shape(), &shape],
            reason,
        ))
    })
}

/// Reorders the axes.
pub fn permute<R: Ring>(tensor: SecretTensor<R>, axes: &[usize]) -> SecretTensor<R> {
    let source = permute_source(tensor.shape(), axes);
    remap(&tensor, "permute", source)
}

/// Exchanges two axes.
pub fn swap_dims<R: Ring>(tensor: SecretTensor<R>, first: usize, second: usize) -> SecretTensor<R> {
    let mut axes: Vec<usize> = (0..tensor.shape().len()).collect();
    axes.swap(first, second);
    permute(tensor, &axes)
}

/// Exchanges the last two axes.
pub fn transpose<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let rank = tensor.shape().len();
    swap_dims(tensor, rank - 2, rank - 1)
}

/// Reverses the order along each of `axes`.
pub fn flip<R: Ring>(tensor: SecretTensor<R>, axes: &[usize]) -> SecretTensor<R> {
    let source = flip_source(tensor.shape(), axes);
    remap(&tensor, "flip", source)
}

/// Broadcasts to `shape`.
pub fn expand<R: Ring>(tensor: SecretTensor<R>, shape: &[usize]) -> SecretTensor<R> {
    if tensor.shape() == shape {
        return tensor;
    }
    let source = expand_source(tensor.shape(), shape);
    remap(&tensor, "expand", source)
}

/// Takes a regular part of each axis.
pub fn slice<R: Ring>(tensor: SecretTensor<R>, spans: &[Span]) -> SecretTensor<R> {
    let source = slice_source(tensor.shape(), spans);
    remap(&tensor, "slice", source)
}

/// Replaces a regular part of `tensor` by `value`, which has the shape of that part.
pub fn slice_assign<R: Ring>(
    tensor: SecretTensor<R>,
    spans: &[Span],
    value: SecretTensor<R>,
) -> SecretTensor<R> {
    let out = (tensor.shape(), tensor.kind());
    if let Some(refused) = refused(tensor.device(), "slice_assign", &[], out) {
        return refused;
    }
    let source = slice_source(tensor.shape(), spans);
    let part = source.shape().to_vec();
    let target = source.places();
    let kept = cleared(&tensor, target.list());
    scatter_sum(kept, expand(value, &part), &target)
}

/// `tensor` with zeros at the flat indices `at`.
fn cleared<R: Ring>(tensor: &SecretTensor<R>, at: Vec<usize>) -> SecretTensor<R> {
    let source = Source::new(tensor.shape().to_vec(), move |shape| {
        let mut source: Vec<usize> = (0..elements(shape)).collect();
        at.into_iter().for_each(|index| source[index] = ZERO);
        source
    });
    remap(tensor, "movement", source)
}

/// Takes the hyperplanes `indices` along `dim`.
pub fn select<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    indices: &Arc<Indices>,
) -> SecretTensor<R> {
    match select_source(tensor.shape(), dim, indices) {
        Some(source) => remap(&tensor, "select", source),
        None => {
            let mut out = tensor.shape().to_vec();
            out[dim] = indices.values().len();
            out_of_range(&tensor, "select", out)
        }
    }
}

/// Adds the hyperplanes of `value` onto those of `tensor` that `indices` names along `dim`.
pub fn select_add<R: Ring>(
    tensor: Operand<R>,
    dim: usize,
    indices: &Arc<Indices>,
    value: SecretTensor<R>,
) -> SecretTensor<R> {
    let out = (tensor.shape(), value.kind());
    if let Some(refused) = refused(value.device(), "select_add", &[value.shape()], out) {
        return refused;
    }
    match select_source(tensor.shape(), dim, indices) {
        Some(target) => scatter_sum_later(tensor, value, target.places()),
        None => out_of_range(&value, "select_add", tensor.shape().to_vec()),
    }
}

/// Picks elements along `dim` by public indices.
pub fn gather<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    indices: &[i64],
    index_shape: &[usize],
) -> SecretTensor<R> {
    match gather_source(tensor.shape(), dim, indices, index_shape) {
        Some(source) => remap(&tensor, "gather", source),
        None => out_of_range(&tensor, "gather", index_shape.to_vec()),
    }
}

/// Adds the elements of `value` onto those of `tensor` that public indices name along `dim`.
pub fn scatter_add<R: Ring>(
    tensor: Operand<R>,
    dim: usize,
    indices: &[i64],
    index_shape: &[usize],
    value: SecretTensor<R>,
) -> SecretTensor<R> {
    let out = (tensor.shape(), value.kind());
    if let Some(refused) = refused(value.device(), "scatter_add", &[value.shape()], out) {
        return refused;
    }
    match gather_source(tensor.shape(), dim, indices, index_shape) {
        Some(target) => scatter_sum_later(tensor, value, target.places()),
        None => out_of_range(&value, "scatter_add", tensor.shape().to_vec()),
    }
}

/// Picks whole sub-tensors by public coordinates.
pub fn gather_nd<R: Ring>(
    tensor: SecretTensor<R>,
    indices: &[i64],
    index_shape: &[usize],
) -> SecretTensor<R> {
    match gather_nd_source(tensor.shape(), indices, index_shape) {
        Some(source) => remap(&tensor, "gather_nd", source),
        None => {
            let depth = index_shape
                .last()
                .copied()
                .unwrap_or(0)
                .min(tensor.shape().len());
            let lead = &index_shape[..index_shape.len().saturating_sub(1)];
            let out = [lead, &tensor.shape()[depth..]].concat();
            out_of_range(&tensor, "gather_nd", out)
        }
    }
}

/// Adds (`add`) or writes whole sub-tensors of `value` at public coordinates. Of several writes to one place the last
/// one wins.
pub fn scatter_nd<R: Ring>(
    tensor: SecretTensor<R>,
    indices: &[i64],
    index_shape: &[usize],
    value: SecretTensor<R>,
    add: bool,
) -> SecretTensor<R> {
    let out = (tensor.shape(), tensor.kind());
    if let Some(refused) = refused(tensor.device(), "scatter_nd", &[value.shape()], out) {
        return refused;
    }
    let Some(target) = gather_nd_source(tensor.shape(), indices, index_shape) else {
        return out_of_range(&tensor, "scatter_nd", tensor.shape().to_vec());
    };
    let target = target.places();
    if add {
        return scatter_sum(tensor, value, &target);
    }
    let target = target.list();
    let kept = cleared(&tensor, target.clone());
    let written = Source::new(tensor.shape().to_vec(), move |shape| {
        let mut last = vec![ZERO; elements(shape)];
        for (from, &to) in target.iter().enumerate() {
            last[to] = from;
        }
        last
    });
    let written = remap(&value, "scatter_nd", written);
    let all = Places::all(written.len());
    scatter_sum(kept, written, &all)
}

/// Lays `times` copies side by side along `dim`.
pub fn repeat_dim<R: Ring>(tensor: SecretTensor<R>, dim: usize, times: usize) -> SecretTensor<R> {
    let source = repeat_source(tensor.shape(), dim, times);
    remap(&tensor, "repeat_dim", source)
}

/// Sliding windows along `dim`.
pub fn unfold<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    size: usize,
    step: usize,
) -> SecretTensor<R> {
    let source = unfold_source(tensor.shape(), dim, size, step);
    remap(&tensor, "unfold", source)
}

/// Spreads a tensor among zeros; see [`spread_source`].
pub fn spread<R: Ring>(
    operand: &Operand<R>,
    before: &[usize],
    gap: &[usize],
    after: &[usize],
    device: &MpcDevice,
) -> Operand<R> {
    let source = spread_source(operand.shape(), before, gap, after);
    remap_operand("spread", operand, source, device)
}

/// Joins tensors along `dim`. Public parts are lifted to secrets, which costs no message.
pub fn cat<R: Ring>(
    parts: Vec<Operand<R>>,
    dim: usize,
    kind: Kind,
    device: &MpcDevice,
) -> SecretTensor<R> {
    let public: Vec<bool> = parts
        .iter()
        .map(|part| matches!(part, Operand::Public(_)))
        .collect();
    let parts: Vec<SecretTensor<R>> = parts
        .into_iter()
        .map(|part| held(part, kind, device))
        .collect();
    rules::fuse(&Request::Join(&parts, &public, dim))
        .or_else(|| concat::join(&parts, dim))
        .unwrap_or_else(|| unsupported(device, "cat", &[], "nothing to join", vec![], kind))
}

/// Moves the elements of an operand; a public one stays public, unless the result would be too large: then the session
/// of `device` fails.
#[must_use]
pub fn remap_operand<R: Ring>(
    op: &'static str,
    operand: &Operand<R>,
    source: Source,
    device: &MpcDevice,
) -> Operand<R> {
    match operand {
        Operand::Secret(tensor) => Operand::Secret(remap(tensor, op, source)),
        Operand::Public(tensor) => {
            let out = (source.shape(), Kind::Float);
            if let Some(refused) = refused(device, op, &[&tensor.shape], out) {
                return Operand::Secret(refused);
            }
            Operand::Public(PublicTensor {
                shape: source.shape().to_vec(),
                values: source.places().take(&tensor.values, 0.0),
            })
        }
    }
}
