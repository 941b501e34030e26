//! Moving shares: the one mechanism behind all data movement.

use crate::ops::base::call::{Call, refused};
use crate::ops::base::places::{Places, ZERO};
use crate::ops::base::source::Source;
use crate::ops::base::{bounds, force, operand, owned};
use crate::ops::deferred::{Sign, Sum, sum};
use crate::ops::rules::{self, Request};
use crate::ring::Ring;
use crate::session::Execution;
use crate::share::BitShare;
use crate::tensor::{Bound, Kind, Operand, SecretTensor, State, elements};

/// `out[i] = tensor[source[i]]`, or 0 where `source[i]` is `ZERO`, called `op` in errors. Local.
pub fn remap<R: Ring>(
    tensor: &SecretTensor<R>,
    op: &'static str,
    source: Source,
) -> SecretTensor<R> {
    let out = (source.shape(), tensor.kind());
    if let Some(refused) = refused(tensor.device(), op, &[tensor.shape()], out) {
        return refused;
    }
    let shape = source.shape().to_vec();
    if let Some(counted) = moved_in_estimate(tensor, &shape) {
        return counted.with_reach(tensor.reach());
    }
    let source = source.places();
    let facts = source.facts();
    let key = tensor.key().map(|key| {
        key.derive(&[
            b"remap",
            bytemuck::cast_slice(&shape),
            bytemuck::cast_slice(&facts),
        ])
    });
    let call = Call {
        op: "movement",
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key,
        bound: tensor.bound(),
    };
    let moved = call.run(|session| {
        session.note("source", &facts);
        if let Some(fused) = rules::fuse(&Request::Move(tensor, &source, &shape)) {
            return Ok(fused);
        }
        if let State::Bits { bits, .. } = tensor.state() {
            return Ok(SecretTensor::of_bits(
                tensor.device(),
                shape,
                pick_or_zero(&bits, &source.list()),
            ));
        }
        if tensor.key().is_some()
            && let Some(owned) = owned::moved(tensor, &source, &shape)
        {
            let (device, kind) = (tensor.device(), tensor.kind());
            return Ok(SecretTensor::deferred(device, shape, kind, owned));
        }
        let moved = force::numbers(session, tensor)?
            .map(|form| form.map_to(source.count(), |x| source.take(x, R::ZERO)));
        Ok(SecretTensor::of_numbers(
            tensor.device(),
            shape,
            tensor.kind(),
            moved,
        ))
    });
    // Each element is one of the tensor's, or zero.
    moved.with_reach(tensor.reach())
}

/// The result of [`remap`] in an estimate, which needs no list of sources. `None` where later work needs the list: for
/// constants, whose keys depend on it, and for bits and signs.
fn moved_in_estimate<R: Ring>(
    tensor: &SecretTensor<R>,
    shape: &[usize],
) -> Option<SecretTensor<R>> {
    let session = tensor.device().session()?;
    let lists = tensor.key().is_some()
        || matches!(tensor.state(), State::Bits { .. })
        || tensor.waits_as::<Sign<R>>().is_some();
    if session.execution(false) != Execution::Estimate || lists {
        return None;
    }
    let call = Call {
        op: "movement",
        device: tensor.device(),
        shape: shape.to_vec(),
        kind: tensor.kind(),
        key: None,
        bound: tensor.bound(),
    };
    Some(call.run(|session| {
        let len = elements(shape);
        let moved =
            force::numbers(session, tensor)?.map(|form| form.map_to(len, |_| vec![R::ZERO; len]));
        let (shape, kind) = (shape.to_vec(), tensor.kind());
        Ok(SecretTensor::of_numbers(
            tensor.device(),
            shape,
            kind,
            moved,
        ))
    }))
}

