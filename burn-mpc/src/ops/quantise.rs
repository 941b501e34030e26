//! Quantisation of secrets: values rounded to a grid, and limited to its ends. What is computed from them are the
//! rounded values themselves, as after dequantisation.

use crate::ops::base::call::device_of;
use crate::ops::extremum::max_dim;
use crate::ops::movement::{held, reshape};
use crate::ops::roots::{div, recip};
use crate::ops::rounding::round_away;
use crate::ops::sign::abs;
use crate::ops::{activation, arith};
use crate::ring::Ring;
use crate::tensor::{Kind, Operand, SecretTensor};

/// Elements in consecutive blocks, `[blocks, elements of a block]`.
fn in_blocks<R: Ring>(tensor: SecretTensor<R>, blocks: usize) -> SecretTensor<R> {
    let blocks = blocks.max(1);
    let each = tensor.len() / blocks;
    reshape(tensor, vec![blocks, each])
}

fn to_grid<R: Ring>(steps: SecretTensor<R>, [low, high]: [f64; 2]) -> SecretTensor<R> {
    activation::clamp(round_away(steps), Some(low), Some(high))
}

/// Multiples of a step nearest to the values, from `range[0]` to `range[1]` steps. `steps` has one step for each block of
/// consecutive elements.
pub fn quantise<R: Ring>(
    tensor: Operand<R>,
    steps: Operand<R>,
    range: [f64; 2],
) -> SecretTensor<R> {
    let device = device_of(&[&tensor, &steps]);
    let shape = tensor.shape().to_vec();
    let blocks = steps.len();
    let steps = steps.reshape(vec![blocks, 1]);
    let values = in_blocks(held(tensor, Kind::Float, &device), blocks);
    let whole = to_grid(div(values.into(), steps.clone()), range);
    reshape(arith::mul(whole.into(), steps), shape)
}

/// [`quantise`] with the step of each of `blocks` blocks that takes its largest magnitude to the end of the range, and the
/// steps.
pub fn quantise_to_largest<R: Ring>(
    tensor: SecretTensor<R>,
    blocks: usize,
    range: [f64; 2],
) -> (SecretTensor<R>, Option<SecretTensor<R>>) {
    let shape = tensor.shape().to_vec();
    if tensor.is_empty() {
        return (tensor, None);
    }
    let values = in_blocks(tensor, blocks);
    let reach = (range[1] - range[0]) / 2.0;
    let largest = max_dim(abs(values.clone()), 1);
    let relative = arith::mul(values.into(), recip(largest.clone()).into());
    let whole = to_grid(arith::mul(relative.into(), Operand::scalar(reach)), range);
    let parts = arith::mul(whole.into(), Operand::scalar(reach.recip()));
    let count = largest.len();
    let steps = arith::mul(largest.clone().into(), Operand::scalar(reach.recip()));
    let values = reshape(arith::mul(parts.into(), largest.into()), shape);
    (values, Some(reshape(steps, vec![count])))
}
