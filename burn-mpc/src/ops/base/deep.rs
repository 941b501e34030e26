//! Programs of any depth: what waits on work that waits is computed from the bottom, not by recursion.

use std::collections::HashMap;

use crate::error::MpcError;
use crate::ring::Ring;
use crate::tensor::SecretTensor;

/// Nodes that wait one on the other are computed by recursion up to this depth, which no network is known to reach: sums,
/// poolings and comparisons compute what they are given. Deeper work is computed in the same order in spans as long.
pub const SPAN: usize = 64;

/// Computes what `tensor` waits for by `compute` until at most [`SPAN`] nodes wait one on the other. `is_found` says of
/// which tensors nothing will be asked. Costs nothing that computing the tensor would not: the tensors computed are asked
/// for their elements anyway, and in this order.
pub fn shorten<R: Ring>(
    tensor: &SecretTensor<R>,
    is_found: impl Fn(&SecretTensor<R>) -> bool,
    compute: impl Fn(&SecretTensor<R>) -> Result<(), MpcError>,
) -> Result<(), MpcError> {
    // How much waits below each tensor that has been looked at.
    let mut heights: HashMap<usize, usize> = HashMap::new();
    let mut stack = vec![(tensor.clone(), false)];
    while let Some((node, below_is_known)) = stack.pop() {
        if heights.contains_key(&node.cell_id()) {
            continue;
        }
        let below = if is_found(&node) {
            Vec::new()
        } else {
            node.state().operands()
        };
        if !below_is_known {
            stack.push((node, true));
            stack.extend(below.into_iter().rev().map(|node| (node, false)));
            continue;
        }
        let waiting = below.iter().filter_map(|node| heights.get(&node.cell_id()));
        let height = waiting.max().map_or(0, |height| height + 1);
        let is_computed = height >= SPAN && !node.shares_cell(tensor);
        if is_computed {
            compute(&node)?;
        }
        heights.insert(node.cell_id(), if is_computed { 0 } else { height });
    }
    Ok(())
}
