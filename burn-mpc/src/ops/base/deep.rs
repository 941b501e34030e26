//! Programs of any depth: long chains of deferred work are computed from the bottom, not by recursion.

use std::collections::HashMap;

use crate::error::MpcError;
use crate::ring::Ring;
use crate::tensor::SecretTensor;

/// The longest chain of deferred nodes that is computed by recursion. No network is known to reach it, since sums,
/// poolings and comparisons compute their operands. Deeper work is computed in the same order, in spans of this length.
pub const SPAN: usize = 64;

/// Calls `compute` on deferred operands of `tensor` until no chain is longer than [`SPAN`]. `is_found` says which
/// tensors will not be computed. Costs nothing extra: computing `tensor` asks the same tensors for their elements, in
/// the same order.
pub fn shorten<R: Ring>(
    tensor: &SecretTensor<R>,
    is_found: impl Fn(&SecretTensor<R>) -> bool,
    compute: impl Fn(&SecretTensor<R>) -> Result<(), MpcError>,
) -> Result<(), MpcError> {
    // The length of the deferred chain below each visited tensor.
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
