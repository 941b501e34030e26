//! The loss of connectionist temporal classification: minus the logarithm of the probability of all alignments.
//!
//! The recursion over the steps is that of Graves et al., "Connectionist Temporal Classification" (ICML 2006), in log
//! space: `a[t, s] = ln(e^a[t-1, s] + e^a[t-1, s-1] + e^a[t-1, s-2]) + log_probs[t, l'[s]]` over the target `l'` with blanks
//! around every letter; the third term only where it skips a blank between two different letters. One log-softmax of
//! three for each step and state.
//!
//! - *Minus infinity* is `-far`, a power of two of which as many fit the ring as there are steps, and a few more. Each
//!   logarithm of a probability counts as `-far` if it is smaller. So nothing wraps, whatever the values.
//! - *Domain*: log-probabilities, which are not positive. A loss above `far / 2` sets a flag: that of a target without an
//!   alignment is infinite, and no number says so. On 64 bits with the default scales and 500 steps, `far / 2 = 2^30`.
//! - *Letters and lengths* are rows of which one element is 1, if they are secret. Letters choose by one matrix product for
//!   all steps; lengths choose the end among all steps, so that no step depends on them.

use std::sync::Arc;

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::call::{Call, device_of, shape_error};
use crate::ops::base::{force, operand};
use crate::ops::movement::{self, Indices, Source, Span, ZERO};
use crate::ops::secret_index::one_hot_along;
use crate::ops::{activation, arith, linear, reduce, remap::remap, softmax};
use crate::protocol;
use crate::ring::Ring;
use crate::session::{MpcDevice, Session};
use crate::tensor::{Bound, Kind, Operand, PublicTensor, SecretTensor};

/// The operands of a loss, of which any may be public.
#[derive(Debug)]
pub struct Ctc<R: Ring> {
    /// Logarithms of the probabilities of `C` classes, `[T, N, C]`.
    pub log_probs: Operand<R>,
    /// Classes of the letters of targets, `[N, S]`.
    pub targets: Operand<R>,
    /// Steps of each sequence, `[N]`: at least 1, at most `T`.
    pub input_lengths: Operand<R>,
    /// Letters of each target, `[N]`: at most `S`.
    pub target_lengths: Operand<R>,
    /// The class that is no letter.
    pub blank: usize,
}

/// The dimensions of a loss.
#[derive(Clone, Copy)]
struct Sizes {
    steps: usize,
    batch: usize,
    classes: usize,
    letters: usize,
}

impl Sizes {
    /// The dimensions, or what is wrong with them.
    fn of<R: Ring>(ctc: &Ctc<R>) -> Result<Self, &'static str> {
        let (&[steps, batch, classes], &[targets, letters]) =
            (ctc.log_probs.shape(), ctc.targets.shape())
        else {
            return Err("expected log-probabilities [T, N, C] and targets [N, S]");
        };
        let lengths = [&ctc.input_lengths, &ctc.target_lengths];
        if targets != batch || lengths.iter().any(|lengths| *lengths.shape() != [batch]) {
            return Err("targets and lengths must have as many rows as there are sequences");
        }
        if steps == 0 || ctc.blank >= classes {
            return Err("there must be a step, and the blank must be a class");
        }
        Ok(Self {
            steps,
            batch,
            classes,
            letters,
        })
    }

    /// Letters and the blanks around them.
    fn states(self) -> usize {
        2 * self.letters + 1
    }
}

/// The number whose negative stands for minus infinity.
fn far(session: &Session, steps: usize) -> Option<f64> {
    let scales = session.scales();
    // As many as a sum of one for each step can have, and candidates lie two below; a bit is left for differences.
    let bits = (steps + 4).next_power_of_two().ilog2();
    let exponent = scales.limit().checked_sub(scales.value + bits + 2)?;
    // Below that, half of it is no loss of note.
    (exponent >= 6).then(|| f64::from(exponent).exp2())
}

