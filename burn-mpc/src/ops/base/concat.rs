//! Joining tensors along a dimension.

use crate::fixed::{Fixed, Form};
use crate::ops::base::call::Call;
use crate::ops::base::{arith, bounds, force};
use crate::ring::Ring;
use crate::share::{Additive, BitShare, Rss};
use crate::tensor::{Kind, Operand, SecretTensor, elements};

/// The elements of `parts` of those shapes, joined along `dim`.
pub fn rows<T: Copy>(parts: &[&[T]], shapes: &[&[usize]], dim: usize) -> Vec<T> {
    let rows: Vec<usize> = shapes.iter().map(|shape| elements(&shape[dim..])).collect();
    let outer = shapes.first().map_or(0, |shape| elements(&shape[..dim]));
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for o in 0..outer {
        for (part, &row) in parts.iter().zip(&rows) {
            out.extend_from_slice(&part[o * row..(o + 1) * row]);
        }
    }
    out
}

/// Joins secrets along `dim` without fusion; `None` if there are none.
pub fn join<R: Ring>(parts: &[SecretTensor<R>], dim: usize) -> Option<SecretTensor<R>> {
    let mut shape = parts.first()?.shape().to_vec();
    let sizes = parts.iter().map(|part| part.shape()[dim]);
    shape[dim] = sizes.fold(0, usize::saturating_add);
    Some(concat(parts, shape, dim))
}

/// Joins `parts` along `dim` to `shape`. Local, unless two parties hold some part: then every part is replicated
/// separately, since all of the joined tensor would have to be sent again.
fn concat<R: Ring>(parts: &[SecretTensor<R>], shape: Vec<usize>, dim: usize) -> SecretTensor<R> {
    let kind = parts[0].kind();
    let device = parts
        .iter()
        .map(SecretTensor::device)
        .find(|device| device.session().is_some());
    let operands: Vec<Operand<R>> = parts.iter().cloned().map(Operand::Secret).collect();
    let operands: Vec<&Operand<R>> = operands.iter().collect();
    let call = Call {
        op: "cat",
        device: device.unwrap_or(parts[0].device()),
        shape: shape.clone(),
        kind,
        key: None,
        bound: bounds::of_all(&operands, most),
    };
    let reach = bounds::reach(&operands, most);
    let device = call.device;
    let shapes: Vec<&[usize]> = parts.iter().map(SecretTensor::shape).collect();
    let joined = call.run(|session| {
        session.note("dim", &[dim]);
        if kind == Kind::Bool {
            let shares = parts.iter().map(|part| force::bits(session, part));
            let shares = shares.collect::<Result<Vec<_>, _>>()?;
            let positions: Vec<usize> = (0..shares.iter().map(BitShare::len).sum()).collect();
            let mut rest = &positions[..];
            let pieces: Vec<&[usize]> = shares
                .iter()
                .map(|share| rest.split_off(..share.len()).unwrap_or_default())
                .collect();
            let source = rows(&pieces, &shapes, dim);
            let bits = BitShare::concat(&shares).pick(&source);
            return Ok(SecretTensor::of_bits(device, shape, bits));
        }
        let forms = parts.iter().map(|part| force::numbers(session, part));
        let forms = forms.collect::<Result<Vec<_>, _>>()?;
        if forms
            .iter()
            .any(|found| matches!(found.share, Form::TwoOfTwo(_) | Form::Lanes(_)))
        {
            // Uses the scale of the parts that need no truncation, so that nothing is truncated twice.
            let scales = forms
                .iter()
                .filter(|found| !matches!(found.share, Form::Additive(_)));
            let scale = scales.map(|found| found.frac).max().unwrap_or(0);
            for part in parts {
                force::replicated_at_most(session, part, scale.max(session.scales().value))?;
            }
        }
        let frac = arith::meeting_frac(session, &parts.iter().collect::<Vec<_>>())?;
        let forms = parts
            .iter()
            .map(|part| force::numbers_at(session, part, frac));
        let forms = forms.collect::<Result<Vec<_>, _>>()?;
        let joined = Fixed::new(joined_forms(&forms, &shapes, dim), frac);
        Ok(SecretTensor::of_numbers(device, shape, kind, joined))
    });
    joined.with_reach(reach)
}

/// The limit of tensors that are joined.
fn most(limits: &[f64]) -> f64 {
    limits.iter().copied().fold(0.0, f64::max)
}

fn joined_forms<R: Ring>(forms: &[Form<R>], shapes: &[&[usize]], dim: usize) -> Form<R> {
    let counted = forms.iter().any(Form::is_counted);
    let len = forms.iter().map(Form::len).sum();
    let join = |parts: Vec<&[R]>| rows(&parts, shapes, dim);
    let replicated: Option<Vec<&Rss<R>>> = forms
        .iter()
        .map(|form| match form {
            Form::Rss(share) => Some(share),
            _ => None,
        })
        .collect();
    if let (Some(_), true) = (&replicated, counted) {
        return Form::Rss(Rss::counted(len));
    }
    if counted {
        return Form::Additive(Additive::counted(len));
    }
    if let Some(shares) = replicated {
        return Form::Rss(Rss::new(
            join(shares.iter().map(|share| share.first()).collect()),
            join(shares.iter().map(|share| share.second()).collect()),
        ));
    }
    let parts: Vec<Additive<R>> = forms.iter().map(Form::to_additive).collect();
    Form::Additive(Additive::new(join(
        parts.iter().map(Additive::part).collect(),
    )))
}
