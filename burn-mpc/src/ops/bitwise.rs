//! Bitwise operations of integers, as those of the ring's words.

use crate::error::MpcError;
use crate::fixed::{Fixed, Form, constant};
use crate::ops::arith;
use crate::ops::base::bounds;
use crate::ops::base::whole::{of_two, repeated, words};
use crate::protocol;
use crate::ring::{self, Ring};
use crate::session::Session;
use crate::share::Rss;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor};

/// `!x`, which is `-x - 1` in two's complement. Local.
pub fn bitwise_not<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let one = Operand::scalar(1.0);
    arith::sub(arith::neg(tensor).into(), one)
}

/// `a & b`: the bits of both words, a conjunction, and the bits as a word. By a public mask only the bits count that it
/// has or, if that is cheaper, lacks.
pub fn bitwise_and<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    bitwise("bitwise_and", &a, &b, None)
}

/// `a | b`, which is `a + b - (a & b)`.
pub fn bitwise_or<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    bitwise("bitwise_or", &a, &b, Some(1))
}

/// `a ^ b`, which is `a + b - 2 (a & b)`.
pub fn bitwise_xor<R: Ring>(a: Operand<R>, b: Operand<R>) -> SecretTensor<R> {
    bitwise("bitwise_xor", &a, &b, Some(2))
}

/// `a & b`, or `a + b` without so many times that.
fn bitwise<R: Ring>(
    op: &'static str,
    a: &Operand<R>,
    b: &Operand<R>,
    times: Option<i64>,
) -> SecretTensor<R> {
    // As wide as the wider one; a negative result may be twice as large as either.
    let bound = bounds::of_two(a, b, |a, b| 2.0 * a.max(b) + 1.0);
    of_two(op, [a, b], Kind::Int, bound, |session, shape| {
        let (x, y) = (words(session, a, shape)?, words(session, b, shape)?);
        let both = match (a, b) {
            (_, Operand::Public(masks)) => masked(session, &x, masks, shape)?,
            (Operand::Public(masks), _) => masked(session, &y, masks, shape)?,
            _ => session.run(|ctx| protocol::bitwise_and(ctx, &x, &y))?,
        };
        let result = match times {
            None => both,
            Some(times) => {
                let less = both.map_each(|both| ring::scale(both, R::from_i64(times)));
                x.zip_each(&y, ring::add).zip_each(&less, ring::sub)
            }
        };
        Ok(Fixed::new(Form::Rss(result), 0))
    })
}

fn masked<R: Ring>(
    session: &Session,
    x: &Rss<R>,
    masks: &PublicTensor,
    shape: &[usize],
) -> Result<Rss<R>, MpcError> {
    let values = constant::integers(session, &masks.values)?;
    let values: Vec<R> = values.into_iter().map(R::from_i64).collect();
    let masks = repeated(&values, &masks.shape, shape, R::ZERO);
    session.run(|ctx| protocol::bitwise_and_public(ctx, x, &masks))
}
