//! Layer normalisation over the last dimension.

use crate::ops::base::call::{device_of, misfit};
use crate::ops::base::operand::secret;
use crate::ops::base::sums::Summands;
use crate::ops::{arith, movement, reduce, roots};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, PublicTensor, SecretTensor, elements};

/// `(x - mean) / sqrt(variance + epsilon) gamma + beta`, with mean and (biased) variance over the last dimension.
///
/// The variance must be below 2^22, on 32 bits below 2^10; with `epsilon` it must not be zero, else a flag is set.
/// Differences are divided by `sqrt(n)` before they are squared, so that
/// their sum is the variance itself, and no larger sum must fit.
pub fn layer_norm<R: Ring>(
    x: Operand<R>,
    gamma: Operand<R>,
    beta: Option<Operand<R>>,
    epsilon: f64,
) -> SecretTensor<R> {
    let operands = [Some(&x), Some(&gamma), beta.as_ref()];
    let operands: Vec<&Operand<R>> = operands.into_iter().flatten().collect();
    let device = device_of(&operands);
    let n = x.shape().last().copied().unwrap_or(1);
    let fits = |operand: &Operand<R>| elements(operand.shape()) == n;
    let all_fit = fits(&gamma) && beta.as_ref().is_none_or(fits);
    let x = secret(x, Kind::Float, &device);
    if !all_fit {
        let reason = "gamma and beta have one number for each element of the last dimension";
        return misfit(&x, "layer_norm", reason);
    }
    if x.is_empty() {
        return x;
    }
    let last = x.shape().len().saturating_sub(1);
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
    let root = (n as f64).sqrt();
    let means = reduce::mean_of(x.clone(), last, Summands::Values);
    let centred = arith::sub(x.into(), means.into());
    let scaled = arith::mul(centred.into(), Operand::scalar(root.recip()));
    let squares = arith::mul(scaled.clone().into(), scaled.clone().into());
    let variance = reduce::sum_of(squares, last, Summands::Shares);
    let spread = arith::add(variance.into(), Operand::scalar(epsilon));
    let inverse = roots::recip(roots::sqrt(spread));
    let normal = arith::mul(scaled.into(), inverse.into());
    let mut shape = vec![1; last + 1];
    shape[last] = n;
    let as_row = |operand: Operand<R>| match operand {
        Operand::Secret(tensor) => movement::reshape(tensor, shape.clone()).into(),
        Operand::Public(tensor) => Operand::Public(PublicTensor {
            shape: shape.clone(),
            values: tensor.values,
        }),
    };
    let gamma = match as_row(gamma) {
        Operand::Public(tensor) => Operand::Public(PublicTensor {
            values: tensor.values.iter().map(|v| v * root).collect(),
            ..tensor
        }),
        // In two factors, each of which may be multiplied on any ring.
        gamma => {
            let half = || Operand::scalar(root.sqrt());
            arith::mul(arith::mul(gamma, half()).into(), half()).into()
        }
    };
    let result = arith::mul(normal.into(), gamma);
    match beta {
        Some(beta) => arith::add(result.into(), as_row(beta)),
        None => result,
    }
}
