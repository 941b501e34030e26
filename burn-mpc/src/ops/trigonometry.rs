//! Angles of secrets.

use core::f64::consts::{FRAC_PI_2, PI};

use crate::ops::base::call::device_of;
use crate::ops::base::elementary;
use crate::ops::base::operand::secret;
use crate::ops::{arith, compare, convert, roots};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, SecretTensor};

pub use crate::ops::base::elementary::{cos, sin};

/// The tangent, where it is below `2^20` in magnitude (`2^10` on 32 bits).
pub fn tan<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let adjacent = cos(&tensor);
    roots::div(sin(&tensor).into(), adjacent.into())
}

/// 1 for negative values, as a number of scale 0.
fn is_negative<R: Ring>(tensor: &SecretTensor<R>) -> SecretTensor<R> {
    convert::bool_into_float(compare::lower(tensor.clone().into(), Operand::scalar(0.0)))
}

/// `x` where `bit` is 0, `turned - x` where it is 1.
fn turned<R: Ring>(x: SecretTensor<R>, bit: SecretTensor<R>, turned: f64) -> SecretTensor<R> {
    let twice = arith::mul(x.clone().into(), Operand::scalar(2.0));
    let change = arith::mul(
        bit.into(),
        arith::sub(Operand::scalar(turned), twice.into()).into(),
    );
    arith::add(x.into(), change.into())
}

/// The angle in `[0, pi / 2]` of a point none of whose coordinates is negative; 0 at the origin.
fn in_quadrant<R: Ring>(opposite: SecretTensor<R>, adjacent: SecretTensor<R>) -> SecretTensor<R> {
    let difference = arith::sub(opposite.clone().into(), adjacent.clone().into());
    let is_steep = convert::bool_into_float(compare::greater(
        difference.clone().into(),
        Operand::scalar(0.0),
    ));
    let beyond = arith::mul(is_steep.clone().into(), difference.into());
    let larger = arith::add(adjacent.into(), beyond.clone().into());
    let smaller = arith::sub(opposite.into(), beyond.into());
    let is_origin = compare::equal(larger.clone().into(), Operand::scalar(0.0));
    let larger = arith::add(larger.into(), convert::bool_into_float(is_origin).into());
    let slope = roots::div(smaller.into(), larger.into());
    turned(elementary::atan_of_unit(&slope), is_steep, FRAC_PI_2)
}

/// `x` with the opposite sign where `is_negative` is 1.
fn with_sign<R: Ring>(x: SecretTensor<R>, is_negative: &SecretTensor<R>) -> SecretTensor<R> {
    let twice = arith::mul(is_negative.clone().into(), Operand::scalar(2.0));
    arith::mul(
        x.into(),
        arith::sub(Operand::scalar(1.0), twice.into()).into(),
    )
}

/// The angle in `[0, pi]` of a point whose opposite is not negative.
fn in_half_plane<R: Ring>(opposite: SecretTensor<R>, adjacent: SecretTensor<R>) -> SecretTensor<R> {
    let is_left = is_negative(&adjacent);
    let width = with_sign(adjacent, &is_left);
    turned(in_quadrant(opposite, width), is_left, PI)
}

/// The angle of the point `(x, y)`, in `(-pi, pi]`; 0 at the origin.
pub fn atan2<R: Ring>(y: Operand<R>, x: Operand<R>) -> SecretTensor<R> {
    let device = device_of(&[&y, &x]);
    let [y, x] = [y, x].map(|operand| secret(operand, Kind::Float, &device));
    let is_below = is_negative(&y);
    let height = with_sign(y, &is_below);
    with_sign(in_half_plane(height, x), &is_below)
}

/// The angle in `[-pi / 2, pi / 2]` of a point whose adjacent is not negative.
fn to_the_right<R: Ring>(opposite: SecretTensor<R>, adjacent: SecretTensor<R>) -> SecretTensor<R> {
    let is_below = is_negative(&opposite);
    let height = with_sign(opposite, &is_below);
    with_sign(in_quadrant(height, adjacent), &is_below)
}

/// The arc tangent.
pub fn atan<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let one = secret(Operand::scalar(1.0), Kind::Float, tensor.device());
    to_the_right(tensor, one)
}

/// `sqrt(1 - x^2)`; sets a flag where it is not defined.
fn other_leg<R: Ring>(x: &SecretTensor<R>) -> SecretTensor<R> {
    let square = arith::mul(x.clone().into(), x.clone().into());
    roots::sqrt(arith::sub(Operand::scalar(1.0), square.into()))
}

/// The arc sine, for `-1 <= x <= 1`.
pub fn asin<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    let leg = other_leg(&tensor);
    to_the_right(tensor, leg)
}

/// The arc cosine, for `-1 <= x <= 1`.
pub fn acos<R: Ring>(tensor: SecretTensor<R>) -> SecretTensor<R> {
    in_half_plane(other_leg(&tensor), tensor)
}
