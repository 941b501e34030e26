//! What a context does with the protocol calls that reach it.

/// What happens to a protocol call.
///
/// One setting of the context decides it for every protocol. A call that does not compute returns zeros of the right
/// form, which take no memory where the form allows that. Later calls on these zeros find the same setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Execution {
    /// Draws, sends, receives and computes, at the declared cost.
    #[default]
    Live,
    /// Declares the cost and does nothing else: an estimate, which needs no peers.
    Estimate,
    /// Neither computes nor declares: the call will come again, and declares its cost then.
    Skip,
}

impl Execution {
    /// Whether calls draw, send and compute.
    #[must_use]
    pub fn computes(self) -> bool {
        self == Self::Live
    }

    /// Whether calls add their declared cost to the ledger.
    #[must_use]
    pub fn declares(self) -> bool {
        self != Self::Skip
    }
}
