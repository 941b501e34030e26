//! Division with remainder: exact on the integers that stand for the operands.

use core::any::Any;
use std::sync::Arc;

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant, reshare};
use crate::ops::base::arith::common_frac;
use crate::ops::base::shape::expand_form;
use crate::ops::base::whole::{few, fewest, of_two, words};
use crate::ops::base::{bounds, operand};
use crate::protocol::{self, ProtocolError};
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::share::{Additive, Rss};
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

/// Public divisors: one if they are equal, else one for each element.
struct Divisors {
    values: Vec<i64>,
}

impl Divisors {
    /// # Errors
    /// [`MpcError::Range`] for a divisor that is zero.
    fn of(session: &Session, values: Vec<i64>) -> Result<Self, MpcError> {
        if values.contains(&0) {
            return Err(MpcError::Range {
                party: session.party(),
                name: "public divisor".to_owned(),
                reason: "a divisor is zero, or too small for the fractional bits of the dividend"
                    .to_owned(),
            });
        }
        Ok(Self { values })
    }

    fn magnitudes(&self) -> Vec<u64> {
        self.values
            .iter()
            .map(|value| value.unsigned_abs())
            .collect()
    }

    fn any_negative(&self) -> bool {
        self.values.iter().any(|&value| value < 0)
    }

    /// A function of each divisor as a factor of elements.
    fn factor<R: Ring>(&self, x: &[R], of: impl Fn(i64) -> i64) -> Vec<R> {
        match self.values[..] {
            [value] => ring::scale(x, R::from_i64(of(value))),
            _ => {
                let factors: Vec<R> = self.values.iter().map(|&d| R::from_i64(of(d))).collect();
                ring::mul(x, &factors)
            }
        }
    }

    /// Bits of the largest magnitude.
    fn bits(&self) -> u32 {
        let largest = self.magnitudes().into_iter().max().unwrap_or(1);
        u64::BITS - largest.leading_zeros()
    }
}

/// The magnitude of a divisor as a factor.
#[expect(clippy::cast_possible_wrap, reason = "at most 2^53")]
fn magnitude(divisor: i64) -> i64 {
    divisor.unsigned_abs() as i64
}

/// `x / d` rounded toward zero, for every word: the floor for `x >= 0`, and the floor of `x + |d| - 1` for `x < 0`.
fn whole_quotient<R: Ring>(
    session: &Session,
    x: &Rss<R>,
    divisors: &Divisors,
) -> Result<Form<R>, MpcError> {
    let floor = if divisors.bits() == 1 {
        x.to_additive()
    } else {
        session.run(|ctx| {
            let negative = protocol::msb(ctx, x)?;
            let negative = protocol::b2a::<R>(ctx, &negative)?;
            let more = negative.map_each(|bit| divisors.factor(bit, |d| magnitude(d) - 1));
            let raised = x.zip_each(&more, ring::add);
            protocol::divide(ctx, &raised, &divisors.magnitudes())
        })?
    };
    let signed = floor.map_to(x.len(), |floor| {
        if divisors.any_negative() {
            divisors.factor(floor, i64::signum)
        } else {
            floor.to_vec()
        }
    });
    Ok(Form::Additive(signed))
}

/// `x - d floor(x / d)`, which has the sign of `d`.
fn rest<R: Ring>(session: &Session, x: &Rss<R>, divisors: &Divisors) -> Result<Form<R>, MpcError> {
    session.run(|ctx| {
        let floor = protocol::divide(ctx, x, &divisors.magnitudes())?;
        let multiple = floor.map_to(x.len(), |floor| divisors.factor(floor, magnitude));
        let rest: Additive<R> = x.to_additive().zip_each(&multiple, ring::sub);
        if !divisors.any_negative() {
            return Ok::<_, ProtocolError>(Form::Additive(rest));
        }
        // Below zero by a negative divisor, unless it is zero: its negative is in (-|d|, 0].
        let rest = protocol::reshare(ctx, &rest)?;
        let window = 0..(divisors.bits() + 1).min(R::BITS);
        let positive = protocol::msb_in(ctx, &rest.map_each(ring::neg), window)?;
        let positive = protocol::b2a::<R>(ctx, &positive)?;
        let less = positive.map_each(|bit| divisors.factor(bit, |d| magnitude(d.min(0))));
        Ok(Form::Rss(rest.zip_each(&less, ring::sub)))
    })
}

