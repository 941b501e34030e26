//! The errors that users see, each with a stable code.

use crate::Party;
use crate::prg::SetupError;
use crate::protocol::ProtocolError;
use burn_mpc_engine::net::NetError;

/// Why a session, an op or a read failed. Carries no secret, except that the message of a panic may hold what the party
/// itself knows; [`Self::public_text`] leaves it out.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MpcError {
    /// The configuration is invalid.
    #[error("MPC-CONFIG: {reason}")]
    Config {
        /// What is wrong and what to choose instead.
        reason: String,
    },
    /// A value to be shared does not fit the fixed-point range.
    #[error("MPC-RANGE: '{name}' at {party}: {reason}")]
    Range {
        /// This party.
        party: Party,
        /// Name of the input or parameter.
        name: String,
        /// Which element and which limit; never the value.
        reason: String,
    },
    /// The op is not available on secrets.
    #[error(
        "MPC-UNSUPPORTED: '{op}' takes no secret tensors of shapes {shapes} at {party}: {hint}"
    )]
    Unsupported {
        /// This party.
        party: Party,
        /// Burn's name of the op.
        op: &'static str,
        /// Shapes of the operands.
        shapes: String,
        /// What to do instead.
        hint: &'static str,
    },
    /// Operands whose shapes do not fit the op.
    #[error("MPC-SHAPE: '{op}' at {party}: shapes {shapes}: {reason}")]
    Shape {
        /// This party.
        party: Party,
        /// Name of the op.
        op: &'static str,
        /// Shapes of the operands.
        shapes: String,
        /// What does not fit.
        reason: String,
    },
    /// A shape has more elements than a tensor of the session may have.
    #[error(
        "MPC-TOO-LARGE: '{op}' at {party}: a tensor of shape {shape} has more than {limit} elements (a dimension of 0 counts as 1); split the tensor, or raise `SessionConfig::max_elements` at all three parties"
    )]
    TooLarge {
        /// This party.
        party: Party,
        /// Name of the op.
        op: &'static str,
        /// Shape that was asked for.
        shape: String,
        /// The most elements of a tensor.
        limit: usize,
    },
    /// A secret was read without a reveal.
    #[error(
        "MPC-NOT-REVEALED: this tensor is secret; call `burn_mpc::reveal` or `reveal_to` at all three parties first"
    )]
    NotRevealed,
    /// Secrets of two sessions met in one op.
    #[error(
        "MPC-FOREIGN: {party}: an op mixes secrets of two sessions; share both operands in the same session"
    )]
    Foreign {
        /// This party.
        party: Party,
    },
    /// A second thread issued an op while another owned the session.
    #[error(
        "MPC-CONCURRENT: '{op}' at {party} was issued by a thread that does not own the session; ops of two threads have no common order at the three parties. Issue all ops from one thread, or call `device.hand_over()` on the owner before another thread goes on"
    )]
    ConcurrentUse {
        /// This party.
        party: Party,
        /// The op that the second thread issued.
        op: String,
    },
    /// The session was ended from outside.
    #[error("MPC-CANCELLED: the session was cancelled at {party}: {reason}")]
    Cancelled {
        /// This party.
        party: Party,
        /// What the caller said.
        reason: String,
    },
    /// A secret tensor without a live session.
    #[error(
        "MPC-OFFLINE: '{op}' needs a session, but this device is offline; open one with `MpcDevice::open` or `session::local`"
    )]
    Offline {
        /// Name of the op.
        op: &'static str,
    },
    /// A party's program panicked.
    #[error("MPC-PANIC: the program of {party} panicked: {message}")]
    Panicked {
        /// Whose program.
        party: Party,
        /// The panic message.
        message: String,
    },
    /// The tensor's ring is not the session's.
    #[error(
        "MPC-RING: the session computes in Z_2^{session}, the backend type in Z_2^{backend}; use the same ring in `Mpc<P, R>` and in the config"
    )]
    Ring {
        /// Bits of the session's ring.
        session: u32,
        /// Bits of the backend's ring.
        backend: u32,
    },
    /// A value left the range that the ring and scales allow (checked mode).
    #[error(
        "MPC-OVERFLOW: layer '{layer}' needs {needed} integer bits but ring and scales leave {available}; use fewer fractional bits or the 64-bit ring"
    )]
    Overflow {
        /// Name of the layer.
        layer: String,
        /// Bits that its largest magnitude needs.
        needed: u32,
        /// Bits that ring and scales leave.
        available: u32,
    },
    /// A value lies where a function of it is not defined: a division by zero, the root or logarithm of a negative number.
    #[error(
        "MPC-DOMAIN: at least one value lies outside the domain of one of these functions: {}; nothing was revealed. Values that are divided by, or whose logarithm is taken, must not be zero; those under a root must not be negative: add a small constant or clamp first. Indices must lie on their axes, and a target of ctc_loss needs an alignment. In a checked session, values may have outgrown the ring: calibrate, or scale the inputs", .places.join(", ")
    )]
    Domain {
        /// The functions that were checked since the last reveal, with their layers. Which value it was, and of which,
        /// nobody knows.
        places: Vec<String>,
    },
    /// Values lie outside the window that signs are taken from (checked mode).
    #[error(
        "MPC-WINDOW: layer '{layer}' has {outside} of {signs} values outside its window of bits, whose signs would be wrong; calibrate windows on data like this, with more margin"
    )]
    Outside {
        /// Name of the layer.
        layer: String,
        /// Values outside.
        outside: u64,
        /// Signs taken.
        signs: u64,
    },
    /// A tensor made while preparing was used by a run.
    #[error(
        "MPC-PREPARED: a tensor that was made inside `prepare` at {party} was used outside of it; it holds no values. Make it again after `prepare`"
    )]
    Prepared {
        /// This party.
        party: Party,
    },
    /// A weight was used other than in the forward pass that the session was prepared for.
    #[error(
        "MPC-FORGOTTEN: weight '{path}' at {party} was kept only as `prepare_only` folded it; use `prepare`, or share the model again"
    )]
    Forgotten {
        /// This party.
        party: Party,
        /// Path of the weight.
        path: String,
    },
    /// Set-up failed.
    #[error("MPC-SETUP: {0}")]
    Setup(#[from] SetupError),
    /// A link failed outside a protocol.
    #[error("MPC-LINK: {0}")]
    Net(#[from] NetError),
    /// A protocol failed.
    #[error("MPC-PROTOCOL: {0}")]
    Protocol(ProtocolError),
    /// The session was closed in good order.
    #[error("MPC-CLOSED: the session was closed; open another one for further ops")]
    Closed,
    /// The session failed before.
    #[error("MPC-FAILED: {first}")]
    Failed {
        /// Its first failure.
        first: Box<MpcError>,
    },
    /// A condition that cannot occur has occurred: an error in this crate.
    #[error("MPC-INTERNAL: {what}: an error in burn-mpc, please report it")]
    Internal {
        /// What has happened.
        what: &'static str,
    },
}

impl From<ProtocolError> for MpcError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::Domain { places, .. } => Self::Domain { places },
            error => Self::Protocol(error),
        }
    }
}

impl MpcError {
    /// The text that peers may see: leaves out what only this party knows, such as which element does not fit or what a
    /// panic printed.
    #[must_use]
    pub fn public_text(&self) -> String {
        match self {
            Self::Range { party, name, .. } => {
                format!("MPC-RANGE: '{name}' at {party}: a value does not fit")
            }
            Self::Panicked { party, .. } => format!("MPC-PANIC: the program of {party} panicked"),
            Self::Failed { first } => {
                format!("MPC-FAILED: {}", first.public_text())
            }
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MpcError;
    use crate::Party;

    #[test]
    fn peers_learn_nothing_of_a_panic_that_an_error_refers_to() {
        let panicked = MpcError::Panicked {
            party: Party::P0,
            message: "the weight is 0.25".to_owned(),
        };
        let failed = MpcError::Failed {
            first: Box::new(panicked),
        };
        assert!(failed.to_string().contains("0.25"), "the party itself does");
        assert!(!failed.public_text().contains("0.25"));
    }
}
