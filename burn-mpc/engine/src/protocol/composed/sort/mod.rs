//! Sorting: by ranks, in a constant number of rounds, or by a network, with fewer bytes for long rows.

pub(crate) mod choice;
mod comparators;
pub(crate) mod network;
pub(crate) mod order;
pub(crate) mod ranks;