/// The bits of the ring, or of the one that a calibration plays.
fn bits(session: &Session) -> u32 {
    session.scales().headroom_bits
}

/// `a / b` of integers, rounded toward zero.
///
/// A public divisor divides every integer of the ring. By a secret one, dividend and divisor must be below `2^(k-3)` in
/// magnitude; larger ones, and a secret zero as divisor, set a flag.
pub fn int_div<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let bound = bounds::of_two(&a, &b, |a, _| a);
    of_two("int_div", [&a, &b], Kind::Int, bound, |session, shape| {
        let x = words(session, &a, shape)?;
        let form = match &b {
            Operand::Public(by) => {
                let divisors = Divisors::of(session, few(session, by, shape)?)?;
                whole_quotient(session, &x, &divisors)?
            }
            Operand::Secret(_) => {
                let d = words(session, &b, shape)?;
                let quotient = |ctx: &mut _| protocol::whole_quotient(ctx, &x, &d, bits(session));
                Form::Additive(session.run(quotient)?)
            }
        };
        Ok(Fixed::new(form, 0))
    })
}

/// The remainder of integers, with the sign of `b`: `a - b floor(a / b)`. The range is that of [`int_div`].
pub fn int_remainder<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let bound = bounds::of_two(&a, &b, |_, b| b);
    of_two(
        "int_remainder",
        [&a, &b],
        Kind::Int,
        bound,
        |session, shape| {
            let x = words(session, &a, shape)?;
            let form = match &b {
                Operand::Public(by) => {
                    let divisors = Divisors::of(session, few(session, by, shape)?)?;
                    rest(session, &x, &divisors)?
                }
                Operand::Secret(_) => {
                    let d = words(session, &b, shape)?;
                    let remainder = |ctx: &mut _| protocol::remainder(ctx, &x, &d, bits(session));
                    Form::Additive(session.run(remainder)?)
                }
            };
            Ok(Fixed::new(form, 0))
        },
    )
}

/// The remainder of numbers, with the sign of `b`: that of the integers that stand for them at one scale. Exact, but for
/// a public divisor that the scale rounds. By a secret divisor, these integers must be below `2^(k-3)`.
pub fn float_remainder<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let bound = bounds::of_two(&a, &b, |_, b| b);
    of_two(
        "float_remainder",
        [&a, &b],
        Kind::Float,
        bound,
        |session, shape| {
            let (x, divisor, frac) = codes(session, &a, &b, shape)?;
            let form = match divisor {
                Code::Public(divisors) => rest(session, &x, &divisors)?,
                Code::Secret(d) => {
                    let remainder = |ctx: &mut _| protocol::remainder(ctx, &x, &d, bits(session));
                    Form::Additive(session.run(remainder)?)
                }
            };
            Ok(Fixed::new(form, frac))
        },
    )
}

/// The operands of a quotient, for a rounding of it: the whole part of the rounded quotient may be one too small where the
/// divisor divides the dividend, so that `x - y trunc(x / y)` would jump by `y`.
pub struct Quotient<R: Ring> {
    dividend: Operand<R>,
    divisor: Operand<R>,
}

/// How a quotient is rounded to a whole number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    Zero,
    Below,
    Above,
}

impl<R: Ring> Quotient<R> {
    /// Of floats that depend on data.
    pub fn of(a: &Operand<R>, b: &Operand<R>) -> Option<Arc<dyn Any + Send + Sync>> {
        let of = |operand: &Operand<R>| match operand {
            // Not what those were made of, so that a long program holds no long chain.
            Operand::Secret(tensor) if tensor.kind() == Kind::Float && tensor.key().is_none() => {
                Some(Operand::Secret(tensor.clone().without_aside()))
            }
            Operand::Secret(_) => None,
            public @ Operand::Public(_) => Some(public.clone()),
        };
        let (dividend, divisor) = (of(a)?, of(b)?);
        Some(Arc::new(Self { dividend, divisor }))
    }

