//! (Block-)ReLUs as one protocol call, recognised from what Burn's ops leave pending.
//!
//! A Block-ReLU comes as sums of patches (`select_assign`), a comparison with zero, a conversion of bits to numbers,
//! their spread to pixels and a product. Each of these puts itself off when the one before it did, so that the last
//! one knows all: which elements, which patches, and that nobody has seen anything between. Whoever asks for one of
//! them alone gets it computed as it stands.

use std::sync::Arc;

use crate::error::MpcError;
use crate::ops::arith::result_shape;
use crate::ops::guard::Call;
use crate::ops::movement;
use crate::ops::resolve::{self, form, rss};
use crate::protocol::{self, Gated, LanesGated, Patches, RoundsGated, Truncation, multiply};
use crate::ring::{self, Ring};
use crate::session::{Execution, Schedule, Session, Way};
use crate::share::{Additive, BitShare, Rss};
use crate::tensor::{
    Bound, Form, Kind, Operand, PendingGate, PendingSign, PendingSpread, SecretTensor, State,
};

/// Whether the session computes gates as a whole: no gate truncates exactly.
fn fuses(session: &Session) -> bool {
    session.schedule() != Schedule::Classic && session.config().truncation != Truncation::Exact
}

/// `[0 < sums]`, put off, if `sums` wait and are sums of nothing but elements.
pub(super) fn sign_later<R: Ring>(a: &Operand<R>, b: &Operand<R>) -> Option<SecretTensor<R>> {
    let (Operand::Public(zero), Operand::Secret(sums)) = (a, b) else {
        return None;
    };
    let session = sums.device().session()?;
    let State::Summed(sum) = sums.state() else {
        return None;
    };
    let fits = sum.onto_nothing
        && sum.base.shape() == sums.shape()
        && zero.as_scalar() == Some(0.0)
        && result_shape(a.shape(), b.shape()) == sums.shape();
    if !fits || !fuses(session) {
        return None;
    }
    let call = Call {
        op: "lower",
        device: sums.device(),
        shape: sums.shape().to_vec(),
        kind: Kind::Bool,
        key: None,
        bound: Bound::NONE,
    };
    Some(call.run(|session| {
        let sign = PendingSign {
            sums: sums.clone(),
            path: session.current_scope(),
        };
        let (device, shape) = (sums.device(), sums.shape().to_vec());
        Ok(SecretTensor::new(
            device,
            shape,
            Kind::Bool,
            State::Signed(Arc::new(sign)),
        ))
    }))
}

/// `x bits`, put off, if `bits` are the signs, not yet compared, of patches of these very elements.
pub(super) fn gate_later<R: Ring>(
    x: &SecretTensor<R>,
    bits: &SecretTensor<R>,
) -> Option<SecretTensor<R>> {
    let State::Spread(spread) = bits.state() else {
        return None;
    };
    let State::Signed(sign) = spread.bits.state() else {
        return None;
    };
    let State::Summed(sum) = sign.sums.state() else {
        return None;
    };
    if !sum.value.shares_cell(x) || x.shape() != bits.shape() || sum.target != spread.source {
        return None;
    }
    let patch_of = spread
        .source
        .iter()
        .map(|&patch| u32::try_from(patch).ok().filter(|&p| p != Patches::PASS))
        .collect::<Option<Vec<u32>>>()?;
    Some(pending(
        "mul",
        PendingGate {
            value: x.clone(),
            signs: spread.bits.clone(),
            patch_of,
            path: sign.path.clone(),
        },
        x.shape().to_vec(),
        x.kind(),
    ))
}

fn pending<R: Ring>(
    op: &'static str,
    gate: PendingGate<R>,
    shape: Vec<usize>,
    kind: Kind,
) -> SecretTensor<R> {
    let device = gate.value.device().clone();
    let call = Call {
        op,
        device: &device,
        shape: shape.clone(),
        kind,
        key: None,
        bound: gate.value.bound(),
    };
    call.run(|_| {
        Ok(SecretTensor::new(
            &device,
            shape,
            kind,
            State::Gated(Arc::new(gate)),
        ))
    })
}

