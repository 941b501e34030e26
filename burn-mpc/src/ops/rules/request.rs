//! What a program asks for, as rules see it.

use crate::ops::base::max_pool::Windows;
use crate::ops::base::places::Places;
use crate::ops::deferred::Clamp;
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, SecretTensor};

/// An op that a program asks for. A rule that knows a cheaper way to compute it answers with its result.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a, R: Ring> {
    /// `a + b`.
    Add(&'a Operand<R>, &'a Operand<R>),
    /// `a - b`.
    Sub(&'a Operand<R>, &'a Operand<R>),
    /// `a b`.
    Mul(&'a Operand<R>, &'a Operand<R>),
    /// `a < b`.
    Lower(&'a Operand<R>, &'a Operand<R>),
    /// Limits on a tensor.
    Clamp(&'a Clamp<R>),
    /// The maximum over windows.
    MaxPool(&'a SecretTensor<R>, Windows),
    /// `1 / x`.
    Recip(&'a SecretTensor<R>),
    /// `ln(x)`.
    Ln(&'a SecretTensor<R>),
    /// A tensor of which an op uses those elements alone where the mask, as numbers, is 1 (true) or 0 (false). The answer
    /// may hold anything elsewhere.
    Used(&'a SecretTensor<R>, &'a SecretTensor<R>, bool),
    /// Truth values as numbers of a kind.
    Lift(&'a SecretTensor<R>, Kind),
    /// Elements at public places of a tensor, under a new shape.
    Move(&'a SecretTensor<R>, &'a Places, &'a [usize]),
    /// Tensors joined along a dimension, and which of them are public.
    Join(&'a [SecretTensor<R>], &'a [bool], usize),
}