/// 1 where an integer is the place along a first axis of `size`, else 0, at scale 0. `None` if a public one is outside.
fn indicator<R: Ring>(
    integers: &Operand<R>,
    size: usize,
    device: &MpcDevice,
) -> Option<SecretTensor<R>> {
    let tensor = match integers {
        Operand::Secret(tensor) => return Some(one_hot_along(tensor, size)),
        Operand::Public(tensor) => tensor,
    };
    if tensor.values.iter().any(|&v| v < 0.0 || v >= size as f64) {
        return None;
    }
    let at = |place: usize| {
        let is_there = move |&v: &f64| f64::from(u8::from(v as usize == place));
        tensor.values.iter().map(is_there)
    };
    let rows = PublicTensor {
        shape: [&[size], &tensor.shape[..]].concat(),
        values: (0..size).flat_map(at).collect(),
    };
    let rows = operand::secret(Operand::Public(rows), Kind::Int, device);
    Some(rows.with_kind(Kind::Float).with_key(None).with_reach(None))
}

/// Ones of scale 0.
fn ones<R: Ring>(shape: Vec<usize>, device: &MpcDevice) -> SecretTensor<R> {
    let values = vec![1.0; shape.iter().product()];
    let ones = Operand::Public(PublicTensor { shape, values });
    let ones = operand::secret(ones, Kind::Int, device);
    ones.with_kind(Kind::Float).with_key(None).with_reach(None)
}

/// The same at exactly the session's scale. All that follows stays there: `far` was chosen for it.
fn at_scale<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    let (device, shape) = (tensor.device(), tensor.shape().to_vec());
    let call = Call {
        op: "ctc_loss",
        device,
        shape: shape.clone(),
        kind: Kind::Float,
        key: None,
        bound: Bound::NONE,
    };
    call.run(|session| {
        let frac = session.scales().value;
        let share = force::replicated_at(session, tensor, frac)?;
        let numbers = Fixed::new(Form::Rss(share), frac);
        Ok(SecretTensor::of_numbers(
            device,
            shape,
            Kind::Float,
            numbers,
        ))
    })
}

/// `a + b` of numbers that were chosen to fit.
fn plus<R: Ring>(a: &SecretTensor<R>, b: impl Into<Operand<R>>) -> SecretTensor<R> {
    let sum = arith::add(a.clone().into(), b.into());
    sum.with_reach(None).with_bound(Bound::NONE)
}

/// The elements along `dim` from `start` to below `end`.
fn part<R: Ring>(
    tensor: &SecretTensor<R>,
    dim: usize,
    start: usize,
    end: usize,
) -> SecretTensor<R> {
    let span = |(axis, &len): (usize, &usize)| {
        if axis == dim {
            Span::ranged(start, end, 1)
        } else {
            Span::full(len)
        }
    };
    let spans: Vec<Span> = tensor.shape().iter().enumerate().map(span).collect();
    movement::slice(tensor.clone(), &spans)
}

/// Hyperplanes along `dim`.
fn spread<R: Ring>(
    tensor: SecretTensor<R>,
    dim: usize,
    from: impl Iterator<Item = usize>,
) -> SecretTensor<R> {
    let from: Vec<i64> = from.map(|place| place as i64).collect();
    movement::select(tensor, dim, &Arc::new(Indices::new(&from)))
}

/// `ln(sum e^x)` along `dim`, which becomes 1: the first element minus its log-softmax.
fn log_sum_exp<R: Ring>(tensor: &SecretTensor<R>, dim: usize) -> SecretTensor<R> {
    let relative = part(&softmax::log_softmax(tensor.clone(), dim), dim, 0, 1);
    let sum = arith::sub(part(tensor, dim, 0, 1).into(), relative.into());
    sum.with_reach(None).with_bound(Bound::NONE)
}

/// A public row of `states` numbers: `-far` where `is_far` holds, else 0.
fn floor<R: Ring>(states: usize, far: f64, is_far: impl Fn(usize) -> bool) -> Operand<R> {
    let value = |state| if is_far(state) { -far } else { 0.0 };
    Operand::Public(PublicTensor {
        shape: vec![1, states],
        values: (0..states).map(value).collect(),
    })
}