/// The gate that a part is, or the ordinary ReLU that it is, as a gate of single elements.
fn as_gate<R: Ring>(part: &SecretTensor<R>) -> Option<Arc<PendingGate<R>>> {
    let clamp = match part.state() {
        State::Gated(gate) => return Some(gate),
        State::Clamped(clamp) => clamp,
        _ => return None,
    };
    let fits = clamp.min == Some(0.0) && clamp.max.is_none() && is_product(&clamp.input);
    let elements = u32::try_from(part.len()).ok()?;
    if !fits || !fuses(part.device().session()?) {
        return None;
    }
    let sign = PendingSign {
        sums: clamp.input.clone(),
        path: clamp.path.clone(),
    };
    let (device, shape) = (part.device(), part.shape().to_vec());
    let state = State::Signed(Arc::new(sign));
    Some(Arc::new(PendingGate {
        value: clamp.input.clone(),
        signs: SecretTensor::new(device, shape, Kind::Bool, state),
        patch_of: (0..elements).collect(),
        path: clamp.path.clone(),
    }))
}

/// Whether the elements come out of a product, so that they have to be sent anyway.
fn is_product<R: Ring>(tensor: &SecretTensor<R>) -> bool {
    match tensor.state() {
        State::Pending(_) => true,
        State::Ring { form, .. } => matches!(form, Form::Additive(_)),
        _ => false,
    }
}

/// Joins a gate that waits with public parts and with products, along `dim`: their elements pass through it. `None` if
/// there is not exactly one gate among the parts, or something that need not be sent.
pub(super) fn join<R: Ring>(
    parts: &[SecretTensor<R>],
    public: &[bool],
    dim: usize,
) -> Option<SecretTensor<R>> {
    let gates: Vec<(usize, Arc<PendingGate<R>>)> = parts
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
    let joined = movement::cat_secrets(&values, dim)?;
    let maps: Vec<Vec<u32>> = parts
        .iter()
        .enumerate()
        .map(|(i, part)| {
            if i == *at {
                gate.patch_of.clone()
            } else {
                vec![Patches::PASS; part.len()]
            }
        })
        .collect();
    let shapes: Vec<&[usize]> = parts.iter().map(SecretTensor::shape).collect();
    let pieces: Vec<&[u32]> = maps.iter().map(Vec::as_slice).collect();
    let gate = PendingGate {
        patch_of: movement::joined(&pieces, &shapes, dim),
        value: joined.clone(),
        signs: gate.signs.clone(),
        path: gate.path.clone(),
    };
    Some(pending("cat", gate, joined.shape().to_vec(), joined.kind()))
}

/// The bits of signs that nobody multiplies by.
pub(super) fn compare<R: Ring>(
    session: &Session,
    sign: &PendingSign<R>,
    execution: Execution,
) -> Result<BitShare, MpcError> {
    session.layer("lower", sign.path.as_deref(), execution, || {
        resolve::share_terms(session, &sign.sums)?;
        let (sums, _) = rss(session, &sign.sums)?;
        session.run(|ctx| protocol::msb(ctx, &sums.map_each(ring::neg)))
    })
}

/// Numbers 0 and 1 where the bits are needed.
pub(super) fn spread<R: Ring>(
    session: &Session,
    spread: &PendingSpread<R>,
) -> Result<(Form<R>, u32), MpcError> {
    let (bits, frac) = form(session, &spread.bits)?;
    let len = spread.source.len();
    let spread = bits.map_to(len, |x| spread.source.iter().map(|&i| x[i]).collect());
    Ok((spread, frac))
}