    /// The exact quotient rounded to whole numbers of shape `shape`; none where a public divisor has no exact code at the
    /// scale of the dividend.
    ///
    /// # Errors
    /// Failure of a link.
    pub fn rounded(
        &self,
        session: &Session,
        shape: &[usize],
        toward: Toward,
    ) -> Result<Option<Form<R>>, MpcError> {
        let Self { dividend, divisor } = self;
        if let Operand::Public(tensor) = divisor {
            let frac = common_frac(session, dividend, divisor)?;
            let unit = f64::from(frac).exp2();
            let most = protocol::most_divisor::<R>() as f64;
            let has_code = |value: &f64| {
                let code = value * unit;
                code != 0.0 && code.fract() == 0.0 && code.abs() < most.min(constant::EXACT)
            };
            if !tensor.values.iter().all(has_code) {
                return Ok(None);
            }
        }
        let (x, divisor, _) = codes(session, dividend, divisor, shape)?;
        // The ceiling is the negative of the floor of the negative.
        let flip = toward == Toward::Above;
        let x = if flip { x.map_each(ring::neg) } else { x };
        let form = match divisor {
            Code::Public(divisors) if toward == Toward::Zero => {
                whole_quotient(session, &x, &divisors)?
            }
            Code::Public(divisors) => below(session, &x, &divisors)?,
            Code::Secret(d) => Form::Additive(session.run(|ctx| match toward {
                Toward::Zero => protocol::whole_quotient(ctx, &x, &d, bits(session)),
                _ => protocol::floor_quotient(ctx, &x, &d, bits(session)).map(|q| q.to_additive()),
            })?),
        };
        Ok(Some(if flip { form.map_each(ring::neg) } else { form }))
    }
}

/// `floor(x / d)`: by a negative divisor that of `-x / |d|`.
fn below<R: Ring>(session: &Session, x: &Rss<R>, divisors: &Divisors) -> Result<Form<R>, MpcError> {
    let x = if divisors.any_negative() {
        x.map_each(|x| divisors.factor(x, i64::signum))
    } else {
        x.clone()
    };
    let floor = session.run(|ctx| protocol::divide(ctx, &x, &divisors.magnitudes()))?;
    Ok(Form::Additive(floor))
}

/// A divisor at the scale of its dividend.
enum Code<R> {
    Public(Divisors),
    Secret(Rss<R>),
}

/// The integers of both operands, repeated to `shape`, and their scale.
fn codes<R: Ring>(
    session: &Session,
    a: &Operand<R>,
    b: &Operand<R>,
    shape: &[usize],
) -> Result<(Rss<R>, Code<R>, u32), MpcError> {
    let mut frac = common_frac(session, a, b)?;
    if let Operand::Secret(_) = b {
        // A secret divisor leaves room for values only.
        frac = frac.min(session.scales().value);
    }
    let replicated = |operand: &Operand<R>| {
        let form = operand::term(session, operand, frac)?;
        let form = expand_form(&form, operand.shape(), shape);
        reshare::replicated(session, &form)
    };
    let x = replicated(a)?;
    let divisor = match b {
        Operand::Public(tensor) => Code::Public(public_codes::<R>(session, tensor, frac, shape)?),
        Operand::Secret(_) => Code::Secret(replicated(b)?),
    };
    Ok((x, divisor, frac))
}

/// Public divisors at `frac` fractional bits.
fn public_codes<R: Ring>(
    session: &Session,
    tensor: &PublicTensor,
    frac: u32,
    shape: &[usize],
) -> Result<Divisors, MpcError> {
    let codes = constant::encode::<R>(session, &tensor.values, frac)?;
    let codes: Vec<i64> = codes.into_iter().map(R::to_i64).collect();
    Divisors::of(session, fewest(&codes, &tensor.shape, shape))
}