/// What each state adds to what comes from two states before, `[N, states]`: `-far` or less for a blank, the first letter,
/// and a letter that is a blank or equals the one before.
fn barrier<R: Ring>(
    letters: &SecretTensor<R>,
    blank: usize,
    sizes: Sizes,
    far: f64,
    device: &MpcDevice,
) -> SecretTensor<R> {
    let Sizes {
        batch,
        letters: count,
        ..
    } = sizes;
    let mut columns: Vec<Operand<R>> = vec![];
    if count > 1 {
        let (these, before) = (part(letters, 2, 1, count), part(letters, 2, 0, count - 1));
        let blanks = part(&these, 0, blank, blank + 1);
        let products = arith::mul(these.into(), before.into());
        let equal = reduce::sum_dim(products, 0);
        let barred = arith::add(equal.into(), blanks.into());
        columns.push(movement::reshape(barred, vec![batch, count - 1]).into());
    }
    columns.push(ones(vec![batch, 1], device).into());
    let barred = movement::cat(columns, 1, Kind::Float, device);
    // The first letter and blanks are barred always: the last column.
    let always = count.saturating_sub(1);
    let from = (0..sizes.states()).map(|state| match state {
        0 | 1 => always,
        state if state % 2 == 1 => state / 2 - 1,
        _ => always,
    });
    let barred = spread(barred, 1, from);
    at_scale(&arith::mul(barred.into(), Operand::scalar(-far)).with_reach(None))
}

/// The logarithm of the probability of each sequence.
fn log_likelihood<R: Ring>(
    ctc: Ctc<R>,
    sizes: Sizes,
    far: f64,
    device: &MpcDevice,
) -> Option<SecretTensor<R>> {
    let Sizes {
        steps,
        batch,
        classes,
        letters: count,
    } = sizes;
    let states = sizes.states();
    let before = match ctc.input_lengths {
        Operand::Public(mut lengths) => {
            lengths.values.iter_mut().for_each(|length| *length -= 1.0);
            Operand::Public(lengths)
        }
        secret @ Operand::Secret(_) => arith::sub(secret, Operand::scalar(1.0)).into(),
    };
    let ends = indicator(&before, steps, device)?;
    let words = indicator(&ctc.target_lengths, count + 1, device)?;
    let letters = indicator(&ctc.targets, classes, device)?;

    // What each state adds in each step, [T, N, states].
    let log_probs = operand::secret(ctc.log_probs, Kind::Float, device);
    let by_sequence = movement::permute(log_probs.with_bound(Bound::NONE), &[1, 0, 2]);
    let of_blank = part(&by_sequence, 2, ctc.blank, ctc.blank + 1);
    let mut added: Vec<Operand<R>> = vec![];
    if count > 0 {
        let chosen = movement::permute(letters.clone(), &[1, 0, 2]);
        added.push(linear::matmul(by_sequence.into(), chosen.into()).into());
    }
    added.push(of_blank.into());
    let added = movement::cat(added, 2, Kind::Float, device);
    let added = at_scale(&activation::clamp(added, Some(-far), None));
    // Blanks are at even states, and in the last column.
    let blank_or_letter = |state: usize| if state % 2 == 1 { state / 2 } else { count };
    let added = spread(added, 2, (0..states).map(blank_or_letter));
    let added = movement::permute(added, &[1, 0, 2]);
    let step = |t: usize| movement::reshape(part(&added, 0, t, t + 1), vec![batch, states]);

    let barrier = barrier(&letters, ctc.blank, sizes, far, device);
    let shifted = |a: &SecretTensor<R>, by: usize| {
        let source = Source::new(vec![batch, states], move |_| {
            let from = |(row, state): (usize, usize)| match state.checked_sub(by) {
                Some(state) => row * states + state,
                None => ZERO,
            };
            let rows = (0..batch).flat_map(|row| (0..states).map(move |state| (row, state)));
            rows.map(from).collect()
        });
        remap(a, "ctc_loss", source)
    };
    let plane = |a: SecretTensor<R>| movement::reshape(a, vec![1, batch, states]);
    let mut a = plus(&step(0), floor(states, far, |state| state > 1));
    let mut all: Vec<Operand<R>> = vec![plane(a.clone()).into()];
    for t in 1..steps {
        let next = plus(&shifted(&a, 1), floor(states, far, |state| state == 0));
        let skipping = plus(&shifted(&a, 2), barrier.clone());
        let three = [a, next, skipping].map(|a| plane(a).into()).to_vec();
        let three = movement::cat(three, 0, Kind::Float, device);
        let met = movement::reshape(log_sum_exp(&three, 0), vec![batch, states]);
        a = plus(&met, step(t));
        all.push(plane(a.clone()).into());
    }

    // The last step of each sequence, and in it the last letter and the blank after it.
    let all = movement::permute(movement::cat(all, 0, Kind::Float, device), &[1, 0, 2]);
    let row = |rows: SecretTensor<R>, size: usize| {
        movement::reshape(movement::transpose(rows), vec![batch, 1, size])
    };
    let last = linear::matmul(row(ends, steps).into(), all.into());
    let last = at_scale(&movement::reshape(last, vec![batch, states]));
    let ends = Source::new(vec![batch, 2 * (count + 1)], move |_| {
        let places = (0..batch).flat_map(|row| (0..=count).map(move |length| (row, length)));
        let pair = |(row, length): (usize, usize)| {
            let letter = (2 * length).checked_sub(1);
            let letter = letter.map_or(ZERO, |state| row * states + state);
            [row * states + 2 * length, letter]
        };
        places.flat_map(pair).collect()
    });
    // A target without letters has no last one.
    let pairs = plus(
        &remap(&last, "ctc_loss", ends),
        floor(2 * (count + 1), far, |place| place == 1),
    );
    let pairs = movement::reshape(pairs, vec![batch, count + 1, 2]);
    let chosen = linear::matmul(row(words, count + 1).into(), pairs.into());
    let chosen = at_scale(&movement::reshape(chosen, vec![batch, 2]));
    Some(movement::reshape(log_sum_exp(&chosen, 1), vec![batch]))
}

