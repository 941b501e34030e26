//! Constants that one party knows: its parameters, and what follows from them and from public values alone.
//!
//! Their owner computes with them in the clear. They are shared when an op needs shares, in the form in which it needs
//! them. So a weight that is used folded only is never shared otherwise, and a root or a quotient of parameters takes no
//! protocol. Who owns what is public; the values are with the owner alone.

use std::sync::Arc;

use crate::Party;
use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant};
use crate::ops::base::call::{Call, unary_key};
use crate::ops::base::input::{self, Origin, Sharing};
use crate::ops::base::places::Places;
use crate::ops::base::source;
use crate::ops::base::values::Kept;
use crate::ring::Ring;
use crate::session::{Execution, Session};
use crate::share::Rss;
use crate::tensor::{Bound, Deferred, Forced, Kind, Need, Operand, PublicTensor, SecretTensor};

/// A constant that has not been shared yet.
#[derive(Clone, Debug)]
pub struct Owned {
    owner: Party,
    /// Path of the parameter, or of one that it follows from, for errors.
    name: Arc<str>,
    shape: Vec<usize>,
    /// The values; `None` at the other parties, and where nothing is computed.
    values: Option<Kept>,
    /// The most fractional bits with which it is shared.
    frac: u32,
}

/// How a constant is shared at `frac` fractional bits.
pub fn sharing(session: &Session, frac: u32) -> Sharing {
    let scales = session.scales();
    let limit_bits = if frac == scales.value {
        scales.limit() - scales.value
    } else {
        scales.limit()
    };
    Sharing {
        frac,
        constant: true,
        limit_bits,
        bound: Bound::NONE,
    }
}

impl Owned {
    pub fn new(owner: Party, name: &str, shape: &[usize], values: Option<Kept>, frac: u32) -> Self {
        Self {
            owner,
            name: Arc::from(name),
            shape: shape.to_vec(),
            values,
            frac,
        }
    }

    /// The constant in a tensor's cell, if it has not been shared.
    pub fn of<R: Ring>(tensor: &SecretTensor<R>) -> Option<Arc<Self>> {
        tensor.waits_as::<Self>()
    }

    /// The most fractional bits with which it is shared.
    pub fn frac(&self) -> u32 {
        self.frac
    }

    /// Shares it at `frac` fractional bits: `k` bits per element, in 1 round that waits for nothing. Values that nobody
    /// else keeps are dropped before they are masked, so that the owner holds them once.
    ///
    /// # Errors
    /// [`MpcError::Range`] at the owner if a value does not fit; failure of a link.
    pub fn share<R: Ring>(self, session: &Session, frac: u32) -> Result<Rss<R>, MpcError> {
        let origin = Origin {
            owner: self.owner,
            name: &self.name,
            shape: &self.shape,
        };
        let sharing = sharing(session, frac);
        input::input(session, origin, self.values, Kept::values, &sharing)
    }

    /// A constant that follows from this one, with its owner.
    fn derived(&self, shape: &[usize], values: Option<Vec<f64>>, frac: u32) -> Self {
        Self {
            owner: self.owner,
            name: Arc::clone(&self.name),
            shape: shape.to_vec(),
            values: values.map(|values| Kept::Double(Arc::new(values))),
            frac,
        }
    }
}

impl<R: Ring> Deferred<R> for Owned {
    fn operands(&self) -> Vec<SecretTensor<R>> {
        Vec::new()
    }

    fn into_operands(self: Arc<Self>) -> Vec<SecretTensor<R>> {
        Vec::new()
    }

    fn force(&self, session: &Session, _: Execution, _: Need) -> Result<Forced<R>, MpcError> {
        let share = Self::clone(self).share(session, self.frac)?;
        Ok(Forced::Numbers(Fixed::new(Form::Rss(share), self.frac)))
    }
}

/// The constants among the operands that one party knows, if it knows all that are secret, and there is one.
fn known<R: Ring>(operands: &[&Operand<R>]) -> Option<Vec<Arc<Owned>>> {
    let secrets = operands.iter().filter_map(|operand| operand.secret());
    let owned: Vec<Arc<Owned>> = secrets
        .map(|tensor| Owned::of(tensor).filter(|_| tensor.kind() == Kind::Float))
        .collect::<Option<_>>()?;
    let owner = owned.first()?.owner;
    owned
        .iter()
        .all(|owned| owned.owner == owner)
        .then_some(owned)
}

