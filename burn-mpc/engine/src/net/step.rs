//! A point of the common program, as frames and errors name it.

use std::fmt;

use crate::step::Named;

/// A point of the common program: an operation and one of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Operation id, in program order.
    pub op: u64,
    /// Message within the operation.
    pub label: u16,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (op {})", Named(self.label), self.op)
    }
}