/// Minus a logarithm, where it is above `-far / 2`; else a flag is set.
fn loss<R: Ring>(logarithm: SecretTensor<R>, far: f64) -> SecretTensor<R> {
    let above = plus(&logarithm, Operand::scalar(far / 2.0));
    let (device, shape) = (logarithm.device().clone(), logarithm.shape().to_vec());
    let call = Call {
        op: "ctc_loss",
        device: &device,
        shape,
        kind: Kind::Float,
        key: None,
        bound: Bound::NONE,
    };
    call.run(|session| {
        let above = force::replicated_at(session, &above, session.scales().value)?;
        session.run(|ctx| protocol::flag_negative(ctx, "ctc_loss", &above))?;
        Ok(arith::neg(logarithm))
    })
}

/// The loss of each sequence, `[N]`.
pub fn ctc_loss<R: Ring>(ctc: Ctc<R>) -> SecretTensor<R> {
    let operands = [
        &ctc.log_probs,
        &ctc.targets,
        &ctc.input_lengths,
        &ctc.target_lengths,
    ];
    let device = device_of(&operands);
    let shapes: Vec<Vec<usize>> = operands.iter().map(|o| o.shape().to_vec()).collect();
    let batch = shapes[0].get(1).copied().unwrap_or_default();
    let computed = Sizes::of(&ctc).and_then(|sizes| {
        let Some(session) = device.session() else {
            return Ok(SecretTensor::poisoned(&device, vec![batch], Kind::Float));
        };
        let far = far(session, sizes.steps).ok_or("so many steps do not fit the ring")?;
        let found = log_likelihood(ctc, sizes, far, &device);
        let logarithm = found.ok_or("a length or a letter lies outside")?;
        Ok(loss(logarithm, far))
    });
    computed.unwrap_or_else(|reason| {
        let call = Call {
            op: "ctc_loss",
            device: &device,
            shape: vec![batch],
            kind: Kind::Float,
            key: None,
            bound: Bound::NONE,
        };
        call.run(|session| -> Result<SecretTensor<R>, MpcError> {
            let shapes: Vec<&[usize]> = shapes.iter().map(|shape| &shape[..]).collect();
            Err(shape_error(session, "ctc_loss", &shapes, reason))
        })
    })
}