/// Whether one party knows all operands that are secret.
pub fn are_of_one<R: Ring>(operands: &[&Operand<R>]) -> bool {
    known(operands).is_some()
}

/// The most fractional bits of what follows from a parameter and a public value. All parties know how large that may
/// be, from the limit of the function.
fn frac_with(
    session: &Session,
    frac: u32,
    public: Option<&PublicTensor>,
    limit: fn(f64, f64) -> f64,
) -> u32 {
    let scales = session.scales();
    let Some(public) = public else {
        return frac;
    };
    // A parameter is below its limit, so that a little more than the limit costs no bit.
    let largest = (0.999 * limit(scales.parameter(), public.largest())).max(1.0);
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of f64 fits")]
    #[expect(clippy::cast_sign_loss, reason = "at least 1")]
    let integer = largest.log2().ceil().min(f64::from(scales.limit())) as u32;
    frac.min(scales.limit() - integer)
}

/// `function(a, b)` of the broadcast elements, if one party knows all that is secret in them; otherwise `None`. `limit`
/// bounds the function of magnitudes.
pub fn of_two<R: Ring>(
    session: &Session,
    [a, b]: [&Operand<R>; 2],
    shape: &[usize],
    function: fn(f64, f64) -> f64,
    limit: fn(f64, f64) -> f64,
) -> Option<Owned> {
    let owned = known(&[a, b])?;
    let first = owned.first()?;
    // Shares refuse such values, with an error.
    let is_exact = |operand: &&Operand<R>| match operand {
        Operand::Public(public) => public
            .values
            .iter()
            .all(|value| value.abs() < constant::EXACT),
        Operand::Secret(_) => true,
    };
    if ![a, b].iter().all(is_exact) {
        return None;
    }
    let numbers = |operand: &Operand<R>| -> Option<Vec<f64>> {
        match operand {
            Operand::Public(public) => Some(public.values.clone()),
            Operand::Secret(tensor) => Some(Owned::of(tensor)?.values.as_ref()?.numbers()),
        }
    };
    let places = |operand: &Operand<R>| source::expand_source(operand.shape(), shape).places();
    let values = numbers(a).zip(numbers(b)).map(|(mut x, mut y)| {
        // The operand of the result's shape is overwritten; the other one is read where it is repeated.
        if a.shape() != shape && b.shape() == shape {
            places(a).each(y.iter_mut(), |y, place| *y = function(x[place], *y));
            return y;
        }
        if a.shape() != shape {
            x = places(a).take(&x, 0.0);
        }
        places(b).each(x.iter_mut(), |x, place| *x = function(*x, y[place]));
        x
    });
    // What follows from constants may be as small as a product of two, and must be as small as a parameter.
    let frac = owned
        .iter()
        .map(|owned| owned.frac)
        .fold(session.scales().product, u32::max);
    let public = [a, b].into_iter().find_map(|operand| match operand {
        Operand::Public(public) => Some(public),
        Operand::Secret(_) => None,
    });
    let frac = frac_with(session, frac, public, limit);
    Some(first.derived(shape, values, frac))
}

/// The elements at public places of a constant that one party knows, or zeros; otherwise `None`.
pub fn moved<R: Ring>(tensor: &SecretTensor<R>, source: &Places, shape: &[usize]) -> Option<Owned> {
    let owned = Owned::of(tensor)?;
    let kept = owned.values.as_ref();
    let values = kept.map(|kept| source.take(&kept.numbers(), 0.0));
    Some(owned.derived(shape, values, owned.frac))
}

/// `function` of every element, if one party knows them; otherwise `None`.
pub fn of_one<R: Ring>(
    op: &'static str,
    tensor: &SecretTensor<R>,
    function: fn(f64) -> f64,
) -> Option<SecretTensor<R>> {
    let owned = Owned::of(tensor)?;
    let shape = tensor.shape().to_vec();
    let call = Call {
        op,
        device: tensor.device(),
        shape: shape.clone(),
        kind: tensor.kind(),
        key: unary_key("in the clear", &[], tensor).map(|key| key.derive(&[op.as_bytes()])),
        bound: Bound::NONE,
    };
    Some(call.run(|_| {
        let kept = owned.values.as_ref();
        let values = kept.map(|kept| kept.numbers().into_iter().map(function).collect());
        let result = owned.derived(&shape, values, owned.frac);
        let (device, kind) = (tensor.device(), tensor.kind());
        Ok(SecretTensor::deferred(device, shape.clone(), kind, result))
    }))
}
