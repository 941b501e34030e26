//! Shifts of integers. As on 64-bit integers, amounts count modulo 64; results wrap modulo `2^k`.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form};
use crate::ops::base::bounds;
use crate::ops::base::force;
use crate::ops::base::shape::expand_form;
use crate::ops::base::whole::{few, of_two, words};
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::tensor::{Bound, Kind, Operand, PublicTensor, SecretTensor};

/// Public amounts: one if they are equal, else one for each element of `shape`.
fn amounts(
    session: &Session,
    tensor: &PublicTensor,
    shape: &[usize],
) -> Result<Vec<u32>, MpcError> {
    let values = few(session, tensor, shape)?;
    #[expect(clippy::cast_sign_loss, reason = "not negative")]
    Ok(values
        .into_iter()
        .map(|value| (value & 63) as u32)
        .collect())
}

/// `a 2^b`, modulo `2^k`. Local for public amounts; else by the bits of the amounts and six products.
pub fn shift_left<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    // Bits that leave the word are lost: no declared limit holds.
    of_two(
        "bitwise_left_shift",
        [&a, &b],
        Kind::Int,
        Bound::NONE,
        |session, shape| {
            let form = match (&a, &b) {
                (Operand::Secret(tensor), Operand::Public(by)) => {
                    let form = force::numbers_at(session, tensor, 0)?;
                    let form = expand_form(&form, tensor.shape(), shape);
                    let by = amounts(session, by, shape)?;
                    if let [by] = by[..] {
                        form.map_each(|x| ring::shl(x, by))
                    } else if form.is_counted() {
                        form
                    } else {
                        let powers: Vec<R> = by.iter().map(|&by| R::ONE.shl(by)).collect();
                        form.map_each(|x| protocol::multiply_public(x, &powers))
                    }
                }
                _ => {
                    let (x, by) = (words(session, &a, shape)?, words(session, &b, shape)?);
                    Form::Additive(session.run(|ctx| protocol::shift_left(ctx, &x, &by))?)
                }
            };
            Ok(Fixed::new(form, 0))
        },
    )
}

/// `floor(a / 2^b)`. By public amounts, two carries; else a barrel shifter on the bits.
pub fn shift_right<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    let bound = bounds::of_two(&a, &b, |a, _| a + 1.0);
    of_two(
        "bitwise_right_shift",
        [&a, &b],
        Kind::Int,
        bound,
        |session, shape| {
            let x = words(session, &a, shape)?;
            let form = match &b {
                Operand::Public(by) => {
                    // All bits but the sign leave the word at once.
                    let by = amounts(session, by, shape)?;
                    let powers: Vec<u64> = by.iter().map(|&by| 1 << by.min(R::BITS - 1)).collect();
                    match powers[..] {
                        [1] => Form::Rss(x),
                        _ => Form::Additive(session.run(|ctx| protocol::divide(ctx, &x, &powers))?),
                    }
                }
                Operand::Secret(_) => {
                    let by = words(session, &b, shape)?;
                    Form::Rss(session.run(|ctx| protocol::shift_right(ctx, &x, &by))?)
                }
            };
            Ok(Fixed::new(form, 0))
        },
    )
}
