//! The protocols that are enumerated, by subject. To add one, add a line to a list.

mod bits;
mod gates;
mod truncations;
mod values;

use super::case::{Case, Outcome};
use super::held::Form::{self, Bit, BitParts, Halves, Own, Parts, Share, Split};
use super::held::Held;

pub(super) use bits::{comparisons, conversions, words};
pub(super) use gates::{gates, gates_by_masks, gates_of_few_rounds, maxima};
pub(super) use truncations::{opened_faithful, roundings, truncations};
pub(super) use values::{openings, values};

/// The sum of pieces modulo `2^bits`.
fn sum(pieces: &[u64], bits: u32) -> u64 {
    pieces.iter().sum::<u64>() & ((1 << bits) - 1)
}

/// A class of its own, for cells that are compared with no other.
fn alone(pieces: &[u64]) -> u64 {
    pieces.iter().fold(1, |class, piece| class << 4 | piece)
}
