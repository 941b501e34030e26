//! Moving shares: the one mechanism behind all data movement.

use std::sync::Arc;

use crate::error::MpcError;
use crate::ops::arith::common_frac;
use crate::ops::guard::Call;
use crate::ops::movement::ZERO;
use crate::ops::resolve::{bits, form, form_at};
use crate::ring::Ring;
use crate::session::{Key, Session};
use crate::share::BitShare;
use crate::tensor::{Form, Kind, Operand, PendingSum, SecretTensor, State};

impl<R: Ring> SecretTensor<R> {
    /// `out[i] = self[source[i]]`, or 0 where `source[i]` is [`ZERO`]. Local.
    pub fn remap(&self, shape: Vec<usize>, source: &[usize]) -> Self {
        let key = self.key().map(|key| {
            Key::of(&[
                b"remap",
                key.bytes(),
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
        };
        call.run(|session| {
            session.note("source", source);
            if let State::Bits { bits, .. } = self.state() {
                return Ok(Self::of_bits(
                    self.device(),
                    shape,
                    pick_or_zero(&bits, source),
                ));
            }
            let (form, frac) = form(session, self)?;
            let moved = form.map_linear(|x| {
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
    pub fn scatter_sum_later(base: Self, value: Self, target: Vec<usize>) -> Self {
        if base.kind() == Kind::Bool {
            return Self::scatter_sum(base, value, &target);
        }
        let call = Call {
            op: "scatter",
            device: base.device(),
            shape: base.shape().to_vec(),
            kind: base.kind(),
            key: None,
        };
        call.run(|session| {
            session.note("target", &target);
            let (device, shape, kind) = (base.device(), base.shape().to_vec(), base.kind());
            let sum = PendingSum {
                base: base.clone(),
                value,
                target,
            };
            Ok(Self::new(device, shape, kind, State::Summed(Arc::new(sum))))
        })
    }
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
    let sum = onto.zip_linear(&terms, |base, value| {
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
    skipped: bool,
) -> Result<(Form<R>, u32), MpcError> {
    session.layer("scatter", None, skipped, || {
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