/// Computes a gate.
pub(super) fn evaluate<R: Ring>(
    session: &Session,
    gate: &PendingGate<R>,
    execution: Execution,
) -> Result<(Form<R>, u32), MpcError> {
    session.layer("block_relu", gate.path.as_deref(), execution, || {
        let (value, frac) = form(session, &gate.value)?;
        let waits = matches!(gate.signs.state(), State::Signed(_));
        if let (Form::Additive(z), true) = (&value, waits)
            && let Some(patches) = Patches::new(&gate.patch_of, gate.signs.len())
        {
            let (values, frac, signs) = run(session, z, frac, &patches)?;
            if execution != Execution::Skip {
                gate.signs.settle(State::Bits {
                    bits: signs,
                    lifted: None,
                });
            }
            return Ok((values, frac));
        }
        let bits = rss(session, &gate.signs)?.0;
        let one = protocol::public(session.party(), &[R::ONE]);
        let mask = bits.zip_to(&one, gate.patch_of.len(), |bits, one| {
            let pick = |&patch: &u32| bits.get(patch as usize).copied().unwrap_or(one[0]);
            gate.patch_of.iter().map(pick).collect()
        });
        let (value, frac) = rss(session, &gate.value)?;
        Ok((Form::Additive(multiply(&mask, &value)), frac))
    })
}

/// `max(x, 0)` of a product by a gate of single elements; `None` where that is not cheaper.
pub(super) fn relu<R: Ring>(
    session: &Session,
    input: &SecretTensor<R>,
) -> Result<Option<(Form<R>, u32)>, MpcError> {
    if !fuses(session) {
        return Ok(None);
    }
    let (Form::Additive(z), frac) = form(session, input)? else {
        return Ok(None);
    };
    let (values, frac, _) = run(session, &z, frac, &Patches::single(z.len()))?;
    Ok(Some((values, frac)))
}

/// One call of the session's schedule.
fn run<R: Ring>(
    session: &Session,
    z: &Additive<R>,
    frac: u32,
    patches: &Patches,
) -> Result<(Form<R>, u32, BitShare), MpcError> {
    let shift = frac.saturating_sub(session.scales().value);
    let window = session.window::<R>();
    let mode = session.config().truncation;
    let way = session
        .schedule()
        .way::<R>(patches.size::<R>(), shift, window, mode);
    let lanes = session.schedule().takes_lanes();
    let (form, signs) = match way {
        Way::Rounds(comparison) => {
            let gate = if lanes {
                protocol::gate_rounds_in_lanes
            } else {
                protocol::gate_rounds
            };
            let RoundsGated { values, signs } =
                session.run(|ctx| gate(ctx, z, patches, shift, window, comparison))?;
            (Form::Rss(values), signs)
        }
        Way::Bytes | Way::Classic if !lanes => {
            let Gated { values, signs } =
                session.run(|ctx| protocol::gate(ctx, z, patches, shift, window))?;
            (Form::TwoOfTwo(values), signs)
        }
        Way::Bytes | Way::Classic => {
            let LanesGated { mut values, signs } =
                session.run(|ctx| protocol::gate_in_lanes(ctx, z, patches, shift, window))?;
            let form = match values.len() {
                1 => Form::TwoOfTwo(values.remove(0)),
                _ => Form::Lanes(values.into()),
            };
            (form, signs)
        }
    };
    Ok((form, frac - shift, signs))
}

/// The replicated share of a form, resharing what is not.
pub(super) fn replicated<R: Ring>(session: &Session, form: &Form<R>) -> Result<Rss<R>, MpcError> {
    match form {
        Form::Rss(share) => Ok(share.clone()),
        Form::Additive(share) => session.run(|ctx| protocol::reshare(ctx, share)),
        Form::TwoOfTwo(share) => session.run(|ctx| protocol::reshare_halves(ctx, share)),
        Form::Lanes(runs) => session.run(|ctx| protocol::reshare_lanes(ctx, runs)),
    }
}
