//! In which order a (Block-)ReLU reshares, compares and multiplies.

use serde::{Deserialize, Serialize};

/// The schedule of a (Block-)ReLU that follows a product; section 6 of the project's protocol specification. All give
/// the same results but for the rounding of truncations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Schedule C: reshare, compare, convert bits, multiply. The simplest; the oracle of the others.
    Classic,
    /// Schedule B: fewest bytes. Values stay with two parties, and shared bits act on them by oblivious transfer.
    #[default]
    Bytes,
}
