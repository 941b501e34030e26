//! Moving shares: the one mechanism behind all data movement.

use std::sync::Arc;

use crate::error::MpcError;
use crate::ops::arith::common_frac;
use crate::ops::bounds;
use crate::ops::guard::{Call, refused};
use crate::ops::movement::{self, ZERO};
use crate::ops::resolve::{bits, form, form_at, rss_at_most};
use crate::ring::Ring;
use crate::session::{Execution, Session};
use crate::share::{Additive, BitShare, Rss};
use crate::tensor::{
    Bound, Form, Kind, Operand, PendingSpread, PendingSum, SecretTensor, State, elements,
};

impl<R: Ring> SecretTensor<R> {
    /// `out[i] = self[source[i]]`, or 0 where `source[i]` is [`ZERO`], called `op` in errors. Local.
    pub fn remap(&self, op: &'static str, source: movement::Source) -> Self {
        let out = (source.shape(), self.kind());
        if let Some(refused) = refused(self.device(), op, &[self.shape()], out) {
            return refused;
        }
        let shape = source.shape().to_vec();
        if let Some(counted) = self.moved_in_estimate(&shape) {
            return counted;
        }
        let source = &source.list()[..];
        let key = self.key().map(|key| {
            key.derive(&[
                b"remap",
                bytemuck::cast_slice(&shape),
                bytemuck::cast_slice(source),
            ])
        });
        let call = Call {
            op: "movement",
            device: self.device(),
            shape: shape.clone(),
            kind: self.kind(),
            key,
            bound: self.bound(),
        };
        call.run(|session| {
            session.note("source", source);
            if let State::Signed(_) = self.state()
                && source.iter().all(|&i| i != ZERO)
            {
                let spread = PendingSpread {
                    bits: self.clone(),
                    source: source.to_vec(),
                };
                let state = State::Spread(Arc::new(spread));
                return Ok(Self::new(self.device(), shape, self.kind(), state));
            }
            if let State::Bits { bits, .. } = self.state() {
                return Ok(Self::of_bits(
                    self.device(),
                    shape,
                    pick_or_zero(&bits, source),
                ));
            }
            let (form, frac) = form(session, self)?;
            let moved = form.map_to(source.len(), |x| {
                source
                    .iter()
                    .map(|&i| if i == ZERO { R::ZERO } else { x[i] })
                    .collect()
            });
            Ok(Self::of_form(
                self.device(),
                shape,
                self.kind(),
                moved,
                frac,
            ))
        })
    }

    /// What [`Self::remap`] gives in an estimate, which has no use for a list of elements; `None` where the list tells what
    /// comes later: of constants, which are told apart by it, and of signs.
    fn moved_in_estimate(&self, shape: &[usize]) -> Option<Self> {
        let session = self.device().session()?;
        let lists =
            self.key().is_some() || matches!(self.state(), State::Signed(_) | State::Bits { .. });
        if session.execution(false) != Execution::Estimate || lists {
            return None;
        }
        let call = Call {
            op: "movement",
            device: self.device(),
            shape: shape.to_vec(),
            kind: self.kind(),
            key: None,
            bound: self.bound(),
        };
        Some(call.run(|session| {
            let (form, frac) = form(session, self)?;
            let moved = form.map_to(elements(shape), |_| vec![R::ZERO; elements(shape)]);
            let (shape, kind) = (shape.to_vec(), self.kind());
            Ok(Self::of_form(self.device(), shape, kind, moved, frac))
        }))
    }

    /// `base` with `value[i]` added at `target[i]` for every `i`; truth values are joined by xor, so
    /// that targets must be distinct and clear in `base`. Local.
    pub fn scatter_sum(base: Self, value: Self, target: &[usize]) -> Self {
        let shape = base.shape().to_vec();
        let kind = base.kind();
        let call = Call {
            op: "scatter",
            device: base.device(),
            shape: shape.clone(),
            kind,
            key: None,
            bound: sum_bound(&base, &value, target),
        };
        call.run(|session| {
            session.note("target", target);
            if kind == Kind::Bool {
                let mut source = vec![ZERO; base.len()];
                target
                    .iter()
                    .enumerate()
                    .for_each(|(i, &to)| source[to] = i);
                let moved = pick_or_zero(&bits(session, &value)?, &source);
                return Ok(Self::of_bits(
                    base.device(),
                    shape,
                    bits(session, &base)?.xor(&moved),
                ));
            }
            let (sum, frac) = scattered(session, &base, &value, target)?;
            Ok(Self::of_form(base.device(), shape, kind, sum, frac))
        })
    }

    /// As [`Self::scatter_sum`], computed when it is needed: see [`PendingSum`].
    pub fn scatter_sum_later(base: Operand<R>, value: Self, target: Vec<usize>) -> Self {
        let onto_nothing = match &base {
            Operand::Public(tensor) => tensor.as_scalar() == Some(0.0),
            Operand::Secret(_) => false,
        };
        let base = movement::secret(base, value.kind(), value.device());
        if base.kind() == Kind::Bool {
            return Self::scatter_sum(base, value, &target);
        }
        let call = Call {
            op: "scatter",
            device: base.device(),
            shape: base.shape().to_vec(),
            kind: base.kind(),
            key: None,
            bound: sum_bound(&base, &value, &target),
        };
        call.run(|session| {
            session.note("target", &target);
            let (device, shape, kind) = (base.device(), base.shape().to_vec(), base.kind());
            let sum = PendingSum {
                base: base.clone(),
                onto_nothing,
                value,
                target,
            };
            Ok(Self::new(device, shape, kind, State::Summed(Arc::new(sum))))
        })
    }
}

