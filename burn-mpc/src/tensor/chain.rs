//! Work that waits on other work that waits, as deep as a program likes: what waits for what, and how it is dropped.
//! None of it takes the stack, which is shorter than a program.

use std::sync::{Arc, PoisonError};

use crate::ring::Ring;
use crate::tensor::secret::Cell;
use crate::tensor::{Operand, PendingLinear, PendingSign, SecretTensor, State};

impl<R: Ring> State<R> {
    /// Whether there is work to be done for it.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(
            self,
            Self::Pending(_)
                | Self::Clamped(_)
                | Self::Summed(_)
                | Self::Signed(_)
                | Self::Spread(_)
                | Self::Gated(_)
        )
    }

    /// The tensors that the work is done on, in the order in which their elements are asked for. Signs and their spread
    /// are no elements: what they are taken from stands for them.
    #[must_use]
    pub fn waits_for(&self) -> Vec<SecretTensor<R>> {
        match self {
            Self::Pending(layer) => {
                let PendingLinear {
                    input,
                    weight,
                    scale,
                    shift,
                    ..
                } = &**layer;
                let operands = [Some(input), Some(weight), scale.as_ref(), shift.as_ref()];
                operands.into_iter().flatten().filter_map(secret).collect()
            }
            Self::Clamped(clamp) => vec![clamp.input.clone()],
            Self::Summed(sum) => vec![sum.base.clone(), sum.value.clone()],
            Self::Signed(sign) => terms(sign),
            Self::Spread(spread) => match spread.bits.state() {
                Self::Signed(sign) => terms(&sign),
                _ => vec![spread.bits.clone()],
            },
            // Signs that wait are taken together with the elements.
            Self::Gated(gate) => match gate.signs.state() {
                Self::Signed(_) => vec![gate.value.clone()],
                _ => vec![gate.value.clone(), gate.signs.clone()],
            },
            _ => Vec::new(),
        }
    }

    /// The tensors that nobody else will drop once the state is gone.
    fn into_last_held(self) -> Vec<SecretTensor<R>> {
        match self {
            Self::Pending(layer) => Arc::into_inner(layer).map_or_else(Vec::new, |layer| {
                let operands = [
                    Some(layer.input),
                    Some(layer.weight),
                    layer.scale,
                    layer.shift,
                ];
                let secret = |operand| match operand {
                    Operand::Secret(tensor) => Some(tensor),
                    Operand::Public(_) => None,
                };
                operands.into_iter().flatten().filter_map(secret).collect()
            }),
            Self::Clamped(clamp) => {
                Arc::into_inner(clamp).map_or_else(Vec::new, |clamp| vec![clamp.input])
            }
            Self::Summed(sum) => {
                Arc::into_inner(sum).map_or_else(Vec::new, |sum| vec![sum.base, sum.value])
            }
            Self::Signed(sign) => {
                Arc::into_inner(sign).map_or_else(Vec::new, |sign| vec![sign.sums])
            }
            Self::Spread(spread) => {
                Arc::into_inner(spread).map_or_else(Vec::new, |spread| vec![spread.bits])
            }
            Self::Gated(gate) => {
                Arc::into_inner(gate).map_or_else(Vec::new, |gate| vec![gate.value, gate.signs])
            }
            _ => Vec::new(),
        }
    }
}

fn secret<R: Ring>(operand: &Operand<R>) -> Option<SecretTensor<R>> {
    match operand {
        Operand::Secret(tensor) => Some(tensor.clone()),
        Operand::Public(_) => None,
    }
}

/// What signs are taken from: of sums, their terms, which are replicated in place of the sums.
fn terms<R: Ring>(sign: &PendingSign<R>) -> Vec<SecretTensor<R>> {
    match sign.sums.state() {
        State::Summed(sum) => vec![sum.base.clone(), sum.value.clone()],
        _ => vec![sign.sums.clone()],
    }
}

/// Work of how many kinds waits one on the other for a new tensor of that state.
pub(super) fn depth<R: Ring>(state: &State<R>) -> usize {
    let below = |tensor: &SecretTensor<R>| {
        let waits = tensor.state().is_waiting();
        if waits { tensor.depth() } else { 0 }
    };
    if !state.is_waiting() {
        return 0;
    }
    1 + state.waits_for().iter().map(below).max().unwrap_or(0)
}

impl<R: Ring> Drop for Cell<R> {
    fn drop(&mut self) {
        let mut states = vec![self.take()];
        while let Some(state) = states.pop() {
            for tensor in state.into_last_held() {
                // A cell that is given up here is dropped without a state, so at once.
                states.extend(tensor.into_cell().map(|mut cell| cell.take()));
            }
        }
    }
}

impl<R: Ring> Cell<R> {
    fn take(&mut self) -> State<R> {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        core::mem::replace(state, State::Poisoned)
    }
}