/// `base` with `value[i]` added at `target[i]` for every `i`. Truth values are joined by xor, so that their targets
/// must be distinct and false in `base`. Local.
pub fn scatter_sum<R: Ring>(
    base: SecretTensor<R>,
    value: SecretTensor<R>,
    target: &Places,
) -> SecretTensor<R> {
    let shape = base.shape().to_vec();
    let kind = base.kind();
    let value = as_terms(value, target);
    let reach = sum_reach(&base, &value);
    let call = Call {
        op: "scatter",
        device: base.device(),
        shape: shape.clone(),
        kind,
        key: None,
        bound: sum_bound(&base, &value, target),
    };
    let result = call.run(|session| {
        session.note("target", &target.facts());
        if kind == Kind::Bool {
            let mut source = vec![ZERO; base.len()];
            let target = target.list().into_iter().enumerate();
            target.for_each(|(i, to)| source[to] = i);
            let moved = pick_or_zero(&force::bits(session, &value)?, &source);
            return Ok(SecretTensor::of_bits(
                base.device(),
                shape,
                force::bits(session, &base)?.xor(&moved),
            ));
        }
        let sum = sum::scattered(session, &base, &value, target)?;
        Ok(SecretTensor::of_numbers(base.device(), shape, kind, sum))
    });
    result.with_reach(reach)
}

/// Defers a [`scatter_sum`]: see [`Sum`].
pub fn scatter_sum_later<R: Ring>(
    base: Operand<R>,
    value: SecretTensor<R>,
    target: Places,
) -> SecretTensor<R> {
    let onto_nothing = match &base {
        Operand::Public(tensor) => tensor.as_scalar() == Some(0.0),
        Operand::Secret(_) => false,
    };
    let base = operand::secret(base, value.kind(), value.device());
    if base.kind() == Kind::Bool {
        return scatter_sum(base, value, &target);
    }
    let value = as_terms(value, &target);
    let reach = sum_reach(&base, &value);
    let call = Call {
        op: "scatter",
        device: base.device(),
        shape: base.shape().to_vec(),
        kind: base.kind(),
        key: None,
        bound: sum_bound(&base, &value, &target),
    };
    let result = call.run(|session| {
        session.note("target", &target.facts());
        let (device, shape, kind) = (base.device(), base.shape().to_vec(), base.kind());
        let sum = Sum {
            base: base.clone(),
            onto_nothing,
            value,
            target,
        };
        Ok(SecretTensor::deferred(device, shape, kind, sum))
    });
    result.with_reach(reach)
}

/// The limit of `base` with every element of `value` added at its target.
fn sum_bound<R: Ring>(base: &SecretTensor<R>, value: &SecretTensor<R>, target: &Places) -> Bound {
    let operands = [base, value].map(|tensor| Operand::Secret(tensor.clone()));
    bounds::of_two(&operands[0], &operands[1], |base_limit, limit| {
        base_limit + limit * target.most_at_one() as f64
    })
}

/// `value`, whose elements are to be added at `target`, with the reach of what is added to one element.
fn as_terms<R: Ring>(value: SecretTensor<R>, target: &Places) -> SecretTensor<R> {
    let reach = value.reach();
    value.with_reach(reach.map(|reach| reach * target.most_at_one() as f64))
}

/// The reach of `base` with the terms `value` added.
fn sum_reach<R: Ring>(base: &SecretTensor<R>, value: &SecretTensor<R>) -> Option<f64> {
    let operands = [base, value].map(|tensor| Operand::Secret(tensor.clone()));
    bounds::reach(&[&operands[0], &operands[1]], |limits| {
        limits[0] + limits[1]
    })
}

fn pick_or_zero(bits: &BitShare, source: &[usize]) -> BitShare {
    // A public zero bit after the others stands for `ZERO`.
    let padded = BitShare::concat(&[bits.clone(), BitShare::zeros(1)]);
    let source: Vec<usize> = source
        .iter()
        .map(|&i| if i == ZERO { bits.len() } else { i })
        .collect();
    padded.pick(&source)
}
