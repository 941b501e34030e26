//! A layer's weight times a scale per channel, as batch normalisation leaves it.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, scale};
use crate::ops::base::call::constant_key;
use crate::ops::base::owned::{self, Owned};
use crate::ops::base::{arith, force, source};
use crate::protocol;
use crate::ring::Ring;
use crate::session::{Key, MpcDevice, Session};
use crate::share::Rss;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor, State, elements};

/// A constant secret weight times its constant scale. Only the replicated result that products take is remembered; the
/// product itself is local and is computed again for another precision.
pub struct FoldedWeight<'a, R: Ring> {
    weight: &'a SecretTensor<R>,
    scale: &'a Operand<R>,
    key: Key,
    /// Fractional bits of the product.
    pub frac: u32,
}

impl<'a, R: Ring> FoldedWeight<'a, R> {
    /// The product of `weight` and `scale`, which has the weight's rank, if both are constants and the weight is
    /// secret.
    pub fn of(
        session: &Session,
        factor: &'a Operand<R>,
        scale: Option<&'a Operand<R>>,
    ) -> Result<Option<Self>, MpcError> {
        let (Operand::Secret(weight), Some(scale)) = (factor, scale) else {
            return Ok(None);
        };
        let Some(key) = constant_key("folded", &[], &[factor, scale]) else {
            return Ok(None);
        };
        session.note_bytes("folded", key.bytes());
        let mut folded = Self {
            weight,
            scale,
            key,
            frac: 0,
        };
        let name = key.derive(&[b"frac"]);
        folded.frac = session.remember(name, || match folded.scale {
            scale if owned::are_of_one(&[factor, scale]) => Ok(session.scales().product),
            Operand::Secret(scale) => {
                let (fx, fy) = folded.scales(session, scale)?;
                Ok(fx + fy)
            }
            Operand::Public(_) => Ok(folded.product(session)?.frac),
        })?;
        Ok(Some(folded))
    }

    /// The product, if one party can compute it.
    fn in_the_clear(&self, session: &Session) -> Option<Owned> {
        let weight = Operand::Secret(self.weight.clone());
        let product = arith::multiply_limits;
        owned::of_two(
            session,
            [&weight, self.scale],
            self.weight.shape(),
            product,
            product,
        )
    }

    /// The scales of both factors.
    fn scales(&self, session: &Session, scale: &SecretTensor<R>) -> Result<(u32, u32), MpcError> {
        let (fx, fy) = (
            force::numbers(session, self.weight)?.frac,
            force::numbers(session, scale)?.frac,
        );
        Ok(scale::of_factors(session, (fx, true), (fy, true)))
    }

    fn product(&self, session: &Session) -> Result<Fixed<Form<R>>, MpcError> {
        session.layer("mul", None, session.execution(true), || match self.scale {
            Operand::Secret(scale) => {
                let (fx, fy) = self.scales(session, scale)?;
                let x = force::replicated_at_most(session, self.weight, fx)?;
                let y = force::replicated_at_most(session, scale, fy)?;
                let axis = scale.shape().iter().position(|&d| d == y.share.len());
                let above = axis.map_or(0, |axis| axis + 1);
                let inner = elements(&self.weight.shape()[above..]);
                let z = protocol::multiply_channels(&x.share, &y.share, inner);
                Ok(Fixed::new(Form::Additive(z), x.frac + y.frac))
            }
            Operand::Public(scale) => {
                arith::public_product(session, self.weight, scale, self.weight.shape())
            }
        })
    }

    /// A replicated share of at most `limit` fractional bits.
    pub fn share(&self, session: &Session, limit: u32) -> Result<Fixed<Rss<R>>, MpcError> {
        let name = self.key.derive(&[b"share", &limit.to_le_bytes()]);
        let folded = session.remember(name, || {
            if let Some(owned) = self.in_the_clear(session) {
                let frac = owned.frac().min(limit);
                return Ok(Fixed::new(owned.share(session, frac)?, frac));
            }
            let product = self.product(session)?;
            let offline = MpcDevice::offline();
            let shape = self.weight.shape().to_vec();
            let product = SecretTensor::of_numbers(&offline, shape, Kind::Float, product);
            force::replicated_at_most(session, &product.with_key(Some(self.key)), limit)
        })?;
        // A folded form that the budget does not hold must be computed again from the weight.
        if session.forgets_folded() && session.remembers(&name) {
            self.weight.settle(State::Forgotten);
        }
        Ok(folded)
    }
}

/// `weight * scale`, broadcast along the output channel of the weight.
pub fn folded_weight<R: Ring>(weight: &Operand<R>, scale: &Operand<R>) -> Operand<R> {
    match (weight, scale) {
        (Operand::Public(weight), Operand::Public(factor)) => {
            let source = source::expand_source(&factor.shape, &weight.shape).places();
            let factors = source.take(&factor.values, 1.0);
            let values = weight.values.iter().zip(factors);
            let values = values.map(|(w, factor)| w * factor).collect();
            Operand::Public(PublicTensor {
                shape: weight.shape.clone(),
                values,
            })
        }
        _ => arith::mul(weight, scale).into(),
    }
}
