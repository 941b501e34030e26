//! Errors of protocols.

use crate::Party;
use crate::net::NetError;
use crate::prg::PrgError;

/// Why a protocol stopped. Never carries a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The two holders of a share, or two programs, disagree.
    #[error(
        "{party}: transcript differs from {peer}'s before {path} (op {op}): the parties run different programs, configurations or randomness; nothing was revealed"
    )]
    Desync {
        /// Who noticed.
        party: Party,
        /// Who differs.
        peer: Party,
        /// Address of the op before which the digests were compared.
        op: u64,
        /// Its layer and protocol.
        path: Box<str>,
    },
    /// A value lies where a function of it is not defined.
    #[error(
        "{party}: a value lies outside the domain of one of: {}; nothing was revealed", .places.join(", ")
    )]
    Domain {
        /// This party.
        party: Party,
        /// The functions that were checked since the last opening, with their layers.
        places: Vec<String>,
    },
    /// A protocol asked for randomness of a key that this party must not hold.
    #[error(
        "{party} does not hold the key of component {component}: an error in burn-mpc, please report it"
    )]
    ForeignKey {
        /// This party.
        party: Party,
        /// Component whose key was asked for.
        component: Party,
    },
    /// A message or a draw was asked for in an estimate.
    #[error(
        "this session only estimates costs and has no links: an error in burn-mpc, please report it"
    )]
    NoLinks,
    /// A truncation by a number of bits that the ring does not support.
    #[error("{party}: cannot truncate by {shift} bits in a ring of {bits}: shifts are 1 to {}", .bits - 2)]
    Shift {
        /// This party.
        party: Party,
        /// Bits to be cut off.
        shift: u32,
        /// `k`.
        bits: u32,
    },
    /// A division by a public number that the ring does not support.
    #[error(
        "{party}: cannot divide by {divisor} in a ring of {bits} bits: divisors are 1 to 2^{}, or powers of two up to 2^{}", .bits - 2, .bits - 1
    )]
    Divisor {
        /// This party.
        party: Party,
        /// The divisor.
        divisor: u64,
        /// `k`.
        bits: u32,
    },
    /// A gate was asked to truncate under a mode that it cannot merge.
    #[error(
        "{party}: {op} cannot round exactly while it truncates: truncate first, or take the schedule `Classic`"
    )]
    Unmerged {
        /// This party.
        party: Party,
        /// The gate.
        op: &'static str,
    },
    /// A window of bits that a comparison does not support.
    #[error(
        "{party}: cannot compare on bits {lo} to {hi} of {bits}: at least two bits of the word"
    )]
    Window {
        /// This party.
        party: Party,
        /// Lowest bit of the window.
        lo: u32,
        /// First bit above the window.
        hi: u32,
        /// `k`.
        bits: u32,
    },
    /// No memory is left for a message, a draw or an input of a declared length.
    #[error(
        "{party}: no memory for {bytes} bytes at once; split the tensor, or give the process more memory"
    )]
    Memory {
        /// This party.
        party: Party,
        /// Bytes asked for.
        bytes: usize,
    },
    /// A link failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// An address of a random stream was used twice.
    #[error(transparent)]
    Prg(#[from] PrgError),
    /// The replicas of an opened value differ.
    #[error(
        "{party}: {peer} holds a different copy of the shares to be opened at {path} (op {op}): no value comes out, and the session ends"
    )]
    Replication {
        /// Who noticed.
        party: Party,
        /// Who holds another copy.
        peer: Party,
        /// Address of the op.
        op: u64,
        /// Its layer and protocol.
        path: Box<str>,
    },
    /// The opened places of a shuffled row are not one each.
    #[error(
        "{party}: the places of a sorted row are no order: shares were damaged on a link or in memory, and the session ends"
    )]
    Order {
        /// Who noticed.
        party: Party,
    },
    /// The owner of an input gave no or wrong data.
    #[error("{party}: input '{name}' needs {expected} values of its owner {owner}, got {found}")]
    Input {
        /// This party.
        party: Party,
        /// Owner of the data.
        owner: Party,
        /// Name of the input.
        name: String,
        /// Values expected from the shape.
        expected: usize,
        /// Values given.
        found: usize,
    },
}