impl<R: Ring> SecretTensor<R> {
    /// Joins `parts` along `dim` to `shape`. Local, unless some part is held by two parties: then every part is
    /// replicated by itself, since joined they would all be sent anew.
    pub(super) fn concat(parts: &[Self], shape: Vec<usize>, dim: usize) -> Self {
        let kind = parts[0].kind();
        let device = parts
            .iter()
            .map(Self::device)
            .find(|device| device.session().is_some());
        let call = Call {
            op: "cat",
            device: device.unwrap_or(parts[0].device()),
            shape: shape.clone(),
            kind,
            key: None,
            bound: largest(parts),
        };
        let device = call.device;
        let shapes: Vec<&[usize]> = parts.iter().map(Self::shape).collect();
        call.run(|session| {
            session.note("dim", &[dim]);
            if kind == Kind::Bool {
                let shares = parts.iter().map(|part| bits(session, part));
                let shares = shares.collect::<Result<Vec<_>, _>>()?;
                let positions: Vec<usize> = (0..shares.iter().map(BitShare::len).sum()).collect();
                let mut rest = &positions[..];
                let pieces: Vec<&[usize]> = shares
                    .iter()
                    .map(|share| rest.split_off(..share.len()).unwrap_or_default())
                    .collect();
                let source = movement::joined(&pieces, &shapes, dim);
                let bits = BitShare::concat(&shares).pick(&source);
                return Ok(Self::of_bits(device, shape, bits));
            }
            let forms = parts.iter().map(|part| form(session, part));
            let forms = forms.collect::<Result<Vec<_>, _>>()?;
            if forms
                .iter()
                .any(|(form, _)| matches!(form, Form::TwoOfTwo(_) | Form::Lanes(_)))
            {
                // At the scale of those that need no truncation, so that nothing is truncated again.
                let scales = forms
                    .iter()
                    .filter(|(form, _)| !matches!(form, Form::Additive(_)));
                let scale = scales.map(|&(_, frac)| frac).max().unwrap_or(0);
                for part in parts {
                    let _ = rss_at_most(session, part, scale.max(session.scales().value))?;
                }
            }
            let limit = session.scales().sum();
            let mut frac = 0;
            for part in parts {
                let (_, have) = form(session, part)?;
                frac = frac.max(if have > limit {
                    session.scales().value
                } else {
                    have
                });
            }
            let forms = parts.iter().map(|part| form_at(session, part, frac));
            let forms = forms.collect::<Result<Vec<_>, _>>()?;
            Ok(Self::of_form(
                device,
                shape,
                kind,
                joined(&forms, &shapes, dim),
                frac,
            ))
        })
    }
}

/// The largest limit of tensors that are joined.
fn largest<R: Ring>(parts: &[SecretTensor<R>]) -> Bound {
    let parts: Vec<Operand<R>> = parts.iter().cloned().map(Operand::Secret).collect();
    bounds::of_all(&parts.iter().collect::<Vec<_>>(), |limits| {
        limits.iter().copied().fold(0.0, f64::max)
    })
}

/// The limit of `base` with every element of `value` added at its target.
fn sum_bound<R: Ring>(base: &SecretTensor<R>, value: &SecretTensor<R>, target: &[usize]) -> Bound {
    let operands = [base, value].map(|tensor| Operand::Secret(tensor.clone()));
    bounds::of_two(&operands[0], &operands[1], |base_limit, limit| {
        let mut terms = vec![0_u32; base.len()];
        for &to in target {
            terms[to] += 1;
        }
        base_limit + limit * f64::from(terms.into_iter().max().unwrap_or(0))
    })
}

fn joined<R: Ring>(forms: &[Form<R>], shapes: &[&[usize]], dim: usize) -> Form<R> {
    let counted = forms.iter().any(Form::is_counted);
    let len = forms.iter().map(Form::len).sum();
    let join = |parts: Vec<&[R]>| movement::joined(&parts, shapes, dim);
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

/// Adds up, in whatever forms the operands are.
fn scattered<R: Ring>(
    session: &Session,
    base: &SecretTensor<R>,
    value: &SecretTensor<R>,
    target: &[usize],
) -> Result<(Form<R>, u32), MpcError> {
    let frac = common_frac(
        session,
        &Operand::Secret(base.clone()),
        &Operand::Secret(value.clone()),
    )?;
    let onto = form_at(session, base, frac)?;
    let terms = form_at(session, value, frac)?;
    let sum = onto.zip_each(&terms, |base, value| {
        let mut out = base.to_vec();
        target
            .iter()
            .zip(value)
            .for_each(|(&to, &term)| out[to] += term);
        out
    });
    Ok((sum, frac))
}

/// Adds up what was put off.
pub(super) fn evaluate<R: Ring>(
    session: &Session,
    sum: &PendingSum<R>,
    execution: Execution,
) -> Result<(Form<R>, u32), MpcError> {
    session.layer("scatter", None, execution, || {
        scattered(session, &sum.base, &sum.value, &sum.target)
    })
}

fn pick_or_zero(bits: &BitShare, source: &[usize]) -> BitShare {
    // One public zero bit behind the others stands for `ZERO`.
    let padded = BitShare::concat(&[bits.clone(), BitShare::zeros(1)]);
    let source: Vec<usize> = source
        .iter()
        .map(|&i| if i == ZERO { bits.len() } else { i })
        .collect();
    padded.pick(&source)
}
