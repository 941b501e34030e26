//! Gate + concatenation: parts that have to be sent anyway pass through the gate of another part.

use std::sync::Arc;

use crate::fixed::Form;
use crate::ops::base::concat;
use crate::ops::deferred::{Gate, Linear, Relu, Sign, gate};
use crate::ops::rules::request::Request;
use crate::protocol::Patches;
use crate::ring::Ring;
use crate::tensor::{Kind, SecretTensor, State, elements};

pub(super) fn rule<R: Ring>(request: &Request<'_, R>) -> Option<SecretTensor<R>> {
    match request {
        Request::Join(parts, public, dim) => join(parts, public, *dim),
        _ => None,
    }
}

/// The deferred gate of a part. A deferred ReLU of a product counts as a gate of single elements.
fn as_gate<R: Ring>(part: &SecretTensor<R>) -> Option<Arc<Gate<R>>> {
    if let Some(gate) = part.waits_as::<Gate<R>>() {
        return Some(gate);
    }
    let relu = part.waits_as::<Relu<R>>()?;
    let clamp = &relu.0;
    if !is_product(&clamp.input) {
        return None;
    }
    let sign = Sign {
        sums: clamp.input.clone(),
        path: clamp.path.clone(),
    };
    let (device, shape) = (part.device(), part.shape().to_vec());
    Some(Arc::new(Gate {
        value: clamp.input.clone(),
        signs: SecretTensor::deferred(device, shape, Kind::Bool, sign),
        patches: Patches::single(part.len()),
        path: clamp.path.clone(),
    }))
}

/// Whether the elements are those of a product, so that they have to be sent anyway.
fn is_product<R: Ring>(tensor: &SecretTensor<R>) -> bool {
    match tensor.state() {
        State::Numbers(numbers) => matches!(numbers.share, Form::Additive(_)),
        State::Deferred(_) => tensor.waits_as::<Linear<R>>().is_some(),
        _ => false,
    }
}

/// Joins a deferred gate with public parts and with products along `dim`: their elements pass through it. `None` unless
/// exactly one part is a gate and all others are public or products.
fn join<R: Ring>(
    parts: &[SecretTensor<R>],
    public: &[bool],
    dim: usize,
) -> Option<SecretTensor<R>> {
    let gates: Vec<(usize, Arc<Gate<R>>)> = parts
        .iter()
        .enumerate()
        .filter_map(|(i, part)| Some((i, as_gate(part)?)))
        .collect();
    let [(at, gate)] = &gates[..] else {
        return None;
    };
    let mut others = parts.iter().zip(public).enumerate();
    if !others.all(|(i, (part, &public))| i == *at || public || is_product(part)) {
        return None;
    }
    let value = |i: usize| {
        if i == *at {
            gate.value.clone().reshape(parts[i].shape().to_vec())
        } else {
            parts[i].clone()
        }
    };
    let values: Vec<SecretTensor<R>> = (0..parts.len()).map(value).collect();
    // A row of the result is one of each part.
    let outer = elements(&parts[*at].shape()[..dim]);
    let own = gate.patches.rows(outer)?;
    let row = |own: Patches| {
        let parts = parts.iter().enumerate().map(|(i, part)| {
            if i == *at {
                own.clone()
            } else {
                Patches::passing(part.len() / outer)
            }
        });
        Patches::joined(&parts.collect::<Vec<_>>())
    };
    let patches = Patches::joined(&own.into_iter().map(row).collect::<Vec<_>>());
    let joined = concat::join(&values, dim)?;
    let gate = Gate {
        patches,
        value: joined.clone(),
        signs: gate.signs.clone(),
        path: gate.path.clone(),
    };
    Some(gate::defer(
        "cat",
        gate,
        joined.shape().to_vec(),
        joined.kind(),
    ))
}
